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
import Control.Monad (forM_, forever, replicateM, void)
import Data.Foldable (traverse_)
import Data.Int
import Data.IORef
import Data.List (zipWith4)
import qualified Data.Vector.Storable as V
import Data.Word
import Foreign hiding (void)
import Foreign.C.Types
import GHC.Conc (ThreadId (..), ThreadStatus (..), threadStatus)
import GHC.Exts (fork#)
import GHC.IO (IO (..))
import System.IO.Unsafe (unsafePerformIO)
import System.Mem (performMajorGC)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck (Property, ioProperty, testProperty, (===))

import Control.Parallel.OpenMP (InvalidArgument (..))
import Control.Parallel.OpenMP.Batch
import Control.Parallel.OpenMP.Query (wtime)
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
foreign import ccall "&batch_two" p_two :: FunPtr (Int8 -> Word16 -> IO Int16)
foreign import ccall unsafe "batch_two" c_two :: Int8 -> Word16 -> Int16
foreign import ccall "&batch_three" p_three :: FunPtr (Float -> Int32 -> Word8 -> IO Float)
foreign import ccall unsafe "batch_three" c_three :: Float -> Int32 -> Word8 -> Float
foreign import ccall "&batch_four" p_four :: FunPtr (Int -> Double -> Word32 -> CFloat -> IO Double)
foreign import ccall unsafe "batch_four" c_four :: Int -> Double -> Word32 -> CFloat -> Double
foreign import ccall "&batch_tick" p_tick :: FunPtr (IO ())
foreign import ccall "&batch_tick" p_tickOfTwo :: FunPtr (Int -> Int -> IO ())
foreign import ccall "&batch_ticks" p_ticks :: FunPtr (IO CLong)
foreign import ccall unsafe "batch_ticks" c_ticks :: IO CLong
foreign import ccall "&batch_digit" p_digit :: FunPtr (Ptr CLong -> CLong -> IO CLong)
foreign import ccall "&batch_apply" p_apply :: FunPtr (FunPtr (CLong -> IO CLong) -> CLong -> IO CLong)
foreign import ccall "&batch_spin" p_spin :: FunPtr (CLong -> IO CLong)
foreign import ccall "&batch_spin" p_spinOfTwo :: FunPtr (CLong -> CLong -> IO CLong)
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

-- | The batch's results are those of the sequential calls.
zips :: (V.Storable a, Show a, Eq a) => [a] -> IO (V.Vector a) -> Property
zips expected act = ioProperty ((=== expected) . V.toList <$> act)

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
    , testGroup
        "several vectors"
        [ testProperty "batchZipWith is zipWith" $ \as bs ->
            zips (zipWith c_two as bs) (batchZipWith p_two (V.fromList as) (V.fromList bs))
        , testProperty "batchZipWith3 is zipWith3" $ \as bs cs ->
            zips (zipWith3 c_three as bs cs) (batchZipWith3 p_three (V.fromList as) (V.fromList bs) (V.fromList cs))
        , testProperty "batchZipWith4 is zipWith4" $ \as bs cs ds ->
            zips (zipWith4 c_four as bs cs (map CFloat ds)) $
              batchZipWith4 p_four (V.fromList as) (V.fromList bs) (V.fromList cs) (V.fromList (map CFloat ds))
        , testCase "results that are nothing" $ do
            before <- c_ticks
            r <- batchZipWith p_tickOfTwo (V.fromList [1, 2, 3]) (V.fromList [1, 2])
            r @?= V.fromList [(), ()]
            c_ticks >>= (@?= before + 2)
        , testCase "slices" $ do
            let xs = V.enumFromN 0 100
            ys <- batchZipWith3 p_fma (V.slice 10 3 xs) (V.slice 20 5 xs) (V.drop 90 xs)
            V.toList ys @?= [10 * 20 + 90, 11 * 21 + 91, 12 * 22 + 92]
        , testCase "a null function" $
            refused "batchZipWith" "the function pointer is null" $
              batchZipWith (nullFunPtr :: FunPtr (Int -> Int -> IO Int)) V.empty V.empty
        ]
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
        , testCase "results between others that nobody reads" $ alloca $ \number -> do
            poke number 0
            let digit = batchCall p_digit number
            r <- runBatch ((,,) <$> (digit 1 <* digit 2) <*> (digit 3 *> digit 4 <* digit 5) <*> (7 <$ digit 6 <* digit 7))
            r @?= (1, 1234, 7 :: Int)
            r' <- runBatch (digit 8 *> batchCall p_tick *> ((,) <$> (0 <$ digit 9) <*> digit 1))
            r' @?= (0 :: Int, 1234567891)
        , testCase "threads run one batch at once" $ do
            let batch = traverse (\x -> batchCall p_fma x 2 1 <* batchCall p_spin 20) [1 .. 100]
            done <- replicateM 4 $ do
              done <- newEmptyMVar
              done <$ forkIO (replicateM 5 (runBatch batch) >>= putMVar done)
            rs <- mapM takeMVar done
            concat rs @?= replicate 20 [x * 2 + 1 | x <- [1 .. 100]]
        , testCase "100000 calls" $ do
            let n = 100000
            r <- runBatch (traverse (batchCall p_fma 2 3) [1 .. n])
            r @?= map (+ 6) [1 .. n]
        , testProperty "batches of any length, of calls of any shape" $ \calls -> ioProperty $ do
            let one (Left (Left x)) = show <$> batchCall p_long x
                one (Left (Right d)) = show <$> batchCall p_fma d 2 1
                one (Right (a, b)) = show <$> batchCall p_two a b
                sequentially (Left (Left x)) = show (negate x)
                sequentially (Left (Right d)) = show (d * 2 + 1)
                sequentially (Right (a, b)) = show (c_two a b)
                many = concat (replicate 20 calls)
            (=== map sequentially many) <$> runBatch (traverse one many)
        , testCase "results are read before the memory is freed" $ do
            r <- runBatch (traverse (batchCall p_long) [1 .. 1000])
            performMajorGC
            sum r @?= -500500
        ]
    , testGroup
        "prepared"
        [ testProperty "a prepared batch is the batch, also as a part of another one" $ \(xs :: [Int]) (ys :: [Int]) ->
            ioProperty $ do
              let calls = traverse (batchCall p_long) xs
                  stored = prepared calls
                  around b = (,,) <$> batchCall p_fma 2 3 4 <*> b <*> traverse (batchCall p_long) ys
              plain <- (,) <$> runBatch calls <*> runBatch (around calls)
              first <- (,) <$> runBatch stored <*> runBatch (around stored)
              again <- runBatch ((,) <$> stored <*> around stored)
              pure ((first, again) === (plain, plain))
        , testCase "its arguments are computed once" $ do
            computed <- newIORef (0 :: Int)
            let counted x = unsafePerformIO (x <$ modifyIORef computed (+ 1))
                {-# NOINLINE counted #-}
                stored = prepared (traverse (batchCall p_long . counted) [1 .. 100])
            rs <- replicateM 3 (runBatch stored)
            rs @?= replicate 3 (map negate [1 .. 100])
            readIORef computed >>= (@?= 100)
        , testCase "values that need no results" $ do
            let stored = prepared ('x' <$ batchCall p_tick)
            before <- c_ticks
            replicateM 3 (runBatch stored) >>= (@?= "xxx")
            c_ticks >>= (@?= before + 3)
            runBatch (prepared (pure 'y')) >>= (@?= 'y')
        , testCase "threads run one at once" $ do
            let stored = prepared (traverse (\x -> batchCall p_fma x 2 1 <* batchCall p_spin 20) [1 .. 100])
            done <- replicateM 4 $ do
              done <- newEmptyMVar
              done <$ forkIO (replicateM 5 (runBatch stored) >>= putMVar done)
            rs <- mapM takeMVar done
            concat rs @?= replicate 20 [x * 2 + 1 | x <- [1 .. 100]]
        , testCase "memory of foreign pointers stays alive as long as it does" $ do
            stored <- do
              xs <- mallocForeignPtrArray 10
              withForeignPtr xs $ \p -> pokeArray p [1 .. 10 :: Int]
              pure (prepared (keeping xs $ \p -> traverse (batchCall p_readLong . advancePtr p) [0 .. 9]))
            forM_ [1 .. 3 :: Int] $ \_ -> do
              performMajorGC
              _ <- mallocForeignPtrArray 10 >>= \ys -> withForeignPtr ys (\p -> pokeArray p [11 .. 20 :: Int])
              runBatch stored >>= (@?= [1 .. 10])
        , testCase "null functions" $
            refused "batchCall" "the function pointer is null" $
              runBatch (prepared (batchCall (nullFunPtr :: FunPtr (Int -> IO Int)) 1))
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
        , testCase "a timeout ends a batch between calls" $ do
            before <- c_ticks
            r <- timeout 5000 (runBatch (batchCall p_sleep 200000 *> batchCall p_tick))
            r @?= Nothing
            c_ticks >>= (@?= before)
            batchRepeat 1 p_tick
            c_ticks >>= (@?= before + 1)
        , testGroup
            "a timeout ends a long batch of short calls"
            [ inTime "batchRepeat" (batchRepeat 1000000000000 p_tick)
            , inTime "batchMap" (void (batchMap p_spin (V.replicate 60000 1000)))
            , inTime "batchZipWith" (void (batchZipWith p_spinOfTwo (V.replicate 60000 1000) (V.replicate 60000 0)))
            , inTime "runBatch" (runBatch (traverse_ (batchCall p_spin) (replicate 60000 1000)))
            , inTime "runBatch, again and again" (let b = batchCall p_spin 1000 *> b' ; b' = batchCall p_tick in forever (runBatch b))
            ]
        , testCase "every call is made once in a long batch" $ do
            before <- c_ticks
            r <- runBatch (traverse (\x -> batchCall p_spin 1000 *> batchCall p_tick *> batchCall p_long x) [1 .. 60])
            r @?= map negate [1 .. 60]
            ys <- batchMap p_spin (V.enumFromTo 1000 1059)
            ys @?= V.enumFromTo 1000 1059
            zs <- batchZipWith p_spinOfTwo (V.enumFromTo 1000 1059) (V.replicate 60 0)
            zs @?= V.enumFromTo 1000 1059
            c_ticks >>= (@?= before + 60)
        , testCase "and a masked one" $ do
            r <- mask_ (batchMap p_spin (V.enumFromTo 1000 1029))
            r @?= V.enumFromTo 1000 1029
        , testCase "a thrower that gives up" $ do
            -- The batch is stopped, or not, and goes on.
            done <- newEmptyMVar
            target <- mask_ $ forkIOWithUnmask $ \restore ->
              try (restore (batchMap p_spin (V.replicate 100 1000))) >>= putMVar done
            throwers <- replicateM 3 (threadDelay 20000 >> forkIO (throwTo target Overflow) <* yield)
            mapM_ killThread throwers
            r <- takeMVar done
            either (@?= Overflow) (@?= V.replicate 100 1000) r
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

-- | The action, which takes minutes, ends soon after a timeout.
inTime :: String -> IO () -> TestTree
inTime name act = testCase name $ do
  start <- wtime
  r <- timeout 20000 act
  end <- wtime
  r @?= Nothing
  assertBool (show (end - start)) (end - start < 5)

-- | A thread without the handler of 'forkIO'.
forkBare :: IO () -> IO ThreadId
#if MIN_VERSION_base(4,18,0)
forkBare (IO body) = IO $ \s -> case fork# body s of (# s', t #) -> (# s', ThreadId t #)
#else
forkBare body = IO $ \s -> case fork# body s of (# s', t #) -> (# s', ThreadId t #)
#endif
