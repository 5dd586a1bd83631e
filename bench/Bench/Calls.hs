-- | Haskell calls C that does next to nothing: by GHC's kinds of call, so many
-- in a row, in nanoseconds per call.
module Bench.Calls (calls) where

import Bench.Harness
import Control.Parallel.OpenMP.Prim (ompThreadNumber)

foreign import ccall unsafe "bench_count" c_unsafe :: IO ()
foreign import ccall safe "bench_count" c_safe :: IO ()
foreign import ccall unsafe "bench_counted" c_counted :: IO Int

calls :: Benchmark
calls =
  bgroup
    "calls"
    [ bgroup "prim" [timed n (show n) (gives 0) (threadNumbers n) | n <- counts]
    , bgroup "unsafe" [counted n (times n c_unsafe) | n <- counts]
    , bgroup "safe" [counted n (times n c_safe) | n <- counts]
    ]
  where
    counts = [1, 2, 5, 10, 20, 50, 100]

-- | The sum of so many answers, each 0 outside of regions.
threadNumbers :: Int -> IO Int
threadNumbers = go 0
  where
    go sum' 0 = pure sum'
    go sum' n = ompThreadNumber >>= \number -> go (sum' + number) (n - 1)

counted :: Int -> IO () -> Benchmark
counted n = timed n (show n) $ \act -> do
  before <- c_counted
  act
  after <- c_counted
  pure (after - before == n)

-- | The action so many times, as a native loop.
times :: Int -> IO () -> IO ()
times n act = go n
  where
    go 0 = pure ()
    go i = act >> go (i - 1)
{-# INLINE times #-}
