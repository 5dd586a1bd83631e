{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE RankNTypes #-}

-- | Closures that C kernels call, in both modes.
module Test.Callbacks (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, replicateM_, void, when)
import Data.Int (Int8)
import qualified Data.IORef as R
import Data.Word (Word16)
import Foreign.C.Types
import Foreign.Marshal.Array
import Foreign.Ptr
import Foreign.Storable (Storable)
import System.Mem (performGC, performMajorGC)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Callback (Argument, Callback, Result)
import Control.Parallel.OpenMP.Query (wtime)

import qualified Test.CallbackStress

foreign import ccall safe "kernel_map"
  c_map :: FunPtr (Int -> IO Double) -> CLong -> Ptr Double -> IO ()
foreign import ccall safe "kernel_reduce" c_reduce :: FunPtr (Int -> IO Double) -> CLong -> IO Double
foreign import ccall safe "kernel_reduce"
  c_reduceC :: FunPtr (CLong -> IO CDouble) -> CLong -> IO Double
foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_ptr"
  c_ptr :: FunPtr (Ptr Int -> Int -> IO Int) -> Ptr Int -> CLong -> IO CLong
foreign import ccall safe "kernel_double"
  c_double :: FunPtr (Double -> IO Double) -> CLong -> IO Double
foreign import ccall safe "kernel_void" c_void :: FunPtr (Int -> IO ()) -> CLong -> IO ()
foreign import ccall safe "kernel_void2" c_void2 :: FunPtr (Int -> Int -> IO ()) -> CLong -> IO ()
foreign import ccall safe "kernel_voidp"
  c_voidp :: FunPtr (Ptr CChar -> IO ()) -> Ptr CChar -> CLong -> IO ()
foreign import ccall safe "kernel_wide" c_wide :: FunPtr Wide -> CLong -> IO Double
foreign import ccall safe "kernel_narrow"
  c_narrow :: FunPtr (Int8 -> Word16 -> CInt -> Float -> IO Int8) -> CLong -> IO CLong
foreign import ccall safe "kernel_float" c_float :: FunPtr (CFloat -> IO CFloat) -> CLong -> IO CFloat
foreign import ccall safe "kernel_tree" c_tree :: FunPtr (Int -> IO Int) -> CInt -> IO CLong
foreign import ccall safe "kernel_everything"
  c_everything :: FunPtr (Int -> IO Int) -> CLong -> CInt -> IO CLong
foreign import ccall safe "kernel_calls" c_calls :: FunPtr (Int -> IO Int) -> CLong -> CInt -> IO CLong
foreign import ccall safe "kernel_two"
  c_two :: FunPtr (Int -> IO Int) -> FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_alone" c_alone :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_strangers" c_strangers :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_slow"
  c_slow :: FunPtr (Int -> IO Double) -> CLong -> CDouble -> IO Double
foreign import ccall safe "sin" c_sinSafe :: CDouble -> IO CDouble
foreign import ccall unsafe "sin" c_sinUnsafe :: CDouble -> IO CDouble

type Wide =
  Int -> Double -> Int -> Double -> Int -> Double -> Int -> Double -> Int -> Double -> Int ->
  Double -> Double -> Double -> IO Double

-- | A type that GHC does not count among the arguments.
newtype Token = Token (Ptr ())
  deriving newtype (Storable, Result, Argument)

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

add :: R.IORef Int -> Int -> IO ()
add ref n = R.atomicModifyIORef' ref (\t -> (t + n, ()))

-- | 'withCallback' or 'withCallbackDense'.
type With = forall f a. Callback f => f -> (FunPtr f -> IO a) -> IO a

tests :: TestTree
tests =
  testGroup
    "callbacks"
    [ mode "safe" withCallback
    , mode "dense" withCallbackDense
    , Test.CallbackStress.stress 2
    , testCase "both modes in one kernel" $ do
        r <- withCallback pure $ \f -> withCallbackDense (pure . (* 2)) $ \g -> c_two f g 10001
        r @?= negate 50005000
    , testCase "a collection does not wait for C in safe mode" $ do
        -- The C code between calls takes far longer than five collections.
        done <- newEmptyMVar
        _ <- forkIO (withCallback (\_ -> pure 1) (\f -> c_slow f 4 0.7) >>= putMVar done)
        threadDelay 100000
        collected <- timeout 600000 (replicateM_ 5 performMajorGC)
        collected @?= Just ()
        takeMVar done >>= (@?= 4)
    , testCase "too many arguments" $ do
        r <- try (withCallback seven (const (pure ())))
        case r of
          Left e -> show (e :: InvalidArgument) @?=
            "withCallback: the closure has 7 integer or pointer arguments; 6 are possible"
          Right () -> assertFailure "no exception"
    , testCase "more pointers than the runtime has" $ do
        let nest :: Int -> [FunPtr (Int -> IO Int)] -> IO Int
            nest 0 fs = sum <$> forM fs (\f -> fromIntegral <$> c_mixed f 10)
            nest n fs = withCallback (\i -> pure (i + n)) (\f -> nest (n - 1) (f : fs))
        r <- nest 1100 []
        r @?= sum [3 * (45 + 10 * n) | n <- [1 .. 1100]]
    ]
  where
    seven :: Int -> Int -> Int -> Int -> Int -> Int -> Token -> IO ()
    seven _ _ _ _ _ _ _ = pure ()

mode :: String -> With -> TestTree
mode name with = testGroup name (values with ++ places with ++ exceptions with)

values :: With -> [TestTree]
values with =
  [ testCase "map" $ allocaArray 1000 $ \out -> do
      with (\i -> pure (sin (fromIntegral (i :: Int) * 0.001) :: Double)) $ \f -> c_map f 1000 out
      got <- peekArray 1000 out
      got @?= [sin (fromIntegral i * 0.001) | i <- [0 .. 999 :: Int]]
  , testCase "reduce" $ do
      r <- with (\i -> pure (sin (fromIntegral (i :: Int) * 0.001) :: Double)) (`c_reduce` 10000)
      assertBool (show r) (abs (r - 1839.343386) < 1e-5)
  , testCase "C types" $ do
      r <- with (\(i :: CLong) -> pure (fromIntegral i :: CDouble)) (`c_reduceC` 1001)
      r @?= 500500
  , testCase "pointers" $ withArray [1 .. 100 :: Int] $ \p -> do
      r <- with (\(q :: Ptr Int) (i :: Int) -> peekArray 100 q >>= \l -> pure (l !! i)) $ \f ->
        c_ptr f p 100
      r @?= 5050
  , testCase "doubles" $ do
      r <- with (\(x :: Double) -> pure (x * 2)) (`c_double` 101)
      r @?= 5050
  , testCase "six integers and eight doubles" $ do
      let weigh :: Wide
          weigh i1 x1 i2 x2 i3 x3 i4 x4 i5 x5 i6 x6 x7 x8 = pure $
            fromIntegral (i1 + 2 * i2 + 3 * i3 + 4 * i4 + 5 * i5 + 6 * i6)
              + sum (zipWith (*) [10, 20 ..] [x1, x2, x3, x4, x5, x6, x7, x8])
      r <- with weigh (`c_wide` 100)
      let one i = fromIntegral (sum [k * (i + k) | k <- [1 .. 6]])
            + sum (zipWith (*) [10, 20 ..] [0.5, 1.5 .. 7.5])
      r @?= sum (map one [0 .. 99 :: Int])
  , testCase "narrow types" $ do
      let f a b c x = pure (if toInteger c == negate (toInteger b - 65000) `mod'` c && x == fromIntegral (negate c) * 0.25 then a else 1)
          -- The unsigned 16 bits wrap.
          mod' _ c = toInteger c
      r <- with f (`c_narrow` 1000)
      r @?= sum [negate (i `mod` 100) | i <- [0 .. 999]]
      r32 <- with (\x -> pure (x * 0.5)) (`c_float` 1001)
      r32 @?= 250250
  , testCase "no result" $ do
      total <- R.newIORef 0
      with (add total :: Int -> IO ()) (`c_void` 101)
      with (\i j -> add total (i * j :: Int)) (`c_void2` 11)
      withArray (replicate 10 3) $ \p ->
        with (\(q :: Ptr CChar) -> peekArray 1 q >>= add total . sum . map fromIntegral) $ \f ->
          c_voidp f p 10
      R.readIORef total >>= (@?= 5050 + 55 * 55 + 30)
  ]

places :: With -> [TestTree]
places with =
  [ testCase "criticals and barriers between calls" $ do
      r <- with (\(i :: Int) -> pure (i + 1)) (`c_mixed` 100)
      r @?= 3 * 5050
  , testCase "between all kinds of waits, under collections" $ underCollections $
      forM_ [1, 2, 3, 4, 8] $ \threads -> do
        r <- with pure (\f -> c_everything f 50 threads)
        r @?= 4 * 50 + 3 + fromIntegral threads
  , testCase "from tasks" $ underCollections $ forM_ [1 .. 10] $ \depth -> do
      r <- with pure (`c_tree` depth)
      r @?= 2 ^ depth
  , testCase "under allocation and collections" $ underCollections $ replicateM_ 5 $ do
      r <- with (\i -> pure $! fromIntegral (length (show (product [1 .. toInteger (i `mod` 50)])))) $
        \f -> c_reduce f 200
      r @?= sum [fromIntegral (length (show (product [1 .. toInteger (i `mod` 50)]))) | i <- [0 .. 199 :: Int]]
  , testCase "two pointers in turn" $ do
      r <- with pure $ \f -> with (pure . (* 2)) $ \g -> c_two f g 10001
      r @?= negate 50005000
  , testCase "outside of regions" $ with pure (`c_alone` 1001) >>= (@?= 500500)
  , testCase "from threads that OpenMP does not know" $ with pure (`c_strangers` 101) >>= (@?= 15150)
  , testCase "closures open regions" $ do
      total <- R.newIORef 0
      with (\(i :: Int) -> parallelFor defaults (Range 0 10) (\j -> add total (i * j))) (`c_void` 10)
      R.readIORef total >>= (@?= 45 * 45)
  , testCase "closures call kernels that call closures" $ do
      r <- with (\i -> with (\j -> pure (i * j)) (\g -> fromIntegral <$> c_mixed g 10)) (`c_mixed` 10)
      r @?= 3 * 3 * 45 * 45
  , testCase "closures call C that calls the same closure" $ do
      self <- newEmptyMVar
      r <- with (\i -> if i < 10 then pure i else readMVar self >>= \f -> fromIntegral <$> c_alone f 10) $ \f -> do
        putMVar self f
        c_mixed f 20
      r @?= 3 * (45 + 10 * 45)
  , testCase "in a region's Haskell body" $ do
      total <- R.newIORef 0
      threads <- R.newIORef 0
      parallel defaults $ \_ -> do
        add threads 1
        r <- with pure (`c_alone` 101)
        s <- with pure (`c_mixed` 11)
        add total (fromIntegral (r + s))
      n <- R.readIORef threads
      R.readIORef total >>= (@?= n * (5050 + 165))
  , testCase "safe and unsafe calls in closures" $ do
      r <- with (\i -> (+) <$> c_sinSafe (fromIntegral (i :: CLong)) <*> c_sinUnsafe 0) (`c_reduceC` 100)
      assertBool (show r) (abs (r - sum (map sin [0 .. 99])) < 1e-9)
  , testCase "closures wait for other Haskell threads" $ do
      box <- newEmptyMVar
      _ <- forkIO (forM_ [1 .. 500] (putMVar box))
      r <- with (\_ -> takeMVar box) (`c_mixed` 100)
      -- The values that one call took are not there for the next.
      rest <- forM [1 .. 200 :: Int] (const (takeMVar box))
      r + fromIntegral (sum rest) @?= sum [1 .. 500]
  , testCase "from many Haskell threads" $ do
      results <- forM [1 .. 20] $ \k -> do
        result <- newEmptyMVar
        _ <- forkIO (replicateM_ 20 (with (\i -> pure (i * k)) (`c_mixed` 20) >>= evaluate) >>= putMVar result)
        pure result
      mapM_ takeMVar results
  ]

exceptions :: With -> [TestTree]
exceptions with =
  [ testCase "an exception arrives after the kernel" $ forM_ [1 .. 100] $ \k -> do
      r <- try (with (\i -> do
             when (i == 137) (throwIO (Boom k))
             pure (1 :: Double)) (`c_reduce` 1000))
      r @?= Left (Boom k)
  , testCase "outside of regions too" $ do
      r <- try (with (\i -> if i == 7 then throwIO (Boom 7) else pure i) (`c_alone` 10))
      r @?= Left (Boom 7)
  , testCase "in a lazy result" $ do
      r <- try (with (\i -> pure (if i == 7 then throw (Boom 8) else i)) (`c_mixed` 10))
      r @?= Left (Boom 8)
  , testCase "the closure is not called again, and a dynamic loop is cut short" $ do
      calls <- R.newIORef 0
      made <- R.newIORef 0
      let f i = add calls 1 >> if i == 10 then throwIO (Boom 1) else pure 1
          run runtime = try (with f (\p -> c_calls p 100000 runtime >>= R.writeIORef made))
      r <- run 1
      r @?= Left (Boom 1)
      cut <- R.readIORef made
      assertBool ("calls made: " ++ show cut) (cut < 50000)
      R.writeIORef calls 0
      s <- run 0
      s @?= Left (Boom 1)
      R.readIORef made >>= (@?= 100000)
      answered <- R.readIORef calls
      assertBool ("calls answered: " ++ show answered) (answered < 100000)
  , testCase "every call throws" $ do
      r <- try (with (\i -> throwIO (Boom i)) (\f -> c_everything f 50 4))
      case r of
        Left (Boom _) -> pure ()
        Right n -> assertFailure (show n)
  , testCase "timeout while closures sleep" $ do
      r <- timeout 100000 (with (\i -> threadDelay 100000 >> pure (i :: Int)) (`c_mixed` 100000))
      r @?= Nothing
  , testCase "timeout while closures compute" $ do
      r <- timeout 100000 (with (\i -> evaluate (length (show (2 ^ (i `mod` 64) :: Integer)))) (`c_mixed` 3000000))
      r @?= Nothing
  , testCase "killThread" $ replicateM_ 10 $ do
      gone <- newEmptyMVar
      thread <- forkIO (void (with (\_ -> threadDelay 1000000 >> pure 1) (`c_reduce` 1000)) `finally` putMVar gone ())
      threadDelay 20000
      killThread thread
      takeMVar gone
  , testCase "the next kernel runs" $ do
      r <- with (\(i :: Int) -> pure (i + 1)) (`c_mixed` 100)
      r @?= 3 * 5050
  ]

-- | Runs the action while another Haskell thread collects. That thread pauses for as long
-- as it has collected: with more capabilities than processors, GHC's parallel collector
-- may take most of a second, and the action would get no time.
underCollections :: IO () -> IO ()
underCollections act = do
  stop <- newEmptyMVar
  stopped <- newEmptyMVar
  _ <- forkIO (churn stop >> putMVar stopped ())
  act `finally` (putMVar stop () >> takeMVar stopped)

churn :: MVar () -> IO ()
churn stop = do
  begin <- wtime
  _ <- evaluate (length (concatMap show [1 .. 2000 :: Int]))
  performGC
  performMajorGC
  now <- wtime
  threadDelay (round (1e6 * min 0.1 (now - begin)))
  end <- tryTakeMVar stop
  maybe (churn stop) pure end
