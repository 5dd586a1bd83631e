{-# LANGUAGE CPP #-}

-- |
-- Measurements that are not the mean of a harness: crossovers, throughput,
-- percentiles. Prints the rows that the report reads.
module Main (main) where

import Control.Concurrent (getNumCapabilities)
import Control.Concurrent.Async (forConcurrently_)
import Control.Parallel.Strategies (parListChunk, rseq, withStrategyIO)
import qualified Data.Vector.Unboxed as U

#ifdef REPA
import qualified Data.Array.Repa as R
#endif

import Control.Parallel.OpenMP
import Measure.Callers
import Measure.Crossover
import Measure.Functions
import Measure.Kernels
import Measure.Latency
import Measure.Sample
import Measure.Work

main :: IO ()
main = do
  capabilities <- getNumCapabilities
  measuring $
    ("crossover", crossovers "crossover" sequentially (ways capabilities))
      : ("crossover of vectors", functions "crossover of vectors")
      : kernels "ghc-openmp"
      ++ [ ("callers", callers "parallelFor" (checked sharedOut) (\_ -> pure ()))
         , ("latency", latency "parallel" (parallel defaults (\_ -> pure ())))
         ]

-- | The parallel loops that are available in Haskell.
ways :: Int -> [(String, Way)]
ways capabilities =
  [ ("parallelFor", sharedOut)
  , ("forConcurrently_ (async)", eachBy (\n -> forConcurrently_ [0 .. n - 1]))
  , ("parListChunk (parallel)", inSparks capabilities)
#ifdef REPA
  , ("repa", inRepa)
#endif
  ]

sharedOut :: Way
sharedOut = eachBy (\n -> parallelFor defaults (Range 0 n))

-- | With four sparks per capability.
inSparks :: Int -> Way
inSparks capabilities steps n = do
  results <- withStrategyIO (parListChunk size rseq) (map (work steps) [0 .. n - 1])
  -- The sparks may still run.
  foldr seq (pure ()) results
  pure (U.fromList results)
  where
    size = max 1 (n `div` (4 * capabilities))

#ifdef REPA
inRepa :: Way
inRepa steps n = R.toUnboxed <$> R.computeP (R.fromFunction (R.ix1 n) (\(R.Z R.:. i) -> work steps i))
#endif
