{-# LANGUAGE CPP #-}
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Batches of C calls.
module Test.Batch (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM_, replicateM, void)
import Data.Foldable (traverse_)
import Data.Int
import Data.IORef
import qualified Data.Vector.Storable as V
import Data.Word
import Foreign hiding (void)
import Foreign.C.Types
import GHC.Conc (ThreadId (..), ThreadStatus (..), threadStatus)
import GHC.Exts (fork#)
import GHC.IO (IO (..))
import System.Mem (performMajorGC)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck (ioProperty, testProperty, (===))

import Control.Parallel.OpenMP (InvalidArgument (..))
import Control.Parallel.OpenMP.Batch
import Test.BatchStress (stress)

foreign import ccall "&batch_long" p_long :: FunPtr (Int -> IO Int)
foreign import ccall "&batch_long" p_clong :: FunPtr (CLong -> IO CLong)
foreign import ccall "&batch_double" p_double :: FunPtr (Double -> IO Double)
foreign import ccall "&batch_double" p_cdouble :: FunPtr (CDouble -> IO CDouble)
foreign import ccall "&batch_float" p_float :: FunPtr (Float -> IO Float)
foreign import ccall "&batch_schar" p_schar :: FunPtr (Int8 -> IO Int8)
foreign import ccall "&batch_uchar" p_uchar :: FunPtr (Word8 -> IO Word8)
foreign import ccall "&batch_short" p_short :: FunPtr (Int16 -> IO Int16)
foreign import ccall "&batch_ushort" p_ushort :: FunPtr (Word16 -> IO Word16)
foreign import ccall "&batch_int" p_int :: FunPtr (CInt -> IO CInt)
foreign import ccall "&batch_uint" p_uint :: FunPtr (Word32 -> IO Word32)
foreign import ccall "&batch_ulong" p_ulong :: FunPtr (Word -> IO Word)
foreign import ccall "&batch_to_double" p_toDouble :: FunPtr (Int8 -> IO Double)
foreign import ccall "&batch_to_float" p_toFloat :: FunPtr (Word16 -> IO CFloat)
foreign import ccall "&batch_to_long" p_toLong :: FunPtr (Double -> IO Int)
foreign import ccall "&batch_to_schar" p_toSchar :: FunPtr (Float -> IO CSChar)
foreign import ccall "&batch_read_long" p_readLong :: FunPtr (Ptr Int -> IO Int)
foreign import ccall "&batch_read_double" p_readDouble :: FunPtr (Ptr Double -> IO Double)
foreign import ccall "&batch_next" p_next :: FunPtr (Ptr Int -> IO (Ptr Int))
foreign import ccall "&batch_bump" p_bump :: FunPtr (Ptr Int -> IO ())
foreign import ccall "&batch_fma" p_fma :: FunPtr (Double -> Double -> Double -> IO Double)
foreign import ccall "&batch_tick" p_tick :: FunPtr (IO ())
foreign import ccall "&batch_ticks" p_ticks :: FunPtr (IO CLong)
foreign import ccall unsafe "batch_ticks" c_ticks :: IO CLong
foreign import ccall "&batch_digit" p_digit :: FunPtr (Ptr CLong -> CLong -> IO CLong)
foreign import ccall "&batch_apply" p_apply :: FunPtr (FunPtr (CLong -> IO CLong) -> CLong -> IO CLong)
foreign import ccall "&batch_sleep" p_sleep :: FunPtr (CLong -> IO CLong)
foreign import ccall "&kernel_default_threads" p_team :: FunPtr (IO CInt)
foreign import ccall "&batch_seven" p_seven :: FunPtr (Int -> Int -> Int -> Int -> Int -> Int -> Whole -> IO Int)

foreign import ccall "&batch_narrow"
  p_narrow :: FunPtr (Int8 -> Word8 -> Int16 -> Word16 -> CInt -> Word32 -> CFloat -> IO Int)

type All r =
  Int -> Double -> Double -> Int -> Double -> Int -> Double -> Double -> Int
  -> Double -> Int -> Double -> Int -> Double -> IO r

foreign import ccall "&batch_all_double" p_allDouble :: FunPtr (All Double)
foreign import ccall "&batch_all_long" p_allLong :: FunPtr (All Int)

foreign import ccall "&hypot" p_nine
  :: FunPtr (Double -> Double -> Double -> Double -> Double -> Double -> Double -> Double -> Decimal -> IO Double)

-- | A type that GHC does not count among the arguments.
newtype Whole = Whole Int
  deriving newtype (Num, Storable, Result, Argument)

newtype Decimal = Decimal Double
  deriving newtype (Num, Storable, Result, Argument)

foreign import ccall "wrapper" wrap :: (CLong -> IO CLong) -> IO (FunPtr (CLong -> IO CLong))

-- | Applies the function to the vector by 'batchMap', and by a 'Batch' with a call for
-- each element.
maps :: (BatchFn a b, Show b, Eq b) => FunPtr (a -> IO b) -> [a] -> [b] -> Assertion
maps function xs expected = do
  ys <- batchMap function (V.fromList xs)
  V.toList ys @?= expected
  runBatch (traverse (batchCall function) xs) >>= (@?= expected)

refused :: String -> String -> IO a -> Assertion
refused function what act = do
  r <- try (void act)
  r @?= Left (InvalidArgument function what)

tests :: TestTree
tests =
  testGroup
    "batches"
    [ testGroup
        "each type"
        [ testCase "Int" $ maps p_long [0, 1, -2, minBound + 1, maxBound] [0, -1, 2, maxBound, minBound + 1]
        , testCase "CLong" $ maps p_clong [5, -6] [-5, 6]
        , testCase "Word" $ maps p_ulong [0, maxBound] [1, 0]
        , testCase "Int8" $ maps p_schar [1, -128, 127] [-1, -128, -127]
        , testCase "Word8" $ maps p_uchar [0, 127, 255] [1, 128, 0]
        , testCase "Int16" $ maps p_short [1, -300, 32767] [-1, 300, -32767]
        , testCase "Word16" $ maps p_ushort [0, 65535] [1, 0]
        , testCase "CInt" $ maps p_int [1, -70000, maxBound] [-1, 70000, minBound + 1]
        , testCase "Word32" $ maps p_uint [0, 0x7fffffff, maxBound] [1, 0x80000000, 0]
        , testCase "Double" $ maps p_double [1, -3, 1 / 0] [0.5, -1.5, 1 / 0]
        , testCase "CDouble" $ maps p_cdouble [5] [2.5]
        , testCase "Float" $ maps p_float [1, -3, 1e30] [0.5, -1.5, 5e29]
        , testCase "Int8 to Double" $ maps p_toDouble [-3, 127] [-1.5, 63.5]
        , testCase "Word16 to CFloat" $ maps p_toFloat [65535, 3] [65535, 3]
        , testCase "Double to Int" $ maps p_toLong [-1e15, 2.9] [-1000000000000000, 2]
        , testCase "Float to CSChar" $ maps p_toSchar [-128, 5.5] [-128, 5]
        , testCase "pointers to Int, Double, pointers, nothing" $
            withArray [10, 20, 30] $ \p -> withArray [0.5, 1.5] $ \d -> do
              maps p_readLong [p, p `advancePtr` 2] [10, 30]
              maps p_readDouble [d, d `advancePtr` 1] [0.5, 1.5]
              maps p_next [p, p `advancePtr` 1] [p `advancePtr` 1, p `advancePtr` 2]
              maps p_bump [p, p, p `advancePtr` 2] [(), (), ()]
              peekArray 3 p >>= (@?= [14, 20, 32])
        ]
    , testProperty "batchMap is map" $ \xs ->
        ioProperty ((=== map negate xs) . V.toList <$> batchMap p_long (V.fromList xs))
    , testCase "a slice of a vector, and the vector stays unchanged" $ do
        let xs = V.enumFromN (0 :: Int) 100
        ys <- batchMap p_long (V.slice 10 5 xs)
        V.toList ys @?= [-10, -11, -12, -13, -14]
        V.toList xs @?= [0 .. 99]
    , testGroup
        "registers"
        [ testCase "six integers and eight doubles, each in its place" $ do
            r <- runBatch
              ((,) <$> batchCall p_allDouble 1 1 2 2 3 3 4 5 4 6 5 7 6 8
                 <*> batchCall p_allLong 6 8 7 5 6 4 5 4 3 3 2 2 1 1)
            r @?= (12345612345678, 65432187654321)
        , testCase "narrow types are extended" $ do
            r <- runBatch (batchCall p_narrow (-1) 255 (-300) 65535 (-70000) maxBound (-0.5))
            r @?= -1 + 2 * 255 - 3 * 300 + 5 * 65535 - 7 * 70000 + 11 * 0xffffffff - 6
        , testCase "a batch of all shapes" $ do
            r <- alloca $ \p -> poke p 41 >> runBatch
              ((,,,,,) <$> batchCall p_long 3 <*> batchCall p_fma 2 3 4 <*> batchCall p_toLong 7
                 <*> batchCall p_bump p <*> batchCall p_readLong p <*> batchCall p_toDouble (-5))
            r @?= (-3, 10, 7, (), 42, -2.5)
        ]
    , testGroup
        "Applicative"
        [ testCase "calls are made in order, also in nested batches" $ alloca $ \number -> do
            poke number 0
            let digit = batchCall p_digit number
                pair a b = (,) <$> digit a <*> digit b
            r <- runBatch ((,,) <$> pair 1 2 <*> (digit 3 *> pure 'x' <* digit 4) <*> traverse digit [5, 6])
            r @?= ((1, 12), 'x', [12345, 123456])
        , testCase "a batch runs again" $ alloca $ \number -> do
            poke number 0
            let batch = (+) <$> batchCall p_digit number 1 <*> batchCall p_digit number 2
            rs <- replicateM 3 (runBatch batch)
            rs @?= [13, 1333, 133333]
        , testCase "fmap, pure, <*>, *> and <* are lawful here" $ do
            r <- runBatch (fmap not (pure True) *> (subtract <$> batchCall p_long 2 <*> pure 10) <* batchCall p_long 1)
            r @?= 12
        , testCase "100000 calls" $ do
            let n = 100000
            r <- runBatch (traverse (batchCall p_fma 2 3) [1 .. n])
            r @?= map (+ 6) [1 .. n]
        , testCase "results are read before the memory is freed" $ do
            r <- runBatch (traverse (batchCall p_long) [1 .. 1000])
            performMajorGC
            sum r @?= -500500
        ]
    , testGroup
        "counts"
        [ testCase "batchRepeat" $ forM_ [1, 2, 1000000] $ \n -> do
            before <- c_ticks
            batchRepeat n p_tick
            after <- c_ticks
            after - before @?= fromIntegral n
        , testCase "empty batches and vectors" $ do
            batchRepeat 0 p_tick
            batchMap p_long V.empty >>= (@?= V.empty)
            runBatch (pure 'x') >>= (@?= 'x')
            runBatch (traverse (batchCall p_long) []) >>= (@?= [])
        , testCase "functions without arguments" $ do
            (before, after) <- runBatch ((,) <$> batchCall p_ticks <* batchCall p_tick <*> batchCall p_ticks)
            after - before @?= 1
        , testCase "a million elements" $ do
            ys <- batchMap p_long (V.enumFromN 1 1000000)
            V.sum ys @?= -500000500000
        ]
    , testGroup
        "refused"
        [ testCase "a negative count" $
            refused "batchRepeat" "the count -1 is negative" (batchRepeat (-1) p_tick)
        , testCase "null functions" $ do
            refused "batchRepeat" "the function pointer is null" (batchRepeat 1 nullFunPtr)
            refused "batchMap" "the function pointer is null" $
              batchMap (nullFunPtr :: FunPtr (Int -> IO Int)) (V.singleton 1)
            refused "batchCall" "the function pointer is null" $
              runBatch (batchCall (nullFunPtr :: FunPtr (Int -> IO Int)) 1)
        , testCase "too many arguments, before the first call" $ do
            before <- c_ticks
            refused "batchCall" "7 integer arguments are more than 6" $
              runBatch (batchCall p_tick *> batchCall p_seven 1 2 3 4 5 6 7)
            refused "batchCall" "9 floating-point arguments are more than 8" $
              runBatch (batchCall p_tick *> batchCall p_nine 1 2 3 4 5 6 7 8 9)
            c_ticks >>= (@?= before)
        ]
    , testGroup
        "outside Haskell"
        [ testCase "functions call back, and run regions" $
            bracket (wrap (\x -> performMajorGC >> pure (x * 2))) freeHaskellFunPtr $ \f -> do
              r <- runBatch ((,) <$> traverse (batchCall p_apply f) [1 .. 20] <*> batchCall p_team)
              fst r @?= map (* 2) [1 .. 20]
              assertBool "a team" (snd r >= 1)
        , testCase "memory of foreign pointers stays alive" $ do
            xs <- mallocForeignPtrArray 1000
            withForeignPtr xs $ \p -> pokeArray p [1 .. 1000 :: Int]
            r <- runBatch (keeping xs $ \p ->
                   traverse_ (batchCall p_bump . advancePtr p) [0 .. 999] *> batchCall p_readLong (p `advancePtr` 999))
            r @?= 1001
        , testCase "other threads run meanwhile" $ do
            count <- newIORef (0 :: Int)
            other <- forkIO (let loop = modifyIORef' count (+ 1) >> yield >> loop in loop)
            before <- readIORef count
            _ <- batchMap p_sleep (V.replicate 10 30000)
            after <- readIORef count
            killThread other
            assertBool (show (before, after)) (after > before)
        , testCase "a timeout arrives when the batch has ended" $ do
            before <- c_ticks
            r <- timeout 5000 (runBatch (batchCall p_sleep 300000 *> batchCall p_tick))
            r @?= Nothing
            c_ticks >>= (@?= before + 1)
            batchRepeat 1 p_tick
            c_ticks >>= (@?= before + 2)
        , testCase "while masked it does not arrive" $ do
            slept <- newIORef 0
            r <- timeout 5000 . mask_ $ runBatch (batchCall p_sleep 300000) >>= writeIORef slept
            r @?= Nothing
            readIORef slept >>= (@?= 300000)
        , testCase "an exception that nobody catches ends the thread" $ do
            inside <- newEmptyMVar
            let body = putMVar inside () >> batchMap p_sleep (V.singleton 300000) >> putMVar inside ()
            thread <- forkBare body
            takeMVar inside
            threadDelay 5000
            killThread thread
            performMajorGC
            threadStatus thread >>= (@?= ThreadDied)
        ]
    , stress 2
    ]

-- | A thread without the handler of 'forkIO'.
forkBare :: IO () -> IO ThreadId
#if MIN_VERSION_base(4,18,0)
forkBare (IO body) = IO $ \s -> case fork# body s of (# s', t #) -> (# s', ThreadId t #)
#else
forkBare body = IO $ \s -> case fork# body s of (# s', t #) -> (# s', ThreadId t #)
#endif
