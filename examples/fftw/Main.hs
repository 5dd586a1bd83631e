{-# LANGUAGE CApiFFI #-}

-- | An existing C library that was compiled with OpenMP, hosted by Haskell:
-- FFTW's 2-D transforms.
--
-- What to learn here:
--
-- * Name the library in @extra-libraries@ and import its functions. The library asks
--   for @GOMP_parallel@ and finds the program's own. The libgomp that it loads does
--   nothing.
-- * The library's regions run on the same team as the loops over Haskell closures
--   ('P.generate' below), so they add no OS threads.
-- * Import what takes long as @safe@. Other Haskell threads run meanwhile. Several of
--   them may transform at once, and share the team.
--
-- Needs libfftw3-dev. Run it: @cabal run fftw -- [SIDE]@ (256).
--
-- For each number of threads it prints the time of a transform forward and back, and
-- the largest error. Then it prints the error of transforms by several Haskell threads
-- at once, and whether the library runs on this runtime.
module Main (main) where

import Control.Concurrent (forkIO, newEmptyMVar, putMVar, takeMVar)
import Control.Monad (forM, forM_, replicateM_, unless)
import Data.Complex (Complex (..), cis, magnitude)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (FunPtr, Ptr)
import System.Environment (getArgs)
import System.Exit (exitFailure)
import System.Posix.DynamicLinker (DL (Default), dlsym)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import qualified Control.Parallel.OpenMP.Vector as P

data Plan

-- Only fftw_execute and its kin may be called by several threads at once.
foreign import ccall unsafe "fftw_init_threads" initThreads :: IO CInt
foreign import ccall unsafe "fftw_plan_with_nthreads" planWithThreads :: CInt -> IO ()
foreign import ccall safe "fftw_plan_dft_2d" plan2D
  :: CInt -> CInt -> Ptr (Complex Double) -> Ptr (Complex Double) -> CInt -> CUInt -> IO (Ptr Plan)
foreign import ccall safe "fftw_execute" execute :: Ptr Plan -> IO ()
foreign import ccall unsafe "fftw_destroy_plan" destroyPlan :: Ptr Plan -> IO ()
foreign import ccall "&GOMP_parallel" own :: FunPtr (IO ())
foreign import capi "fftw3.h value FFTW_FORWARD" forward :: CInt
foreign import capi "fftw3.h value FFTW_BACKWARD" backward :: CInt
foreign import capi "fftw3.h value FFTW_ESTIMATE" estimate :: CUInt

-- | A picture, its transform in place, and the way back.
data Work = Work (M.IOVector (Complex Double)) (Ptr Plan) (Ptr Plan)

newWork :: Int -> Int -> IO Work
newWork threads side = do
  v <- M.new (side * side)
  planWithThreads (fromIntegral threads)
  let plan direction = M.unsafeWith v (\p -> plan2D n n p p direction estimate)
  Work v <$> plan forward <*> plan backward
  where
    n = fromIntegral side

freeWork :: Work -> IO ()
freeWork (Work _ there back) = destroyPlan there >> destroyPlan back

-- | A wave with this many periods down and across.
wave :: Int -> Int -> Int -> V.Vector (Complex Double)
wave side down across = P.generate defaults (side * side) $ \i ->
  let (y, x) = i `quotRem` side
   in cis (2 * pi * fromIntegral ((y * down + x * across) `rem` side) / fromIntegral side)

-- | Transforms the wave and returns the largest error. Forward, all of the wave must be
-- in one place. Back, each value must return, multiplied by the number of points.
check :: Int -> Int -> Int -> Work -> IO Double
check side down across (Work v there back) = do
  V.copy v input
  execute there
  spectrum <- V.freeze v
  execute back
  output <- V.freeze v
  pure (max (largest spectrum peak / points) (largest output (P.map defaults (* (points :+ 0)) input) / points))
  where
    input = wave side down across
    points = fromIntegral (side * side) :: Double
    peak = V.generate (side * side) (\i -> if i == down * side + across then points :+ 0 else 0)
    largest :: V.Vector (Complex Double) -> V.Vector (Complex Double) -> Double
    largest a b = P.maximum defaults (P.zipWith defaults (\x y -> magnitude (x - y)) a b)

-- | Whether libraries that ask for the runtime's symbols find those of this program.
ours :: IO Bool
ours = (== own) <$> dlsym Default "GOMP_parallel"

main :: IO ()
main = do
  arguments <- getArgs
  let side = case arguments of
        n : _ -> read n
        [] -> 256
  threads <- maxThreads
  _ <- initThreads
  printf "2-D transform, %d x %d, there and back\n%-22s %10s %14s\n" side side "" "ms" "largest error"
  errors <- forM [1 .. threads] $ \n -> do
    work@(Work _ there back) <- newWork n side
    start <- wtime
    replicateM_ rounds (execute there >> execute back)
    seconds <- subtract start <$> wtime
    err <- check side 3 5 work
    printf "%-22s %10.3f %14.1e\n" (show n ++ " threads") (seconds * 1000 / fromIntegral rounds) err
    freeWork work
    pure err

  -- Several Haskell threads, each with a wave of its own, at once.
  works <- forM [1 .. callers] (\k -> (,) k <$> newWork threads side)
  results <- forM works $ \(k, work) -> do
    result <- newEmptyMVar
    _ <- forkIO (check side k (2 * k) work >>= putMVar result)
    pure result
  together <- mapM takeMVar results
  forM_ works (freeWork . snd)
  printf "%d Haskell threads at once: largest error %.1e\n" callers (maximum together)

  let right = all (< 1e-12) (errors ++ together)
  putStrLn (if right then "all transforms: ok" else "WRONG: a transform")
  one <- ours
  putStrLn (if one then "one runtime: ok" else "WRONG: FFTW runs on another runtime")
  unless (right && one) exitFailure
  where
    rounds = 10 :: Int
    callers = 4 :: Int
