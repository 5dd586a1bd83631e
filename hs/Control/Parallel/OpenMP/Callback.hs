{-# LANGUAGE FlexibleInstances #-}

-- |
-- Haskell closures as function pointers for C kernels.
--
-- The kernel may call the pointer from any thread, as often as it likes, while
-- 'withCallback' runs. Each call enters Haskell (about 0.1 microseconds on one
-- thread, more when several call at once).
module Control.Parallel.OpenMP.Callback
  ( withCallback
  , Callback (..)
  ) where

import Control.Exception (SomeException, bracket, catch, uninterruptibleMask_)
import Foreign.C.Types (CDouble (..), CInt (..), CLong (..))
import Foreign.Ptr (FunPtr, Ptr, freeHaskellFunPtr)
import GHC.IO (unsafeUnmask)

import Control.Parallel.OpenMP.Internal.Region (firstFailure, newFailure, throwFailure)

-- | Functions that C can call.
class Callback f where
  -- | A function pointer for the function, to be freed by
  -- 'Foreign.Ptr.freeHaskellFunPtr'. An exception that leaves the function
  -- ends the process; 'withCallback' sees to that.
  newCallback :: f -> IO (FunPtr f)

  -- | The function, made so that it throws nothing: it hands an exception to
  -- the handler and returns 0 (or nothing).
  guarded :: (SomeException -> IO ()) -> f -> f

-- | Runs the action with a function pointer for the closure, valid until the
-- action ends, in whatever way it does.
--
-- An exception of the closure does not pass through C: that call returns 0,
-- the kernel goes on, and when the action has ended the first exception is
-- thrown.
--
-- >>> withCallback ((\x -> pure (x * 2)) :: Int -> IO Int) (const (pure 42))
-- 42
withCallback :: Callback f => f -> (FunPtr f -> IO a) -> IO a
withCallback f act = do
  failure <- newFailure
  result <- bracket (newCallback (guarded (firstFailure failure) f)) freeHaskellFunPtr act
  throwFailure failure
  pure result

-- | The body of a callback that must not throw: masked but for the user's
-- part, because an in-call that ends by an exception ends the process.
guard :: a -> (SomeException -> IO ()) -> IO a -> IO a
guard def handler act =
  uninterruptibleMask_ (unsafeUnmask act `catch` \e -> def <$ handler e)
{-# INLINE guard #-}

foreign import ccall "wrapper"
  wrapIntDouble :: (Int -> IO Double) -> IO (FunPtr (Int -> IO Double))

instance Callback (Int -> IO Double) where
  newCallback = wrapIntDouble
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapIntInt :: (Int -> IO Int) -> IO (FunPtr (Int -> IO Int))

instance Callback (Int -> IO Int) where
  newCallback = wrapIntInt
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapInt :: (Int -> IO ()) -> IO (FunPtr (Int -> IO ()))

instance Callback (Int -> IO ()) where
  newCallback = wrapInt
  guarded handler f = \x -> guard () handler (f x)

foreign import ccall "wrapper"
  wrapDoubleDouble :: (Double -> IO Double) -> IO (FunPtr (Double -> IO Double))

instance Callback (Double -> IO Double) where
  newCallback = wrapDoubleDouble
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapIntInt_ :: (Int -> Int -> IO ()) -> IO (FunPtr (Int -> Int -> IO ()))

instance Callback (Int -> Int -> IO ()) where
  newCallback = wrapIntInt_
  guarded handler f = \x y -> guard () handler (f x y)

foreign import ccall "wrapper"
  wrapPtr :: (Ptr a -> IO ()) -> IO (FunPtr (Ptr a -> IO ()))

instance Callback (Ptr a -> IO ()) where
  newCallback = wrapPtr
  guarded handler f = \x -> guard () handler (f x)

foreign import ccall "wrapper"
  wrapPtrIntInt :: (Ptr a -> Int -> IO Int) -> IO (FunPtr (Ptr a -> Int -> IO Int))

instance Callback (Ptr a -> Int -> IO Int) where
  newCallback = wrapPtrIntInt
  guarded handler f = \x y -> guard 0 handler (f x y)

foreign import ccall "wrapper"
  wrapCIntCDouble :: (CInt -> IO CDouble) -> IO (FunPtr (CInt -> IO CDouble))

instance Callback (CInt -> IO CDouble) where
  newCallback = wrapCIntCDouble
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapCIntCInt :: (CInt -> IO CInt) -> IO (FunPtr (CInt -> IO CInt))

instance Callback (CInt -> IO CInt) where
  newCallback = wrapCIntCInt
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapCInt :: (CInt -> IO ()) -> IO (FunPtr (CInt -> IO ()))

instance Callback (CInt -> IO ()) where
  newCallback = wrapCInt
  guarded handler f = \x -> guard () handler (f x)

foreign import ccall "wrapper"
  wrapCLongCDouble :: (CLong -> IO CDouble) -> IO (FunPtr (CLong -> IO CDouble))

instance Callback (CLong -> IO CDouble) where
  newCallback = wrapCLongCDouble
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapCLongCLong :: (CLong -> IO CLong) -> IO (FunPtr (CLong -> IO CLong))

instance Callback (CLong -> IO CLong) where
  newCallback = wrapCLongCLong
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapCLong :: (CLong -> IO ()) -> IO (FunPtr (CLong -> IO ()))

instance Callback (CLong -> IO ()) where
  newCallback = wrapCLong
  guarded handler f = \x -> guard () handler (f x)

foreign import ccall "wrapper"
  wrapCDoubleCDouble :: (CDouble -> IO CDouble) -> IO (FunPtr (CDouble -> IO CDouble))

instance Callback (CDouble -> IO CDouble) where
  newCallback = wrapCDoubleCDouble
  guarded handler f = \x -> guard 0 handler (f x)

foreign import ccall "wrapper"
  wrapCIntCInt_ :: (CInt -> CInt -> IO ()) -> IO (FunPtr (CInt -> CInt -> IO ()))

instance Callback (CInt -> CInt -> IO ()) where
  newCallback = wrapCIntCInt_
  guarded handler f = \x y -> guard () handler (f x y)

foreign import ccall "wrapper"
  wrapCLongCLong_ :: (CLong -> CLong -> IO ()) -> IO (FunPtr (CLong -> CLong -> IO ()))

instance Callback (CLong -> CLong -> IO ()) where
  newCallback = wrapCLongCLong_
  guarded handler f = \x y -> guard () handler (f x y)

foreign import ccall "wrapper"
  wrapPtrCIntCInt :: (Ptr a -> CInt -> IO CInt) -> IO (FunPtr (Ptr a -> CInt -> IO CInt))

instance Callback (Ptr a -> CInt -> IO CInt) where
  newCallback = wrapPtrCIntCInt
  guarded handler f = \x y -> guard 0 handler (f x y)

foreign import ccall "wrapper"
  wrapPtrCLongCLong :: (Ptr a -> CLong -> IO CLong) -> IO (FunPtr (Ptr a -> CLong -> IO CLong))

instance Callback (Ptr a -> CLong -> IO CLong) where
  newCallback = wrapPtrCLongCLong
  guarded handler f = \x y -> guard 0 handler (f x y)
