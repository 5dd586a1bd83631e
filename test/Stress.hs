-- | The stresses in their long form: @make stress@. Takes tasty's arguments.
-- @STRESS_RUNS@ is how often each part runs (100), and @STRESS_SECONDS@ how long the
-- soak runs (60).
module Main (main) where

import System.Environment (lookupEnv, setEnv)
import Test.Tasty (defaultMain, testGroup)
import Test.Tasty.HUnit (assertFailure, testCase)

import qualified Test.BatchStress
import qualified Test.CallbackStress
import qualified Test.Forks
import qualified Test.Soak

main :: IO ()
main = do
  -- One at a time, as in Main.hs.
  setEnv "TASTY_NUM_THREADS" "1"
  runs <- maybe 100 read <$> lookupEnv "STRESS_RUNS"
  seconds <- maybe 60 read <$> lookupEnv "STRESS_SECONDS"
  defaultMain $
    testGroup
      "stress"
      [ testGroup "batches" [Test.BatchStress.stress runs]
      , testGroup "callbacks" [Test.CallbackStress.stress runs]
      , Test.Forks.stress runs
      , testCase "soak" (Test.Soak.soak seconds >>= maybe (pure ()) assertFailure)
      ]
