{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeFamilies #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Batches of C calls, as "Control.Parallel.OpenMP.Batch" writes them into memory. The
-- layout of a call is that of @ghcomp_hs_batch_run@.
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
--
-- Note [Blocks]
-- ~~~~~~~~~~~~~
-- A batch of a hundred calls must cost little more than the calls themselves. So its
-- calls are written once, into a block of memory that the batch keeps ('written'). Each
-- run copies the block, because the results replace the functions in it, and several
-- threads may run a batch at once.
--
-- The first word of a block is the /cursor/, the index of the call that is written or
-- read next. The functions that write move it over all calls of their batch, and so do
-- the functions that read. So these functions take only the block. GHC calls an unknown
-- function of one pointer and the state at once. One that also took an index would be
-- applied in two steps, or the index would be boxed.
--
-- Nothing is read for a result that is known before: that of a @void@ function, and
-- that of a batch on the left of '*>'.
module Control.Parallel.OpenMP.Internal.Calls
  ( Batch (..)
  , Writer
  , Reader
  , Results (..)
  , Block
  , batchOf
  , BatchCall (..)
  , Call (..)
  , firstCall
  , wordsBehind
  , notNull
  ) where

-- liftA2 is the Prelude's only since GHC 9.6.
import Prelude hiding (Applicative (..))

import Control.Applicative (Applicative (..))
import Control.Exception (throwIO)
import Control.Monad (when)
import Data.Bits (shiftL, (.|.))
import Data.Primitive.ByteArray
  ( ByteArray
  , MutableByteArray (..)
  , newByteArray
  , readByteArray
  , unsafeFreezeByteArray
  , writeByteArray
  )
import Data.Word (Word64)
import Foreign.Ptr (FunPtr, castFunPtr, nullFunPtr)
import GHC.Exts (MutableByteArray#, RealWorld, State#)
import GHC.IO (IO (..), unsafeDupablePerformIO)

import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..))
import Control.Parallel.OpenMP.Internal.Scalars

-- | C calls that are made together, and a value that is computed from their
-- results. The calls are made in their order in the batch. Their arguments cannot
-- depend on results of the same batch, so 'Batch' is an 'Applicative' and not a
-- monad. A value of this type describes the calls;
-- 'Control.Parallel.OpenMP.Batch.runBatch' may run it any number of times.
--
-- >>> runBatch ((,) <$> batchCall absPtr (-3) <*> batchCall hypotPtr 3 4)
-- (3,5.0)
-- >>> runBatch (traverse (batchCall absPtr) [-1, 2, -3])
-- [1,2,3]
--
-- @since 0.1.0.0
data Batch a = Batch
  { size :: !Int
  -- ^ The size of its calls in words.
  , writer :: !Writer
  , results :: !(Results a)
  , written :: ByteArray
  -- ^ Not evaluated before the batch runs: a block with the calls.
  }

-- | Writes calls into a block. The function also holds what must stay alive while
-- the calls are made.
--
-- @since 0.1.0.0
type Writer = MutableByteArray# RealWorld -> State# RealWorld -> State# RealWorld

-- | Reads results from a block.
--
-- @since 0.1.0.0
type Reader a = MutableByteArray# RealWorld -> State# RealWorld -> (# State# RealWorld, a #)

-- | How a batch's value comes from the results of its calls.
--
-- @since 0.1.0.0
data Results a
  = -- | It needs none.
    Known a
  | -- | It is read from the block.
    Read !(Reader a)

-- | A block of memory: the cursor, the calls, and words behind the last call, whose
-- registers are filled from them too.
--
-- @since 0.1.0.0
type Block = MutableByteArray RealWorld

-- | The batch of so many words.
--
-- @since 0.1.0.0
batchOf :: Int -> Writer -> Results a -> Batch a
batchOf n w r = Batch n w r (writtenBy n w)
{-# INLINE batchOf #-}

writtenBy :: Int -> Writer -> ByteArray
writtenBy n w = unsafeDupablePerformIO $ do
  block@(MutableByteArray array) <- newByteArray (8 * (firstCall + n))
  writeByteArray block 0 firstCall
  IO (\s -> (# w array s, () #))
  writeByteArray block 0 firstCall
  unsafeFreezeByteArray block
{-# NOINLINE writtenBy #-}

-- | The index of a block's first call.
--
-- @since 0.1.0.0
firstCall :: Int
firstCall = 1

-- | The number of words behind the last call.
--
-- @since 0.1.0.0
wordsBehind :: Int
wordsBehind = 7

instance Functor Batch where
  fmap f (Batch n w r b) = Batch n w (mapped f r) b
  {-# INLINE fmap #-}
  x <$ Batch n w _ b = Batch n w (Known x) b
  {-# INLINE (<$) #-}

instance Applicative Batch where
  pure x = batchOf 0 (\_ s -> s) (Known x)
  {-# INLINE pure #-}
  liftA2 f (Batch n w r _) (Batch n' w' r' _) =
    batchOf (n + n') (inOrder w w') (both f n r n' r')
  {-# INLINE liftA2 #-}
  (<*>) = liftA2 id
  {-# INLINE (<*>) #-}
  Batch n w _ _ *> Batch n' w' r' _ = batchOf (n + n') (inOrder w w') (between n r' 0)
  {-# INLINE (*>) #-}
  Batch n w r _ <* Batch n' w' _ _ = batchOf (n + n') (inOrder w w') (between 0 r n')
  {-# INLINE (<*) #-}

inOrder :: Writer -> Writer -> Writer
inOrder w w' = \block s -> w' block (w block s)
{-# INLINE inOrder #-}

mapped :: (a -> b) -> Results a -> Results b
mapped f (Known x) = Known (f x)
mapped f (Read r) = Read (\block s -> case r block s of (# s', x #) -> (# s', f x #))
{-# INLINE mapped #-}

-- | The results of two batches of these sizes.
both :: (a -> b -> c) -> Int -> Results a -> Int -> Results b -> Results c
both f _ (Read r) _ (Read r') = Read $ \block s -> case r block s of
  (# s1, x #) -> case r' block s1 of (# s2, y #) -> (# s2, f x y #)
both f n (Known x) _ r' = between n (mapped (f x) r') 0
both f _ r n' (Known y) = between 0 (mapped (`f` y) r) n'
{-# INLINE both #-}

-- | The results between so many words that are not read.
between :: Int -> Results a -> Int -> Results a
between _ r@(Known _) _ = r
between n (Read r) n' = readBetween n r n'
{-# INLINE between #-}

readBetween :: Int -> Reader a -> Int -> Results a
readBetween 0 r 0 = Read r
readBetween n r n' = Read $ \block s -> case r block (skip n block s) of
  (# s', x #) -> (# skip n' block s', x #)
  where
    skip words_ block s = case advance (MutableByteArray block) words_ of
      IO act -> case act s of (# s', _ #) -> s'
{-# NOINLINE readBetween #-}

-- | Moves the cursor by so many words, and returns where it was.
advance :: Block -> Int -> IO Int
advance block n = do
  at <- readByteArray block 0
  writeByteArray block 0 (at + n)
  pure at
{-# INLINE advance #-}

-- | A call that has some of its arguments: the function (of the arguments that are
-- missing), the number of integer and of floating-point arguments so far, and an
-- action that writes them, given the indices of the first integer and the first
-- floating-point argument.
--
-- @since 0.1.0.0
data Call f = Call !(FunPtr f) !Int !Int !(Block -> Int -> Int -> IO ())

-- | The call with one more argument.
given :: Argument a => Call (a -> f) -> a -> Call f
given (Call function ints floats arguments) x
  | isFloating (kindOf x) = Call rest ints (floats + 1) $ \block i d ->
      arguments block i d >> writeByteArray block (d + floats) (toRegister x)
  | otherwise = Call rest (ints + 1) floats $ \block i d ->
      arguments block i d >> writeByteArray block (i + ints) (toRegister x)
  where
    rest = castFunPtr function
{-# INLINE given #-}

-- | C functions that can be called in a batch: functions of any number of
-- 'Argument's to @IO@ of a 'Result'.
--
-- @since 0.1.0.0
class BatchCall f where
  -- | The function with 'Batch' instead of 'IO'.
  type Batched f

  -- | The call, once it has the missing arguments.
  build :: Call f -> Batched f

instance (Argument a, BatchCall f) => BatchCall (a -> f) where
  type Batched (a -> f) = a -> Batched f
  build call = \x -> build (given call x)
  {-# INLINE build #-}

instance Result a => BatchCall (IO a) where
  type Batched (IO a) = Batch a
  build (Call function ints floats arguments) =
    batchOf
      n
      (\array s -> case write (MutableByteArray array) of IO act -> case act s of (# s', () #) -> s')
      ( if isNothing (kindOf (undefined :: a))
          then Known (fromRegister 0)
          else Read (\array s -> case result (MutableByteArray array) of IO act -> act s)
      )
    where
      n = headWords + ints + floats
      -- The function and the shape stand before the arguments.
      headWords = 2
      shape = fromIntegral (ints .|. (floats `shiftL` 8) .|. (fromEnum floatResult `shiftL` 16))
      floatResult = isFloating (kindOf (undefined :: a))
      write block = do
        notNull "batchCall" function
        when (ints > maxIntegers) $ tooMany ints "integer" maxIntegers
        when (floats > maxDoubles) $ tooMany floats "floating-point" maxDoubles
        at <- advance block n
        writeByteArray block at (toRegister function)
        writeByteArray block (at + 1) (shape :: Word64)
        arguments block (at + headWords) (at + headWords + ints)
      result block = do
        at <- advance block n
        !x <- fromRegister <$> readByteArray block at
        pure x
      tooMany count what most =
        throwIO . InvalidArgument "batchCall" $
          show count ++ " " ++ what ++ " arguments are more than " ++ show most
  {-# INLINE build #-}

-- | Throws 'InvalidArgument', in the name of this function, if the pointer is null.
--
-- @since 0.1.0.0
notNull :: String -> FunPtr f -> IO ()
notNull what function =
  when (function == nullFunPtr) $ throwIO (InvalidArgument what "the function pointer is null")

-- $setup
-- >>> import Control.Parallel.OpenMP.Batch
-- >>> import Foreign
-- >>> foreign import ccall "&labs" absPtr :: FunPtr (Int -> IO Int)
-- >>> foreign import ccall "&hypot" hypotPtr :: FunPtr (Double -> Double -> IO Double)
