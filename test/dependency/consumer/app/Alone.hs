-- | A program that only calls C kernels. Its team sizes follow the capabilities and
-- not the processors, because GHC is the runtime's host here too.
module Main (main) where

import Kernels (team)

main :: IO ()
main = team 6 >>= print
