{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE MonoLocalBinds #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UndecidableInstances #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- The types of closures that C can call, for "Control.Parallel.OpenMP.Callback".
--
-- Internal: what is here may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Closures
  ( Callback
  , Function (..)
  , Signature (..)
  , Frame
  ) where

import Data.Proxy (Proxy (..))
import Foreign.Ptr (Ptr)
import Foreign.Storable (peekByteOff, pokeByteOff)

import Control.Parallel.OpenMP.Internal.Fits (Fits)
import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Internal.Serve

-- | Functions that C can call: from arguments of class 'Argument' to 'IO' of a
-- 'Result'.
class Function f => Callback f

instance Result r => Callback (IO r)

instance (Argument a, Function r, Fits (a -> r)) => Callback (a -> r)

-- | The same without the type errors: the rest of a function is one too.
class Function f where
  -- | What the types say.
  signature :: Proxy f -> Signature

  -- | Takes the arguments from the frame, the nth of the integer class or the mth
  -- double first, and writes the result.
  applyAt :: f -> Int -> Int -> Ptr Frame -> IO ()

instance Result r => Function (IO r) where
  signature _ = Signature 0 0 (isFloating (kindOf (undefined :: r)))
  applyAt f _ _ frame = do
    x <- f
    if isFloating (kindOf x)
      then pokeByteOff frame doubleResult x
      else pokeByteOff frame integerResult (toRegister x)
  {-# INLINE applyAt #-}

-- Note [One recursion]
-- ~~~~~~~~~~~~~~~~~~~~
-- The kind of an argument is known when the closure's type is, and what depends
-- on it is folded away. But GHC may inline the next argument's instance before
-- that. So the recursion must stand once: once in either branch, and the code
-- doubles with each argument.
instance (Argument a, Function r) => Function (a -> r) where
  signature _ = Signature (integers rest + 1 - float) (doubles rest + float) (isDouble rest)
    where
      float = floats (undefined :: a)
      rest = signature (Proxy :: Proxy r)
  applyAt f n m frame = do
    x <- argument n m frame
    let float = floats x
    applyAt (f x) (n + 1 - float) (m + float) frame
  {-# INLINE applyAt #-}

-- | 1 for types of floating-point numbers, else 0. The argument is not looked
-- at.
floats :: Result a => a -> Int
floats x = if isFloating (kindOf x) then 1 else 0
{-# INLINE floats #-}

-- | The nth argument of the integer class or the mth double, as the type has it.
argument :: forall a. Argument a => Int -> Int -> Ptr Frame -> IO a
argument n m frame
  | isFloating (kindOf (undefined :: a)) = peekByteOff frame (doubleArgument m)
  | otherwise = fromRegister <$> peekByteOff frame (integerArgument n)
{-# INLINE argument #-}
