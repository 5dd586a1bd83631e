{-# LANGUAGE BangPatterns #-}

-- | Quicksort in place, with Haskell tasks and with the C tasks of cbits/quicksort.c.
-- The parts of a vector share no element, so the tasks need no lock.
module Quicksort (quicksort, quicksortThreads, quicksortSequential, inC, inCSequential, numbers, sorting) where

import Control.Concurrent (forkIO)
import Control.Concurrent.MVar (newEmptyMVar, putMVar, takeMVar)
import Control.Monad (unless)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Foreign.Ptr (Ptr)

import Control.Parallel.OpenMP.Task (spawn, wait)

foreign import ccall safe "quicksort_tasks" c_tasks :: Int -> Int -> Ptr Int -> IO ()
foreign import ccall safe "quicksort_sequential" c_sequential :: Int -> Ptr Int -> IO ()

-- | Makes one task for each part of more than this many values (at least one). Each
-- call waits for its tasks, so its part is sorted when it returns.
quicksort :: Int -> M.IOVector Int -> IO ()
quicksort cutOff v
  | M.length v <= cutOff = quicksortSequential v
  | otherwise = do
      (low, high) <- partition v
      task <- spawn (quicksort cutOff low)
      quicksort cutOff high
      wait task

-- | The same with threads.
quicksortThreads :: Int -> M.IOVector Int -> IO ()
quicksortThreads cutOff v
  | M.length v <= cutOff = quicksortSequential v
  | otherwise = do
      (low, high) <- partition v
      ended <- newEmptyMVar
      _ <- forkIO (quicksortThreads cutOff low >>= putMVar ended)
      quicksortThreads cutOff high
      takeMVar ended

quicksortSequential :: M.IOVector Int -> IO ()
quicksortSequential v = unless (M.length v < 2) $ do
  (low, high) <- partition v
  quicksortSequential low
  quicksortSequential high

-- | Swaps values until none in the first part is larger than the middle one and none in
-- the second part is smaller. Neither part is empty.
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

inC :: Int -> M.IOVector Int -> IO ()
inC cutOff v = M.unsafeWith v (c_tasks cutOff (M.length v))

inCSequential :: M.IOVector Int -> IO ()
inCSequential v = M.unsafeWith v (c_sequential (M.length v))

-- | This many numbers in disorder, the same ones each time.
numbers :: Int -> V.Vector Int
numbers n = V.iterateN n (\x -> (x * 1103515245 + 12345) `mod` 2147483648) 1

-- | Sorts a copy and returns a number that depends on every value and its place, or -1
-- if the values are not in order.
sorting :: (M.IOVector Int -> IO ()) -> V.Vector Int -> IO Int
sorting sort values = do
  copy <- V.thaw values
  sort copy
  sorted <- V.unsafeFreeze copy
  pure $
    if V.and (V.zipWith (<=) sorted (V.drop 1 sorted))
      then V.foldl' (\h x -> (h * 31 + x) `mod` 1000000007) 7 sorted
      else -1
