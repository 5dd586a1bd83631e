{-# LANGUAGE BangPatterns #-}

-- | Recursive problems by tasks, sparks and threads, with a cut-off, on the team in force:
-- quicksort in nanoseconds per element, and queens in nanoseconds per solution. The run on
-- one thread also times plain calls.
module Bench.Recursion (recursion) where

import Control.Concurrent (forkIO)
import Control.Concurrent.MVar (newEmptyMVar, putMVar, takeMVar)
import Control.Exception (evaluate)
import Control.Monad (unless)
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as M
import GHC.Conc (par, pseq)

import Bench.Harness
import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Task
import Measure.Numbers

recursion :: Int -> [Benchmark]
recursion team =
  [ bgroup "quicksort" $
      [sorted "calls" quicksort | team == 1]
        ++ [ sorted "spawn and wait" (tasks defaults . quicksortBy bySpawn)
           , sorted "forkIO and MVar" (quicksortBy byThread)
           ]
  , bgroup "queens" $
      [placed "calls" (evaluate . queens) | team == 1]
        ++ [ placed "spawn and wait" (tasks defaults . queensBy bySpawn)
           , placed "sparks (par)" (evaluate . queensSparks)
           , placed "forkIO and MVar" (queensBy byThread)
           ]
  ]
  where
    n = 100000
    v = numbers n
    sorted name sort = bgroup name [timed n (show team) (gives (U.maximum v)) (sorting sort v)]
    placed name count = bgroup name [timed 92 (show team) (gives 92) (hidden [] >>= count)]

-- | Starts an action, and gives one that waits for its result.
type Start = IO Int -> IO (IO Int)

bySpawn, byThread :: Start
bySpawn act = wait <$> spawn act
byThread act = do
  result <- newEmptyMVar
  _ <- forkIO (act >>= putMVar result)
  pure (takeMVar result)

sorting :: (M.IOVector Int -> IO ()) -> U.Vector Int -> IO Int
sorting sort v = do
  copy <- U.thaw v
  sort copy
  M.read copy (M.length copy - 1)
{-# NOINLINE sorting #-}

quicksort :: M.IOVector Int -> IO ()
quicksort v = unless (M.length v < 2) $ do
  (low, high) <- partition v
  quicksort low
  quicksort high

quicksortBy :: Start -> M.IOVector Int -> IO ()
quicksortBy start v
  | M.length v <= 1000 = quicksort v
  | otherwise = do
      (low, high) <- partition v
      waits <- start (0 <$ quicksortBy start low)
      quicksortBy start high
      () <$ waits
{-# INLINEABLE quicksortBy #-}

-- | The elements up to the middle one's value, and those from it on. Neither is empty.
partition :: M.IOVector Int -> IO (M.IOVector Int, M.IOVector Int)
partition v = do
  pivot <- M.unsafeRead v ((M.length v - 1) `quot` 2)
  let up, down :: Int -> IO Int
      up !i = M.unsafeRead v i >>= \x -> if x < pivot then up (i + 1) else pure i
      down !j = M.unsafeRead v j >>= \x -> if x > pivot then down (j - 1) else pure j
      go !from !to = do
        i <- up from
        j <- down to
        if i >= j then pure (j + 1) else M.unsafeSwap v i j >> go (i + 1) (j - 1)
  left <- go 0 (M.length v - 1)
  pure (M.splitAt left v)

-- | The ways to place eight queens, of which some stand already.
queens :: [Int] -> Int
queens board
  | length board == 8 = 1
  | otherwise = sum [queens (q : board) | q <- places board]
{-# NOINLINE queens #-}

-- | A task for each queen of the first three.
queensBy :: Start -> [Int] -> IO Int
queensBy start board
  | length board == 3 = evaluate (queens board)
  | otherwise = do
      branches <- mapM (\q -> start (queensBy start (q : board))) (places board)
      sum <$> sequence branches

queensSparks :: [Int] -> Int
queensSparks board
  | length board == 3 = queens board
  | otherwise = foldr (\branch others -> branch `par` (others `pseq` (branch + others))) 0 branches
  where
    branches = [queensSparks (q : board) | q <- places board]
{-# NOINLINE queensSparks #-}

-- | Columns of the next row that no queen attacks.
places :: [Int] -> [Int]
places board = [q | q <- [1 .. 8], and [q /= p && abs (q - p) /= d | (d, p) <- zip [1 ..] board]]
