{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE TemplateHaskell #-}
{-# OPTIONS_GHC -optc-fopenmp -optc-Wall -optc-Wextra -optc-Werror #-}

-- | OpenMP kernels in C blocks, for "Inline", which also runs one of them while
-- it is compiled.
module Test.InlineKernels
  ( anagram
  , dense
  , digits
  , dot
  , fill
  , harmonic
  , hypotenuse
  , inCalls
  , leaves
  , nested
  , pairs
  , rows
  , scale
  , team
  , total
  ) where

import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Foreign.Ptr (Ptr)
import System.IO.Unsafe (unsafePerformIO)

import qualified Control.Parallel.OpenMP.Inline as C
import qualified Language.C.Inline as C

C.openmp
C.include "<math.h>"
C.include "<stdlib.h>"
C.verbatim
  "static double harmonic_sum(long n)\n\
  \{\n\
  \    double sum = 0;\n\
  \#pragma omp parallel for reduction(+ : sum)\n\
  \    for (long i = 1; i <= n; i++)\n\
  \        sum += 1.0 / i;\n\
  \    return sum;\n\
  \}"

-- | The size of a region that asks for so many threads.
team :: C.CInt -> IO C.CInt
team n =
  [C.block| int {
    int members = 0;
    #pragma omp parallel num_threads($(int n)) reduction(+ : members)
    members += omp_get_num_threads() / omp_get_num_threads();
    return members;
  } |]

-- | A reduction over two captured vectors, with the number of threads.
dot :: C.CInt -> V.Vector C.CDouble -> V.Vector C.CDouble -> C.CDouble
dot n a b = unsafePerformIO
  [C.block| double {
    const double *a = $vec-ptr:(double *a), *b = $vec-ptr:(double *b);
    double sum = 0;
    #pragma omp parallel for reduction(+ : sum) num_threads($(int n))
    for (long i = 0; i < $vec-len:a; i++)
      sum += a[i] * b[i];
    return sum;
  } |]

-- | A mutable vector, or a slice of one, times a factor.
scale :: M.IOVector C.CDouble -> C.CDouble -> IO ()
scale v factor =
  [C.block| void {
    double *v = $vec-ptr:(double *v);
    #pragma omp parallel for simd schedule(static)
    for (long i = 0; i < $vec-len:v; i++)
      v[i] *= $(double factor);
  } |]

-- | Expressions, one without a region in it and one with.
hypotenuse :: C.CDouble -> C.CDouble -> C.CDouble
hypotenuse a b = [C.pure| double { hypot($(double a), $(double b)) } |]

harmonic :: C.CLong -> C.CDouble
harmonic n = [C.pure| double { harmonic_sum($(long n)) } |]

-- | A closure in each iteration of a dynamic loop, on so many threads.
fill :: C.CInt -> M.IOVector C.CDouble -> (C.CLong -> IO C.CDouble) -> IO ()
fill n v f =
  [C.block| void {
    double *v = $vec-ptr:(double *v);
    #pragma omp parallel for schedule(dynamic, 4) num_threads($(int n))
    for (long i = 0; i < $vec-len:v; i++)
      v[i] = $closure:(double (*f)(long i))(i);
  } |]

dense :: C.CInt -> C.CLong -> (C.CLong -> IO C.CDouble) -> IO C.CDouble
dense n count f =
  [C.block| double {
    double sum = 0;
    #pragma omp parallel for reduction(+ : sum) num_threads($(int n))
    for (long i = 0; i < $(long count); i++)
      sum += $closure-dense:(double (*f)(long))(i);
    return sum;
  } |]

-- | inline-c's own function pointers.
inCalls :: C.CInt -> C.CLong -> (C.CLong -> IO C.CLong) -> IO C.CLong
inCalls n count f =
  [C.block| long {
    long sum = 0;
    #pragma omp parallel for reduction(+ : sum) num_threads($(int n))
    for (long i = 0; i < $(long count); i++)
      sum += $fun:(long (*f)(long))(i);
    return sum;
  } |]

-- | Two closures, one of them called at two places, of several arguments.
pairs :: C.CInt -> C.CInt -> (C.CInt -> C.CInt -> IO C.CInt) -> (C.CFloat -> C.CDouble -> IO C.CFloat) -> IO C.CDouble
pairs n count combine weigh =
  [C.block| double {
    int (*combine)(int, int) = $closure:(int (*combine)(int, int));
    double sum = 0;
    #pragma omp parallel for reduction(+ : sum) num_threads($(int n))
    for (int i = 0; i < $(int count); i++)
      sum += $closure:(float (*weigh)(float, double))(combine(i, 1), combine(i, 2));
    return sum;
  } |]

-- | A closure that gets a row of a matrix and has no result.
rows :: C.CInt -> C.CLong -> M.IOVector C.CInt -> (C.CLong -> Ptr C.CInt -> IO ()) -> IO ()
rows n width v body =
  [C.block| void {
    int *v = $vec-ptr:(int *v);
    #pragma omp parallel for num_threads($(int n))
    for (long i = 0; i < $vec-len:v / $(long width); i++)
      $closure:(void (*body)(long, int *))(i, v + i * $(long width));
  } |]

-- | A region in each thread of a region, and a closure in each of its threads.
nested :: C.CInt -> C.CInt -> (C.CInt -> C.CInt -> IO C.CLong) -> IO C.CLong
nested outer inner f =
  [C.block| long {
    long sum = 0;
    #pragma omp parallel num_threads($(int outer)) reduction(+ : sum)
    {
      int who = omp_get_thread_num();
      #pragma omp parallel num_threads($(int inner)) reduction(+ : sum)
      sum += $closure:(long (*f)(int, int))(who, omp_get_thread_num());
    }
    return sum;
  } |]

-- | A task per leaf; a closure computes the value of a leaf.
leaves :: C.CInt -> C.CLong -> (C.CLong -> IO C.CLong) -> IO C.CLong
leaves n count f =
  [C.block| long {
    long sum = 0;
    #pragma omp parallel num_threads($(int n))
    #pragma omp single
    #pragma omp taskgroup task_reduction(+ : sum)
    for (long i = 0; i < $(long count); i++) {
      #pragma omp task in_reduction(+ : sum)
      sum += $closure:(long (*f)(long))(i);
    }
    return sum;
  } |]

-- | A closure outside of regions, from the C library.
anagram :: M.IOVector C.CInt -> (Ptr C.CInt -> Ptr C.CInt -> IO C.CInt) -> IO ()
anagram v compareAt =
  [C.block| void {
    qsort($vec-ptr:(int *v), $vec-len:v, sizeof(int),
          (int (*)(const void *, const void *)) $closure:(int (*compareAt)(int *, int *)));
  } |]

-- | An ordered loop.
digits :: C.CInt -> M.IOVector C.CInt -> (C.CInt -> IO C.CInt) -> IO ()
digits n v f =
  [C.block| void {
    int *v = $vec-ptr:(int *v), at = 0;
    #pragma omp parallel for ordered schedule(dynamic) num_threads($(int n))
    for (long i = 0; i < $vec-len:v; i++) {
      int digit = $closure:(int (*f)(int))(i);
      #pragma omp ordered
      v[at++] = digit;
    }
  } |]

-- | The numbers below this one, added by a team.
total :: C.CLong -> IO C.CLong
total n =
  [C.block| long {
    long sum = 0;
    #pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < $(long n); i++)
      sum += i;
    return sum;
  } |]
