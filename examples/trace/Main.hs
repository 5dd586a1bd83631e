-- | A program to trace: C kernels and a loop over a Haskell closure run beside a Haskell
-- thread that computes. The program itself contains nothing about tracing:
--
-- > GHCOMP_TRACE=all trace-program +RTS -l
-- > trace-view trace-program.eventlog
module Main (main) where

import Control.Concurrent
import Control.Exception (evaluate)
import Control.Monad (forM_)
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
  neighbour <- forkIO . forM_ [0 ..] $ \n ->
    evaluate (sumFrom n 400000) >> threadDelay 2000
  labelThread neighbour "neighbour"
  triangle <- c_triangle 600
  phases <- c_phases 100000
  tree <- c_tree 5 6000
  let options = defaults {schedule = Dynamic 8}
  total <- parallelReduce options (Range 0 400) (+) 0 $ \i -> evaluate (sumFrom i 4000)
  killThread neighbour
  print (triangle, phases, tree, total)

sumFrom :: Int -> Int -> Int
sumFrom n count = foldl' (+) n [1 .. count]
