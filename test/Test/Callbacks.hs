{-# LANGUAGE ScopedTypeVariables #-}

-- | Closures that C kernels call.
module Test.Callbacks (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM_, replicateM_, when)
import qualified Data.IORef as R
import Foreign.C.Types
import Foreign.Marshal.Array
import Foreign.Ptr
import System.Mem (performGC, performMajorGC)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP

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

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

add :: R.IORef Int -> Int -> IO ()
add ref n = R.atomicModifyIORef' ref (\t -> (t + n, ()))

tests :: TestTree
tests =
  testGroup
    "callbacks"
    [ testCase "map" $ allocaArray 1000 $ \out -> do
        withCallback (\i -> pure (sin (fromIntegral (i :: Int) * 0.001) :: Double)) $ \f -> c_map f 1000 out
        got <- peekArray 1000 out
        got @?= [sin (fromIntegral i * 0.001) | i <- [0 .. 999 :: Int]]
    , testCase "reduce" $ do
        r <- withCallback (\i -> pure (sin (fromIntegral (i :: Int) * 0.001) :: Double)) (`c_reduce` 10000)
        assertBool (show r) (abs (r - 1839.343386) < 1e-5)
    , testCase "C types" $ do
        r <- withCallback (\(i :: CLong) -> pure (fromIntegral i :: CDouble)) (`c_reduceC` 1001)
        r @?= 500500
    , testCase "criticals and barriers between callbacks" $ do
        r <- withCallback (\(i :: Int) -> pure (i + 1)) (`c_mixed` 100)
        r @?= 3 * 5050
    , testCase "pointers" $ withArray [1 .. 100 :: Int] $ \p -> do
        r <- withCallback (\(q :: Ptr Int) (i :: Int) -> peekArray 100 q >>= \l -> pure (l !! i)) $ \f ->
          c_ptr f p 100
        r @?= 5050
    , testCase "doubles" $ do
        r <- withCallback (\(x :: Double) -> pure (x * 2)) (`c_double` 101)
        r @?= 5050
    , testCase "no result" $ do
        total <- R.newIORef 0
        withCallback (add total :: Int -> IO ()) (`c_void` 101)
        withCallback (\i j -> add total (i * j :: Int)) (`c_void2` 11)
        withArray (replicate 10 3) $ \p ->
          withCallback (\(q :: Ptr CChar) -> peekArray 1 q >>= add total . sum . map fromIntegral) $ \f ->
            c_voidp f p 10
        R.readIORef total >>= (@?= 5050 + 55 * 55 + 30)
    , testCase "under allocation and collections" $ replicateM_ 5 $ do
        stop <- newEmptyMVar
        _ <- forkIO (churn stop)
        r <- withCallback (\i -> pure $! fromIntegral (length (show (product [1 .. toInteger (i `mod` 50)])))) $
          \f -> c_reduce f 200
        putMVar stop ()
        r @?= sum [fromIntegral (length (show (product [1 .. toInteger (i `mod` 50)]))) | i <- [0 .. 199 :: Int]]
    , testCase "an exception arrives after the kernel" $ forM_ [1 .. 100] $ \k -> do
        r <- try (withCallback (\i -> do
               when (i == 137) (throwIO (Boom k))
               pure (1 :: Double)) (`c_reduce` 1000))
        r @?= Left (Boom k)
    , testCase "callbacks open regions" $ do
        total <- R.newIORef 0
        withCallback (\(i :: Int) -> parallelFor defaults (Range 0 10) (\j -> add total (i * j))) (`c_void` 10)
        R.readIORef total >>= (@?= 45 * 45)
    ]

churn :: MVar () -> IO ()
churn stop = do
  _ <- evaluate (length (concatMap show [1 .. 2000 :: Int]))
  performGC
  performMajorGC
  end <- tryTakeMVar stop
  maybe (churn stop) pure end
