{-# LANGUAGE BangPatterns #-}

-- | Stars that attract each other: a loop over a mutable vector. Each thread owns one
-- slice of the vector.
--
-- What to learn here:
--
-- * 'P.parallelSlices' gives each thread a slice of the vector to write. The type of
--   its body keeps it away from all other elements. So there is nothing to lock, and
--   no race. All threads read an immutable vector.
-- * The result does not depend on which thread computes what. Every schedule and every
--   team gives the same bits.
-- * To choose a schedule, write the loop once with the schedule as an argument, and
--   time it. Here all iterations cost the same, so 'Static' is right. On a machine that
--   others use too, 'Dynamic' may win.
-- * A long run shows how far it is: 'withProgress' reports the steps that are done.
--
-- Run it: @cabal run nbody -- [STARS [STEPS]]@ (400 stars, 50 steps).
--
-- It prints a row for each schedule, with the time and the relative change of the total
-- energy. Physics keeps the energy constant, and the method nearly does.
module Main (main) where

import Control.Monad (forM, forM_, unless)
import Control.Monad.ST (ST)
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as M
import System.Environment (getArgs)
import System.Exit (exitFailure)
import System.IO (stderr)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Progress
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import qualified Control.Parallel.OpenMP.Vector as P

type V3 = (Double, Double, Double)

-- | Positions and velocities. Each star has mass @1 / n@, and the constant of gravity
-- is 1.
data Stars = Stars !(U.Vector V3) !(U.Vector V3) deriving (Eq)

-- | A spinning ball. The same number gives the same ball.
start :: Int -> Stars
start n = Stars places (U.map spin places)
  where
    places = U.generate n $ \i ->
      let u = fraction (fromIntegral i * 0.7548776662466927)
          v = fraction (fromIntegral i * 0.5698402909980532)
          r = ((fromIntegral i + 0.5) / fromIntegral n) ** (1 / 3)
          z = 2 * u - 1
          flat = sqrt (1 - z * z)
       in (r * flat * cos (2 * pi * v), r * flat * sin (2 * pi * v), r * z)
    spin (x, y, _) = (-0.5 * y, 0.5 * x, 0)
    fraction x = x - fromIntegral (floor x :: Int) :: Double

-- | Below this distance the attraction hardly grows any more.
softening :: Double
softening = 0.05

-- | The acceleration that the stars at these places give to one at this place.
pull :: U.Vector V3 -> V3 -> V3
pull places (x, y, z) = go 0 0 0 0
  where
    n = U.length places
    go !i !ax !ay !az
      | i == n = (ax / fromIntegral n, ay / fromIntegral n, az / fromIntegral n)
      | otherwise =
          let (px, py, pz) = U.unsafeIndex places i
              (dx, dy, dz) = (px - x, py - y, pz - z)
              square = dx * dx + dy * dy + dz * dz + softening * softening
              weight = 1 / (square * sqrt square)
           in go (i + 1) (ax + weight * dx) (ay + weight * dy) (az + weight * dz)

-- | Does steps of this length by the leapfrog method: places move half a step,
-- velocities a whole step, and places the other half.
simulate :: Progress -> Options -> Int -> Double -> Stars -> IO Stars
simulate progress options steps dt (Stars places0 speeds0) = do
  places <- U.thaw places0
  speeds <- U.thaw speeds0
  forM_ [1 .. steps] $ \_ -> do
    drift places speeds
    -- An immutable copy that all threads read.
    now <- U.freeze places
    P.parallelSlices options speeds $ \from slice ->
      eachElement slice $ \i v -> along dt (pull now (U.unsafeIndex now (from + i))) v
    drift places speeds
    advance progress 1
  Stars <$> U.unsafeFreeze places <*> U.unsafeFreeze speeds
  where
    drift places speeds = do
      now <- U.freeze speeds
      P.parallelSlices defaults places $ \from slice ->
        eachElement slice $ \i p -> along (dt / 2) (U.unsafeIndex now (from + i)) p
    along t (dx, dy, dz) (x, y, z) = (x + t * dx, y + t * dy, z + t * dz)

-- | Replaces each element of a slice.
eachElement :: M.MVector s V3 -> (Int -> V3 -> V3) -> ST s ()
eachElement slice f = forM_ [0 .. M.length slice - 1] $ \i -> M.unsafeModify slice (f i) i
{-# INLINE eachElement #-}

-- | The total energy: the sum over all stars.
energy :: Stars -> Double
energy (Stars places speeds) = P.sum defaults (P.zipWith defaults own places speeds)
  where
    n = fromIntegral (U.length places)
    own (x, y, z) (u, v, w) = (u * u + v * v + w * w) / (2 * n) - U.foldl' (potential x y z) 0 places / (2 * n * n)
    potential x y z !sum' (px, py, pz) =
      sum' + 1 / sqrt ((px - x) ^ two + (py - y) ^ two + (pz - z) ^ two + softening * softening)
    two = 2 :: Int

main :: IO ()
main = do
  arguments <- map read <$> getArgs
  let (n, steps) = case arguments of
        [] -> (400, 50)
        [count] -> (count, 50)
        count : s : _ -> (count, s)
      stars = start n
      before = energy stars
  threads <- maxThreads
  printf "%d stars, %d steps, %d threads\n%-18s %10s %14s\n" n steps threads "schedule" "ms" "energy change"
  let schedules = [("one thread", defaults {numThreads = Just 1})] ++ [(show s, defaults {schedule = s}) | s <- [Static, Dynamic 16, Guided 4]]
  ends <- forM schedules $ \(name, options) -> do
    begin <- wtime
    end <- withProgress 250000 (percentTo stderr name steps) $ \progress ->
      simulate progress options steps 0.01 stars
    seconds <- subtract begin <$> wtime
    printf "%-18s %10.1f %14.1e\n" name (seconds * 1000) (abs (energy end / before - 1))
    pure end
  let same = and (zipWith (==) ends (drop 1 ends))
      kept = all (\end -> abs (energy end / before - 1) < 1e-3) ends
  putStrLn (if same then "all schedules: the same bits" else "WRONG: schedules differ")
  putStrLn (if kept then "energy: kept to 1e-3" else "WRONG: energy lost")
  unless (same && kept) exitFailure
