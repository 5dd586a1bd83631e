-- | The correctness suite. With @--child NAME@ the program is a child process of one
-- of its own tests.
module Main (main) where

import Control.Applicative ((<|>))
import Data.Maybe (fromMaybe)
import System.Environment (getArgs, setEnv)
import Test.Tasty (defaultMain, testGroup)

import qualified Test.Batch
import qualified Test.Blocked
import qualified Test.Bodies
import qualified Test.Callbacks
import qualified Test.Child
import qualified Test.Closures
import qualified Test.Exceptions
import qualified Test.Folds
import qualified Test.Kernels
import qualified Test.Loops
import qualified Test.Masking
import qualified Test.Neighbours
import qualified Test.Nests
import qualified Test.Pinned
import qualified Test.Private
import qualified Test.Programs
import qualified Test.Progress
import qualified Test.Query
import qualified Test.Searches
import qualified Test.Served
import qualified Test.Slices
import qualified Test.Split
import qualified Test.States
import qualified Test.Task
import qualified Test.Team
import qualified Test.Trace
import qualified Test.Traversals
import qualified Test.Unlift
import qualified Test.Vector
import qualified Test.VectorMore

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    ["--child", name] -> fromMaybe (Test.Child.play name) (Test.Trace.play name <|> Test.Blocked.play name)
    _ -> do
      -- One at a time, because settings and capabilities belong to the whole process.
      setEnv "TASTY_NUM_THREADS" "1"
      defaultMain $
        testGroup
          "ghc-openmp"
          [ Test.Loops.tests
          , Test.Bodies.tests
          , Test.States.tests
          , Test.Folds.tests
          , Test.Searches.tests
          , Test.Traversals.tests
          , Test.Nests.tests
          , Test.Unlift.tests
          , Test.Programs.tests
          , Test.Exceptions.tests
          , Test.Masking.tests
          , Test.Kernels.tests
          , Test.Callbacks.tests
          , Test.Served.tests
          , Test.Closures.tests
          , Test.Batch.tests
          , Test.Neighbours.tests
          , Test.Private.tests
          , Test.Query.tests
          , Test.Task.tests
          , Test.Team.tests
          , Test.Vector.tests
          , Test.VectorMore.tests
          , Test.Pinned.tests
          , Test.Slices.tests
          , Test.Split.tests
          , Test.Progress.tests
          , Test.Trace.tests
          , Test.Child.tests
          , Test.Blocked.tests
          ]
