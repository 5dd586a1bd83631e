-- |
-- How many iterations a loop must have before a parallel one is faster than
-- the sequential one, for iterations of several lengths ("grains").
--
-- A way wins at a number of iterations if the median of its runs is below the median
-- of the sequential loop's runs, which alternate with them. The number is doubled
-- until the way wins, and then bisected to a tenth of the answer. If a way
-- does not win with 10 ms of work, the answer is infinity.
module Measure.Crossover
  ( Way
  , crossovers
  , crossover
  , faster
  ) where

import Control.Monad (forM, forM_, unless)
import qualified Data.Vector.Unboxed as U

import Measure.Sample

-- | A loop: given the steps of a piece and the number of pieces, computes their
-- results.
type Way = Int -> Int -> IO (U.Vector Double)

-- | The crossovers of the named ways against the first way, which is the
-- sequential loop.
crossovers :: String -> Way -> [(String, Way)] -> IO ()
crossovers group sequential ways = do
  perStep <- calibrated sequential
  forM_ grains $ \(name, grain) -> do
    let steps = max 1 (round (grain / perStep))
        most = max 64 (round (1e7 / grain))
    forM_ ways $ \(way, run) -> do
      answer <- crossover most (wins (sequential steps) (run steps))
      record group way name (maybe (1 / 0) fromIntegral answer)
  where
    grains = [("10 ns", 10), ("100 ns", 100), ("1 us", 1e3), ("10 us", 1e4), ("1 ms", 1e6)]

-- | Nanoseconds per step.
calibrated :: Way -> IO Double
calibrated sequential = do
  times <- forM [1 .. 15 :: Int] $ \_ -> fst <$> nanoseconds (sequential 1000 1000)
  pure (median times / 1e6)

-- | The least number, up to the first one, from which the question is answered by yes, to
-- a tenth.
crossover :: Int -> (Int -> IO Bool) -> IO (Maybe Int)
crossover most win = rise 2
  where
    rise n
      | n > most = pure Nothing
      | otherwise = do
          won <- win n
          if won then Just <$> narrow (n `div` 2) n else rise (2 * n)
    -- Lost at the first, won at the second.
    narrow low high
      | high - low <= max 1 (high `div` 10) = pure high
      | otherwise = do
          let middle = (low + high) `div` 2
          won <- win middle
          if won then narrow low middle else narrow middle high

-- | Whether the way is faster than the sequential loop, at this number of iterations.
wins :: (Int -> IO (U.Vector Double)) -> (Int -> IO (U.Vector Double)) -> Int -> IO Bool
wins sequential run n = faster 1 (show n ++ " iterations") (sequential n) (run n)

-- | Whether the second action takes less than this part of the first one's time. Both must
-- have the same result. An action that is four times slower is not asked again.
faster :: Eq a => Double -> String -> IO a -> IO a -> IO Bool
faster part what sequential run = do
  (once, expected) <- nanoseconds sequential
  (first, result) <- nanoseconds run
  unless (result == expected) (fail ("a wrong result at " ++ what))
  (again, _) <- nanoseconds run
  if min first again > 4 * once
    then pure False
    else do
      let runs = if once > 1e6 then 5 else 25 :: Int
      times <- forM [1 .. runs] $ \_ -> do
        (a, _) <- nanoseconds sequential
        (b, _) <- nanoseconds run
        pure (a, b)
      pure (median (map snd times) < part * median (map fst times))
