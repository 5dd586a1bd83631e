-- | Many Haskell threads that start short regions at once: regions per
-- millisecond, all callers together.
module Measure.Callers
  ( callers
  , threadsOfProcess
  ) where

import Control.Monad (forM_)

import Measure.Sample
import Measure.Threads

-- | Measures 1 to 64 callers, each of which repeats the region for 0.3 s. Afterwards
-- the action gets the number of callers.
callers :: String -> IO () -> (Int -> IO ()) -> IO ()
callers series region after = forM_ [1, 4, 16, 64] $ \count -> do
  start <- now
  regions <- together (replicate count (repeated (start + 3e8)))
  end <- now
  record "callers" series (show count) (fromIntegral (sum regions) / (end - start) * 1e6)
  after count
  where
    repeated deadline = go (0 :: Int)
      where
        go done = do
          region
          time <- now
          if time < deadline then go (done + 1) else pure (done + 1)

-- | The OS threads of this process.
threadsOfProcess :: IO Double
threadsOfProcess = do
  status <- readFile "/proc/self/status"
  case [read count | ["Threads:", count] <- words <$> lines status] of
    count : _ -> pure count
    [] -> fail "/proc/self/status tells no number of threads"
