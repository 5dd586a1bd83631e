{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeFamilies #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Batches of C calls, as "Control.Parallel.OpenMP.Batch" writes them into memory. The
-- layout is that of @ghcomp_hs_batch_run@.
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Calls
  ( Batch (..)
  , BatchCall (..)
  , Call (..)
  , notNull
  ) where

-- liftA2 is the Prelude's only since GHC 9.6.
import Prelude hiding (Applicative (..))

import Control.Applicative (Applicative (..))
import Control.Exception (throwIO)
import Control.Monad (when)
import Data.Bits (shiftL, (.|.))
import Data.Word (Word64)
import Foreign.Ptr (FunPtr, Ptr, castFunPtr, castPtr, nullFunPtr, plusPtr)
import Foreign.Storable (peek, poke, pokeElemOff)

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
  -- ^ The size of its calls in bytes.
  , fill :: !(Ptr Word64 -> IO ())
  -- ^ Writes its calls, in the layout of @ghcomp_hs_batch_run@
  -- (@rust\/src\/haskell\/batch.rs@).
  , collect :: !(Ptr Word64 -> IO a)
  -- ^ Reads their results from the same place.
  }

instance Functor Batch where
  fmap f (Batch n w r) = Batch n w (fmap f . r)
  {-# INLINE fmap #-}

instance Applicative Batch where
  pure x = Batch 0 (\_ -> pure ()) (\_ -> pure x)
  {-# INLINE pure #-}
  liftA2 f (Batch n w r) (Batch n' w' r') =
    Batch
      (n + n')
      (\p -> w p >> w' (p `plusPtr` n))
      (\p -> liftA2 f (r p) (r' (p `plusPtr` n)))
  {-# INLINE liftA2 #-}
  (<*>) = liftA2 id
  {-# INLINE (<*>) #-}
  (*>) = liftA2 (\_ x -> x)
  {-# INLINE (*>) #-}

-- | A call that has some of its arguments: the function (of the arguments that are
-- missing), the number of integer and of floating-point arguments so far, and an
-- action that writes them, given the addresses of the first integer and the first
-- floating-point argument.
--
-- @since 0.1.0.0
data Call f = Call !(FunPtr f) !Int !Int !(Ptr Word64 -> Ptr Word64 -> IO ())

-- | The call with one more argument.
given :: Argument a => Call (a -> f) -> a -> Call f
given (Call function ints floats arguments) x
  | isFloating (kindOf x) = Call rest ints (floats + 1) $ \i d ->
      arguments i d >> pokeElemOff d floats (toRegister x)
  | otherwise = Call rest (ints + 1) floats $ \i d ->
      arguments i d >> pokeElemOff i ints (toRegister x)
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
    Batch
      { size = 8 * (headWords + ints + floats)
      , fill = \call -> do
          notNull "batchCall" function
          when (ints > maxIntegers) $ tooMany ints "integer" maxIntegers
          when (floats > maxDoubles) $ tooMany floats "floating-point" maxDoubles
          let first = call `plusPtr` (8 * headWords)
          poke (castPtr call) function
          pokeElemOff call 1 shape
          arguments first (first `plusPtr` (8 * ints))
      , collect = \call -> do
          !x <- fromRegister <$> peek call
          pure x
      }
    where
      -- The function and the shape stand before the arguments.
      headWords = 2
      shape = fromIntegral (ints .|. (floats `shiftL` 8) .|. (fromEnum floatResult `shiftL` 16))
      floatResult = isFloating (kindOf (undefined :: a))
      tooMany n what most =
        throwIO . InvalidArgument "batchCall" $
          show n ++ " " ++ what ++ " arguments are more than " ++ show most
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
