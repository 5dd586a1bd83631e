-- | A C kernel that calls a closure in each iteration, by each possible way, on the
-- team in force. In nanoseconds per call.
module Bench.Callbacks (callbacks) where

import Control.Exception (bracket)
import Foreign.Ptr (FunPtr, freeHaskellFunPtr)

import Bench.Harness
import Control.Parallel.OpenMP

foreign import ccall "wrapper" wrapped :: (Int -> IO Double) -> IO (FunPtr (Int -> IO Double))
foreign import ccall safe "bench_reduce" c_reduce :: FunPtr (Int -> IO Double) -> Int -> IO Double
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

-- | Not inlined, so that the loop knows as little about the closure as the kernel
-- does.
reduceBy :: Int -> (Int -> IO Double) -> IO Double
reduceBy n body = parallelReduce defaults (Range 0 n) (+) 0 body
{-# NOINLINE reduceBy #-}

half :: Int -> IO Double
half i = pure (fromIntegral i * 0.5)
{-# NOINLINE half #-}
