-- | The correctness suite. With @--child NAME@ the program plays the part of a
-- child process in one of its own tests.
module Main (main) where

import System.Environment (getArgs)
import Test.Tasty (defaultMain, localOption, testGroup)
import Test.Tasty.Runners (NumThreads (..))

import qualified Test.Callbacks
import qualified Test.Child
import qualified Test.Exceptions
import qualified Test.Kernels
import qualified Test.Loops
import qualified Test.Neighbours

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    ["--child", name] -> Test.Child.play name
    _ ->
      -- One at a time: settings and capabilities are the whole process's.
      defaultMain . localOption (NumThreads 1) $
        testGroup
          "ghc-openmp"
          [ Test.Loops.tests
          , Test.Exceptions.tests
          , Test.Kernels.tests
          , Test.Callbacks.tests
          , Test.Neighbours.tests
          , Test.Child.tests
          ]
