-- | Only calls C kernels. Its regions take capabilities, not processors, for GHC
-- is the runtime's host all the same.
module Main (main) where

import Kernels (team)

main :: IO ()
main = team 6 >>= print
