-- | Compares the suite's own kernel with the library's and with a closure.
module Main (main) where

import Control.Monad (unless)
import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic)
import Foreign
import Foreign.C.Types (CLong (..))
import Kernels (team, total)
import System.Exit (exitFailure)

foreign import ccall safe "consumer_squares" squares :: CLong -> Ptr CLong -> IO ()

main :: IO ()
main = allocaArray n $ \out -> do
  -- A full team, even while other programs compute.
  setDynamic False
  squares (fromIntegral n) out
  right <- parallelReduce defaults (Range 0 n) (&&) True $ \i ->
    (== fromIntegral (i * i)) <$> peekElemOff out i
  size <- team 2
  numbers <- total 1000
  unless (right && size == 2 && numbers == 499500) exitFailure
  where
    n = 10000
