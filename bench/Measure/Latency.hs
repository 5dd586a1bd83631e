-- | The time of a region from call to return, in microseconds: the median, the 99th
-- percentile and the maximum.
module Measure.Latency (latency) where

import Control.Exception (evaluate)
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as M

import Measure.Sample
import Measure.Threads

-- | Measures the region in a quiet program, and while another Haskell thread
-- keeps the garbage collector busy.
latency :: String -> IO () -> IO ()
latency series region = do
  sampled "latency"
  beside garbage (sampled "latency under GC")
  where
    sampled group = do
      samples <- U.toList . U.map (/ 1e3) <$> collected region
      record group series "p50" (percentile 50 samples)
      record group series "p99" (percentile 99 samples)
      record group series "max" (maximum samples)

-- | The times, in nanoseconds, of the regions that run in half a second.
collected :: IO () -> IO (U.Vector Double)
collected region = do
  times <- M.unsafeNew most
  deadline <- (+ 5e8) <$> now
  let go i = do
        (time, ()) <- nanoseconds region
        M.unsafeWrite times i time
        end <- now
        if i + 1 < most && end < deadline then go (i + 1) else pure (i + 1)
  count <- go 0
  U.unsafeFreeze (M.unsafeTake count times)
  where
    most = 200000

-- | Keeps some megabytes of lists alive, and drops them.
garbage :: IO ()
garbage = do
  from <- round <$> now
  let numbers = [from .. from + 200000] :: [Int]
  _ <- evaluate (sum (reverse numbers) + length numbers)
  pure ()
