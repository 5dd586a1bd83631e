{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Haskell closures as function pointers for C kernels.
--
-- A kernel may call the pointer from any thread, as often as it likes, while
-- 'withCallback' runs. Inside an OpenMP region each thread of the team enters
-- Haskell once, at its first call; every further call is a switch of stacks to
-- the Haskell thread that waits there, a fraction of what a @"wrapper"@ costs.
-- The kernel needs no change for it. Calls from elsewhere (outside of regions,
-- from threads that OpenMP does not know) work too and cost what a @"wrapper"@
-- costs.
--
-- The kernel must be imported as @safe@ (or @interruptible@). A program that calls a
-- closure from an @unsafe@ import ends with a message where that can be seen.
--
-- The examples below call this kernel:
--
-- > /* apply.c */
-- > void apply(long n, double *x, double (*f)(double))
-- > {
-- > #pragma omp parallel for
-- >     for (long i = 0; i < n; i++)
-- >         x[i] = f(x[i]);
-- > }
--
-- > foreign import ccall safe "apply"
-- >   apply :: CLong -> Ptr Double -> FunPtr (Double -> IO Double) -> IO ()
--
-- = Which of the two
--
-- ['withCallback'] leaves the capability to other Haskell threads while C runs.
-- Any kernel will do; a garbage collection never waits for C.
--
-- ['withCallbackDense'] keeps it from one call to the next, which makes a call
-- several times cheaper: about ten nanoseconds. It is for kernels in which
-- calls are all that takes time. A collection waits for the next call, so long
-- stretches of C between calls stop the whole program for as long. Waits of
-- OpenMP (barriers, criticals, @ordered@, @taskwait@, locks) give the
-- capability back; what else may block in the kernel (reading a file, a mutex)
-- does not, and code that calls Haskell by other ways than these pointers
-- (a @foreign export@, a @"wrapper"@) deadlocks.
--
-- = Exceptions
--
-- An exception does not pass through C. The call answers 0 (or nothing), so do
-- all later calls, a loop whose chunks the runtime hands out (dynamic, guided,
-- runtime) gets no more of them, and when the action has ended the first
-- exception is thrown. A kernel must therefore bear not to be called for all
-- iterations. @timeout@ and @killThread@ on the caller do the same, and
-- interrupt closures that are being evaluated.
--
-- The closure runs in the masking state of the caller of 'withCallback'. Under
-- 'Control.Exception.mask' it is not interrupted, not even where it blocks; the
-- exception arrives behind the mask.
--
-- = Stacks
--
-- The closure, and C functions that it calls, run on a stack of their own:
-- @OMP_STACKSIZE@ says how large, 8 MiB otherwise. Running over its end ends
-- the program with a message. The kernel keeps the stack that it has.
module Control.Parallel.OpenMP.Callback
  ( withCallback
  , withCallbackDense
  , Callback
  , Argument
  , Result
  ) where

import Data.Proxy (Proxy (..))
import Foreign.Ptr (FunPtr, Ptr)

import Control.Parallel.OpenMP.Internal.Closures
import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Internal.Serve

-- | Runs the action with a function pointer for the closure, valid until the
-- action ends, in whatever way it does. Between calls other Haskell threads
-- have the capability.
--
-- The closure may have six integers and pointers and eight floating-point numbers
-- as arguments, and its result is in 'IO'. GHC says so where it is not.
--
-- Throws the first exception of the closure when the action has ended, and
-- t'Control.Parallel.OpenMP.InvalidArgument' if the closure has too many arguments
-- (and GHC did not see it: newtypes of the program's own are not counted), or if
-- the program is not linked with @-threaded@ and C called the closure from a second
-- OS thread. At most 1024 pointers of a process are served in regions at the
-- same time; more than these are plain @"wrapper"@ ones.
--
-- >>> :{
-- withArray [1, 2, 3] $ \x -> do
--   withCallback (\value -> pure (value + 0.5)) (apply 3 x)
--   peekArray 3 x
-- :}
-- [1.5,2.5,3.5]
--
-- The kernel may know nothing of OpenMP, as C's @qsort@:
--
-- >>> foreign import ccall safe "qsort" qsort :: Ptr CInt -> CSize -> CSize -> FunPtr (Ptr CInt -> Ptr CInt -> IO CInt) -> IO ()
-- >>> let order a b = (\x y -> fromIntegral (fromEnum (compare x y) - 1)) <$> peek a <*> peek b
-- >>> withArray [3, 1, 2] (\x -> withCallback order (qsort x 3 4) >> peekArray 3 x)
-- [1,2,3]
withCallback :: Callback f => f -> (FunPtr f -> IO a) -> IO a
withCallback f = withPointerTo "withCallback" Safe (signatureOf f) (answering f)
{-# INLINE withCallback #-}

-- | As 'withCallback', for kernels in which calls are all that takes time: the
-- capability stays with the thread between calls.
--
-- >>> :{
-- withArray [1, 2, 3] $ \x -> do
--   withCallbackDense (\value -> pure (value * 2)) (apply 3 x)
--   peekArray 3 x
-- :}
-- [2.0,4.0,6.0]
withCallbackDense :: Callback f => f -> (FunPtr f -> IO a) -> IO a
withCallbackDense f = withPointerTo "withCallbackDense" Dense (signatureOf f) (answering f)
{-# INLINE withCallbackDense #-}

signatureOf :: forall f. Callback f => f -> Signature
signatureOf _ = signature (Proxy :: Proxy f)

answering :: Callback f => f -> Ptr Frame -> IO ()
answering f = \frame -> applyAt f 0 0 frame
{-# INLINE answering #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import Foreign
-- >>> import Foreign.C.Types
-- >>> foreign import ccall safe "apply" apply :: CLong -> Ptr Double -> FunPtr (Double -> IO Double) -> IO ()
