-- | A program to trace: C kernels and a loop over a Haskell closure, beside a
-- Haskell thread that computes. It says nothing of tracing itself:
--
-- > GHCOMP_TRACE=all trace-program +RTS -l
-- > trace-view trace-program.eventlog
module Main (main) where

import Control.Concurrent
import Control.Exception (evaluate)
import Data.List (foldl')
import Foreign.C.Types
import GHC.Conc (labelThread)

import Control.Parallel.OpenMP

foreign import ccall safe "triangle" c_triangle :: CLong -> IO CDouble
foreign import ccall safe "phases" c_phases :: CLong -> IO CDouble
foreign import ccall safe "tree" c_tree :: CInt -> CLong -> IO CDouble

main :: IO ()
main = do
  myThreadId >>= (`labelThread` "main")
  done <- newEmptyMVar
  neighbour <- forkIO $ do
    threadDelay 4000
    sums <- mapM (\n -> evaluate (foldl' (+) 0 [1 .. n :: Int])) [1000000, 1000001, 1000002]
    putMVar done (sum sums)
  labelThread neighbour "neighbour"
  triangle <- c_triangle 600
  phases <- c_phases 100000
  tree <- c_tree 5 6000
  let options = defaults {schedule = Dynamic 8}
  total <- parallelReduce options (Range 0 400) (+) 0 $ \i -> evaluate (foldl' (+) i [1 .. 4000])
  others <- takeMVar done
  print (triangle, phases, tree, total, others)
