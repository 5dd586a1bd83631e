-- | Times the benchmark's own kernel.
module Main (main) where

import Foreign
import Foreign.C.Types (CLong (..))
import GHC.Clock (getMonotonicTimeNSec)
import Kernels (team)

foreign import ccall safe "consumer_squares" squares :: CLong -> Ptr CLong -> IO ()

main :: IO ()
main = allocaArray 1000000 $ \out -> do
  size <- team 2
  start <- getMonotonicTimeNSec
  squares 1000000 out
  end <- getMonotonicTimeNSec
  putStrLn ("squares of a million numbers on " ++ show size ++ " threads: " ++ show ((end - start) `div` 1000) ++ " us")
