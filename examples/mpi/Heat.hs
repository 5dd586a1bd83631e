-- | Heat that spreads in a plate. The plate is cut into strips, one per process, and
-- each process has a team of threads.
--
-- What to learn here:
--
-- * Each process (rank) holds some rows of the plate. Above and below them it holds a
--   copy of the neighbour's outermost row: the halo. Each step first exchanges the
--   halos, then the team computes the new rows by 'parallelFor2'.
-- * Only @main@ calls MPI, between the loops (see MPI.hs).
-- * The result has the same bits for any number of ranks and threads. So the program
--   compares it with the result of one process and one thread.
--
-- Needs Open MPI (or MPICH). Run it:
--
-- > cabal build && OMP_NUM_THREADS=2 mpirun -n 2 --bind-to none -x OMP_NUM_THREADS $(cabal list-bin mpi-heat)
--
-- (as root also @--allow-run-as-root@, on few cores @--oversubscribe@). The arguments are
-- the plate's side and the number of steps (200 and 100). Rank 0 prints the mean heat, the
-- times and whether both results agree.
module Main (main) where

import Control.Monad (foldM, unless)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import MPI

-- | Rows of the plate, plus one row above and one below: @(rows + 2) * side@.
type Strip = M.IOVector Double

-- | A cold plate with a hot square. Its rim stays cold.
initial :: Int -> Int -> Int -> Double
initial side y x
  | abs (4 * y - side) < side `quot` 2 && abs (2 * x - side) < side `quot` 2 = 100
  | otherwise = 0

-- | The strip with these rows of the plate. Its halos are cold until they are written.
-- So is everything beyond the plate.
newStrip :: Int -> (Int, Int) -> IO Strip
newStrip side (from, to) =
  V.thaw . V.generate ((to - from + 2) * side) $ \i ->
    let (r, x) = i `quotRem` side
        y = from + r - 1
     in if r == 0 || y >= to then 0 else initial side y x

-- | Computes new rows from old ones with a team. It does not change the halos.
step :: Options -> Int -> Strip -> Strip -> IO ()
step options side old new =
  parallelFor2 options (Range 1 (M.length old `quot` side - 1)) (Range 0 side) $ \row x -> do
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

-- | The rows without halos after this many steps. The action renews the halos before
-- each step.
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
    -- Every rank must know the outcome, so that mpirun sees a failure.
    (== 0) <$> sumAllInt wrong
  unless right exitFailure
