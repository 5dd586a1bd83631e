-- | Haskell tasks beside sparks and threads: Fibonacci numbers with a task for each call, in
-- nanoseconds per task, on the team in force. The run on one thread also times plain calls.
--
-- Sparks cost least, because a spark is only a hint: most of them are never run apart. They
-- are for pure values. Threads of 'forkIO' can do what tasks can.
module Bench.Tasks (taskCosts) where

import Control.Concurrent.MVar (newEmptyMVar, putMVar, takeMVar)
import Control.Concurrent (forkIO)
import Control.Exception (evaluate)
import Control.Monad (void)
import GHC.Conc (par, pseq)

import Bench.Harness
import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Task

taskCosts :: Int -> Benchmark
taskCosts team =
  bgroup "tasks" $
    [of' 20 "calls" byCalls | team == 1]
      ++ [ of' 20 "spawn and wait" (tasks defaults . byTasks)
         , of' 20 "sparks (par)" (evaluate . bySparks)
         , of' 14 "forkIO and MVar" byThreads
         , bgroup "spawn only" [timed 10000 (show team) (gives ()) (tasks defaults (spawned 10000))]
         ]
  where
    of' n name f = bgroup name [timed (fib (n + 1) - 1) (show team) (gives (fib n)) (f n)]

fib :: Int -> Int
fib n = go n 0 1
  where
    go :: Int -> Int -> Int -> Int
    go 0 a _ = a
    go k a b = go (k - 1) b (a + b)

byCalls :: Int -> IO Int
byCalls n
  | n < 2 = pure n
  | otherwise = do
      x <- byCalls (n - 1)
      y <- byCalls (n - 2)
      evaluate (x + y)
{-# NOINLINE byCalls #-}

byTasks :: Int -> IO Int
byTasks n
  | n < 2 = pure n
  | otherwise = do
      task <- spawn (byTasks (n - 1))
      y <- byTasks (n - 2)
      x <- wait task
      evaluate (x + y)
{-# NOINLINE byTasks #-}

bySparks :: Int -> Int
bySparks n
  | n < 2 = n
  | otherwise = x `par` (y `pseq` (x + y))
  where
    x = bySparks (n - 1)
    y = bySparks (n - 2)
{-# NOINLINE bySparks #-}

byThreads :: Int -> IO Int
byThreads n
  | n < 2 = pure n
  | otherwise = do
      result <- newEmptyMVar
      _ <- forkIO (byThreads (n - 1) >>= putMVar result)
      y <- byThreads (n - 2)
      x <- takeMVar result
      evaluate (x + y)
{-# NOINLINE byThreads #-}

-- | Tasks that nobody waits for but the region.
spawned :: Int -> IO ()
spawned 0 = pure ()
spawned n = void (spawn (pure ())) >> spawned (n - 1)
