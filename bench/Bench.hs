-- |
-- What a harness can time: the mean of many runs of one action. The rest is in
-- Measures.hs.
--
-- The groups that depend on the team's size are for the size in force, so the
-- suite is run once for each (@+RTS -N1@, @-N2@, @-N4@); the calls, which do
-- not, are in the run on one.
module Main (main) where

import Bench.Callbacks
import Bench.Calls
import Bench.Harness
import Bench.Loops
import Control.Parallel.OpenMP.Query (maxThreads)

main :: IO ()
main = do
  team <- maxThreads
  suite $
    [calls | team == 1]
      ++ [callbacks team, loops team, reductions team, regions team]
