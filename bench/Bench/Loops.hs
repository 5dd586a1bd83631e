-- | Loops and reductions over closures, in nanoseconds per iteration, and the
-- entry into a region, in nanoseconds, on the team in force. The run on one thread
-- also times the same work as a sequential Haskell loop.
module Bench.Loops (loops, reductions, regions) where

import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef)
import Data.Monoid (Sum (..))
import Foreign.C.Types (CInt (..))

import Bench.Harness
import Control.Parallel.OpenMP

foreign import ccall safe "bench_sum" c_sum :: Int -> IO Double
foreign import ccall safe "bench_region" c_region :: IO CInt

-- | Loops whose body does next to nothing.
loops :: Int -> Benchmark
loops team =
  bgroup "loops" $
    [row "sequential" (inTurn n . body) | team == 1]
      ++ [row "sequential (unknown body)" (inTurnBy n . body) | team == 1]
      ++ [ row "Static" (parallelFor defaults range . body)
         , row "Static (unknown body)" (sharedOutBy range . body)
         ]
      ++ [ row (show s) (parallelFor defaults {schedule = s} range . body)
         | s <- [StaticChunk 64, Dynamic 1, Dynamic 64, Guided 64]
         ]
  where
    n = 16 * 65536
    range = Range 0 n
    row name loop = bgroup name [timed n (show team) (gives 16) (hits loop)]
    hits loop = do
      count <- newIORef (0 :: Int)
      () <- loop count
      readIORef count
    {-# INLINE hits #-}

-- | One iteration in 65536 counts.
body :: IORef Int -> Int -> IO ()
body count i
  | i `rem` 65536 == 65535 = atomicModifyIORef' count (\k -> (k + 1, ()))
  | otherwise = pure ()
{-# INLINE body #-}

-- | The body for each i < n, one after another.
inTurn :: Int -> (Int -> IO ()) -> IO ()
inTurn n act = go 0
  where
    go i
      | i == n = pure ()
      | otherwise = act i >> go (i + 1)
{-# INLINE inTurn #-}

-- | The same with a body that the compiler does not know. So is 'sharedOutBy'.
inTurnBy :: Int -> (Int -> IO ()) -> IO ()
inTurnBy n act = inTurn n act
{-# NOINLINE inTurnBy #-}

sharedOutBy :: Range -> (Int -> IO ()) -> IO ()
sharedOutBy range act = parallelFor defaults range act
{-# NOINLINE sharedOutBy #-}

-- | Sums.
reductions :: Int -> Benchmark
reductions team =
  bgroup "reductions" $
    [row "sequential" (pure $! sequential n) | team == 1]
      ++ [ row "parallelReduce" (parallelReduce defaults (Range 0 n) (+) 0 (pure . half))
         , row "parallelFoldMap" (getSum <$> parallelFoldMap defaults (Range 0 n) (pure . Sum . half))
         , row "C kernel" (c_sum n)
         ]
  where
    n = 1000000
    row name act = bgroup name [timed n (show team) (gives (fromIntegral (n * (n - 1)) / 4)) act]
    half i = fromIntegral i * 0.5 :: Double

-- | The sum of i / 2 for i < n.
sequential :: Int -> Double
sequential n = go 0 0
  where
    go acc i
      | i == n = acc
      | otherwise = go (acc + fromIntegral i * 0.5) (i + 1)
{-# NOINLINE sequential #-}

-- | Regions that do nothing.
regions :: Int -> Benchmark
regions team =
  bgroup
    "empty region"
    [ bgroup "C kernel" [timed 1 (show team) (gives (fromIntegral team)) c_region]
    , bgroup "parallel" [timed 1 (show team) (gives ()) (parallel defaults (\_ -> pure ()))]
    , bgroup "parallelFor" [timed 1 (show team) (gives ()) (parallelFor defaults (Range 0 team) (\_ -> pure ()))]
    ]
