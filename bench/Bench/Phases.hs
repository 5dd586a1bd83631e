{-# OPTIONS_GHC -O2 #-}

-- | Many short loops, each of which needs the last one's results, in nanoseconds per loop:
-- in one region with barriers, with a region for each, and in C. On the team in force.
module Bench.Phases (phases) where

import Control.Monad (void)
import Foreign.Marshal.Array (allocaArray)
import Foreign.Marshal.Utils (fillBytes)
import Foreign.Ptr (Ptr)
import Foreign.Storable (peekElemOff, poke, pokeElemOff)

import Bench.Harness
import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Team

foreign import ccall safe "bench_phases" c_phases :: Int -> Int -> Ptr Double -> Ptr Double -> IO ()

phases :: Int -> Benchmark
phases team' =
  bgroup "phases" $
    [row "sequential" (through inTurn) | team' == 1]
      ++ [ row "one region, barriers (Team)" $ \from to ->
             void (team defaults (\t -> through (\a b -> teamFor t Static cells (step a b)) from to))
         , row "a region for each" (through (\a b -> parallelFor defaults cells (step a b)))
         , row "C kernel, one region" (c_phases n count)
         ]
  where
    n = 20000
    count = 100
    cells = Range 1 (n - 1)
    inTurn a b = go 1
      where
        go i
          | i == n - 1 = pure ()
          | otherwise = step a b i >> go (i + 1)
    row name run = bgroup name [timed count (show team') right (heated run)]
    right act = (==) <$> act <*> heated (through inTurn)
    -- The heat of a cell after all steps, if the first one has 1.
    heated run = allocaArray n $ \from -> allocaArray n $ \to -> do
      mapM_ (\v -> fillBytes v 0 (8 * n) >> poke v 1) [from, to]
      () <- run from to
      peekElemOff from 20
    -- From one array to the other and back.
    through one a b = go count a b
      where
        go :: Int -> Ptr Double -> Ptr Double -> IO ()
        go 0 _ _ = pure ()
        go k from to = one from to >> go (k - 1) to from
    {-# INLINE through #-}

step :: Ptr Double -> Ptr Double -> Int -> IO ()
step from to i = do
  x <- peekElemOff from (i - 1)
  y <- peekElemOff from i
  z <- peekElemOff from (i + 1)
  pokeElemOff to i (0.25 * (x + 2 * y + z))
{-# INLINE step #-}
