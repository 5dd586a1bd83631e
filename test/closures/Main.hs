-- | Test.Closures in a program of its own, for run.
module Main (main) where

import Test.Closures (tests)
import Test.Tasty (defaultMain)

main :: IO ()
main = defaultMain tests
