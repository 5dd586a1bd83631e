{-# LANGUAGE CPP #-}

-- |
-- The suite's benchmarks, the same on tasty-bench and on criterion.
--
-- A benchmark's name is its group (a table of the results), its series (a row)
-- and its point (a column). None of them may have characters with a meaning in a
-- harness's CSV file: comma, quote, dot, slash. The point also has the number of
-- operations in a run, by which the report divides: @2 x 100000@.
module Bench.Harness
  ( suite
  , Benchmark
  , bgroup
  , timed
  , gives
  , hidden
  ) where

import Control.Concurrent (runInUnboundThread)
import Control.Monad (unless)
import System.Environment (getArgs, withArgs)

#ifdef TASTY_BENCH
import Test.Tasty.Bench (Benchmark, bench, bgroup, defaultMain, env, whnfIO)
#else
import Criterion.Main (Benchmark, bench, bgroup, defaultMain, env, whnfIO)
#endif

-- | Runs the benchmarks that @-p PATTERN@ selects, or all without it, and writes
-- the times to the file of @--csv FILE@. Not in the main thread: that thread is bound
-- to an OS thread, which makes each switch of Haskell threads more expensive.
suite :: [Benchmark] -> IO ()
suite groups = do
  arguments <- getArgs
  withArgs (harness arguments) (runInUnboundThread (defaultMain groups))

-- | The arguments as the harness has them.
harness :: [String] -> [String]
#ifdef TASTY_BENCH
harness arguments = ["-j1", "--time-mode", "wall", "--stdev", "10"] ++ arguments
#else
harness arguments = ["--time-limit", "2"] ++ concatMap option arguments
  where
    option "-p" = ["--match", "pattern"]
    option word = [word]
#endif

-- | A benchmark of an action of so many operations. The check runs it once before it
-- is timed.
timed :: Int -> String -> (IO a -> IO Bool) -> IO a -> Benchmark
timed operations name check act =
  env checked (\ ~() -> bench (name ++ " x " ++ show operations) (whnfIO act))
  where
    checked = do
      right <- check act
      unless right (fail ("wrong result at " ++ name))

-- | The check that the action has this result.
gives :: Eq a => a -> IO a -> IO Bool
gives expected act = (== expected) <$> act

-- | The value, of which GHC knows nothing: what is computed from it is computed at each run.
hidden :: a -> IO a
hidden = pure
{-# NOINLINE hidden #-}
