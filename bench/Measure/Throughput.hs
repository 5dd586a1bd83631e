-- | How much a Haskell thread computes beside a team: millions of steps of work per
-- second.
module Measure.Throughput (throughput, computed, pieceSize) where

import Control.Concurrent (threadDelay)
import Control.Exception (evaluate)

import Measure.Sample
import Measure.Threads
import Measure.Work

-- | Measures it for the runtime of this name. The action uses the runtime's team for
-- some microseconds.
throughput :: String -> IO () -> IO ()
throughput runtime region = do
  steps "alone"
  region
  steps "beside an idle team"
  beside (region >> threadDelay 1000) (steps "beside a region each ms")
  beside region (steps "beside a busy team")
  where
    steps situation = do
      start <- now
      done <- computed (start + 3e8) 0
      end <- now
      record "throughput" situation runtime (done * fromIntegral pieceSize / (end - start) * 1e3)

-- | Pieces of work that are done before the deadline.
computed :: Double -> Double -> IO Double
computed deadline done = do
  _ <- evaluate (work pieceSize (round done))
  time <- now
  if time < deadline then computed deadline (done + 1) else pure (done + 1)

-- | Steps of a piece.
pieceSize :: Int
pieceSize = 1000
