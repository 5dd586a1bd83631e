-- | Closures with the most arguments that are possible, of every kind and in mixed
-- orders. test/closures/run also compiles this without optimization and with -O2, to
-- check that GHC can compile it.
module Test.Closures (tests) where

import Data.IORef (atomicModifyIORef', newIORef, readIORef)
import Data.Int (Int16, Int32, Int64, Int8)
import Data.Word (Word16, Word32, Word64, Word8)
import Foreign.C.Types
import Foreign.Ptr
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Batch
import Control.Parallel.OpenMP.Callback (Callback)

type ByTurns r =
  Int64 -> Double -> Int -> Double -> Int64 -> Double -> Int -> Double ->
  Int64 -> Double -> Int -> Double -> Double -> Double -> r

type Narrow r =
  Float -> Double -> Float -> Double -> Float -> Double -> Float -> Double ->
  Int8 -> Word8 -> Int16 -> Word16 -> Int32 -> Word32 -> r

type Pointers r =
  Ptr Int -> FunPtr (IO ()) -> CInt -> Word64 -> Int64 -> WordPtr ->
  Double -> Float -> Double -> Float -> Double -> Float -> Double -> Float -> r

type OfC r =
  CDouble -> Double -> CFloat -> CSChar -> CUChar -> Float -> CShort -> CDouble ->
  CUShort -> CFloat -> Double -> CDouble -> CLong -> CSize -> r

type Kernel f = FunPtr f -> CLong -> IO CLong

foreign import ccall safe "closure_double" c_double :: Kernel (ByTurns (IO Double))
foreign import ccall safe "closure_alone_double" c_aloneDouble :: Kernel (ByTurns (IO Double))
foreign import ccall safe "closure_int64" c_int64 :: Kernel (ByTurns (IO Int64))
foreign import ccall safe "closure_int32" c_int32 :: Kernel (ByTurns (IO Int32))
foreign import ccall safe "closure_float" c_float :: Kernel (Narrow (IO Float))
foreign import ccall safe "closure_alone_float" c_aloneFloat :: Kernel (Narrow (IO Float))
foreign import ccall safe "closure_int8" c_int8 :: Kernel (Narrow (IO Int8))
foreign import ccall safe "closure_alone_int8" c_aloneInt8 :: Kernel (Narrow (IO Int8))
foreign import ccall safe "closure_word8" c_word8 :: Kernel (Narrow (IO Word8))
foreign import ccall safe "closure_int16" c_int16 :: Kernel (Narrow (IO Int16))
foreign import ccall safe "closure_word16" c_word16 :: Kernel (Pointers (IO Word16))
foreign import ccall safe "closure_pointer" c_pointer :: Kernel (Pointers (IO (Ptr Int)))
foreign import ccall safe "closure_alone_pointer" c_alonePointer :: Kernel (Pointers (IO (Ptr Int)))
foreign import ccall safe "closure_function" c_function :: Kernel (Pointers (IO (FunPtr (IO ()))))
foreign import ccall safe "closure_word32" c_word32 :: Kernel (OfC (IO CUInt))
foreign import ccall safe "closure_word64" c_word64 :: Kernel (OfC (IO Word64))
foreign import ccall safe "closure_nothing" c_nothing :: Kernel (OfC (IO ()))
foreign import ccall safe "closure_none" c_none :: Kernel (IO CInt)
foreign import ccall "&closure_sum" c_sum :: FunPtr (ByTurns (IO Double))

-- | The number of halves in the floating-point number, or the integer.
halves :: RealFrac a => a -> Int
halves x = truncate (2 * x)

int :: Integral a => a -> Int
int = fromIntegral

-- | The address.
address :: Ptr a -> Int
address p = int (ptrToWordPtr p)

weighed :: [Int] -> Int
weighed = sum . zipWith (*) [1 ..]

byTurns :: (Int -> r) -> ByTurns (IO r)
byTurns to a b c d e f g h i j k l m n =
  pure . to $
    weighed
      [ int a, halves b, int c, halves d, int e, halves f, int g, halves h
      , int i, halves j, int k, halves l, halves m, halves n
      ]
{-# INLINE byTurns #-}

narrow :: (Int -> r) -> Narrow (IO r)
narrow to a b c d e f g h i j k l m n =
  pure . to $
    weighed
      [ halves a, halves b, halves c, halves d, halves e, halves f, halves g, halves h
      , int i, int j, int k, int l, int m, int n
      ]
{-# INLINE narrow #-}

pointers :: (Int -> r) -> Pointers (IO r)
pointers to a b c d e f g h i j k l m n =
  pure . to $
    weighed
      [ address a, address (castFunPtrToPtr b), int c, int d, int e, int f
      , halves g, halves h, halves i, halves j, halves k, halves l, halves m, halves n
      ]
{-# INLINE pointers #-}

ofC :: (Int -> IO r) -> OfC (IO r)
ofC to a b c d e f g h i j k l m n =
  to $
    weighed
      [ halves a, halves b, halves c, int d, int e, halves f, int g, halves h
      , int i, halves j, halves k, halves l, int m, int n
      ]
{-# INLINE ofC #-}

-- | No wrong answer, in either mode.
right :: Callback f => String -> f -> Kernel f -> TestTree
right name f kernel =
  testCase name $ do
    safe <- withCallback f (`kernel` 1000)
    dense <- withCallbackDense f (`kernel` 1000)
    (safe, dense) @?= (0, 0)
{-# INLINE right #-}

tests :: TestTree
tests =
  testGroup
    "closures of six integers and eight floating-point numbers"
    [ right "Double" (byTurns fromIntegral) c_double
    , right "Double, outside of regions" (byTurns fromIntegral) c_aloneDouble
    , right "Int64" (byTurns fromIntegral) c_int64
    , right "Int32" (byTurns fromIntegral) c_int32
    , right "Float" (narrow fromIntegral) c_float
    , right "Float, outside of regions" (narrow fromIntegral) c_aloneFloat
    , right "Int8" (narrow fromIntegral) c_int8
    , right "Int8, outside of regions" (narrow fromIntegral) c_aloneInt8
    , right "Word8" (narrow fromIntegral) c_word8
    , right "Int16" (narrow fromIntegral) c_int16
    , right "Word16" (pointers fromIntegral) c_word16
    , right "Ptr" (pointers pointer) c_pointer
    , right "Ptr, outside of regions" (pointers pointer) c_alonePointer
    , right "FunPtr" (pointers (castPtrToFunPtr . pointer)) c_function
    , right "CUInt" (ofC (pure . fromIntegral)) c_word32
    , right "Word64" (ofC (pure . fromIntegral)) c_word64
    , testCase "no result" $ do
        total <- newIORef 0
        let f = ofC (\x -> atomicModifyIORef' total (\t -> (t + x, ())))
        safe <- withCallback f (`c_nothing` 1000)
        dense <- withCallbackDense f (`c_nothing` 1000)
        readIORef total >>= (@?= int (safe + dense))
    , testCase "no argument" $ do
        safe <- withCallback (pure 7) (`c_none` 1000)
        dense <- withCallbackDense (pure 8) (`c_none` 1000)
        (safe, dense) @?= (7000, 8000)
    , testCase "a call of a batch" $
        runBatch (batchCall c_sum 1 2 3 4 5 6 7 8 9 10 11 12 13 14) >>= (@?= sum [k * k | k <- [1 .. 14]])
    ]
  where
    pointer = wordPtrToPtr . fromIntegral
