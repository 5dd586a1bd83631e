{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ConstraintKinds #-}
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE MonoLocalBinds #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Many C calls for the price of one.
--
-- A @safe@ foreign call costs 100 to 150 ns, because it gives the capability away
-- and takes one again. A batch does that once for many calls: one C function over a
-- whole vector ('batchMap'), one function a number of times ('batchRepeat'), or
-- calls of different functions with different arguments ('Batch'). Each call then
-- costs 2 to 3 ns, or some 40 ns in a 'Batch', whose calls are first written into
-- memory.
--
-- The functions may do everything that a @safe@ import may do: block, call back into
-- Haskell and run OpenMP regions. Collections do not wait for them. All are called on
-- one OS thread. An asynchronous exception
-- (@timeout@, @killThread@) arrives when the batch has ended.
--
-- Function pointers come from imports with an @&@. The examples below use three
-- functions of the C library and two of the program's own:
--
-- > foreign import ccall "&labs" absPtr :: FunPtr (Int -> IO Int)
-- > foreign import ccall "&hypot" hypotPtr :: FunPtr (Double -> Double -> IO Double)
-- > foreign import ccall "&memset" memsetPtr :: FunPtr (Ptr Word8 -> CInt -> CSize -> IO (Ptr Word8))
-- > foreign import ccall "&tick" tickPtr :: FunPtr (IO ())
-- > foreign import ccall "&ticks" ticksPtr :: FunPtr (IO Int)
--
-- > /* tick.c */
-- > static long count;
-- > void tick(void) { count++; }
-- > long ticks(void) { return count; }
module Control.Parallel.OpenMP.Batch
  ( -- * One function
    batchMap
  , BatchFn
  , batchRepeat

    -- * Different functions
  , Batch
  , runBatch
  , batchCall
  , BatchCall (Batched)
  , keeping

    -- * Arguments and results
  , Argument
  , Result
  ) where

import Control.Exception (throwIO)
import Control.Monad (when)
import Data.Bits (shiftL, (.|.))
import Data.Vector.Storable (Vector)
import qualified Data.Vector.Storable as Vector
import qualified Data.Vector.Storable.Mutable as MVector
import Foreign.ForeignPtr (ForeignPtr, touchForeignPtr)
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (FunPtr, Ptr, castFunPtrToPtr, plusPtr)
import GHC.Exts (Addr#, Int (..), Int#, Ptr (..), RealWorld, State#, Word (..), Word#)
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Calls
import Control.Parallel.OpenMP.Internal.Fits (Fits)
import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..))
import Control.Parallel.OpenMP.Internal.Scalars

-- See cmm/omp_batch.cmm, Note [Leaving and coming back].
foreign import prim "ghcomp_batch_mapzh"
  map# :: Addr# -> Word# -> Int# -> Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld #)

foreign import prim "ghcomp_batch_repeatzh"
  repeat# :: Addr# -> Int# -> State# RealWorld -> (# State# RealWorld #)

foreign import prim "ghcomp_batch_runzh"
  run# :: Addr# -> Addr# -> State# RealWorld -> (# State# RealWorld #)

-- | The types of a C function for 'batchMap': any 'Argument' to any
-- 'Result'.
--
-- @since 0.1.0.0
type BatchFn a b = (Argument a, Result b)

-- | Applies a C function to each element of a vector, in order. For an empty vector
-- it does not leave Haskell.
--
-- Throws 'InvalidArgument' for a null function pointer.
--
-- >>> import qualified Data.Vector.Storable as Storable
-- >>> batchMap absPtr (Storable.fromList [-1, 2, -3])
-- [1,2,3]
--
-- @since 0.1.0.0
batchMap :: forall a b. (BatchFn a b, Fits (a -> IO b)) => FunPtr (a -> IO b) -> Vector a -> IO (Vector b)
batchMap function xs = do
  notNull "batchMap" function
  if Vector.null xs
    then pure Vector.empty
    else do
      ys <- MVector.unsafeNew (Vector.length xs)
      -- Touched by hand, because the closures of withForeignPtr cost 10 ns.
      let (from, count) = Vector.unsafeToForeignPtr0 xs
          (to, _) = MVector.unsafeToForeignPtr0 ys
      mapOver (unsafeForeignPtrToPtr from) (unsafeForeignPtrToPtr to) count
      touchForeignPtr from
      touchForeignPtr to
      Vector.unsafeFreeze ys
  where
    !(Ptr f) = castFunPtrToPtr function
    !(W# kinds) = kindOf (undefined :: a) .|. (kindOf (undefined :: b) `shiftL` 4)
    mapOver (Ptr from) (Ptr to) (I# count) =
      IO $ \s -> case map# f kinds count from to s of (# s' #) -> (# s', () #)
{-# INLINE batchMap #-}

-- | Calls a C function the given number of times. For 0 it does not leave Haskell.
--
-- Throws 'InvalidArgument' for a negative number and for a null function
-- pointer.
--
-- >>> batchRepeat 1000 tickPtr
-- >>> runBatch (batchCall ticksPtr)
-- 1000
--
-- @since 0.1.0.0
batchRepeat :: Int -> FunPtr (IO ()) -> IO ()
batchRepeat count function = do
  notNull "batchRepeat" function
  when (count < 0) $
    throwIO (InvalidArgument "batchRepeat" ("the count " ++ show count ++ " is negative"))
  when (count > 0) $ repeated (castFunPtrToPtr function) count
  where
    repeated (Ptr f) (I# n) = IO $ \s -> case repeat# f n s of (# s' #) -> (# s', () #)
{-# INLINE batchRepeat #-}

-- | Makes the calls and returns their results. A batch without calls does not
-- leave Haskell.
--
-- Throws 'InvalidArgument', before the first call, if one of the functions is
-- null or has more than six integer (and pointer) or eight floating-point
-- arguments.
--
-- >>> runBatch (batchCall absPtr (-3) *> batchCall absPtr (-4))
-- 4
--
-- @since 0.1.0.0
runBatch :: Batch a -> IO a
runBatch (Batch n w r) =
  -- Seven words more, because the last call's registers are filled from the words
  -- behind it.
  allocaBytes (n + 7 * 8) $ \block -> do
    w block
    when (n > 0) $ run block (block `plusPtr` n)
    r block
  where
    run (Ptr from) (Ptr to) = IO $ \s -> case run# from to s of (# s' #) -> (# s', () #)

-- | A batch over the memory of a foreign pointer, which stays alive while the batch
-- runs. (The caller must keep memory behind a plain 'Ptr' alive.)
--
-- >>> bytes <- mallocForeignPtrArray 4 :: IO (ForeignPtr Word8)
-- >>> _ <- runBatch (keeping bytes (\p -> batchCall memsetPtr p 7 4))
-- >>> withForeignPtr bytes (peekArray 4)
-- [7,7,7,7]
--
-- @since 0.1.0.0
keeping :: ForeignPtr p -> (Ptr p -> Batch a) -> Batch a
keeping pointer calls = Batch n w (\p -> r p <* touchForeignPtr pointer)
  where
    Batch n w r = calls (unsafeForeignPtrToPtr pointer)

-- | A batch of one call: turns a function pointer into a function of the same
-- arguments.
--
-- > batchCall (f :: FunPtr (Int -> Ptr x -> Double -> IO CInt))
-- >   :: Int -> Ptr x -> Double -> Batch CInt
--
-- The C function may take up to six integers and pointers and up to eight
-- floating-point numbers, in any order. It must not take a variable number of
-- arguments, nor structures by value. GHC reports an error for types that are known
-- not to fit.
--
-- >>> runBatch (batchCall hypotPtr 3 4)
-- 5.0
--
-- @since 0.1.0.0
batchCall :: (BatchCall f, Fits f) => FunPtr f -> Batched f
batchCall function = build (Call function 0 0 (\_ _ -> pure ()))
{-# INLINE batchCall #-}

-- $setup
-- >>> import Control.Parallel.OpenMP.Batch
-- >>> import Data.Word (Word8)
-- >>> import Foreign
-- >>> import Foreign.C.Types
-- >>> foreign import ccall "&labs" absPtr :: FunPtr (Int -> IO Int)
-- >>> foreign import ccall "&hypot" hypotPtr :: FunPtr (Double -> Double -> IO Double)
-- >>> foreign import ccall "&memset" memsetPtr :: FunPtr (Ptr Word8 -> CInt -> CSize -> IO (Ptr Word8))
-- >>> foreign import ccall "&tick" tickPtr :: FunPtr (IO ())
-- >>> foreign import ccall "&ticks" ticksPtr :: FunPtr (IO Int)
