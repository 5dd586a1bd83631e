{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Calls of C functions in which closures have a server, for
-- "Control.Parallel.OpenMP.Callback".
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Served
  ( ServedCall (..)
  , Unfinished (..)
  ) where

import Control.Exception (throwIO)
import Control.Monad (when)
import Data.Bits (shiftL, (.|.))
import Data.Word (Word64)
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (FunPtr, Ptr, castFunPtr, castPtr, nullFunPtr)
import Foreign.Storable (peek, poke, pokeElemOff)

import Control.Parallel.OpenMP.Internal.Region (InvalidArgument (..))
import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Prim (capabilityNumber)

-- The layout of a call: that of @ServedCall@ in rust/src/haskell/served.rs.

-- | The words of a call: the function, the shape, the integers, the floating-point
-- numbers. The result replaces the function.
shapeWord, integerWord, doubleWord, callWords :: Int
shapeWord = 1
integerWord = 2
doubleWord = integerWord + mostIntegers
callWords = doubleWord + maxDoubles

-- | The most integers and pointers among the arguments.
mostIntegers :: Int
mostIntegers = 24

-- | A call that has some of its arguments: the function (of the arguments that are
-- missing), the number of integer and of floating-point arguments so far, and an action
-- that writes them.
--
-- @since 0.1.0.0
data Unfinished f = Unfinished !(FunPtr f) !Int !Int !(Ptr Word64 -> IO ())

-- | The call with one more argument.
given :: Argument a => Unfinished (a -> f) -> a -> Unfinished f
given (Unfinished function ints floats write) x
  | isFloating (kindOf x) = put ints (floats + 1) (doubleWord + floats) maxDoubles floats
  | otherwise = put (ints + 1) floats (integerWord + ints) mostIntegers ints
  where
    put ints' floats' word most before = Unfinished (castFunPtr function) ints' floats' $ \call -> do
      write call
      -- Too many are an error, which comes later.
      when (before < most) (pokeElemOff call word (toRegister x))
{-# INLINE given #-}

-- | C functions that 'Control.Parallel.OpenMP.Callback.served' can call: from any number
-- of 'Argument's to 'IO' of a 'Result'.
--
-- @since 0.1.0.0
class ServedCall f where
  -- | The function of the arguments that are missing.
  finish :: Unfinished f -> f

instance (Argument a, ServedCall f) => ServedCall (a -> f) where
  finish call = \x -> finish (given call x)
  {-# INLINE finish #-}

instance Result r => ServedCall (IO r) where
  finish (Unfinished function ints floats write) = do
    when (function == nullFunPtr) (invalid "the function pointer is null")
    when (ints > mostIntegers) (tooMany ints "integer or pointer" mostIntegers)
    when (floats > maxDoubles) (tooMany floats "floating-point" maxDoubles)
    allocaBytes (8 * callWords) $ \call -> do
      poke (castPtr call) function
      capability <- capabilityNumber
      pokeElemOff call shapeWord (shape .|. (fromIntegral capability `shiftL` 32))
      write call
      c_served call
      !x <- fromRegister <$> peek call
      pure x
    where
      shape = fromIntegral (ints .|. (fromEnum floatResult `shiftL` 8))
      floatResult = isFloating (kindOf (undefined :: r))
      invalid = throwIO . InvalidArgument "served"
      tooMany n what most =
        invalid $
          "the function has " ++ show n ++ " " ++ what ++ " arguments; " ++ show most ++ " are possible"
  {-# INLINE finish #-}

-- Safe: the function may do anything, and calls closures.
foreign import ccall safe "ghcomp_hs_served" c_served :: Ptr Word64 -> IO ()
