-- |
-- The measures of C kernels that a Haskell program hosts: once with this
-- package's runtime (Measures.hs), once with libgomp (Libgomp.hs).
module Measure.Kernels (kernels, checked) where

import Control.Monad (unless, void)
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Storable.Mutable as M
import qualified Data.Vector.Unboxed as U
import Foreign.C.Types (CInt (..))
import Foreign.Marshal.Array (allocaArray)
import Foreign.Ptr (Ptr)

import Measure.Callers
import Measure.Crossover
import Measure.Latency
import Measure.Neighbour
import Measure.Sample
import Measure.Throughput
import Measure.Work

foreign import ccall safe "bench_work_sequential" c_sequential :: Int -> Int -> Ptr Double -> IO ()
foreign import ccall safe "bench_work_parallel" c_parallel :: Int -> Int -> Ptr Double -> IO ()
foreign import ccall safe "bench_work_adjusted" c_adjusted :: CInt -> Int -> Int -> Ptr Double -> IO ()
foreign import ccall safe "bench_region" c_region :: IO CInt

-- | All of them, for the runtime of this name.
kernels :: String -> Measures
kernels runtime =
  [ ("crossover in C", crossovers "crossover in C" (kernel c_sequential) [(runtime, kernel c_parallel)])
  , ("callers", callers series short threads)
  , ("throughput", throughput runtime short)
  , ("latency", latency series (void c_region))
  , ("neighbour: calls, no team", besideBusy runtime "no team" (kernelOn c_sequential))
  , ("neighbour: calls, fixed team", besideBusy runtime "fixed team" (adjusted False))
  , ("neighbour: calls, dynamic team", besideBusy runtime "dynamic adjustment" (adjusted True))
  , ("neighbour: share", share runtime adjusted)
  , ("neighbour: pauses", pauses runtime (kernelOn c_sequential) adjusted)
  , ("neighbour: periodic", periodic runtime (kernelOn c_sequential) (adjusted False))
  , ("neighbour: rest", resting runtime (adjusted False))
  ]
  where
    series = "C kernel on " ++ runtime
    short = checked (kernel c_parallel)
    adjusted dynamic = kernelOn (c_adjusted (if dynamic then 1 else 0))
    threads count = threadsOfProcess >>= record "OS threads" runtime (show count)

-- | A short loop (100 pieces of about 0.1 us), whose result is checked.
checked :: Way -> IO ()
checked way = do
  result <- way 80 100
  unless (result == expected) (fail "a short loop has a wrong result")

expected :: U.Vector Double
expected = U.generate 100 (work 80)

-- | The same short loop without a check.
kernelOn :: (Int -> Int -> Ptr Double -> IO ()) -> IO ()
kernelOn run = allocaArray 100 (run 100 80)

kernel :: (Int -> Int -> Ptr Double -> IO ()) -> Way
kernel run steps n = do
  out <- M.unsafeNew n
  M.unsafeWith out (run n steps)
  -- Lazy: converted after the time was taken.
  U.convert <$> S.unsafeFreeze out
