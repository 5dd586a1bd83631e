-- | Counts in a parallel loop the steps of the Collatz sequences of all numbers below
-- 100,000. One version uses an atomic instruction on one word. The other uses a prim
-- operation of this package, which needs no atomic instruction. (An 'Data.IORef.IORef'
-- does not fit here: when threads meet at one, an 'Data.IORef.atomicModifyIORef'' takes 10
-- to 50 µs.)
module Main (main) where

import Control.Monad (when)
import GHC.Clock (getMonotonicTimeNSec)

import Control.Parallel.OpenMP
import Counter

main :: IO ()
main = do
  (shared, slow) <- timed $ do
    counter <- newCounter
    steps (countAtomically counter)
    readCounter counter
  (own, quick) <- timed $ do
    counter <- newCounter
    steps (count counter)
    readCounter counter
  putStrLn ("atomically:          " ++ show shared ++ " steps, " ++ show slow ++ " ms")
  putStrLn ("by a prim operation: " ++ show own ++ " steps, " ++ show quick ++ " ms")
  when (shared /= own) (fail "the counts differ")

steps :: IO () -> IO ()
steps one = parallelFor defaults {schedule = Dynamic 1000} (Range 1 100000) walk
  where
    walk :: Int -> IO ()
    walk 1 = pure ()
    walk n = one >> walk (if even n then n `quot` 2 else 3 * n + 1)
{-# INLINE steps #-}

timed :: IO a -> IO (a, Integer)
timed action = do
  start <- getMonotonicTimeNSec
  x <- action
  end <- getMonotonicTimeNSec
  pure (x, toInteger (end - start) `div` 1000000)
