{-# LANGUAGE RankNTypes #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | Closures that C calls outside of regions: by 'served', and by plain imports.
module Test.Served (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad
import Data.Char (chr, ord)
import Data.IORef
import Data.Int
import Data.Word
import Foreign.C.Types
import Foreign.Marshal.Array (peekArray, withArray)
import Foreign.Ptr
import Foreign.StablePtr
import Foreign.Storable (peek)
import System.Mem (performGC, performMajorGC)
import System.Posix.Types
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Batch (batchCall, runBatch)
import Control.Parallel.OpenMP.Callback
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)
import qualified Control.Parallel.OpenMP.Team as Team

type Sum = FunPtr (Int -> IO Int) -> CLong -> IO CLong

foreign import ccall safe "kernel_alone" c_alone :: Sum
foreign import ccall "&kernel_alone" p_alone :: FunPtr Sum
foreign import ccall "&kernel_mixed" p_mixed :: FunPtr Sum
foreign import ccall "&kernel_strangers" p_strangers :: FunPtr Sum
foreign import ccall "&served_around" p_around :: FunPtr Sum
foreign import ccall "&served_locked" p_locked :: FunPtr Sum
foreign import ccall "&served_many" p_many :: FunPtr Many
foreign import ccall "&qsort"
  p_qsort :: FunPtr (Ptr CInt -> CSize -> CSize -> FunPtr (Ptr CInt -> Ptr CInt -> IO CInt) -> IO ())

type Many =
  FunPtr (Int -> Int) -> Int8 -> Double -> Int16 -> Int32 -> Float -> Int64 -> Word8 -> Double ->
  Word16 -> Word32 -> Word64 -> Double -> Int8 -> Int16 -> Int32 -> Double -> Int64 -> Word8 ->
  Double -> Word16 -> Word32 -> Double -> Word64 -> Int8 -> Int16 -> Double -> Int32 -> Int64 ->
  CLong -> CInt -> CInt -> IO Double

foreign import ccall "&served_int8" p_int8 :: FunPtr ()
foreign import ccall "&served_int16" p_int16 :: FunPtr ()
foreign import ccall "&served_int32" p_int32 :: FunPtr ()
foreign import ccall "&served_int64" p_int64 :: FunPtr ()
foreign import ccall "&served_word8" p_word8 :: FunPtr ()
foreign import ccall "&served_word16" p_word16 :: FunPtr ()
foreign import ccall "&served_word32" p_word32 :: FunPtr ()
foreign import ccall "&served_word64" p_word64 :: FunPtr ()
foreign import ccall "&served_float" p_float :: FunPtr ()
foreign import ccall "&served_double" p_double :: FunPtr ()
foreign import ccall "&served_bool" p_bool :: FunPtr ()
foreign import ccall "&served_pointer" p_pointer :: FunPtr ()

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

-- | 'withCallback' or 'withCallbackDense'.
type With = forall f a. Callback f => f -> (FunPtr f -> IO a) -> IO a

tests :: TestTree
tests =
  testGroup
    "closures outside of regions"
    [ testGroup "served" (mode withCallback)
    , testGroup "served, dense" (mode withCallbackDense)
    , testGroup "arguments and results" types
    , testGroup "the call" calls
    , testGroup "without served" plain
    ]

data Place = Place String (forall a. (Show a, Eq a) => IO a -> IO a)

-- | The places from which a kernel is called. The result is the same from each thread.
everywhere :: [Place]
everywhere =
  [ Place "a bound thread" runInBoundThread
  , Place "an unbound thread" runInUnboundThread
  , Place "bodies" (\act -> agreed (\put -> parallelFor two (Range 0 8) (\_ -> act >>= put)))
  , Place "bodies of a nested region" (\act -> agreed (\put -> parallel two (\_ -> parallel two (\_ -> act >>= put))))
  , Place "tasks" (\act -> agreed (\put -> tasks two (mapM (\_ -> spawn (act >>= put)) "abcd" >>= mapM_ wait)))
  , Place "a team" (\act -> agreed (\put -> void (Team.team two (\_ -> act >>= put))))
  , Place "a closure" (\act -> agreed (\put -> void (withCallback (\i -> i <$ (act >>= put)) (\f -> served p_alone f 3))))
  , Place "a closure in a region" (\act -> agreed (\put -> void (withCallback (\i -> i <$ (act >>= put)) (\f -> served p_mixed f 3))))
  ]
  where
    two = defaults {numThreads = Just 2, schedule = Dynamic 1}

-- | The one value that all threads give.
agreed :: (Show a, Eq a) => ((a -> IO ()) -> IO ()) -> IO a
agreed run = do
  all' <- newIORef []
  run (\x -> atomicModifyIORef' all' (\xs -> (x : xs, ())))
  xs <- readIORef all'
  case xs of
    [] -> assertFailure "no thread gave a value"
    x : others -> x <$ mapM_ (@?= x) others

mode :: With -> [TestTree]
mode with =
  [ testGroup "from" [testCase name (at (sums with)) | Place name at <- everywhere]
  , testCase "from many threads" $ do
      ends <- forM [1 .. 10 :: Int] $ \k -> do
        end <- newEmptyMVar
        _ <- forkIO (try (replicateM_ 20 (with (pure . (* k)) (\f -> served p_alone f 20) >>= (@?= fromIntegral (190 * k)))) >>= putMVar end)
        pure end
      mapM_ (takeMVar >=> either (\e -> throwIO (e :: SomeException)) pure) ends
  , testCase "under collections" $ do
      collector <- forkIO (forever (performGC >> threadDelay 100 >> performMajorGC))
      forM_ [1 .. 20 :: Int] $ \_ -> do
        s <- with (\i -> pure $! length (show (product [1 .. toInteger (i `mod` 30)])) + i) (\f -> served p_alone f 200)
        s @?= fromIntegral (sum [length (show (product [1 .. toInteger (i `mod` 30)])) + i | i <- [0 .. 199]])
      killThread collector
  , testCase "two threads want one lock" $ do
      ends <- forM "ab" $ \_ -> do
        end <- newEmptyMVar
        _ <- forkIO (with pure (\f -> served p_locked f 2000) >>= putMVar end)
        pure end
      forM_ ends (takeMVar >=> (@?= 1999000))
  , testCase "closures call closures, and themselves" $ do
      self <- newEmptyMVar
      let f i
            | i < 3 = pure i
            | i < 6 = fromIntegral <$> (readMVar self >>= \p -> served p_alone p 4)
            | i < 9 = fromIntegral <$> (readMVar self >>= \p -> c_alone p 4)
            | otherwise = fromIntegral <$> with (\j -> pure (i * j)) (\p -> served p_mixed p 3)
          -- Of 0, 1, 2 and a 3, which asks again, and so on, once.
          three = 3 + 3
      r <- with (\i -> if i == 3 then pure 3 else f i) (\p -> putMVar self p >> served p_alone p 11)
      r @?= fromIntegral (3 + 3 + 2 * three + 3 * three + 3 * (9 + 10) * 3 :: Int)
  , testCase "closures open regions" $ do
      total <- newIORef 0
      let f i = i <$ parallelFor defaults (Range 0 10) (\j -> atomicModifyIORef' total (\t -> (t + i * j, ())))
      _ <- with f (\p -> served p_alone p 10)
      readIORef total >>= (@?= 45 * 45)
  , testCase "an exception arrives after the call" $ forM_ everywhere $ \(Place name at) -> do
      done <- newIORef False
      r <- at . try $ do
        _ <- with (\i -> if i == 5 then throwIO (Boom i) else pure i) (\f -> served p_alone f 10 <* writeIORef done True)
        pure ()
      ended <- readIORef done
      (name, r, ended) @?= (name, Left (Boom 5), True)
      at (sums with)
  , testCase "it is the one that is thrown if the action throws too" $ do
      r <- try (with (\i -> throwIO (Boom i)) (\f -> served p_alone f 3 >> throwIO (ErrorCall "status") >> pure ()))
      r @?= Left (Boom 0)
      s <- try (with pure (\f -> served p_alone f 3 >> throwIO (Boom 1) >> pure ()))
      s @?= Left (Boom 1)
  , testCase "other bodies go on" $ do
      ran <- newIORef (0 :: Int)
      parallelFor defaults {schedule = Dynamic 1} (Range 0 100) $ \i -> do
        r <- try (with (\_ -> throwIO (Boom i)) (\f -> served p_alone f 3))
        r @?= Left (Boom i)
        atomicModifyIORef' ran (\n -> (n + 1, ()))
      readIORef ran >>= (@?= 100)
  , testCase "timeout while closures sleep, compute, or wait" $ forM_ [runInBoundThread, runInUnboundThread] $ \at -> do
      forM_ [threadDelay 1000000, void (evaluate (length (show (2 ^ (400000 :: Int) :: Integer)))), newEmptyMVar >>= \v -> threadDelay 1000000 >> takeMVar v] $ \act -> do
        r <- at (timeout 20000 (with (\i -> i <$ act) (\f -> served p_alone f 1000000)))
        r @?= Nothing
      sums with
  , testCase "killThread" $ replicateM_ 10 $ do
      gone <- newEmptyMVar
      thread <- forkIO (void (with (\_ -> threadDelay 1000000 >> pure 1) (\f -> served p_alone f 1000)) `finally` putMVar gone ())
      threadDelay 2000
      killThread thread
      takeMVar gone
  , testCase "the caller's masking state" $ forM_ [id, runInUnboundThread] $ \at ->
      forM_ [(Unmasked, id), (MaskedInterruptible, mask_), (MaskedUninterruptible, uninterruptibleMask_)] $ \(state, enter) -> do
        seen <- newIORef []
        _ <- at (enter (with (\i -> i <$ (getMaskingState >>= \s -> modifyIORef seen (s :))) (\f -> served p_alone f 3)))
        readIORef seen >>= (@?= replicate 3 state)
  , testCase "blocked for ever" $ do
      r <- timeout 5000000 (try (with (\_ -> newEmptyMVar >>= takeMVar) (\f -> served p_alone f 3)))
      fmap (either (\BlockedIndefinitelyOnMVar -> "told") show) r @?= Just "told"
  ]

-- | A kernel of each kind gives what it should.
sums :: With -> IO ()
sums with = do
  alone <- with pure (\f -> served p_alone f 101)
  mixed <- with pure (\f -> served p_mixed f 11)
  around <- with pure (\f -> served p_around f 11)
  strangers <- with pure (\f -> served p_strangers f 11)
  two <- with (pure . (+ 1)) (\f -> with (pure . (* 2)) (\g -> (+) <$> served p_alone f 11 <*> served p_alone g 11))
  (alone, mixed, around, strangers, two) @?= (5050, 3 * 55, 4 * 55, 3 * 55, 11 + 3 * 55)
  sorted <- withArray [5, 3, 9, 1, 3] $ \p -> do
    with (\a b -> (\x y -> fromIntegral (fromEnum (compare x y) - 1)) <$> peek a <*> peek b) (served p_qsort p 5 4)
    peekArray 5 p
  sorted @?= [1, 3, 3, 5, 9]

-- | Values of a type go to a C function, to a closure, and back, unchanged.
same :: forall t. (Argument t, Callback t, Eq t, Show t) => String -> FunPtr () -> [t] -> TestTree
same name function values = testCase name . forM_ values $ \x -> do
  seen <- newIORef []
  a <- withCallback (\y -> y <$ modifyIORef seen (y :)) (\f -> served (castFunPtr function :: FunPtr (FunPtr (t -> IO t) -> t -> IO t)) f x)
  b <- withCallbackDense (id :: t -> t) (\f -> served echo f x)
  -- By an in-call.
  c <- withCallback id (\f -> runBatch (batchCall echo f x))
  ys <- readIORef seen
  (ys, a, b, c) @?= ([x], x, x, x)
  where
    echo = castFunPtr function :: FunPtr (FunPtr (t -> t) -> t -> IO t)

types :: [TestTree]
types =
  [ same "Int8" p_int8 (ends :: [Int8])
  , same "Int16" p_int16 (ends :: [Int16])
  , same "Int32" p_int32 (ends :: [Int32])
  , same "Int64" p_int64 (ends :: [Int64])
  , same "Int" p_int64 (ends :: [Int])
  , same "Word8" p_word8 (ends :: [Word8])
  , same "Word16" p_word16 (ends :: [Word16])
  , same "Word32" p_word32 (ends :: [Word32])
  , same "Word64" p_word64 (ends :: [Word64])
  , same "Word" p_word64 (ends :: [Word])
  , same "Float" p_float [0, -1.5, 3.25e30 :: Float]
  , same "Double" p_double [0, -1.5, 3.25e300 :: Double]
  , same "Char" p_word32 (map chr [0, 65, 0xe4, 0x20ac, 0x10ffff])
  , same "Bool" p_bool [False, True]
  , same "Bool as int" p_int32 [False, True]
  , same "Ptr" p_pointer [nullPtr, nullPtr `plusPtr` maxBound :: Ptr Int]
  , same "FunPtr" p_pointer [p_qsort, nullFunPtr]
  , testCase "StablePtr" . bracket (newStablePtr "kept") freeStablePtr $ \stable -> do
      seen <- newIORef ""
      back <- withCallback (\s -> s <$ (deRefStablePtr s >>= writeIORef seen)) $ \f ->
        served (castFunPtr p_pointer :: FunPtr (FunPtr (StablePtr String -> IO (StablePtr String)) -> StablePtr String -> IO (StablePtr String))) f stable
      kept <- (,) <$> readIORef seen <*> deRefStablePtr back
      kept @?= ("kept", "kept")
  , same "CChar" p_int8 (ends :: [CChar])
  , same "CInt" p_int32 (ends :: [CInt])
  , same "CSize" p_word64 (ends :: [CSize])
  , same "CBool" p_bool [0, 1 :: CBool]
  , same "CDouble" p_double [0, -1.5 :: CDouble]
  , same "CWchar" p_int32 (ends :: [CWchar])
  , same "CTime" p_int64 [0, -1, 2000000000 :: CTime]
  , same "CUSeconds" p_word32 [0, 4294967295 :: CUSeconds]
  , same "CPid" p_int32 (ends :: [CPid])
  , same "Fd" p_int32 (ends :: [Fd])
  , same "COff" p_int64 (ends :: [COff])
  , testCase "no argument, pure" $ do
      let seven = castFunPtr p_int32 :: FunPtr (FunPtr CInt -> CInt -> IO CInt)
      withCallback 7 (\f -> served seven f 1) >>= (@?= 7)
  , testCase "an exception of a pure closure" $ do
      r <- try (withCallback (\x -> if x > 0 then throw (Boom 3) else x :: Int) (\f -> served (castFunPtr p_alone :: FunPtr (FunPtr (Int -> Int) -> CLong -> IO CLong)) f 3))
      r @?= Left (Boom 3)
  , testCase "a Char that does not exist" $ do
      r <- try (withCallback (fromIntegral . ord :: Char -> Word32) (\f -> served (castFunPtr p_word32 :: FunPtr (FunPtr (Char -> Word32) -> Word32 -> IO Word32)) f 0x110000))
      either (\(ErrorCall _) -> "refused") show r @?= "refused"
  ]
  where
    ends :: (Bounded a, Num a) => [a]
    ends = [minBound, maxBound, 0, 1, 42]

calls :: [TestTree]
calls =
  [ testCase "more arguments than registers" $ do
      x <- withCallback (+ 1) $ \f ->
        served p_many f (-1) 0.5 (-2) (-3) 1.5 (-4) 5 2.5 6 7 8 3.5 (-9) (-10) (-11) 4.5 (-12) 13 5.5 14 15 6.5 16 (-17) (-18) 7.5 (-19) (-20) (-21) (-22) (-23)
      let whole = [-1, -2, -3, -4, 5, 6, 7, 8, -9, -10, -11, -12, 13, 14, 15, 16, -17, -18, -19, -20, -21, -22, -23]
      x @?= 1 + sum (zipWith (*) [1 ..] whole) + sum (zipWith (*) [1 ..] [0.5 .. 7.5])
  , testCase "a null pointer" $ do
      r <- try (served (nullFunPtr :: FunPtr (CInt -> IO Int)) 1) :: IO (Either InvalidArgument Int)
      either show show r @?= "served: the function pointer is null"
  , testCase "no closure" $ do
      s <- served (castFunPtr p_alone :: FunPtr Sum) (castFunPtr p_labs) 11
      s @?= 55
  ]

foreign import ccall "&labs" p_labs :: FunPtr (Int -> IO Int)

plain :: [TestTree]
plain =
  [ testGroup "from" [testCase name (at (withCallback pure (`c_alone` 101)) >>= (@?= 5050)) | Place name at <- everywhere]
  , testCase "other bodies go on after an exception" $ do
      ran <- newIORef (0 :: Int)
      parallelFor defaults {schedule = Dynamic 1} (Range 0 100) $ \i -> do
        r <- try (withCallback (\_ -> throwIO (Boom i)) (`c_alone` 3))
        r @?= Left (Boom i)
        atomicModifyIORef' ran (\n -> (n + 1, ()))
      readIORef ran >>= (@?= 100)
  , testCase "a timeout reaches closures of more threads than have a seat" $ do
      started <- newQSemN 0
      r <- timeout 200000 $ withCallback (\i -> i <$ (signalQSemN started 1 >> threadDelay 10000000)) $ \f -> do
        ends <- forM [1 .. 12 :: Int] $ \_ -> do
          end <- newEmptyMVar
          _ <- forkIO (c_alone f 1 >>= putMVar end)
          pure end
        waitQSemN started 12
        mapM takeMVar ends
      r @?= Nothing
  , testCase "collections between the calls" $ do
      s <- withCallback (\i -> i <$ when (i `mod` 10 == 0) (if i `mod` 20 == 0 then performGC else performMajorGC)) (`c_alone` 101)
      s @?= 5050
  ]
