{-# LANGUAGE BangPatterns #-}

-- | Haskell calls C functions that do next to nothing: by GHC's kinds of call and by
-- batches, a number of calls in a row. In nanoseconds per call.
module Bench.Calls (calls) where

import Control.Monad (replicateM_)
import qualified Data.Vector.Storable as V
import Foreign.Ptr (FunPtr)

import Bench.Harness
import Control.Parallel.OpenMP.Batch
import Control.Parallel.OpenMP.Prim (capabilityNumber)

foreign import ccall unsafe "bench_count" c_unsafe :: IO ()
foreign import ccall safe "bench_count" c_safe :: IO ()
foreign import ccall "&bench_count" p_count :: FunPtr (IO ())
foreign import ccall "&bench_next" p_next :: FunPtr (Int -> IO Int)
foreign import ccall "&bench_add" p_add :: FunPtr (Double -> Double -> IO Double)
foreign import ccall unsafe "bench_counted" c_counted :: IO Int

calls :: Benchmark
calls =
  bgroup
    "calls"
    [ bgroup "prim" [row n (gives 0) (capabilityNumbers (rounds * n)) | n <- counts]
    , bgroup "unsafe" [counted n (times n c_unsafe) | n <- counts]
    , bgroup "safe" [counted n (times n c_safe) | n <- counts]
    , bgroup "batchRepeat" [counted n (batchRepeat n p_count) | n <- counts]
    , bgroup "batchMap" [mapped n | n <- counts]
    , bgroup "batchZipWith" [zipped n | n <- counts]
    , bgroup "runBatch" [counted n (runBatch (replicateM_ n (batchCall p_count))) | n <- counts]
    , bgroup "runBatch (results)" [gathered n id | n <- counts]
    , bgroup "runBatch (prepared)" [gathered n prepared | n <- counts]
    ]
  where
    counts = [1, 2, 5, 10, 20, 50, 100]

-- | How often a run repeats its calls, so that the harness's own part is small.
rounds :: Int
rounds = 100

row :: Int -> (IO a -> IO Bool) -> IO a -> Benchmark
row n = timed (rounds * n) (show n)

-- | The sum of so many answers. Each is 0 if there is one capability.
capabilityNumbers :: Int -> IO Int
capabilityNumbers = go 0
  where
    go !total 0 = pure total
    go total n = capabilityNumber >>= \number -> go (total + number) (n - 1)

-- | An action that makes so many calls of @bench_count@.
counted :: Int -> IO () -> Benchmark
counted n act = row n check (times rounds act)
  where
    check run = do
      before <- c_counted
      _ <- run
      after <- c_counted
      pure (after - before == rounds * n)
{-# INLINE counted #-}

-- | A batch over a vector of so many numbers.
mapped :: Int -> Benchmark
mapped n = row n check (times rounds (() <$ batchMap p_next numbers))
  where
    numbers = V.enumFromN 0 n
    check run = do
      _ <- run
      next <- batchMap p_next numbers
      pure (next == V.enumFromN 1 n)

-- | A batch over two vectors of so many numbers.
zipped :: Int -> Benchmark
zipped n = row n check (times rounds (() <$ batchZipWith p_add numbers numbers))
  where
    numbers = V.enumFromN 0 n
    check run = do
      _ <- run
      sums <- batchZipWith p_add numbers numbers
      pure (sums == V.enumFromStepN 0 2 n)

-- | A batch whose results make a list.
gathered :: Int -> (Batch [Int] -> Batch [Int]) -> Benchmark
gathered n form = row n check (times rounds (runBatch calls' >>= \xs -> last xs `seq` pure ()))
  where
    calls' = form (traverse (batchCall p_next) [1 .. n])
    check run = do
      _ <- run
      next <- runBatch calls'
      pure (next == [2 .. n + 1])
{-# INLINE gathered #-}

-- | The action so many times, as a native loop.
times :: Int -> IO () -> IO ()
times n act = go n
  where
    go 0 = pure ()
    go i = act >> go (i - 1)
{-# INLINE times #-}
