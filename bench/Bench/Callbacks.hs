-- | A C kernel that calls a closure in each iteration, by each possible way, on the
-- team in force, and outside of regions. In nanoseconds per call.
module Bench.Callbacks (callbacks, callbacksAlone) where

import Control.Exception (bracket)
import Foreign.Ptr (FunPtr, freeHaskellFunPtr)

import Bench.Harness
import Control.Parallel.OpenMP

foreign import ccall "wrapper" wrapped :: (Int -> IO Double) -> IO (FunPtr (Int -> IO Double))
foreign import ccall safe "bench_reduce" c_reduce :: FunPtr (Int -> IO Double) -> Int -> IO Double
foreign import ccall safe "bench_alone" c_sum :: FunPtr (Int -> IO Double) -> Int -> Int -> IO Double
foreign import ccall "&bench_alone"
  p_sum :: FunPtr (FunPtr (Int -> IO Double) -> Int -> Int -> IO Double)
foreign import ccall "&bench_half" c_half :: FunPtr (Int -> IO Double)

-- | All ways, for a team of so many threads.
callbacks :: Int -> Benchmark
callbacks team =
  bgroup
    "callbacks"
    [ way "C function (no Haskell)" (c_reduce c_half n)
    , way "wrapper" (bracket (wrapped half) freeHaskellFunPtr (`c_reduce` n))
    , way "withCallback" (withCallback half (`c_reduce` n))
    , way "withCallbackDense" (withCallbackDense half (`c_reduce` n))
    , way "region body" (reduceBy n half)
    ]
  where
    n = 100000
    way name act = bgroup name [timed n (show team) (gives (fromIntegral (n * (n - 1)) / 4)) act]

-- | A C function without regions, called by each thread of a Haskell loop.
callbacksAlone :: Int -> Benchmark
callbacksAlone team =
  bgroup
    "callbacks, no region"
    [ way "C function (no Haskell)" (c_sum c_half)
    , way "wrapper" (\from to -> bracket (wrapped half) freeHaskellFunPtr (\f -> c_sum f from to))
    , way "withCallback" (\from to -> withCallback half (\f -> c_sum f from to))
    , way "withCallbackDense" (\from to -> withCallbackDense half (\f -> c_sum f from to))
    , way "withCallback, served" (\from to -> withCallback half (\f -> served p_sum f from to))
    , way "withCallbackDense, served" (\from to -> withCallbackDense half (\f -> served p_sum f from to))
    ]
  where
    n = 100000
    way :: String -> (Int -> Int -> IO Double) -> Benchmark
    way name act =
      bgroup name [timed n (show team) (gives (fromIntegral (n * (n - 1)) / 4)) (parts act)]
    parts act = parallelReduce defaults {schedule = StaticChunk 1} (Range 0 team) (+) 0 $ \k ->
      act (k * n `div` team) ((k + 1) * n `div` team)

-- | Not inlined, so that the loop knows as little about the closure as the kernel
-- does.
reduceBy :: Int -> (Int -> IO Double) -> IO Double
reduceBy n body = parallelReduce defaults (Range 0 n) (+) 0 body
{-# NOINLINE reduceBy #-}

half :: Int -> IO Double
half i = pure (fromIntegral i * 0.5)
{-# NOINLINE half #-}
