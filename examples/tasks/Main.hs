-- | Recursive problems with tasks, compared with sequential versions, with sparks and with
-- threads.
--
-- What to learn here:
--
-- * 'tasks' opens a region, 'spawn' makes a task of an action, and 'wait' returns its
--   result. Any thread of the team may run it. (monad-par's @spawn@ and @get@ look the
--   same.)
-- * Use a cut-off: below some size, plain calls do the rest, because a task costs some
--   tens of nanoseconds. Rows without a cut-off show the difference.
-- * A spark ('par') costs less than a task, because it is a hint. It is for pure values:
--   it has no effects, no exceptions of its own, and nobody can wait for it. It runs on
--   GHC's idle capabilities.
-- * A thread ('forkIO') with an 'Control.Concurrent.MVar.MVar' costs some hundreds of
--   nanoseconds, and more where threads wait for each other. It is for work that waits.
-- * C tasks (@#pragma omp task@, cbits/quicksort.c) run on the same team.
--
-- Run it: @cabal run tasks@. Each row has the times of the sequential version and of the
-- parallel one, and whether both results agree.
module Main (main) where

import Control.Concurrent (forkIO)
import Control.Concurrent.MVar (newEmptyMVar, putMVar, takeMVar)
import Control.Exception (evaluate)
import Control.Monad (replicateM, unless)
import Data.IORef (newIORef, readIORef)
import Data.List (sortOn)
import GHC.Conc (par, pseq)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP (defaults)
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)

import Quicksort

-- | A task per call down to the cut-off, plain calls below it.
fib :: Int -> Int -> IO Int
fib cutOff n
  | n < cutOff = evaluate (fibSequential n)
  | otherwise = do
      task <- spawn (fib cutOff (n - 1))
      y <- fib cutOff (n - 2)
      x <- wait task
      evaluate (x + y)

-- | A spark per call.
fibSparks :: Int -> Int -> Int
fibSparks cutOff n
  | n < cutOff = fibSequential n
  | otherwise = x `par` (y `pseq` (x + y))
  where
    x = fibSparks cutOff (n - 1)
    y = fibSparks cutOff (n - 2)

-- | A thread per call.
fibThreads :: Int -> Int -> IO Int
fibThreads cutOff n
  | n < cutOff = evaluate (fibSequential n)
  | otherwise = do
      x <- fork (fibThreads cutOff (n - 1))
      y <- fibThreads cutOff (n - 2)
      (+ y) <$> x

-- | Runs the action in a thread, and gives an action that waits for its result.
fork :: IO a -> IO (IO a)
fork action = do
  result <- newEmptyMVar
  _ <- forkIO (action >>= putMVar result)
  pure (takeMVar result)

fibSequential :: Int -> Int
fibSequential n
  | n < 2 = n
  | otherwise = fibSequential (n - 1) + fibSequential (n - 2)

-- | Counts the solutions of the n-queens problem that extend a board of some rows, with
-- one task per queen in the first @rows@ rows.
queens :: Int -> Int -> [Int] -> IO Int
queens rows n board
  | length board >= rows = evaluate (queensSequential n board)
  | otherwise = do
      branches <- mapM (\q -> spawn (queens rows n (q : board))) (places n board)
      sum <$> mapM wait branches

-- | The same with sparks.
queensSparks :: Int -> Int -> [Int] -> Int
queensSparks rows n board
  | length board >= rows = queensSequential n board
  | otherwise = foldr (\branch others -> branch `par` (others `pseq` (branch + others))) 0 branches
  where
    branches = [queensSparks rows n (q : board) | q <- places n board]

-- | The same with threads.
queensThreads :: Int -> Int -> [Int] -> IO Int
queensThreads rows n board
  | length board >= rows = evaluate (queensSequential n board)
  | otherwise = do
      branches <- mapM (\q -> fork (queensThreads rows n (q : board))) (places n board)
      sum <$> sequence branches

queensSequential :: Int -> [Int] -> Int
queensSequential n board
  | length board == n = 1
  | otherwise = sum [queensSequential n (q : board) | q <- places n board]

-- | Columns of the next row that no queen on the board attacks.
places :: Int -> [Int] -> [Int]
places n board = [q | q <- [1 .. n], and [q /= p && abs (q - p) /= d | (d, p) <- zip [1 ..] board]]

-- | The median of five runs: its time in milliseconds, and its result.
timed :: IO Int -> IO (Double, Int)
timed run = do
  runs <- replicateM 5 $ do
    start <- wtime
    result <- run
    end <- wtime
    pure ((end - start) * 1000, result)
  pure (sortOn fst runs !! 2)

-- | Prints a row, and answers whether the results agree.
row :: String -> IO Int -> IO Int -> IO Bool
row name sequential parallel = do
  (before, expected) <- timed sequential
  (after, got) <- timed parallel
  printf "%-44s %9d %9.2f %9.2f %7.2f x  %s\n" name got before after (before / after) $
    if got == expected then "ok" else "WRONG"
  pure (got == expected)

main :: IO ()
main = do
  threads <- maxThreads
  printf "%-44s %9s %9s %9s %9s\n" (show threads ++ " threads") "result" "seq ms" "ms" "speedup"
  -- Read at run time, so that no result is computed twice from one thunk.
  sizes <- newIORef (30, 9)
  values <- evaluate (numbers 200000)
  let small = fst <$> readIORef sizes
      board = snd <$> readIORef sizes
  let fibs = small >>= evaluate . fibSequential
      fewer = small >>= evaluate . fibSequential . subtract 5
      boards = board >>= \n -> evaluate (queensSequential n [])
      sorts = sorting quicksortSequential values
  oks <-
    sequence
      [ row "fib 30, cut-off 18" fibs (small >>= tasks defaults . fib 18)
      , row "fib 30, cut-off 18, sparks" fibs (small >>= evaluate . fibSparks 18)
      , row "fib 30, cut-off 18, threads" fibs (small >>= fibThreads 18)
      , row "fib 25, a task per call" fewer (small >>= tasks defaults . fib 2 . subtract 5)
      , row "fib 25, a spark per call" fewer (small >>= evaluate . fibSparks 2 . subtract 5)
      , row "fib 25, a thread per call, cut-off 8" fewer (small >>= fibThreads 8 . subtract 5)
      , row "9 queens, tasks in 3 rows" boards (board >>= \n -> tasks defaults (queens 3 n []))
      , row "9 queens, sparks in 3 rows" boards (board >>= \n -> evaluate (queensSparks 3 n []))
      , row "9 queens, threads in 3 rows" boards (board >>= \n -> queensThreads 3 n [])
      , row "9 queens, tasks in all rows" boards (board >>= \n -> tasks defaults (queens n n []))
      , row "quicksort of 200000, Haskell tasks" sorts (sorting (tasks defaults . quicksort 1000) values)
      , row "quicksort of 200000, threads" sorts (sorting (quicksortThreads 1000) values)
      , row "quicksort of 200000, C tasks" (sorting inCSequential values) (sorting (inC 1000) values)
      ]
  unless (and oks) exitFailure
