-- |
-- The measures of C kernels that a Haskell program hosts: once with this
-- package's runtime (Measures.hs), once with libgomp (Libgomp.hs).
module Measure.Kernels (kernels, checked) where

import Control.Monad (unless, void)
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Storable.Mutable as M
import qualified Data.Vector.Unboxed as U
import Foreign.C.Types (CInt (..))
import Foreign.Ptr (Ptr)

import Measure.Callers
import Measure.Crossover
import Measure.Latency
import Measure.Sample
import Measure.Throughput

foreign import ccall safe "bench_work_sequential" c_sequential :: Int -> Int -> Ptr Double -> IO ()
foreign import ccall safe "bench_work_parallel" c_parallel :: Int -> Int -> Ptr Double -> IO ()
foreign import ccall safe "bench_region" c_region :: IO CInt

-- | All of them, for the runtime of this name.
kernels :: String -> Measures
kernels runtime =
  [ ("crossover in C", crossovers "crossover in C" (kernel c_sequential) [(runtime, kernel c_parallel)])
  , ("callers", callers series short threads)
  , ("throughput", throughput runtime short)
  , ("latency", latency series (void c_region))
  ]
  where
    series = "C kernel on " ++ runtime
    short = checked (kernel c_sequential) (kernel c_parallel)
    threads count = threadsOfProcess >>= record "OS threads" runtime (show count)

-- | A short loop (100 pieces of about 0.1 us) by the second way, which must give
-- what the first gives.
checked :: Way -> Way -> IO ()
checked sequential way = do
  expected <- sequential 80 100
  result <- way 80 100
  unless (result == expected) (fail "a short loop has a wrong result")

kernel :: (Int -> Int -> Ptr Double -> IO ()) -> Way
kernel run steps n = do
  out <- M.unsafeNew n
  M.unsafeWith out (run n steps)
  -- Converted when it is looked at, after the time was taken.
  U.convert <$> S.unsafeFreeze out
