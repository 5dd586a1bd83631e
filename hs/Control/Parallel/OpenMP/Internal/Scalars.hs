{-# LANGUAGE DefaultSignatures #-}
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE StandaloneDeriving #-}

-- |
-- The types that stand in one register when C calls Haskell or is called.
--
-- Internal: what is here may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Scalars
  ( Argument
  , Result (..)
  , isFloating
  ) where

import Data.Bits ((.&.), (.|.))
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
import Foreign.StablePtr (StablePtr, castPtrToStablePtr, castStablePtrToPtr)
import Foreign.Storable (Storable)
import GHC.Float
  ( castDoubleToWord64
  , castFloatToWord32
  , castWord32ToFloat
  , castWord64ToDouble
  )

-- | Types of results: integers and floating-point numbers of any width and
-- their C newtypes, pointers, and @()@ for nothing.
class Storable a => Result a where
  -- | The kind in the terms of @ghcomp_hs_batch_map@
  -- (@rust\/src\/haskell\/batch.rs@). The argument is not looked at.
  kindOf :: a -> Word

  -- | The value in a register; what is above its width is not looked at.
  fromRegister :: Word64 -> a
  default fromRegister :: Num a => Word64 -> a
  fromRegister = fromIntegral
  {-# INLINE fromRegister #-}

  -- | The value as it stands in a register: integers extended by their sign or
  -- by zeros, a 'Float' in the low half with ones above (as RISC-V wants it).
  toRegister :: a -> Word64
  default toRegister :: Integral a => a -> Word64
  toRegister = fromIntegral
  {-# INLINE toRegister #-}

-- | Types of arguments: those of results, but for @()@.
class Result a => Argument a

-- | Whether a kind lives in floating-point registers.
isFloating :: Word -> Bool
isFloating kind = kind .&. 14 == 8 -- 8 and 9; and one comparison
{-# INLINE isFloating #-}

instance Result () where
  kindOf _ = 10
  fromRegister _ = ()
  toRegister () = 0

instance Result Int8 where
  kindOf _ = 0

instance Argument Int8

instance Result Int16 where
  kindOf _ = 1

instance Argument Int16

instance Result Int32 where
  kindOf _ = 2

instance Argument Int32

instance Result Int64 where
  kindOf _ = 3

instance Argument Int64

instance Result Int where
  kindOf _ = 3

instance Argument Int

instance Result Word8 where
  kindOf _ = 4

instance Argument Word8

instance Result Word16 where
  kindOf _ = 5

instance Argument Word16

instance Result Word32 where
  kindOf _ = 6

instance Argument Word32

instance Result Word64 where
  kindOf _ = 7

instance Argument Word64

instance Result Word where
  kindOf _ = 7

instance Argument Word

instance Result Float where
  kindOf _ = 8
  fromRegister = castWord32ToFloat . fromIntegral
  {-# INLINE fromRegister #-}
  toRegister = (0xffffffff00000000 .|.) . fromIntegral . castFloatToWord32
  {-# INLINE toRegister #-}

instance Argument Float

instance Result Double where
  kindOf _ = 9
  fromRegister = castWord64ToDouble
  {-# INLINE fromRegister #-}
  toRegister = castDoubleToWord64
  {-# INLINE toRegister #-}

instance Argument Double

instance Result (Ptr a) where
  kindOf _ = 7
  fromRegister = wordPtrToPtr . fromIntegral
  {-# INLINE fromRegister #-}
  toRegister = fromIntegral . ptrToWordPtr
  {-# INLINE toRegister #-}

instance Argument (Ptr a)

instance Result (FunPtr a) where
  kindOf _ = 7
  fromRegister = castPtrToFunPtr . fromRegister
  {-# INLINE fromRegister #-}
  toRegister = toRegister . castFunPtrToPtr
  {-# INLINE toRegister #-}

instance Argument (FunPtr a)

instance Result (StablePtr a) where
  kindOf _ = 7
  fromRegister = castPtrToStablePtr . fromRegister
  {-# INLINE fromRegister #-}
  toRegister = toRegister . castStablePtrToPtr
  {-# INLINE toRegister #-}

instance Argument (StablePtr a)

deriving newtype instance Result CChar

instance Argument CChar

deriving newtype instance Result CSChar

instance Argument CSChar

deriving newtype instance Result CUChar

instance Argument CUChar

deriving newtype instance Result CShort

instance Argument CShort

deriving newtype instance Result CUShort

instance Argument CUShort

deriving newtype instance Result CInt

instance Argument CInt

deriving newtype instance Result CUInt

instance Argument CUInt

deriving newtype instance Result CLong

instance Argument CLong

deriving newtype instance Result CULong

instance Argument CULong

deriving newtype instance Result CLLong

instance Argument CLLong

deriving newtype instance Result CULLong

instance Argument CULLong

deriving newtype instance Result CBool

instance Argument CBool

deriving newtype instance Result CSize

instance Argument CSize

deriving newtype instance Result CPtrdiff

instance Argument CPtrdiff

deriving newtype instance Result CIntPtr

instance Argument CIntPtr

deriving newtype instance Result CUIntPtr

instance Argument CUIntPtr

deriving newtype instance Result CIntMax

instance Argument CIntMax

deriving newtype instance Result CUIntMax

instance Argument CUIntMax

deriving newtype instance Result CFloat

instance Argument CFloat

deriving newtype instance Result CDouble

instance Argument CDouble

deriving newtype instance Result IntPtr

instance Argument IntPtr

deriving newtype instance Result WordPtr

instance Argument WordPtr
