{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeFamilies #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Unboxed vectors, primitive vectors and byte arrays for C, without a copy where that is
-- possible.
--
-- C needs memory that the garbage collector does not move: /pinned/ memory. Storable
-- vectors always have it ('Data.Vector.Storable.unsafeWith'). An unboxed vector has it if
-- its array has 4096 bytes or more, because the collector moves no array of that
-- size, or if it was made by 'newPinned', 'generatePinned' or 'pin'. (A slice has the
-- memory of the whole.) Then these functions pass on its own address, and copy nothing.
-- Any other vector is small, and copying it costs 10 to 80 ns.
--
-- The pointer is valid until the action returns. Nobody may change the vector meanwhile,
-- except C through the pointer that a function for mutable vectors gave it.
--
-- > foreign import ccall safe "total" c_total :: CLong -> Ptr Double -> IO Double
-- >
-- > total :: U.Vector Double -> IO Double
-- > total v = withUnboxed v (c_total (fromIntegral (U.length v)))
--
-- A C function that is imported as @unsafe@ needs no pinned memory, because no collection
-- happens meanwhile. With the extension @UnliftedFFITypes@ it takes a 'GHC.Exts.ByteArray#'
-- itself. That copies nothing either, but other Haskell threads wait until the function
-- returns. So kernels with OpenMP regions should be @safe@.
module Control.Parallel.OpenMP.Pinned
  ( -- * Unboxed vectors
    OneArray
  , withUnboxed
  , withMutableUnboxed

    -- * Primitive vectors
  , withPrimitive
  , withMutablePrimitive

    -- * Byte arrays
  , withByteArray
  , withMutableByteArray

    -- * Storable vectors
  , toStorable

    -- * Pinned vectors
  , newPinned
  , generatePinned
  , pin
  , isPinned
  ) where

import Control.Exception (finally, throwIO)
import Control.Monad (forM_)
import Control.Monad.ST (RealWorld, runST)
import Data.Primitive.ByteArray
import Data.Primitive.Types (Prim, sizeOf#)
import qualified Data.Vector.Primitive as P
import qualified Data.Vector.Primitive.Mutable as PM
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Unboxed as U
import Data.Word (Word8)
import Foreign.Ptr (Ptr, castPtr, plusPtr)
import GHC.Exts (Int (..), Ptr (..), keepAlive#, unsafeCoerce#)
import GHC.ForeignPtr (ForeignPtr (..), ForeignPtrContents (..))
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.OneArray (OneArray (..))
import Control.Parallel.OpenMP.Internal.Region (InvalidArgument (..))

-- | Runs the action with the address of the vector's first element. The address is that
-- of the vector's own memory if that is pinned, else that of a copy. C must not write there.
--
-- >>> withUnboxed (generatePinned 3 (* 10) :: U.Vector Int) (peekArray 3)
-- [0,10,20]
--
-- @since 0.1.0.0
withUnboxed :: OneArray a => U.Vector a -> (Ptr a -> IO b) -> IO b
withUnboxed = withPrimitive . toPrimitive
{-# INLINE withUnboxed #-}

-- | Like 'withUnboxed'. C may write. If the vector's memory is not pinned, the copy's
-- elements are written back when the action has ended, also if it has thrown an exception.
--
-- >>> v <- newPinned 3 :: IO (UM.IOVector Int)
-- >>> withMutableUnboxed v (\p -> pokeArray p [1, 2, 3])
-- >>> U.freeze v
-- [1,2,3]
--
-- @since 0.1.0.0
withMutableUnboxed :: OneArray a => U.MVector RealWorld a -> (Ptr a -> IO b) -> IO b
withMutableUnboxed = withMutablePrimitive . toMutablePrimitive
{-# INLINE withMutableUnboxed #-}

-- | 'withUnboxed' for primitive vectors, whose elements may have any type with a 'Prim'
-- instance. That instance says where they lie.
--
-- >>> withPrimitive (P.fromList [1, 2, 3 :: Double]) (peekArray 3)
-- [1.0,2.0,3.0]
--
-- @since 0.1.0.0
withPrimitive :: forall a b. Prim a => P.Vector a -> (Ptr a -> IO b) -> IO b
withPrimitive (P.Vector from len array) = withBytes (from * size) (len * size) array
  where
    size = sizeOfElement (undefined :: a)
{-# INLINE withPrimitive #-}

-- | 'withMutableUnboxed' for primitive vectors.
--
-- >>> v <- PM.replicate 3 (0 :: Double)
-- >>> withMutablePrimitive v (\p -> pokeArray p [1, 2, 3])
-- >>> P.freeze v
-- [1.0,2.0,3.0]
--
-- @since 0.1.0.0
withMutablePrimitive :: forall a b. Prim a => P.MVector RealWorld a -> (Ptr a -> IO b) -> IO b
withMutablePrimitive (PM.MVector from len array) = withMutableBytes (from * size) (len * size) array
  where
    size = sizeOfElement (undefined :: a)
{-# INLINE withMutablePrimitive #-}

-- | 'withUnboxed' for byte arrays.
--
-- >>> let P.Vector _ _ bytes = P.fromList [1, 2, 3 :: Word8]
-- >>> withByteArray bytes (peekArray 3)
-- [1,2,3]
--
-- @since 0.1.0.0
withByteArray :: ByteArray -> (Ptr Word8 -> IO b) -> IO b
withByteArray array = withBytes 0 (sizeofByteArray array) array
{-# INLINE withByteArray #-}

-- | 'withMutableUnboxed' for byte arrays.
--
-- @since 0.1.0.0
withMutableByteArray :: MutableByteArray RealWorld -> (Ptr Word8 -> IO b) -> IO b
withMutableByteArray array act = do
  size <- getSizeofMutableByteArray array
  withMutableBytes 0 size array act
{-# INLINE withMutableByteArray #-}

-- | So many bytes of the array, from one on.
withBytes :: Int -> Int -> ByteArray -> (Ptr a -> IO b) -> IO b
withBytes from len array act = keepingAlive pinned (act (castPtr (byteArrayContents pinned) `plusPtr` at))
  where
    (at, pinned) = pinnedBytes from len array
{-# INLINE withBytes #-}

withMutableBytes :: Int -> Int -> MutableByteArray RealWorld -> (Ptr a -> IO b) -> IO b
withMutableBytes from len array act
  | mutableStays array = keepingAliveMutable array (act (address array `plusPtr` from))
  | otherwise = do
      copy <- newPinnedByteArray len
      copyMutableByteArray copy 0 array from len
      keepingAliveMutable copy (act (address copy)) `finally` copyMutableByteArray array from copy 0 len
  where
    address a = castPtr (mutableByteArrayContents a)
{-# INLINE withMutableBytes #-}

-- | These bytes in pinned memory: where they begin in which array.
pinnedBytes :: Int -> Int -> ByteArray -> (Int, ByteArray)
pinnedBytes from len array
  | stays array = (from, array)
  | otherwise = (0, pinnedCopy from len array)
{-# INLINE pinnedBytes #-}

pinnedCopy :: Int -> Int -> ByteArray -> ByteArray
pinnedCopy from len array = runST $ do
  copy <- newPinnedByteArray len
  copyByteArray copy 0 array from len
  unsafeFreezeByteArray copy
{-# NOINLINE pinnedCopy #-}

keepingAlive :: ByteArray -> IO b -> IO b
keepingAlive (ByteArray array) (IO act) = IO $ \s -> keepAlive# array s act
{-# INLINE keepingAlive #-}

keepingAliveMutable :: MutableByteArray RealWorld -> IO b -> IO b
keepingAliveMutable (MutableByteArray array) (IO act) = IO $ \s -> keepAlive# array s act
{-# INLINE keepingAliveMutable #-}

sizeOfElement :: Prim a => a -> Int
sizeOfElement x = I# (sizeOf# x)
{-# INLINE sizeOfElement #-}

-- | The vector as a storable vector, for functions that take one
-- ('Control.Parallel.OpenMP.Batch.batchMap', say). It shares the vector's memory if that is
-- pinned; else it is a copy.
--
-- >>> toStorable (U.fromList [1, 2, 3 :: Int])
-- [1,2,3]
--
-- @since 0.1.0.0
toStorable :: forall a. OneArray a => U.Vector a -> S.Vector a
toStorable v = case toPrimitive v of
  P.Vector from len array -> case pinnedBytes (from * size) (len * size) array of
    (at, pinned@(ByteArray bytes)) -> case byteArrayContents pinned `plusPtr` at of
      Ptr address -> S.unsafeFromForeignPtr0 (ForeignPtr address (PlainPtr (unsafeCoerce# bytes))) len
  where
    size = sizeOfElement (undefined :: a)
{-# INLINE toStorable #-}

-- | A new vector of this length in pinned memory, filled with zeros.
--
-- Throws 'InvalidArgument' for a negative length.
--
-- >>> v <- newPinned 3 :: IO (UM.IOVector Double)
-- >>> U.freeze v
-- [0.0,0.0,0.0]
--
-- @since 0.1.0.0
newPinned :: forall a. OneArray a => Int -> IO (U.MVector RealWorld a)
newPinned len
  | len < 0 = throwIO (InvalidArgument "newPinned" ("the length " ++ show len ++ " is negative"))
  | otherwise = do
      let bytes = len * sizeOfElement (undefined :: a)
      array <- newPinnedByteArray bytes
      fillByteArray array 0 bytes 0
      pure (fromMutablePrimitive (PM.MVector 0 len array))

-- | 'Data.Vector.Unboxed.generate' into pinned memory. It is empty if the length is
-- negative.
--
-- >>> generatePinned 4 (\i -> i * i) :: U.Vector Int
-- [0,1,4,9]
--
-- @since 0.1.0.0
generatePinned :: forall a. OneArray a => Int -> (Int -> a) -> U.Vector a
generatePinned n f = runST $ do
  let len = max 0 n
  array <- newPinnedByteArray (len * sizeOfElement (undefined :: a))
  forM_ [0 .. len - 1] $ \i -> writeByteArray array i (f i)
  fromPrimitive . P.Vector 0 len <$> unsafeFreezeByteArray array
{-# INLINE generatePinned #-}

-- | The same vector in pinned memory: itself if it is there, else a copy. Use it if C gets
-- a small vector many times.
--
-- >>> isPinned (pin (U.fromList [1, 2, 3 :: Int]))
-- True
--
-- @since 0.1.0.0
pin :: forall a. OneArray a => U.Vector a -> U.Vector a
pin v = case toPrimitive v of
  P.Vector from len array
    | stays array -> v
    | otherwise -> fromPrimitive (P.Vector 0 len (pinnedCopy (from * size) (len * size) array))
  where
    size = sizeOfElement (undefined :: a)

-- | Whether the vector's memory is pinned, so that 'withUnboxed' copies nothing.
--
-- >>> isPinned (U.enumFromN (0 :: Int) 1000)
-- True
--
-- @since 0.1.0.0
isPinned :: OneArray a => U.Vector a -> Bool
isPinned v = case toPrimitive v of P.Vector _ _ array -> stays array

-- | Whether the collector leaves the array where it is. From 9.10 on GHC does not call a
-- large array pinned, because a compact region may have a copy of it; but its collectors
-- move none.
stays :: ByteArray -> Bool
stays array = isByteArrayPinned array || sizeofByteArray array >= largeBytes

mutableStays :: MutableByteArray RealWorld -> Bool
mutableStays array = isMutableByteArrayPinned array || sizeofMutableByteArray array >= largeBytes

-- | An array of so many bytes is a large object: they begin at 8 tenths of a block of 4096
-- bytes (@LARGE_OBJECT_THRESHOLD@ of the RTS).
largeBytes :: Int
largeBytes = 4096

-- $setup
-- >>> import Control.Parallel.OpenMP.Pinned
-- >>> import qualified Data.Vector.Primitive as P
-- >>> import qualified Data.Vector.Primitive.Mutable as PM
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> import Data.Word (Word8)
-- >>> import Foreign
