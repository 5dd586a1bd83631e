-- |
-- C kernels and Haskell threads that compute, side by side: how much each leaves to
-- the other.
module Measure.Neighbour
  ( besideBusy
  , share
  , pauses
  , periodic
  , resting
  ) where

import Control.Concurrent
import Control.Monad (forM_, replicateM)
import qualified Data.Map.Strict as Map
import System.CPUTime (getCPUTime)
import System.Mem (performMajorGC)

import Measure.Sample
import Measure.Threads
import Measure.Throughput (computed, pieceSize)

foreign import ccall unsafe "bench_sleeps" c_sleeps :: IO Int

-- | Calls of the kernel per second beside busy Haskell threads, one for each
-- capability; the time of a call; and how much the Haskell threads compute at the
-- same time (million steps per second).
besideBusy :: String -> String -> IO () -> IO ()
besideBusy runtime how kernel = do
  start <- now
  let deadline = start + 5e8
  (times, done) <- bothOf (repeated deadline kernel) (onEach (computed deadline 0))
  end <- now
  record "neighbour, calls" runtime how (fromIntegral (length times) / (end - start) * 1e9)
  record "neighbour, call time" runtime (how ++ ", p50") (median times / 1e3)
  record "neighbour, call time" runtime (how ++ ", p99") (percentile 99 times / 1e3)
  record "neighbour, beside calls" runtime how (sum done * fromIntegral pieceSize / (end - start) * 1e3)

-- | How much the Haskell threads, one for each capability, compute (millions of steps
-- per second, all together) without a team, beside an idle team, and beside a caller.
share :: String -> (Bool -> IO ()) -> IO ()
share runtime kernel = do
  let steps threads situation = do
        start <- now
        done <- sum <$> threads (computed (start + 3e8) 0)
        end <- now
        record "neighbour, throughput" runtime situation (done * fromIntegral pieceSize / (end - start) * 1e3)
  -- The first of these warms up.
  _ <- onEach (spun 1e8)
  steps onEach "all, no team"
  steps one "one, no team"
  kernel False
  threadDelay 20000
  steps onEach "all, idle team"
  steps one "one, idle team"
  beside (kernel False >> threadDelay 1000) (steps onEach "all, a call each ms")
  beside (kernel False) (steps one "one, calls in a row")
  beside (kernel True) (steps one "one, calls in a row, dynamic")
  where
    one act = together [act]

-- | The time of a major collection, which stops all capabilities: without calls,
-- beside calls of the first kernel, which has no team, and beside calls of the second.
pauses :: String -> IO () -> (Bool -> IO ()) -> IO ()
pauses runtime alone kernel = do
  let live = Map.fromList [(i, show i) | i <- [0 :: Int .. 5000]]
      collections situation = do
        start <- now
        times <- repeated (start + 4e8) performMajorGC
        record "neighbour, pauses" runtime (situation ++ ", p50") (median times / 1e3)
        record "neighbour, pauses" runtime (situation ++ ", p99") (percentile 99 times / 1e3)
  size <- Map.size live `seq` pure (Map.size live)
  collections "no calls"
  beside alone (collections "no team, calls in a row")
  beside (kernel False) (collections "calls in a row")
  beside (kernel True) (collections "calls in a row, dynamic")
  if Map.size live == size then pure () else fail "the map has changed"

-- | The time of a call that comes periodically, and how often threads go to sleep for
-- it, beyond the number for the first kernel, which has no team.
periodic :: String -> IO () -> IO () -> IO ()
periodic runtime alone kernel = forM_ [(1, 200), (10, 40), (100, 8)] $ \(ms, count) -> do
  kernel
  let calls act = do
        before <- c_sleeps
        times <- replicateM count (threadDelay (ms * 1000) >> fst <$> nanoseconds act)
        after <- c_sleeps
        pure (median times / 1e3, fromIntegral (after - before) / fromIntegral count)
      point = "each " ++ show ms ++ " ms"
  (_, without) <- calls alone
  (time, with) <- calls kernel
  record "neighbour, periodic" runtime point time
  record "neighbour, wake-ups" runtime point (with - without)

-- | The share of a processor that the program uses while it rests, in per cent.
resting :: String -> IO () -> IO ()
resting runtime kernel = do
  kernel
  threadDelay 1000000
  before <- getCPUTime
  threadDelay 1000000
  after <- getCPUTime
  record "neighbour, at rest" runtime "CPU" (fromIntegral (after - before) / 1e10)

repeated :: Double -> IO () -> IO [Double]
repeated deadline act = go []
  where
    go times = do
      (time, ()) <- nanoseconds act
      end <- now
      if end < deadline then go (time : times) else pure (time : times)

-- | Computes for so many nanoseconds.
spun :: Double -> IO ()
spun time = do
  start <- now
  _ <- computed (start + time) 0
  pure ()

-- | The results of two actions that run at once.
bothOf :: IO a -> IO b -> IO (a, b)
bothOf one other = do
  results <- together [Left <$> one, Right <$> other]
  case results of
    [Left a, Right b] -> pure (a, b)
    _ -> fail "the results are in disorder"
