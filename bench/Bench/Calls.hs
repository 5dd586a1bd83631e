-- | Haskell calls C that does next to nothing: by GHC's kinds of call, so many
-- in a row, in nanoseconds per call.
module Bench.Calls (calls) where

import Bench.Harness
import Control.Parallel.OpenMP.Prim (capabilityNumber)

foreign import ccall unsafe "bench_count" c_unsafe :: IO ()
foreign import ccall safe "bench_count" c_safe :: IO ()
foreign import ccall unsafe "bench_counted" c_counted :: IO Int

calls :: Benchmark
calls =
  bgroup
    "calls"
    [ bgroup "prim" [row n (gives 0) (capabilityNumbers (rounds * n)) | n <- counts]
    , bgroup "unsafe" [counted n (times n c_unsafe) | n <- counts]
    , bgroup "safe" [counted n (times n c_safe) | n <- counts]
    ]
  where
    counts = [1, 2, 5, 10, 20, 50, 100]

-- | A run makes its calls so many times, so that the harness's own part is
-- small.
rounds :: Int
rounds = 100

row :: Int -> (IO a -> IO Bool) -> IO a -> Benchmark
row n = timed (rounds * n) (show n)

-- | The sum of so many answers, each 0 where there is one capability.
capabilityNumbers :: Int -> IO Int
capabilityNumbers = go 0
  where
    go total 0 = pure total
    go total n = capabilityNumber >>= \number -> go (total + number) (n - 1)

-- | An action that makes so many calls of @bench_count@.
counted :: Int -> IO () -> Benchmark
counted n act = row n check (times rounds act)
  where
    check run = do
      before <- c_counted
      run
      after <- c_counted
      pure (after - before == rounds * n)
{-# INLINE counted #-}

-- | The action so many times, as a native loop.
times :: Int -> IO () -> IO ()
times n act = go n
  where
    go 0 = pure ()
    go i = act >> go (i - 1)
{-# INLINE times #-}
