{-# LANGUAGE DefaultSignatures #-}
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE StandaloneDeriving #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- The types that C functions of a batch take and return, as the contents of
-- registers.
module Control.Parallel.OpenMP.Internal.Scalars
  ( BatchArg (..)
  , BatchResult (..)
  , isFloating
  ) where

import Data.Int (Int16, Int32, Int64, Int8)
import Data.Word (Word16, Word32, Word64, Word8)
import Foreign.C.Types
import Foreign.Ptr
  ( FunPtr
  , IntPtr (..)
  , Ptr
  , WordPtr (..)
  , castFunPtrToPtr
  , castPtrToFunPtr
  , ptrToWordPtr
  , wordPtrToPtr
  )
import Foreign.Storable (Storable)
import GHC.Float
  ( castDoubleToWord64
  , castFloatToWord32
  , castWord32ToFloat
  , castWord64ToDouble
  )

-- | Types that C functions of a batch may return: integers and floating-point
-- numbers of any width and their C newtypes, pointers, and @()@ for nothing.
class Storable a => BatchResult a where
  -- | The kind in the terms of @ghcomp_hs_batch_map@
  -- (rust/src/haskell/batch.rs). The argument is not looked at.
  kindOf :: a -> Word

  -- | The value in a register; what is above its width is not looked at.
  fromRegister :: Word64 -> a
  default fromRegister :: Num a => Word64 -> a
  fromRegister = fromIntegral
  {-# INLINE fromRegister #-}

-- | Types that C functions of a batch may take: those that they may return, but
-- for @()@.
class BatchResult a => BatchArg a where
  -- | The value as it stands in a register: integers extended by their sign or
  -- by zeros, a 'Float' in the low half.
  toRegister :: a -> Word64
  default toRegister :: Integral a => a -> Word64
  toRegister = fromIntegral
  {-# INLINE toRegister #-}

-- | Whether a kind lives in floating-point registers.
isFloating :: Word -> Bool
isFloating kind = kind == 8 || kind == 9
{-# INLINE isFloating #-}

instance BatchResult () where
  kindOf _ = 10
  fromRegister _ = ()

instance BatchResult Int8 where
  kindOf _ = 0

instance BatchArg Int8

instance BatchResult Int16 where
  kindOf _ = 1

instance BatchArg Int16

instance BatchResult Int32 where
  kindOf _ = 2

instance BatchArg Int32

instance BatchResult Int64 where
  kindOf _ = 3

instance BatchArg Int64

instance BatchResult Int where
  kindOf _ = 3

instance BatchArg Int

instance BatchResult Word8 where
  kindOf _ = 4

instance BatchArg Word8

instance BatchResult Word16 where
  kindOf _ = 5

instance BatchArg Word16

instance BatchResult Word32 where
  kindOf _ = 6

instance BatchArg Word32

instance BatchResult Word64 where
  kindOf _ = 7

instance BatchArg Word64

instance BatchResult Word where
  kindOf _ = 7

instance BatchArg Word

instance BatchResult Float where
  kindOf _ = 8
  fromRegister = castWord32ToFloat . fromIntegral
  {-# INLINE fromRegister #-}

instance BatchArg Float where
  toRegister = fromIntegral . castFloatToWord32
  {-# INLINE toRegister #-}

instance BatchResult Double where
  kindOf _ = 9
  fromRegister = castWord64ToDouble
  {-# INLINE fromRegister #-}

instance BatchArg Double where
  toRegister = castDoubleToWord64
  {-# INLINE toRegister #-}

instance BatchResult (Ptr a) where
  kindOf _ = 7
  fromRegister = wordPtrToPtr . fromIntegral
  {-# INLINE fromRegister #-}

instance BatchArg (Ptr a) where
  toRegister = fromIntegral . ptrToWordPtr
  {-# INLINE toRegister #-}

instance BatchResult (FunPtr a) where
  kindOf _ = 7
  fromRegister = castPtrToFunPtr . fromRegister
  {-# INLINE fromRegister #-}

instance BatchArg (FunPtr a) where
  toRegister = toRegister . castFunPtrToPtr
  {-# INLINE toRegister #-}

deriving newtype instance BatchResult CChar

deriving newtype instance BatchArg CChar

deriving newtype instance BatchResult CSChar

deriving newtype instance BatchArg CSChar

deriving newtype instance BatchResult CUChar

deriving newtype instance BatchArg CUChar

deriving newtype instance BatchResult CShort

deriving newtype instance BatchArg CShort

deriving newtype instance BatchResult CUShort

deriving newtype instance BatchArg CUShort

deriving newtype instance BatchResult CInt

deriving newtype instance BatchArg CInt

deriving newtype instance BatchResult CUInt

deriving newtype instance BatchArg CUInt

deriving newtype instance BatchResult CLong

deriving newtype instance BatchArg CLong

deriving newtype instance BatchResult CULong

deriving newtype instance BatchArg CULong

deriving newtype instance BatchResult CLLong

deriving newtype instance BatchArg CLLong

deriving newtype instance BatchResult CULLong

deriving newtype instance BatchArg CULLong

deriving newtype instance BatchResult CBool

deriving newtype instance BatchArg CBool

deriving newtype instance BatchResult CSize

deriving newtype instance BatchArg CSize

deriving newtype instance BatchResult CPtrdiff

deriving newtype instance BatchArg CPtrdiff

deriving newtype instance BatchResult CIntPtr

deriving newtype instance BatchArg CIntPtr

deriving newtype instance BatchResult CUIntPtr

deriving newtype instance BatchArg CUIntPtr

deriving newtype instance BatchResult CIntMax

deriving newtype instance BatchArg CIntMax

deriving newtype instance BatchResult CUIntMax

deriving newtype instance BatchArg CUIntMax

deriving newtype instance BatchResult CFloat

deriving newtype instance BatchArg CFloat

deriving newtype instance BatchResult CDouble

deriving newtype instance BatchArg CDouble

deriving newtype instance BatchResult IntPtr

deriving newtype instance BatchArg IntPtr

deriving newtype instance BatchResult WordPtr

deriving newtype instance BatchArg WordPtr
