{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE TemplateHaskell #-}
-- For the C of this module: OpenMP, and C's own optimisation level.
{-# OPTIONS_GHC -optc-fopenmp -optc-O3 #-}

-- | Heat that spreads in a rod. The hot loops are C. The part that differs from rod to
-- rod is a Haskell closure.
module Kernels
  ( start
  , spread
  , energy
  ) where

import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M

import qualified Control.Parallel.OpenMP.Inline as C
import qualified Language.C.Inline as C

-- Once per module, before the first block: the context, omp.h, and a check that
-- -fopenmp is there.
C.openmp
C.include "<math.h>"

-- | The temperature at each point, from a closure that the threads of the team
-- call.
start :: Int -> (C.CDouble -> IO C.CDouble) -> IO (M.IOVector C.CDouble)
start n temperature = do
  rod <- M.new n
  [C.block| void {
    long n = $vec-len:rod;
    double *rod = $vec-ptr:(double *rod);
    #pragma omp parallel for
    for (long i = 0; i < n; i++)
      rod[i] = $closure:(double (*temperature)(double))((double)i / n);
  } |]
  pure rod

-- | Does all steps in one region. Their number must be even, because two vectors take
-- turns. Both ends keep their temperature.
spread :: C.CLong -> M.IOVector C.CDouble -> IO ()
spread steps rod = do
  other <- M.clone rod
  [C.block| void {
    long n = $vec-len:rod;
    double *rod = $vec-ptr:(double *rod), *other = $vec-ptr:(double *other);
    #pragma omp parallel
    for (long step = 0; step < $(long steps); step++) {
      double *from = step % 2 ? other : rod, *to = step % 2 ? rod : other;
      #pragma omp for simd
      for (long i = 1; i < n - 1; i++)
        to[i] = from[i] + 0.25 * (from[i - 1] - 2 * from[i] + from[i + 1]);
    }
  } |]

-- | The mean of part of the rod, for example: a slice is a vector too.
energy :: V.Vector C.CDouble -> IO C.CDouble
energy rod =
  [C.block| double {
    const double *rod = $vec-ptr:(double *rod);
    double sum = 0;
    #pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < $vec-len:rod; i++)
      sum += rod[i];
    return sum / $vec-len:rod;
  } |]
