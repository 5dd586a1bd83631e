-- | C kernels with pragmas, called from Haskell.
module Test.Kernels
  ( tests
  , c_sinsum
  , c_threads
  , c_sleep
  , osThreads
  ) where

import Control.Concurrent
import Control.Monad (forM, forM_, replicateM_)
import Foreign.C.Types
import Foreign.Marshal.Array
import Foreign.Ptr (Ptr)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP.Query

foreign import ccall safe "kernel_sinsum" c_sinsum :: CLong -> IO CDouble
foreign import ccall safe "kernel_dgemm"
  c_dgemm :: CLong -> Ptr CDouble -> Ptr CDouble -> Ptr CDouble -> IO ()
foreign import ccall safe "kernel_dynamic" c_dynamic :: CLong -> IO CLong
foreign import ccall safe "kernel_tasks" c_tasks :: CInt -> IO CLong
foreign import ccall safe "kernel_threads" c_threads :: CInt -> IO CInt
foreign import ccall safe "kernel_default_threads" c_default_threads :: IO CInt
foreign import ccall safe "kernel_sleep" c_sleep :: CInt -> IO ()
foreign import ccall safe "kernel_from_pthread" c_from_pthread :: IO CDouble

-- | OS threads of this process.
osThreads :: IO Int
osThreads = do
  status <- readFile "/proc/self/status"
  pure (head [read n | ["Threads:", n] <- map words (lines status)])

close :: Double -> CDouble -> Assertion
close expected got =
  assertBool (show got) (abs (realToFrac got - expected) <= 1e-9 * abs expected)

tests :: TestTree
tests =
  testGroup
    "kernels"
    [ testCase "sum of sines" $ c_sinsum 10000 >>= close 1839.3433860883
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
        forM_ [1, 2, 3, before] $ \n -> do
          setNumCapabilities n
          c_default_threads >>= (@?= fromIntegral n)
    , testCase "num_threads is obeyed when adjustment is off" $ do
        setDynamic False
        forM_ [1, 2, 3, 8, 16, 2] $ \n -> c_threads n >>= (@?= n)
        setDynamic True
    , testCase "many Haskell threads share the pool" $ do
        capabilities <- getNumCapabilities
        dones <- forM [1 .. 64 :: Int] $ \_ -> do
          done <- newEmptyMVar
          _ <- forkIO $ do
            counts <- forM [1 .. 200 :: Int] (const (c_threads 2))
            putMVar done (all (`elem` [1, 2]) counts)
          pure done
        most <- watch 0 dones
        -- Callers inside C are OS threads of GHC's; 64 at most are there at
        -- once. The pool adds the capabilities' share, however many call.
        assertBool ("OS threads: " ++ show most) (most <= capabilities + 64 + 4)
        ok <- mapM takeMVar dones
        and ok @?= True
    , testCase "sixty-four callers add no workers" $ do
        replicateM_ 3 (c_threads 2)
        before <- osThreads
        dones <- forM [1 .. 64 :: Int] $ \_ -> do
          done <- newEmptyMVar
          _ <- forkIO (c_sinsum 1000 >> c_sinsum 1000 >> putMVar done ())
          pure done
        mapM_ takeMVar dones
        after <- osThreads
        -- GHC keeps some OS threads of its own for calls.
        assertBool (show (before, after)) (after <= before + 64)
    ]
  where
    watch most dones = do
      now <- osThreads
      left <- filter id <$> mapM isEmptyMVar dones
      let most' = max most now
      if null left then pure most' else threadDelay 1000 >> watch most' dones
