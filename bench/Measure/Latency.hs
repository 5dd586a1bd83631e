-- | How long a region takes from call to return, in microseconds: in the middle,
-- in the worst per cent, at worst.
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

-- | The times of the regions of half a second, in nanoseconds.
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

-- | Some megabytes of live lists, and their end.
garbage :: IO ()
garbage = do
  from <- round <$> now
  let numbers = [from .. from + 200000] :: [Int]
  _ <- evaluate (sum (reverse numbers) + length numbers)
  pure ()
