-- | The stresses in their long form: @make stress@. Takes tasty's arguments, and
-- from @STRESS_RUNS@ how often each part runs (100).
module Main (main) where

import System.Environment (lookupEnv, setEnv)
import Test.Tasty (defaultMain, testGroup)

import qualified Test.BatchStress
import qualified Test.CallbackStress

main :: IO ()
main = do
  -- One at a time, as in Main.hs.
  setEnv "TASTY_NUM_THREADS" "1"
  runs <- maybe 100 read <$> lookupEnv "STRESS_RUNS"
  defaultMain $
    testGroup
      "stress"
      [ testGroup "batches" [Test.BatchStress.stress runs]
      , testGroup "callbacks" [Test.CallbackStress.stress runs]
      ]
