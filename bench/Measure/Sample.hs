-- | Clock and statistics of the measures, and how they print their rows.
module Measure.Sample
  ( Measures
  , measuring
  , record
  , now
  , nanoseconds
  , median
  , percentile
  ) where

import Control.Concurrent (runInUnboundThread)
import Control.Monad (forM_, when)
import Data.List (isInfixOf, sort)
import GHC.Clock (getMonotonicTimeNSec)
import System.Environment (getArgs)
import System.IO (BufferMode (LineBuffering), hPutStrLn, hSetBuffering, stderr, stdout)

import Row

-- | Named groups of measurements.
type Measures = [(String, IO ())]

-- | Runs the groups that @-p PATTERN@ selects, or all without it. Not in the main
-- thread: that thread is bound to an OS thread, which makes each switch of Haskell
-- threads more expensive.
measuring :: Measures -> IO ()
measuring groups = do
  hSetBuffering stdout LineBuffering
  arguments <- getArgs
  runInUnboundThread $ forM_ groups $ \(name, act) ->
    when (selects arguments name) (hPutStrLn stderr name >> act)
  where
    selects ["-p", pattern] name = pattern `isInfixOf` name
    selects [] _ = True
    selects arguments _ = error ("expected -p PATTERN instead of " ++ unwords arguments)

-- | Prints a figure.
record :: String -> String -> String -> Double -> IO ()
record inGroup inSeries at = putStrLn . writeRow . Row inGroup inSeries at

-- | Nanoseconds since some fixed moment.
now :: IO Double
now = fromIntegral <$> getMonotonicTimeNSec

-- | The time of the action, and its result.
nanoseconds :: IO a -> IO (Double, a)
nanoseconds act = do
  start <- now
  result <- act
  end <- now
  pure (end - start, result)

median :: [Double] -> Double
median = percentile 50

-- | The smallest sample such that at least so many per cent of the samples are not
-- above it.
percentile :: Double -> [Double] -> Double
percentile p samples = sort samples !! max 0 (ceiling (p / 100 * fromIntegral (length samples)) - 1)
