{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ExistentialQuantification #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeFamilies #-}
{-# LANGUAGE UnboxedSums #-}
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
-- A batch of a hundred calls must cost little more than the calls themselves. So a
-- 'Batch' is a function that writes its calls into a block of memory, and returns where the
-- results will be. GHC makes one loop of a traversal in this applicative, as it does for
-- IO, and it allocates nothing for the writing. For this each such function is marked as one-shot
-- ('oneShot'), as GHC's own monads are. So arguments may be computed again if the batch runs
-- again, unless it is 'prepared'.
--
-- An unknown function (that of a batch in a list, say) is called at once if it takes pointers
-- and the state. If it also took an index, it would be applied in steps, or the index would be
-- boxed. So the index of the next call is in the block's first word, the /cursor/. The
-- second word is the /limit/: no call may end behind it. If a call does not fit, it goes
-- into a larger block (by @more@), to which the others are copied. All blocks are pinned.
--
-- The results replace the functions in the block. The function that reads a batch's results has the
-- indices of its calls in its closure. Nothing is read for a result that is known before: that of
-- a @void@ function, and that of a batch on the left of '*>'.
module Control.Parallel.OpenMP.Internal.Calls
  ( Batch (..)
  , Writer
  , Reader
  , Results
  , Block
  , Alive (..)
  , batch
  , write
  , prepared
  , BatchCall (..)
  , Call (..)
  , cursor
  , firstCall
  , notNull
  ) where

-- liftA2 is the Prelude's only since GHC 9.6.
import Prelude hiding (Applicative (..))

import Control.Applicative (Applicative (..))
import Control.Exception (throwIO)
import Control.Monad (when)
import Data.Bits (shiftL, (.|.))
import Data.Primitive.ByteArray
  ( MutableByteArray (..)
  , copyMutableByteArray
  , newPinnedByteArray
  , readByteArray
  , writeByteArray
  )
import Data.Word (Word64)
import Foreign.Ptr (FunPtr, castFunPtr, nullFunPtr)
import GHC.Exts
  ( Int (..)
  , Int#
  , MutVar#
  , MutableByteArray#
  , RealWorld
  , State#
  , isTrue#
  , newMutVar#
  , oneShot
  , readIntArray#
  , readMutVar#
  , writeIntArray#
  , writeMutVar#
  , (+#)
  , (<=#)
  )
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
newtype Batch a = Batch (Writer a)

-- | Writes a batch's calls into a block, behind those that it has. Returns the block, or a
-- larger one, and where the results will be. The variable is for what must stay alive
-- while the calls are made.
--
-- @since 0.1.0.0
type Writer a =
  MutVar# RealWorld [Alive]
  -> MutableByteArray# RealWorld
  -> State# RealWorld
  -> (# State# RealWorld, MutableByteArray# RealWorld, Results a #)

-- | Reads results from a block.
--
-- @since 0.1.0.0
type Reader a = MutableByteArray# RealWorld -> State# RealWorld -> (# State# RealWorld, a #)

-- | A batch's value, if it needs no results; else how to read it.
--
-- @since 0.1.0.0
type Results a = (# (# a #) | Reader a #)

-- | A block of memory: the cursor, the limit, the calls, and words behind the limit, because
-- the registers of the last call are filled from there too.
--
-- @since 0.1.0.0
type Block = MutableByteArray RealWorld

-- | Something that stays alive.
--
-- @since 0.1.0.0
data Alive = forall a. Alive a

-- | See Note [Blocks].
--
-- @since 0.1.0.0
batch :: Writer a -> Batch a
batch w = Batch (oneShot (\alive -> oneShot (\block -> oneShot (\s -> w alive block s))))
{-# INLINE batch #-}

-- | Where in a block the cursor and the limit are, and the first call.
--
-- @since 0.1.0.0
cursor, limit, firstCall :: Int
cursor = 0
limit = 1
firstCall = 2

-- | The number of words behind the limit.
wordsBehind :: Int
wordsBehind = 7

-- | The number of words in a batch's first block, and in its second one. The second is as
-- large as GHC lets a small object be. A larger one has memory of its own, which costs
-- more.
firstSize, secondSize :: Int
firstSize = 48
secondSize = 406

-- | A block of so many words, without calls.
newBlock :: Int -> IO Block
newBlock size = do
  block <- newPinnedByteArray (8 * size)
  writeByteArray block cursor firstCall
  writeByteArray block limit (size - wordsBehind)
  pure block

-- | Writes a batch's calls into a new block.
--
-- @since 0.1.0.0
write
  :: Batch a
  -> State# RealWorld
  -> (# State# RealWorld, MutableByteArray# RealWorld, [Alive], Results a #)
write (Batch w) s0 = case unIO (newBlock firstSize) s0 of
  (# s1, MutableByteArray first #) -> case newMutVar# [] s1 of
    (# s2, alive #) -> case w alive first s2 of
      (# s3, block, results #) -> case readMutVar# alive s3 of
        (# s4, things #) -> (# s4, block, things, results #)

-- | Lets an action write so many words behind the block's calls, given their index, or into a
-- larger block. Returns the block and the index.
append
  :: Int
  -> (Block -> Int -> IO ())
  -> MutableByteArray# RealWorld
  -> State# RealWorld
  -> (# State# RealWorld, MutableByteArray# RealWorld, Int# #)
append (I# n) act full s0 = case readIntArray# full 0# s0 of
  (# s1, at #) -> case readIntArray# full 1# s1 of
    (# s2, end #) -> case if isTrue# (at +# n <=# end) then (# s2, full #) else more full n s2 of
      -- Nothing is named here, so GHC makes one continuation of it and of what follows.
      (# s3, block #) -> case writeIntArray# block 0# (at +# n) s3 of
        s4 -> case unIO (act (MutableByteArray block) (I# at)) s4 of
          (# s5, () #) -> (# s5, block, at #)
{-# INLINE append #-}

-- | A block with the same calls and room for so many more words.
more
  :: MutableByteArray# RealWorld
  -> Int#
  -> State# RealWorld
  -> (# State# RealWorld, MutableByteArray# RealWorld #)
more full n = \s -> case unIO larger s of (# s', MutableByteArray block #) -> (# s', block #)
  where
    larger = do
      at <- readByteArray source cursor
      end <- readByteArray source limit
      let least = at + I# n + wordsBehind
      block <- newBlock (max least (if end < firstSize then secondSize else 2 * end))
      copyMutableByteArray block (8 * firstCall) source (8 * firstCall) (8 * (at - firstCall))
      pure block
    source = MutableByteArray full
{-# NOINLINE more #-}

unIO :: IO a -> State# RealWorld -> (# State# RealWorld, a #)
unIO (IO act) = act
{-# INLINE unIO #-}

instance Functor Batch where
  fmap f (Batch w) = batch $ \alive block s -> case w alive block s of
    (# s1, b1, r #) -> (# s1, b1, mapped f r #)
  {-# INLINE fmap #-}
  x <$ Batch w = batch $ \alive block s -> case w alive block s of
    (# s1, b1, _ #) -> (# s1, b1, (# (# x #) | #) #)
  {-# INLINE (<$) #-}

instance Applicative Batch where
  pure x = batch $ \_ block s -> (# s, block, (# (# x #) | #) #)
  {-# INLINE pure #-}
  liftA2 f (Batch w) (Batch w') = batch $ \alive block s -> case w alive block s of
    (# s1, b1, r #) -> case w' alive b1 s1 of
      (# s2, b2, r' #) -> (# s2, b2, both f r r' #)
  {-# INLINE liftA2 #-}
  (<*>) = liftA2 id
  {-# INLINE (<*>) #-}
  Batch w *> Batch w' = batch $ \alive block s -> case w alive block s of
    (# s1, b1, _ #) -> w' alive b1 s1
  {-# INLINE (*>) #-}
  Batch w <* Batch w' = batch $ \alive block s -> case w alive block s of
    (# s1, b1, r #) -> case w' alive b1 s1 of
      (# s2, b2, _ #) -> (# s2, b2, r #)
  {-# INLINE (<*) #-}

mapped :: (a -> b) -> Results a -> Results b
mapped f (# (# x #) | #) = (# (# f x #) | #)
mapped f (# | r #) = (# | \block s -> case r block s of (# s', x #) -> (# s', f x #) #)
{-# INLINE mapped #-}

both :: (a -> b -> c) -> Results a -> Results b -> Results c
both f (# (# x #) | #) r' = mapped (f x) r'
both f r (# (# y #) | #) = mapped (`f` y) r
both f (# | r #) (# | r' #) =
  (# | \block s -> case r block s of
      (# s1, x #) -> case r' block s1 of (# s2, y #) -> (# s2, f x y #) #)
{-# INLINE both #-}

-- | The same batch, for many runs: its calls are written into memory once, and each run copies
-- them. So the arguments are computed once too. If the batch is a part of another one, this
-- holds where it is the first part.
--
-- >>> let magnitudes = prepared (traverse (batchCall absPtr) [-1, 2, -3])
-- >>> (,) <$> runBatch magnitudes <*> runBatch magnitudes
-- ([1,2,3],[1,2,3])
--
-- @since 0.1.0.0
prepared :: Batch a -> Batch a
prepared whole@(Batch w) = Batch again
  where
    stored = unsafeDupablePerformIO $ IO $ \s0 -> case write whole s0 of
      (# s1, block, alive, r #) -> case unIO (readByteArray (MutableByteArray block) cursor) s1 of
        (# s2, end #) ->
          (# s2, Stored (MutableByteArray block) (end - firstCall) alive (lifted r) #)
    -- Not one-shot, so that runs share what is stored.
    again alive block s0 = case unIO (readByteArray (MutableByteArray block) cursor) s0 of
      (# s1, at #)
        -- The stored function reads at the places of the stored calls.
        | at == firstCall -> case stored of
            Stored calls size _ r -> case readMutVar# alive s1 of
              (# s2, things #) -> case writeMutVar# alive (Alive stored : things) s2 of
                s3 -> case append size (copied calls size) block s3 of
                  (# s4, block', _ #) -> (# s4, block', unlifted r #)
        | otherwise -> w alive block s1
    copied calls size block at =
      copyMutableByteArray block (8 * at) calls (8 * firstCall) (8 * size)
    lifted (# (# x #) | #) = Left x
    lifted (# | r #) = Right r
    unlifted (Left x) = (# (# x #) | #)
    unlifted (Right r) = (# | r #)
{-# NOINLINE prepared #-}

-- | A block whose calls nobody makes, the number of their words, what must stay alive for
-- them, and their results.
data Stored a = Stored !Block !Int [Alive] !(Either a (Reader a))

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
      arguments block i d >> writeRegister block (d + floats) x
  | otherwise = Call rest (ints + 1) floats $ \block i d ->
      arguments block i d >> writeRegister block (i + ints) x
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
  build (Call function ints floats arguments) = batch $ \_ block s -> case unIO check s of
    (# s1, () #) -> case append n call block s1 of
      (# s2, block', at #) ->
        (# s2
        , block'
        , if isNothing (kindOf (undefined :: a))
            then (# (# fromRegister 0 #) | #)
            else (# | \made s' -> unIO (result (MutableByteArray made) (I# at)) s' #)
        #)
    where
      n = headWords + ints + floats
      -- The function and the shape stand before the arguments.
      headWords = 2
      shape = fromIntegral (ints .|. (floats `shiftL` 8) .|. (fromEnum floatResult `shiftL` 16))
      floatResult = isFloating (kindOf (undefined :: a))
      check = do
        notNull "batchCall" function
        when (ints > maxIntegers) $ tooMany ints "integer" maxIntegers
        when (floats > maxDoubles) $ tooMany floats "floating-point" maxDoubles
      call block at = do
        writeByteArray block at (toRegister function)
        writeByteArray block (at + 1) (shape :: Word64)
        arguments block (at + headWords) (at + headWords + ints)
      result block at = do
        !x <- readRegister block at
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
