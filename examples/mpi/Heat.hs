-- | Heat that spreads in a plate, which is cut into strips: one per process,
-- with a team of threads in each.
--
-- What to learn here:
--
-- * Each process (rank) holds some rows of the plate and, above and below them,
--   a copy of the neighbour's outermost row: the halo. In each step the halos
--   are exchanged, then the team computes the new rows by 'parallelFor'.
-- * MPI is called between the loops, by @main@ alone (see MPI.hs).
-- * The result has the same bits for any number of ranks and threads, so it is
--   compared with that of one process and one thread.
--
-- Needs Open MPI (or MPICH). Run it:
--
-- > cabal build && OMP_NUM_THREADS=2 mpirun -n 2 --bind-to none -x OMP_NUM_THREADS $(cabal list-bin mpi-heat)
--
-- (as root also @--allow-run-as-root@, on few cores @--oversubscribe@; arguments:
-- the plate's side and the steps, 200 and 100). Rank 0 prints the mean heat, the
-- times and whether both results agree.
module Main (main) where

import Control.Monad (foldM, forM_, unless)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import MPI

-- | Rows of the plate, with one more above and below: @(rows + 2) * side@.
type Strip = M.IOVector Double

-- | A plate that is cold but for a hot square, and that stays cold at its rim.
initial :: Int -> Int -> Int -> Double
initial side y x
  | abs (4 * y - side) < side `quot` 2 && abs (2 * x - side) < side `quot` 2 = 100
  | otherwise = 0

-- | The strip with these rows of the plate; its halos, and what lies beyond the
-- plate, are cold until somebody writes them.
newStrip :: Int -> (Int, Int) -> IO Strip
newStrip side (from, to) =
  V.thaw . V.generate ((to - from + 2) * side) $ \i ->
    let (r, x) = i `quotRem` side
        y = from + r - 1
     in if r == 0 || y >= to then 0 else initial side y x

-- | New rows from old ones, shared out among a team. The halos are left alone.
step :: Options -> Int -> Strip -> Strip -> IO ()
step options side old new =
  parallelFor options (Range 1 (M.length old `quot` side - 1)) $ \row ->
    forM_ [0 .. side - 1] $ \x -> do
      let here = row * side + x
      centre <- M.unsafeRead old here
      up <- M.unsafeRead old (here - side)
      down <- M.unsafeRead old (here + side)
      left <- if x == 0 then pure 0 else M.unsafeRead old (here - 1)
      right <- if x == side - 1 then pure 0 else M.unsafeRead old (here + 1)
      M.unsafeWrite new here (centre + 0.2 * (up + down + left + right - 4 * centre))

-- | Gives both neighbours this strip's outermost rows and takes theirs.
exchangeHalos :: Rank -> Int -> Strip -> IO ()
exchangeHalos me side strip = do
  exchange (row 1) above (row (rows + 1)) below
  exchange (row rows) below (row 0) above
  where
    rows = M.length strip `quot` side - 2
    row r = M.slice (r * side) side strip
    above = if rank me == 0 then Nothing else Just (rank me - 1)
    below = if rank me == ranks me - 1 then Nothing else Just (rank me + 1)

-- | The rows without halos after so many steps; before each of them the halos
-- are renewed by the action.
spread :: Options -> Int -> Int -> (Strip -> IO ()) -> (Int, Int) -> IO (V.Vector Double)
spread options side steps renew rows = do
  first <- newStrip side rows
  second <- M.replicate (M.length first) 0
  (final, _) <- foldM turn (first, second) [1 .. steps]
  V.freeze (M.slice side (M.length final - 2 * side) final)
  where
    turn (old, new) _ = do
      renew old
      step options side old new
      pure (new, old)

timed :: IO a -> IO (Double, a)
timed action = do
  start <- wtime
  result <- action
  end <- wtime
  pure ((end - start) * 1000, result)

main :: IO ()
main = do
  arguments <- map read <$> getArgs
  let (side, steps) = case arguments of
        [] -> (200, 100)
        [s] -> (s, 100)
        s : n : _ -> (s, n)
  right <- withMPI $ \me -> do
    unless (ranks me <= side) (fail "more ranks than rows")
    (together, mine) <- timed (spread defaults side steps (exchangeHalos me side) (share me side))
    plate <- gather me (side * side) mine
    heat <- sumAll (V.sum mine)
    threads <- maxThreads >>= sumAllInt
    wrong <-
      if rank me /= 0
        then pure 0
        else do
          (alone, expected) <- timed (spread defaults {numThreads = Just 1} side steps (\_ -> pure ()) (0, side))
          printf "%d x %d, %d steps; %d ranks, %d threads in all\n" side side steps (ranks me) threads
          printf "mean heat %.9f; %.1f ms, one thread %.1f ms\n" (heat / fromIntegral (side * side)) together alone
          putStrLn (if plate == expected then "heat: ok, the same bits" else "WRONG")
          pure (if plate == expected then 0 else 1)
    -- Every rank must know, for mpirun to see the failure.
    (== 0) <$> sumAllInt wrong
  unless right exitFailure
