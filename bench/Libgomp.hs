-- | The measures of C kernels in a Haskell program without this package: GCC's
-- runtime hosts them.
module Main (main) where

import Measure.Kernels
import Measure.Sample

main :: IO ()
main = measuring (kernels "libgomp")
