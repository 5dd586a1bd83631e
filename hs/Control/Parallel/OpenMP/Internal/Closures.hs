{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE MonoLocalBinds #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UndecidableInstances #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- The types of closures that C can call, for "Control.Parallel.OpenMP.Callback".
--
-- Internal: this module may change with any version. It is exposed for its
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

import Control.Parallel.OpenMP.Internal.Fits (FitsClosure)
import Control.Parallel.OpenMP.Internal.Scalars
import Control.Parallel.OpenMP.Internal.Serve

-- | Functions that C can call: from arguments of class 'Argument' to a 'Result', or to
-- 'IO' of one.
--
-- @since 0.1.0.0
class Function f => Callback f

instance Result r => Callback (IO r)

instance {-# OVERLAPPABLE #-} Result r => Callback r

instance (Argument a, Function r, FitsClosure (a -> r)) => Callback (a -> r)

-- | Like 'Callback', without the type errors. A function without its first argument
-- has an instance too.
--
-- @since 0.1.0.0
class Function f where
  -- | The arguments and the result, by their types.
  signature :: Proxy f -> Signature

  -- | Takes the arguments from the frame, beginning with the nth of the integer class
  -- and the mth double, and writes the result.
  applyAt :: f -> Int -> Int -> Ptr Frame -> IO ()

instance Result r => Function (IO r) where
  signature _ = answering (Proxy :: Proxy r)
  applyAt f _ _ frame = f >>= answer frame
  {-# INLINE applyAt #-}

instance {-# OVERLAPPABLE #-} Result r => Function r where
  signature _ = answering (Proxy :: Proxy r)
  applyAt x _ _ frame = answer frame x
  {-# INLINE applyAt #-}

answering :: forall r. Result r => Proxy r -> Signature
answering _ = Signature 0 0 (isFloating (kindOf (undefined :: r)))

-- | Evaluates the result and writes it.
answer :: Result r => Ptr Frame -> r -> IO ()
answer frame x =
  if isFloating (kindOf x)
    then pokeByteOff frame doubleResult x
    else pokeByteOff frame integerResult (toRegister x)
{-# INLINE answer #-}

-- Note [One recursion]
-- ~~~~~~~~~~~~~~~~~~~~
-- When GHC knows the closure's type it knows the kind of an argument, and folds
-- away what depends on it. But GHC may inline the next argument's instance before
-- that. So the recursive call must stand in one place. If it stood in both branches,
-- the code would double with each argument.
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

-- | 1 for types of floating-point numbers, else 0. The argument is not evaluated.
floats :: Result a => a -> Int
floats x = if isFloating (kindOf x) then 1 else 0
{-# INLINE floats #-}

-- | The nth argument of the integer class, or the mth double, according to the type.
argument :: forall a. Argument a => Int -> Int -> Ptr Frame -> IO a
argument n m frame
  | isFloating (kindOf (undefined :: a)) = peekByteOff frame (doubleArgument m)
  | otherwise = fromRegister <$> peekByteOff frame (integerArgument n)
{-# INLINE argument #-}
