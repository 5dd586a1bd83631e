-- |
-- Unboxed vectors that are one array of elements.
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
module Control.Parallel.OpenMP.Internal.OneArray
  ( OneArray (..)
  ) where

import Data.Int (Int16, Int32, Int64, Int8)
import Data.Primitive.Types (Prim)
import qualified Data.Vector.Primitive as P
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Base as Base (MVector (..), Vector (..))
import Data.Word (Word16, Word32, Word64, Word8)
import Foreign.Storable (Storable)

-- | Types whose unboxed vectors are one array of elements, as C has it: integers,
-- floating-point numbers and characters. The unboxed vectors of other types are not: a
-- vector of pairs is a pair of vectors.
--
-- @since 0.1.0.0
class (Prim a, Storable a, U.Unbox a) => OneArray a where
  -- | The same memory.
  toPrimitive :: U.Vector a -> P.Vector a

  -- | The same memory.
  fromPrimitive :: P.Vector a -> U.Vector a

  -- | The same memory.
  toMutablePrimitive :: U.MVector s a -> P.MVector s a

  -- | The same memory.
  fromMutablePrimitive :: P.MVector s a -> U.MVector s a

instance OneArray Int where
  toPrimitive (Base.V_Int v) = v
  fromPrimitive = Base.V_Int
  toMutablePrimitive (Base.MV_Int v) = v
  fromMutablePrimitive = Base.MV_Int

instance OneArray Int8 where
  toPrimitive (Base.V_Int8 v) = v
  fromPrimitive = Base.V_Int8
  toMutablePrimitive (Base.MV_Int8 v) = v
  fromMutablePrimitive = Base.MV_Int8

instance OneArray Int16 where
  toPrimitive (Base.V_Int16 v) = v
  fromPrimitive = Base.V_Int16
  toMutablePrimitive (Base.MV_Int16 v) = v
  fromMutablePrimitive = Base.MV_Int16

instance OneArray Int32 where
  toPrimitive (Base.V_Int32 v) = v
  fromPrimitive = Base.V_Int32
  toMutablePrimitive (Base.MV_Int32 v) = v
  fromMutablePrimitive = Base.MV_Int32

instance OneArray Int64 where
  toPrimitive (Base.V_Int64 v) = v
  fromPrimitive = Base.V_Int64
  toMutablePrimitive (Base.MV_Int64 v) = v
  fromMutablePrimitive = Base.MV_Int64

instance OneArray Word where
  toPrimitive (Base.V_Word v) = v
  fromPrimitive = Base.V_Word
  toMutablePrimitive (Base.MV_Word v) = v
  fromMutablePrimitive = Base.MV_Word

instance OneArray Word8 where
  toPrimitive (Base.V_Word8 v) = v
  fromPrimitive = Base.V_Word8
  toMutablePrimitive (Base.MV_Word8 v) = v
  fromMutablePrimitive = Base.MV_Word8

instance OneArray Word16 where
  toPrimitive (Base.V_Word16 v) = v
  fromPrimitive = Base.V_Word16
  toMutablePrimitive (Base.MV_Word16 v) = v
  fromMutablePrimitive = Base.MV_Word16

instance OneArray Word32 where
  toPrimitive (Base.V_Word32 v) = v
  fromPrimitive = Base.V_Word32
  toMutablePrimitive (Base.MV_Word32 v) = v
  fromMutablePrimitive = Base.MV_Word32

instance OneArray Word64 where
  toPrimitive (Base.V_Word64 v) = v
  fromPrimitive = Base.V_Word64
  toMutablePrimitive (Base.MV_Word64 v) = v
  fromMutablePrimitive = Base.MV_Word64

instance OneArray Float where
  toPrimitive (Base.V_Float v) = v
  fromPrimitive = Base.V_Float
  toMutablePrimitive (Base.MV_Float v) = v
  fromMutablePrimitive = Base.MV_Float

instance OneArray Double where
  toPrimitive (Base.V_Double v) = v
  fromPrimitive = Base.V_Double
  toMutablePrimitive (Base.MV_Double v) = v
  fromMutablePrimitive = Base.MV_Double

instance OneArray Char where
  toPrimitive (Base.V_Char v) = v
  fromPrimitive = Base.V_Char
  toMutablePrimitive (Base.MV_Char v) = v
  fromMutablePrimitive = Base.MV_Char
