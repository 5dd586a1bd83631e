{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- The types of closures that C can call, for "Control.Parallel.OpenMP.Callback".
--
-- Internal: what is here may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Closures
  ( Callback (..)
  , Signature (..)
  , Frame
  ) where

import Data.Proxy (Proxy (..))
import Foreign.Ptr (Ptr)
import Foreign.Storable (peekByteOff, pokeByteOff)

import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Internal.Serve

-- | Functions that C can call: from arguments of class 'Argument' to 'IO' of a
-- 'Result'.
class Callback f where
  -- | What the types say.
  signature :: Proxy f -> Signature

  -- | Takes the arguments from the frame, the nth of the integer class or the mth
  -- double first, and writes the result.
  applyAt :: f -> Int -> Int -> Ptr Frame -> IO ()

instance Result r => Callback (IO r) where
  signature _ = Signature 0 0 (isFloating (kindOf (undefined :: r)))
  applyAt f _ _ frame = do
    x <- f
    if isFloating (kindOf x)
      then pokeByteOff frame doubleResult x
      else pokeByteOff frame integerResult (toRegister x)
  {-# INLINE applyAt #-}

instance (Argument a, Callback r) => Callback (a -> r) where
  signature _
    | isFloating (kindOf (undefined :: a)) = rest {doubles = doubles rest + 1}
    | otherwise = rest {integers = integers rest + 1}
    where
      rest = signature (Proxy :: Proxy r)
  applyAt f n m frame
    | isFloating (kindOf (undefined :: a)) = do
        x <- peekByteOff frame (doubleArgument m)
        applyAt (f x) n (m + 1) frame
    | otherwise = do
        x <- peekByteOff frame (integerArgument n)
        applyAt (f (fromRegister x)) (n + 1) m frame
  {-# INLINE applyAt #-}
