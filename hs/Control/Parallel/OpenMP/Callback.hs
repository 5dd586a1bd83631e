{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE MonoLocalBinds #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Haskell closures as function pointers for C kernels.
--
-- A kernel may call the pointer from any thread, as often as it likes, while
-- 'withCallback' runs. Inside an OpenMP region each thread of the team enters
-- Haskell once, at its first call. Every further call switches stacks to the
-- Haskell thread that waits there, at a fraction of the cost of a @"wrapper"@.
-- The kernel needs no change.
--
-- Libraries without OpenMP (the GNU Scientific Library, NLopt, ODE solvers, the C
-- library) call their pointers outside of regions. There a call costs the same if the
-- program calls the C function by 'served'. Other calls (of a plain import outside of
-- regions, from threads that OpenMP does not know) work too, at the cost of a
-- @"wrapper"@.
--
-- The kernel must be imported as @safe@ (or @interruptible@). If a program calls a
-- closure from an @unsafe@ import, and the runtime can detect it, the program ends
-- with a message.
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
-- = Which of the two to use
--
-- ['withCallback'] leaves the capability to other Haskell threads while C runs.
-- It suits any kernel, and a garbage collection never waits for C.
--
-- ['withCallbackDense'] keeps the capability from one call to the next, which makes
-- a call several times cheaper: about ten nanoseconds. It is for kernels that spend
-- their time in these calls. A collection waits for the next call, so a long
-- stretch of C between calls stops the whole program for that time. Waits of
-- OpenMP (barriers, criticals, @ordered@, @taskwait@, locks) give the
-- capability back. Other operations that block in the kernel (reading a file, a
-- mutex) do not. Code that calls Haskell in any other way than by these pointers
-- (a @foreign export@, a @"wrapper"@) deadlocks.
--
-- = Exceptions
--
-- An exception does not pass through C. The call that threw it returns 0 (or
-- nothing), and so do all later calls. A loop whose chunks the runtime hands out
-- (dynamic, guided, runtime) gets no more of them. When the action has ended, the
-- first exception is thrown, even if the action itself threw another one because of
-- what the kernel returned. (An asynchronous exception to the caller goes first.) So a
-- kernel must still work if the closure is not
-- called for all iterations. @timeout@ and @killThread@ on the caller do the same,
-- and interrupt closures that are being evaluated.
--
-- The closure runs in the masking state of the caller of 'withCallback'. Under
-- 'Control.Exception.mask' it is not interrupted, not even where it blocks. The
-- exception arrives after the masked part.
--
-- = Stacks
--
-- The closure, and C functions that it calls, run on a stack of their own. Its
-- size is @OMP_STACKSIZE@, or 8 MiB. If they run over its end, the program ends
-- with a message. The kernel keeps its own stack.
module Control.Parallel.OpenMP.Callback
  ( withCallback
  , withCallbackDense
  , Callback

    -- * Kernels without regions
  , served
  , ServedCall
  , Argument
  , Result
  ) where

import Data.Proxy (Proxy (..))
import Foreign.Ptr (FunPtr, Ptr)

import Control.Parallel.OpenMP.Internal.Closures
import Control.Parallel.OpenMP.Internal.Fits (FitsServed)
import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Internal.Serve
import Control.Parallel.OpenMP.Internal.Served

-- | Runs the action with a function pointer for the closure. The pointer is valid
-- until the action ends, however it ends. Between calls other Haskell threads
-- may have the capability.
--
-- The closure may have up to six integers and pointers and up to eight
-- floating-point numbers as arguments. Its result is in 'IO' or not. GHC reports an
-- error for types that C and Haskell cannot pass each other. A pure result is evaluated
-- in the call.
--
-- When the action has ended, throws the first exception of the closure. Throws
-- t'Control.Parallel.OpenMP.InvalidArgument' if the closure has too many arguments
-- and GHC did not notice (it does not count newtypes of the program's own). Throws
-- it too if the program is not linked with @-threaded@ and C called the closure from
-- a second OS thread. A process can have 1024 pointers at the same time that are
-- fast in regions; further ones are plain @"wrapper"@ pointers.
--
-- >>> :{
-- withArray [1, 2, 3] $ \x -> do
--   withCallback (\value -> pure (value + 0.5)) (apply 3 x)
--   peekArray 3 x
-- :}
-- [1.5,2.5,3.5]
--
-- A pure closure, for the same kernel imported with the pure type:
--
-- >>> foreign import ccall safe "apply" applyPure :: CLong -> Ptr Double -> FunPtr (Double -> Double) -> IO ()
-- >>> withArray [1, 4, 9] (\x -> withCallback sqrt (applyPure 3 x) >> peekArray 3 x)
-- [1.0,2.0,3.0]
--
-- @since 0.1.0.0
withCallback :: Callback f => f -> (FunPtr f -> IO a) -> IO a
withCallback f = withPointerTo "withCallback" Safe (signatureOf f) (answering f)
{-# INLINE withCallback #-}

-- | Like 'withCallback', for kernels that spend their time in calls of the closure:
-- the thread keeps the capability between calls.
--
-- >>> :{
-- withArray [1, 2, 3] $ \x -> do
--   withCallbackDense (\value -> pure (value * 2)) (apply 3 x)
--   peekArray 3 x
-- :}
-- [2.0,4.0,6.0]
--
-- @since 0.1.0.0
withCallbackDense :: Callback f => f -> (FunPtr f -> IO a) -> IO a
withCallbackDense f = withPointerTo "withCallbackDense" Dense (signatureOf f) (answering f)
{-# INLINE withCallbackDense #-}

-- | Calls a C function, like an import that is @safe@. While the function runs, the
-- closures that it calls on this thread cost what they cost in an OpenMP region, also
-- outside of regions. Use it for C libraries without OpenMP: @served f x y@ instead of
-- @f x y@, with @f@ imported by its address (@&@).
--
-- >>> foreign import ccall "&qsort" qsort :: FunPtr (Ptr CInt -> CSize -> CSize -> FunPtr (Ptr CInt -> Ptr CInt -> IO CInt) -> IO ())
-- >>> let order a b = (\x y -> fromIntegral (fromEnum (compare x y) - 1)) <$> peek a <*> peek b
-- >>> withArray [3, 1, 2] (\x -> withCallback order (served qsort x 3 4) >> peekArray 3 x)
-- [1,2,3]
--
-- A plain import does the same, slower: the runtime does not see where that call ends, so
-- each call of the closure enters Haskell and leaves it. 'served' tells the runtime. It
-- can be used everywhere: in @main@, in threads of @forkIO@, in bodies of loops, in tasks,
-- and in closures that C calls. Each use has its own Haskell thread for the closures,
-- which starts at the first call.
--
-- The C function may take up to 24 integers and pointers and up to eight floating-point
-- numbers. Its result is in 'IO'. GHC reports an error otherwise. The function must not
-- take a variable number of arguments, nor structures by value.
--
-- The function may open OpenMP regions, block, and call back by any pointer of
-- 'withCallback' and 'withCallbackDense'. As in a region, it must not mix these with
-- other ways into Haskell (a @"wrapper"@, a @foreign export@) whose Haskell code calls C
-- that calls such a pointer again by a plain import.
--
-- Exceptions of the closures arrive at the end of 'withCallback'. Throws
-- t'Control.Parallel.OpenMP.InvalidArgument' for a null pointer, and for too many
-- arguments if GHC did not notice.
--
-- @since 0.1.0.0
served :: (ServedCall f, FitsServed f) => FunPtr f -> f
served function = finish (Unfinished function 0 0 (\_ -> pure ()))
{-# INLINE served #-}

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
