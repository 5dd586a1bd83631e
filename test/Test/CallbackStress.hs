{-# LANGUAGE RankNTypes #-}

-- | Closures in kernels while other threads build structures and collect.
--
-- Each closure keeps a map and checks it, so a lost or overwritten object shows there
-- or ends the program. A blocked thread that kept its capability shows as a hang.
module Test.CallbackStress (stress) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, forever, replicateM_, unless, when)
import Data.IORef
import qualified Data.Map.Strict as Map
import Data.Word (Word64)
import Foreign.C.Types (CInt (..), CLong (..))
import Foreign.Ptr (FunPtr)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Callback (Callback)
import Control.Parallel.OpenMP.Query (wtime)

import Test.Load (below, builder, changeCapabilities, next)

foreign import ccall safe "kernel_everything"
  c_everything :: FunPtr (Int -> IO Int) -> CLong -> CInt -> IO CLong
foreign import ccall safe "kernel_tree" c_tree :: FunPtr (Int -> IO Int) -> CInt -> IO CLong
foreign import ccall safe "kernel_alone" c_alone :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall "&kernel_alone"
  p_alone :: FunPtr (FunPtr (Int -> IO Int) -> CLong -> IO CLong)
foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_two"
  c_two :: FunPtr (Int -> IO Int) -> FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- | The stress, with the number of runs of each part.
stress :: Int -> TestTree
stress runs =
  testGroup
    "under load"
    [ part "safe" (load forkIO (caller withCallback) nothing)
    , part "dense" (load forkIO (caller withCallbackDense) nothing)
    , part "bound threads" (load forkOS (caller withCallback) nothing)
    , part "capabilities that come and go" $ do
        capabilities <- getNumCapabilities
        load forkIO (caller withCallback) (changeCapabilities capabilities 7) `finally` setNumCapabilities capabilities
    , part "exceptions and timeouts, safe" (load forkIO (thrower withCallback) nothing)
    , part "exceptions and timeouts, dense" (load forkIO (thrower withCallbackDense) nothing)
    ]
  where
    part name = testCase name . replicateM_ runs
    nothing = forever (threadDelay 1000000)

-- | 'withCallback' or 'withCallbackDense'.
type With = forall f a. Callback f => f -> (FunPtr f -> IO a) -> IO a

-- | Three threads that call kernels, two that build structures, and a disturber.
load :: (IO () -> IO ThreadId) -> (Word64 -> IO ()) -> IO () -> IO ()
load fork act disturber = do
  end <- (+ 0.2) <$> wtime
  let until' seed = do
        act seed
        now <- wtime
        when (now < end) (until' (next seed))
      jobs = [until' 11, until' 12, until' 13, builder end 14, builder end 15]
  ends <- forM jobs $ \job -> do
    done <- newEmptyMVar
    _ <- fork (try job >>= putMVar done)
    pure done
  other <- forkIO disturber
  results <- mapM takeMVar ends
  killThread other
  forM_ results $ either (\e -> throwIO (e :: SomeException)) pure

-- | Kernels whose closures keep a map of their arguments.
caller :: With -> Word64 -> IO ()
caller with seed = do
  asked <- newIORef (Map.empty :: Map.Map Int Int)
  let threads = 1 + below 4 seed
      n = 1 + below 60 (next seed)
      remember x = do
        before <- atomicModifyIORef' asked (\m -> (Map.insertWith (+) (x `mod` 64) 1 m, m))
        unless (Map.valid before) (assertFailure "a closure's map is wrong")
        evaluate (x + length (show (Map.foldl' (+) 0 before)) - length (show (sum (Map.elems before))))
  r <- with remember (\f -> c_everything f (fromIntegral n) (fromIntegral threads))
  r @?= fromIntegral (4 * n + 3 + threads)
  counts <- readIORef asked
  -- Two calls per ordered iteration, and one per other iteration and for each of the
  -- rest.
  sum (Map.elems counts) @?= 6 * n + threads + 2
  here <- with remember (\f -> (+) <$> served p_alone f (fromIntegral n) <*> c_alone f (fromIntegral n))
  here @?= fromIntegral (n * (n - 1))
  let depth = below 7 seed
  leaves <- with remember (`c_tree` fromIntegral depth)
  leaves @?= 2 ^ depth
  zero <- with remember (\f -> with pure (\g -> c_two f g (fromIntegral (100 * n))))
  zero @?= 0

-- | Kernels that end early.
thrower :: With -> Word64 -> IO ()
thrower with seed = do
  let unlucky = below 100 seed
  r <- try (with (\i -> if i == unlucky then throwIO (Unlucky i) else evaluate (i + length (show i))) (`c_mixed` 100))
  either id (\n -> Unlucky (fromIntegral n)) r @?= Unlucky unlucky
  s <- try (with (\i -> if i == unlucky then throwIO (Unlucky i) else evaluate (i + length (show i))) (\f -> served p_alone f 100))
  either id (\n -> Unlucky (fromIntegral n)) s @?= Unlucky unlucky
  _ <- timeout (below 3000 (next (next seed))) (with (\i -> evaluate (product [1 .. i `mod` 40])) (\f -> served p_alone f 3000))
  _ <- timeout (below 3000 (next seed)) (with (\i -> evaluate (product [1 .. i `mod` 40])) (`c_mixed` 3000))
  sound <- with pure (`c_mixed` 101)
  sound @?= 3 * 5050

newtype Unlucky = Unlucky Int deriving (Eq, Show)

instance Exception Unlucky
