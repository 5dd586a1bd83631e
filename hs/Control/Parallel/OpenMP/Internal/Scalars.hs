{-# LANGUAGE DefaultSignatures #-}
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE StandaloneDeriving #-}

-- |
-- The types that C and Haskell pass each other in one register.
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.Scalars
  ( Argument
  , Result (..)
  , isFloating
  , isNothing
  , maxIntegers
  , maxDoubles
  ) where

import Control.Monad.Primitive (RealWorld)
import Data.Bits ((.&.), (.|.))
import Data.Char (chr, ord)
import Data.Int (Int16, Int32, Int64, Int8)
import Data.Primitive.ByteArray (MutableByteArray, readByteArray, writeByteArray)
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
import System.Posix.Types

-- | Types of results: integers and floating-point numbers of any width, 'Char', 'Bool',
-- pointers, their newtypes in "Foreign.C.Types" and "System.Posix.Types", and @()@ for C's
-- @void@. (As for GHC's own imports, a 'Char' is a code point of 32 bits, and not C's
-- @char@, which is 'CChar'. A 'Bool' is C's @bool@ or @int@. 0 is 'False'.)
--
-- A newtype of the program's own derives its instances:
--
-- > newtype Handle = Handle (Ptr ())
-- >   deriving newtype (Storable, Result, Argument)
--
-- @since 0.1.0.0
class Storable a => Result a where
  -- | The number that @ghcomp_hs_batch_map@ has for the type
  -- (@rust\/src\/haskell\/batch.rs@). The argument is not evaluated.
  kindOf :: a -> Word

  -- | The value in a register. Bits above its width are ignored.
  fromRegister :: Word64 -> a
  default fromRegister :: Num a => Word64 -> a
  fromRegister = fromIntegral
  {-# INLINE fromRegister #-}

  -- | The value as a register holds it. Integers are extended by their sign or
  -- by zeros. A 'Float' is in the low half with ones above, as RISC-V requires.
  toRegister :: a -> Word64
  default toRegister :: Integral a => a -> Word64
  toRegister = fromIntegral
  {-# INLINE toRegister #-}

  -- | The value in this word of a block. For floating-point numbers this is cheaper than
  -- 'fromRegister', which is a call.
  readRegister :: MutableByteArray RealWorld -> Int -> IO a
  readRegister block at = fromRegister <$> readByteArray block at
  {-# INLINE readRegister #-}

  -- | Puts the value, as a register holds it, into this word of a block.
  writeRegister :: MutableByteArray RealWorld -> Int -> a -> IO ()
  writeRegister block at x = writeByteArray block at (toRegister x)
  {-# INLINE writeRegister #-}

-- | Types of arguments: those of results, except @()@.
--
-- @since 0.1.0.0
class Result a => Argument a

-- | The most integers and pointers, and the most floating-point numbers, among the
-- arguments of a function: as many as are passed in registers.
--
-- @since 0.1.0.0
maxIntegers, maxDoubles :: Int
maxIntegers = 6
maxDoubles = 8

-- | Whether values of this kind are passed in floating-point registers.
--
-- @since 0.1.0.0
isFloating :: Word -> Bool
isFloating kind = kind .&. 14 == floatKind -- or doubleKind, in one comparison
{-# INLINE isFloating #-}

-- | Whether the type of this kind has no value in C.
--
-- @since 0.1.0.0
isNothing :: Word -> Bool
isNothing kind = kind == nothingKind
{-# INLINE isNothing #-}

-- The kinds: those of rust/src/haskell/batch.rs.
int8Kind, int16Kind, int32Kind, int64Kind, word8Kind, word16Kind, word32Kind, word64Kind :: Word
int8Kind = 0
int16Kind = 1
int32Kind = 2
int64Kind = 3
word8Kind = 4
word16Kind = 5
word32Kind = 6
word64Kind = 7 -- pointers too

floatKind, doubleKind, nothingKind :: Word
floatKind = 8
doubleKind = 9
nothingKind = 10

instance Result () where
  kindOf _ = nothingKind
  fromRegister _ = ()
  toRegister () = 0

instance Result Int8 where
  kindOf _ = int8Kind

instance Argument Int8

instance Result Int16 where
  kindOf _ = int16Kind

instance Argument Int16

instance Result Int32 where
  kindOf _ = int32Kind

instance Argument Int32

instance Result Int64 where
  kindOf _ = int64Kind

instance Argument Int64

instance Result Int where
  kindOf _ = int64Kind

instance Argument Int

instance Result Word8 where
  kindOf _ = word8Kind

instance Argument Word8

instance Result Word16 where
  kindOf _ = word16Kind

instance Argument Word16

instance Result Word32 where
  kindOf _ = word32Kind

instance Argument Word32

instance Result Word64 where
  kindOf _ = word64Kind

instance Argument Word64

instance Result Word where
  kindOf _ = word64Kind

instance Argument Word

-- A code point that does not exist is an error.
instance Result Char where
  kindOf _ = word32Kind
  fromRegister = chr . fromIntegral . (.&. 0xffffffff)
  {-# INLINE fromRegister #-}
  toRegister = fromIntegral . ord
  {-# INLINE toRegister #-}

instance Argument Char

-- C compilers extend bool to 32 bits, and Storable has a Bool as 32 bits.
instance Result Bool where
  kindOf _ = int32Kind
  fromRegister = (/= 0) . (.&. 0xffffffff)
  {-# INLINE fromRegister #-}
  toRegister = fromIntegral . fromEnum
  {-# INLINE toRegister #-}

instance Argument Bool

instance Result Float where
  kindOf _ = floatKind
  fromRegister = castWord32ToFloat . fromIntegral
  {-# INLINE fromRegister #-}
  toRegister = (0xffffffff00000000 .|.) . fromIntegral . castFloatToWord32
  {-# INLINE toRegister #-}

  -- All machines that batches know of are little-endian.
  readRegister block at = readByteArray block (2 * at)
  {-# INLINE readRegister #-}
  writeRegister block at x = do
    writeByteArray block (2 * at) x
    writeByteArray block (2 * at + 1) (maxBound :: Word32)
  {-# INLINE writeRegister #-}

instance Argument Float

instance Result Double where
  kindOf _ = doubleKind
  fromRegister = castWord64ToDouble
  {-# INLINE fromRegister #-}
  toRegister = castDoubleToWord64
  {-# INLINE toRegister #-}
  readRegister = readByteArray
  {-# INLINE readRegister #-}
  writeRegister = writeByteArray
  {-# INLINE writeRegister #-}

instance Argument Double

instance Result (Ptr a) where
  kindOf _ = word64Kind
  fromRegister = wordPtrToPtr . fromIntegral
  {-# INLINE fromRegister #-}
  toRegister = fromIntegral . ptrToWordPtr
  {-# INLINE toRegister #-}

instance Argument (Ptr a)

instance Result (FunPtr a) where
  kindOf _ = word64Kind
  fromRegister = castPtrToFunPtr . fromRegister
  {-# INLINE fromRegister #-}
  toRegister = toRegister . castFunPtrToPtr
  {-# INLINE toRegister #-}

instance Argument (FunPtr a)

instance Result (StablePtr a) where
  kindOf _ = word64Kind
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

deriving newtype instance Result CWchar

instance Argument CWchar

deriving newtype instance Result CSigAtomic

instance Argument CSigAtomic

deriving newtype instance Result CTime

instance Argument CTime

deriving newtype instance Result CClock

instance Argument CClock

deriving newtype instance Result CUSeconds

instance Argument CUSeconds

deriving newtype instance Result CSUSeconds

instance Argument CSUSeconds

deriving newtype instance Result CDev

instance Argument CDev

deriving newtype instance Result CIno

instance Argument CIno

deriving newtype instance Result CMode

instance Argument CMode

deriving newtype instance Result COff

instance Argument COff

deriving newtype instance Result CPid

instance Argument CPid

deriving newtype instance Result CSsize

instance Argument CSsize

deriving newtype instance Result CGid

instance Argument CGid

deriving newtype instance Result CNlink

instance Argument CNlink

deriving newtype instance Result CUid

instance Argument CUid

deriving newtype instance Result CCc

instance Argument CCc

deriving newtype instance Result CSpeed

instance Argument CSpeed

deriving newtype instance Result CTcflag

instance Argument CTcflag

deriving newtype instance Result CRLim

instance Argument CRLim

deriving newtype instance Result CBlkSize

instance Argument CBlkSize

deriving newtype instance Result CBlkCnt

instance Argument CBlkCnt

deriving newtype instance Result CClockId

instance Argument CClockId

deriving newtype instance Result CFsBlkCnt

instance Argument CFsBlkCnt

deriving newtype instance Result CFsFilCnt

instance Argument CFsFilCnt

deriving newtype instance Result CId

instance Argument CId

deriving newtype instance Result CKey

instance Argument CKey

deriving newtype instance Result CSocklen

instance Argument CSocklen

deriving newtype instance Result CNfds

instance Argument CNfds

deriving newtype instance Result Fd

instance Argument Fd
