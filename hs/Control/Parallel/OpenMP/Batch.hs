{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ConstraintKinds #-}
{-# LANGUAGE ExistentialQuantification #-}
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE MonoLocalBinds #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnboxedSums #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Many C calls for the price of one.
--
-- A @safe@ foreign call costs 40 to 150 ns, because it gives the capability away
-- and takes one again, and GHC walks the thread's stack. A batch does that once for many
-- calls: one C function over a whole vector ('batchMap'), one function a number of times
-- ('batchRepeat'), or calls of different functions with different arguments ('Batch').
-- Each call then costs 2 to 3 ns, or 4 to 12 ns in a 'Batch', which first writes its calls
-- into memory and then reads the results. A batch that is 'prepared' keeps what it
-- has written: a call of a further run costs 3 to 8 ns.
--
-- The functions may do everything that a @safe@ import may do: block, call back into
-- Haskell and run OpenMP regions. Collections do not wait for them. All are called on
-- one OS thread.
--
-- An asynchronous exception (@timeout@, @killThread@) ends a batch between two calls, within
-- some 10 ms after the call that runs. The calls before that are made, in order and to
-- their ends, and the others are not. The results are lost, except what the functions wrote
-- elsewhere. Without @-threaded@, or while exceptions are masked, the exception arrives
-- when the batch has ended.
--
-- Function pointers come from imports with an @&@. The examples below use four
-- functions of the C library and two of the program's own:
--
-- > foreign import ccall "&labs" absPtr :: FunPtr (Int -> IO Int)
-- > foreign import ccall "&hypot" hypotPtr :: FunPtr (Double -> Double -> IO Double)
-- > foreign import ccall "&fma" fmaPtr :: FunPtr (Double -> Double -> Double -> IO Double)
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
  , batchZipWith
  , batchZipWith3
  , batchZipWith4
  , batchRepeat

    -- * Different functions
  , Batch
  , runBatch
  , batchCall
  , BatchCall (Batched)
  , keeping
  , prepared

    -- * Arguments and results
  , Argument
  , Result
  ) where

import Control.Exception (throwIO)
import Control.Monad (forM_, when)
import Data.Bits (shiftL, (.|.))
import Data.Primitive.ByteArray
  ( MutableByteArray (..)
  , mutableByteArrayContents
  , newPinnedByteArray
  , readByteArray
  , writeByteArray
  )
import Control.Monad.Primitive (touch)
import Data.Vector.Storable (Vector)
import qualified Data.Vector.Storable as Vector
import qualified Data.Vector.Storable.Mutable as MVector
import Foreign.ForeignPtr (ForeignPtr, touchForeignPtr)
import Foreign.ForeignPtr.Unsafe (unsafeForeignPtrToPtr)
import Foreign.Marshal.Array (advancePtr)
import Foreign.Ptr (FunPtr, castFunPtrToPtr, castPtr, minusPtr, plusPtr, ptrToWordPtr)
import GHC.Exts
  ( Addr#
  , Int (..)
  , Int#
  , Ptr (..)
  , RealWorld
  , State#
  , Word (..)
  , Word#
  , readMutVar#
  , touch#
  , writeMutVar#
  )
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Calls
import Control.Parallel.OpenMP.Internal.Fits (Fits)
import Control.Parallel.OpenMP.Internal.Interrupt (inCalls)
import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..))
import Control.Parallel.OpenMP.Internal.Scalars

-- See cmm/omp_batch.cmm, Note [Leaving and coming back]. The last argument is what the
-- calls watch: 'inCalls'.
foreign import prim "ghcomp_batch_mapzh"
  map# :: Addr# -> Word# -> Int# -> Addr# -> Addr# -> Word# -> State# RealWorld -> (# State# RealWorld, Int# #)

foreign import prim "ghcomp_batch_rowszh"
  rows# :: Addr# -> Addr# -> Int# -> Int# -> Int# -> Word# -> State# RealWorld -> (# State# RealWorld, Int# #)

foreign import prim "ghcomp_batch_repeatzh"
  repeat# :: Addr# -> Int# -> Word# -> State# RealWorld -> (# State# RealWorld, Int# #)

foreign import prim "ghcomp_batch_runzh"
  run# :: Addr# -> Addr# -> Word# -> State# RealWorld -> (# State# RealWorld, Addr# #)

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
      inCalls (mapOver (unsafeForeignPtrToPtr from) (unsafeForeignPtrToPtr to) count) 0 count
      touchForeignPtr from
      touchForeignPtr to
      Vector.unsafeFreeze ys
  where
    !(Ptr f) = castFunPtrToPtr function
    !(W# kinds) = kindOf (undefined :: a) .|. (kindOf (undefined :: b) `shiftL` 4)
    mapOver input output count seen at =
      let !(Ptr from) = input `advancePtr` at
          !(Ptr to) = output `advancePtr` at
          !(I# n) = count - at
          !(W# w) = fromIntegral seen
       in IO $ \s -> case map# f kinds n from to w s of (# s', done #) -> (# s', at + I# done #)
{-# INLINE batchMap #-}

-- | Applies a C function to the elements of two vectors, in order. The result is as long as
-- the shorter one. A call costs some 7 ns.
--
-- Throws 'InvalidArgument' for a null function pointer.
--
-- >>> import qualified Data.Vector.Storable as Storable
-- >>> batchZipWith hypotPtr (Storable.fromList [3, 5]) (Storable.fromList [4, 12])
-- [5.0,13.0]
--
-- @since 0.1.0.0
batchZipWith
  :: (Argument a, Argument b, Result c, Fits (a -> b -> IO c))
  => FunPtr (a -> b -> IO c) -> Vector a -> Vector b -> IO (Vector c)
batchZipWith function as bs = rows "batchZipWith" function [column as, column bs]
{-# INLINE batchZipWith #-}

-- | Like 'batchZipWith', for three vectors.
--
-- >>> import qualified Data.Vector.Storable as Storable
-- >>> let ones = Storable.replicate 2 1
-- >>> batchZipWith3 fmaPtr (Storable.fromList [3, 5]) (Storable.fromList [4, 12]) ones
-- [13.0,61.0]
--
-- @since 0.1.0.0
batchZipWith3
  :: (Argument a, Argument b, Argument c, Result d, Fits (a -> b -> c -> IO d))
  => FunPtr (a -> b -> c -> IO d) -> Vector a -> Vector b -> Vector c -> IO (Vector d)
batchZipWith3 function as bs cs = rows "batchZipWith3" function [column as, column bs, column cs]
{-# INLINE batchZipWith3 #-}

-- | Like 'batchZipWith', for four vectors. (Functions of more arguments can be called by a
-- 'Batch'.)
--
-- @since 0.1.0.0
batchZipWith4
  :: (Argument a, Argument b, Argument c, Argument d, Result e, Fits (a -> b -> c -> d -> IO e))
  => FunPtr (a -> b -> c -> d -> IO e)
  -> Vector a -> Vector b -> Vector c -> Vector d -> IO (Vector e)
batchZipWith4 function as bs cs ds =
  rows "batchZipWith4" function [column as, column bs, column cs, column ds]
{-# INLINE batchZipWith4 #-}

-- | The arguments at one place of all calls: their kind, their memory, and how many
-- there are.
data Column = forall a. Column !Word !(ForeignPtr a) !Int

column :: forall a. Result a => Vector a -> Column
column xs = Column (kindOf (undefined :: a)) pointer count
  where
    (pointer, count) = Vector.unsafeToForeignPtr0 xs
{-# INLINE column #-}

-- | Calls the function for each row, and returns the results. The columns must be those
-- of the function's arguments.
rows :: forall f r. Result r => String -> FunPtr f -> [Column] -> IO (Vector r)
rows name function columns = do
  notNull name function
  if height == 0
    then pure Vector.empty
    else do
      ys <- MVector.unsafeNew height
      let (to, _) = MVector.unsafeToForeignPtr0 ys
      callRows function (Column (kindOf (undefined :: r)) to height) columns height
      Vector.unsafeFreeze ys
  where
    height = minimum [count | Column _ _ count <- columns]

callRows :: FunPtr f -> Column -> [Column] -> Int -> IO ()
callRows function result arguments height = do
  -- As ghcomp_hs_batch_rows has them.
  table <- newPinnedByteArray (16 * (1 + length arguments))
  forM_ (zip [0, 2 ..] (result : arguments)) $ \(i, Column kind pointer _) -> do
    writeByteArray table i kind
    writeByteArray table (i + 1) (ptrToWordPtr (unsafeForeignPtrToPtr pointer))
  let !(Ptr columns) = castPtr (mutableByteArrayContents table)
      step seen (I# at) = case fromIntegral seen of
        W# w -> IO $ \s -> case rows# f columns count at to w s of (# s', next #) -> (# s', I# next #)
  inCalls step 0 height
  touch table
  forM_ (result : arguments) $ \(Column _ pointer _) -> touchForeignPtr pointer
  where
    !(Ptr f) = castFunPtrToPtr function
    !(I# count) = length arguments
    !(I# to) = height

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
  when (count > 0) $ inCalls repeated 0 count
  where
    !(Ptr f) = castFunPtrToPtr function
    repeated seen at =
      let !(I# n) = count - at
          !(W# w) = fromIntegral seen
       in IO $ \s -> case repeat# f n w s of (# s', done #) -> (# s', at + I# done #)
{-# INLINE batchRepeat #-}

-- | Makes the calls and returns their results. A batch without calls does not
-- leave Haskell. Several threads may run a batch at once.
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
runBatch calls = IO $ \s0 -> case write calls s0 of
  (# s1, array, alive, results #) -> case made (MutableByteArray array) of
    IO act -> case act s1 of
      (# s2, () #) -> case touch# alive (touch# array s2) of
        s3 -> case results of
          (# (# x #) | #) -> (# s3, x #)
          (# | read' #) -> read' array s3

-- | Makes the calls of a block.
made :: Block -> IO ()
made block = do
  end <- readByteArray block cursor
  when (end > firstCall) $ inCalls (run end) (8 * firstCall) (8 * end)
  where
    start = mutableByteArrayContents block
    -- From one byte of the block to the end.
    run end seen at =
      let !(Ptr from) = start `plusPtr` at
          !(Ptr to) = start `plusPtr` (8 * end)
          !(W# w) = fromIntegral seen
       in IO $ \s -> case run# from to w s of (# s', next #) -> (# s', Ptr next `minusPtr` start #)

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
keeping pointer calls = batch $ \alive block s -> case readMutVar# alive s of
  (# s1, things #) -> case writeMutVar# alive (Alive pointer : things) s1 of
    s2 -> w alive block s2
  where
    Batch w = calls (unsafeForeignPtrToPtr pointer)

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
batchCall function = build (Call function 0 0 (\_ _ _ -> pure ()))
{-# INLINE batchCall #-}

-- $setup
-- >>> import Control.Parallel.OpenMP.Batch
-- >>> import Data.Word (Word8)
-- >>> import Foreign
-- >>> import Foreign.C.Types
-- >>> foreign import ccall "&labs" absPtr :: FunPtr (Int -> IO Int)
-- >>> foreign import ccall "&hypot" hypotPtr :: FunPtr (Double -> Double -> IO Double)
-- >>> foreign import ccall "&fma" fmaPtr :: FunPtr (Double -> Double -> Double -> IO Double)
-- >>> foreign import ccall "&memset" memsetPtr :: FunPtr (Ptr Word8 -> CInt -> CSize -> IO (Ptr Word8))
-- >>> foreign import ccall "&tick" tickPtr :: FunPtr (IO ())
-- >>> foreign import ccall "&ticks" ticksPtr :: FunPtr (IO Int)
