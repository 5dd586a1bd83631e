-- | C kernels with pragmas, called from Haskell.
module Test.Kernels
  ( tests
  , c_sinsum
  , c_threads
  , c_sleep
  , c_default_threads
  , c_promised
  ) where

import Control.Concurrent
import Control.Monad (forM_)
import Foreign.C.Types
import Foreign.Marshal.Array
import Foreign.Ptr (Ptr)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query

foreign import ccall safe "kernel_sinsum" c_sinsum :: CLong -> IO CDouble
foreign import ccall safe "kernel_dgemm"
  c_dgemm :: CLong -> Ptr CDouble -> Ptr CDouble -> Ptr CDouble -> IO ()
foreign import ccall safe "kernel_dynamic" c_dynamic :: CLong -> IO CLong
foreign import ccall safe "kernel_tasks" c_tasks :: CInt -> IO CLong
foreign import ccall safe "kernel_threads" c_threads :: CInt -> IO CInt
foreign import ccall safe "kernel_default_threads" c_default_threads :: IO CInt
foreign import ccall safe "kernel_promised" c_promised :: IO CInt
foreign import ccall safe "kernel_sleep" c_sleep :: CInt -> IO ()
foreign import ccall safe "kernel_detached" c_detached :: IO (Ptr ())
foreign import ccall safe "kernel_fulfil" c_fulfil :: Ptr () -> IO ()
foreign import ccall safe "kernel_from_pthread" c_from_pthread :: IO CDouble

close :: Double -> CDouble -> Assertion
close expected got =
  assertBool (show got) (abs (realToFrac got - expected) <= 1e-9 * abs expected)

alone :: (Int -> IO ()) -> IO ()
alone = parallel defaults {numThreads = Just 1}

tests :: TestTree
tests =
  testGroup
    "kernels"
    [ testCase "a region of one waits for a detached task without the capability" $ do
        event <- newEmptyMVar
        _ <- forkIO (takeMVar event >>= \handle -> threadDelay 10000 >> c_fulfil handle)
        forM_ [1 .. 2 :: Int] $ \_ -> runInBoundThread (alone (\_ -> pure ()))
        runInBoundThread (alone (\_ -> c_detached >>= putMVar event))
    , testCase "sum of sines" $ c_sinsum 10000 >>= close 1839.3433860883
    , testCase "from an unbound thread" $ do
        result <- newEmptyMVar
        _ <- forkIO (c_sinsum 10000 >>= putMVar result)
        takeMVar result >>= close 1839.3433860883
    , testCase "from a bound thread" $ do
        result <- newEmptyMVar
        _ <- forkOS (c_sinsum 10000 >>= putMVar result)
        takeMVar result >>= close 1839.3433860883
    , testCase "from a thread that GHC never saw" $
        c_from_pthread >>= close (sum [sin (fromIntegral i * 0.001) | i <- [0 .. 999 :: Int]])
    , testCase "matrix product" $ do
        let n = 48 :: Int
            a = [fromIntegral (i `mod` 7) | i <- [0 .. n * n - 1]]
            b = [fromIntegral (i `mod` 5) | i <- [0 .. n * n - 1]]
            at m i j = m !! (i * n + j) :: Double
        c <- withArray (map realToFrac a) $ \pa -> withArray (map realToFrac b) $ \pb ->
          allocaArray (n * n) $ \pc -> c_dgemm (fromIntegral n) pa pb pc >> peekArray (n * n) pc
        forM_ [(0, 0), (3, 40), (47, 47), (20, 1)] $ \(i, j) ->
          close (sum [at a i k * at b k j | k <- [0 .. n - 1]]) (c !! (i * n + j))
    , testCase "dynamic loop" $ c_dynamic 5000 >>= (@?= 12502500)
    , testCase "tasks" $ c_tasks 18 >>= (@?= 2584)
    , testCase "the team size follows the capabilities" $ do
        before <- getNumCapabilities
        asked <- maxThreads
        asked @?= before
        setDynamic False
        forM_ [1, 2, 3, before] $ \n -> do
          setNumCapabilities n
          c_default_threads >>= (@?= fromIntegral n)
        setDynamic True
    , testCase "num_threads is obeyed when adjustment is off" $ do
        setDynamic False
        forM_ [1, 2, 3, 8, 16, 2] $ \n -> c_threads n >>= (@?= n)
        setDynamic True
    ]
