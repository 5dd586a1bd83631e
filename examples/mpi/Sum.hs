-- | A sum over many processes, each with a team of threads.
--
-- What to learn here:
--
-- * Each process (rank) takes a share of the range. Its team sums the share by
--   'parallelReduce', and MPI adds the sums of the processes.
-- * Only @main@ calls MPI, between the loops (see MPI.hs).
-- * By default mpirun binds each of two processes to one core. So give it
--   @--bind-to none@, and OMP_NUM_THREADS with @-x@ (which also takes it to other
--   machines).
--
-- Needs Open MPI (or MPICH). Run it:
--
-- > cabal build && OMP_NUM_THREADS=2 mpirun -n 2 --bind-to none -x OMP_NUM_THREADS $(cabal list-bin mpi-sum)
--
-- (as root also @--allow-run-as-root@, on few cores @--oversubscribe@). The argument is the
-- number of terms (2000000). Rank 0 prints a sum of whole numbers and an integral, and
-- compares both with the known values.
module Main (main) where

import Control.Monad (unless, when)
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads)
import MPI

main :: IO ()
main = do
  arguments <- getArgs
  let n = case arguments of
        terms : _ -> read terms
        [] -> 2000000
      width = 1 / fromIntegral n :: Double
      -- The area of a strip below 4 / (1 + x^2). Their sum is pi.
      strip i = let x = (fromIntegral i + 0.5) * width in pure (4 * width / (1 + x * x))
  right <- withMPI $ \me -> do
    let (from, to) = share me n
    mine <- parallelReduce defaults (Range from to) (+) 0 pure
    total <- sumAllInt mine
    part <- parallelReduce defaults (Range from to) (+) 0 strip
    integral <- sumAll part
    threads <- maxThreads
    allThreads <- sumAllInt threads
    let ok = total == n * (n - 1) `quot` 2 && abs (integral - pi) < 1e-9
    when (rank me == 0) $ do
      printf "%d ranks, %d threads in all\n" (ranks me) allThreads
      printf "sum of 0 to %d: %d\n" (n - 1) total
      printf "integral: %.12f, off by %.1e\n" integral (abs (integral - pi))
      putStrLn (if ok then "sum and integral: ok" else "WRONG")
    pure ok
  -- Every rank knows the outcome, so mpirun fails too.
  unless right exitFailure
