-- | Counts in a parallel loop: the steps of the Collatz sequences of all numbers
-- below 5,000, on one IORef and on a counter that is a prim operation of this
-- package.
module Main (main) where

import Control.Monad (when)
import Data.IORef
import GHC.Clock (getMonotonicTimeNSec)

import Control.Parallel.OpenMP
import Counter

main :: IO ()
main = do
  (shared, slow) <- timed $ do
    ref <- newIORef (0 :: Int)
    steps (atomicModifyIORef' ref (\n -> (n + 1, ())))
    readIORef ref
  (own, quick) <- timed $ do
    counter <- newCounter
    steps (count counter)
    readCounter counter
  putStrLn ("on an IORef:         " ++ show shared ++ " steps, " ++ show slow ++ " ms")
  putStrLn ("by a prim operation: " ++ show own ++ " steps, " ++ show quick ++ " ms")
  when (shared /= own) (fail "the counts differ")

steps :: IO () -> IO ()
steps one = parallelFor defaults {schedule = Dynamic 100} (Range 1 5000) walk
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
