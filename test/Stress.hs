-- | The stresses in their long form: @make stress@. Takes tasty's arguments.
module Main (main) where

import System.Environment (getArgs, withArgs)
import Test.Tasty (defaultMain, testGroup)

import qualified Test.BatchStress

main :: IO ()
main = do
  arguments <- getArgs
  -- One at a time, as in Main.hs.
  withArgs ("-j1" : arguments) . defaultMain $
    testGroup
      "stress"
      [ testGroup "batches" [Test.BatchStress.stress runs]
      ]
  where
    runs = 100
