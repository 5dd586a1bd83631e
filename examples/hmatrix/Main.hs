-- | Regression with hmatrix: Haskell loops fill and use its matrices, and its linear algebra
-- (BLAS, LAPACK) solves the system. If the BLAS is OpenBLAS in its OpenMP build, it runs on the
-- same threads.
--
-- What to learn here:
--
-- * hmatrix's vectors are storable vectors, and its matrices are made of them by 'reshape',
--   without a copy. So "Control.Parallel.OpenMP.Vector" makes and reads them.
-- * hmatrix's own functions with a Haskell function ('build', 'cmap') run on one thread.
--
-- Run it: @cabal run regression -- [POINTS]@ (400).
--
-- It fits a function through noisy points: the weights of Gaussian bells, one at each point. It
-- prints the times, and whether the matrix is that of 'build' and the weights solve the system.
module Main (main) where

import Control.Exception (evaluate)
import Control.Monad (unless)
import qualified Data.Vector.Storable as V
import Numeric.LinearAlgebra (Matrix, build, flatten, fromRows, norm_2, reshape, (#>), (<\>))
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import qualified Control.Parallel.OpenMP.Vector as P

-- | A Gaussian bell.
bell :: Double -> Double -> Double
bell x y = exp (negate ((x - y) * (x - y)) * 50)

-- | The bells at each two points, and some noise at each one.
entry :: V.Vector Double -> Int -> Int -> Double
entry points i j = bell (points V.! i) (points V.! j) + (if i == j then 0.01 else 0)

timed :: String -> IO a -> IO a
timed name action = do
  start <- wtime
  result <- action
  end <- wtime
  result <$ printf "%-44s %9.2f ms\n" name ((end - start) * 1000)

main :: IO ()
main = do
  arguments <- map read <$> getArgs
  threads <- maxThreads
  let n = case arguments of
        count : _ -> count
        [] -> 400 :: Int
      points = V.generate n (\i -> 6 * fromIntegral i / fromIntegral n)
      measured = V.imap (\i x -> sin x + 0.05 * sin (fromIntegral (i * i))) points
      new = V.generate 1000 (\k -> 6 * fromIntegral k / 1000)
  printf "%d points, %d threads\n" n threads
  expected <-
    timed "the matrix, by hmatrix's build" . evaluate $
      (build (n, n) (\i j -> entry points (round i) (round j)) :: Matrix Double)
  matrix <-
    timed "the matrix, by generate on the team" . evaluate . reshape n $
      P.generate defaults (n * n) (\k -> let (i, j) = k `quotRem` n in entry points i j)
  weights <- timed "the weights, by LAPACK" (evaluate (matrix <\> measured))
  fitted <-
    timed "the function at 1000 points, by generate" . evaluate $
      P.generate defaults 1000 (\k -> V.sum (V.zipWith (\w p -> w * bell p (new V.! k)) weights points))
  rows <- parallelTraverse defaults (\x -> pure (V.map (bell x) points)) (V.toList new)
  inBlas <- timed "the same, by BLAS" (evaluate (fromRows rows #> weights))
  let sameMatrix = flatten matrix == flatten expected
      solved = norm_2 (matrix #> weights - measured) < 1e-6 * norm_2 measured
      near = norm_2 (fitted - inBlas) < 1e-6 * norm_2 inBlas
      close = V.maximum (V.map abs (V.zipWith (\y x -> y - sin x) fitted new)) < 0.2
  putStrLn (if sameMatrix then "the same matrix" else "WRONG: the matrices differ")
  putStrLn (if solved then "the weights: ok" else "WRONG: the weights do not solve the system")
  putStrLn (if near && close then "the function: ok" else "WRONG: the function is another one")
  unless (sameMatrix && solved && near && close) exitFailure
