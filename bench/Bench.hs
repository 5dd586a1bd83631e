-- |
-- The benchmarks that a harness can time: the mean of many runs of one action. The
-- others are in Measures.hs.
--
-- Groups that depend on the team's size use the size in force, so the suite runs
-- once for each size (@+RTS -N1@, @-N2@, @-N4@). The calls do not depend on it, and
-- are in the run on one thread.
module Main (main) where

import Bench.Callbacks
import Bench.Calls
import Bench.Harness
import Bench.Loops
import Bench.Phases
import Bench.Recursion
import Bench.Tasks
import Bench.Vectors
import Control.Parallel.OpenMP.Query (maxThreads)

main :: IO ()
main = do
  team <- maxThreads
  suite $
    [calls | team == 1]
      ++ [callbacks team, callbacksAlone team, loops team, reductions team, merging team, traversing team, regions team, phases team, taskCosts team]
      ++ recursion team
      ++ vectors team
