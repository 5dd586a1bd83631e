-- | No count is lost: in OpenMP loops, in Haskell threads that allocate, migrate and
-- are collected, and with more capabilities than the counter has words.
module Main (main) where

import Control.Concurrent
import Control.Monad (forM, forM_, replicateM_, unless)
import GHC.Conc (getNumProcessors)
import System.Exit (exitFailure)
import System.Mem (performGC)

import Control.Parallel.OpenMP
import Counter

main :: IO ()
main = do
  processors <- getNumProcessors
  forM_ [1, 2, 4, processors + 2] $ \capabilities -> do
    counter <- newCounter
    setNumCapabilities capabilities
    parallelFor defaults {schedule = Dynamic 100, numThreads = Just 8} (Range 0 1000000) (\_ -> count counter)
    readCounter counter >>= check ("OpenMP threads on " ++ show capabilities) 1000000
    waits <- forM [1 .. 16 :: Int] $ \thread -> do
      done <- newEmptyMVar
      _ <- forkFinally (counting counter thread) (\_ -> putMVar done ())
      pure done
    replicateM_ 20 (performGC >> yield)
    mapM_ takeMVar waits
    readCounter counter >>= check ("Haskell threads on " ++ show capabilities) (1000000 + 16 * 50000)
  putStrLn "8 passed, 0 failed"
  where
    counting counter thread = forM_ [1 .. 50000 :: Int] $ \i -> do
      count counter
      -- Allocates, so that other threads get the capability in between.
      unless (sum [thread .. thread + i `rem` 5] > 0) exitFailure

check :: String -> Int -> Int -> IO ()
check what wanted got =
  unless (wanted == got) $ do
    putStrLn (what ++ ": " ++ show got ++ " instead of " ++ show wanted)
    exitFailure
