-- | Regions beside the rest of GHC: collections, capabilities, other threads.
module Test.Neighbours (tests) where

import Control.Concurrent
import Control.Exception (bracket, evaluate, finally)
import Control.Monad (forM, replicateM, replicateM_, unless)
import Data.IORef
import System.Mem (performMajorGC)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Prim
import Control.Parallel.OpenMP.Query

import Test.Kernels (c_default_threads, c_sleep)
import Test.Private (isPrivateOn)

tests :: TestTree
tests =
  testGroup
    "neighbours"
    [ testCase "a collection does not wait for workers in C" $ do
        done <- newEmptyMVar
        _ <- forkOS (c_sleep 1000 >> putMVar done ())
        threadDelay 50000
        start <- wtime
        replicateM_ 10 performMajorGC
        end <- wtime
        stillThere <- isEmptyMVar done
        takeMVar done
        assertBool "the kernel ended first" stillThere
        assertBool (show (end - start)) (end - start < 0.9)
    , testCase "OpenMP thread i calls in on capability i" $ do
        n <- getNumCapabilities
        pairs <- newIORef []
        replicateM_ 50 $
          parallel defaults {numThreads = Just n} $ \num -> do
            capability <- capabilityNumber
            size <- teamSize
            atomicModifyIORef' pairs (\l -> ([(num, capability) | size == n] ++ l, ()))
        got <- readIORef pairs
        -- GHC may move a thread after its in-call, so this does not always hold.
        let right = length (filter (uncurry (==)) got)
        assertBool (show (right, length got)) (right * 10 >= length got * 8)
    , testCase "dynamic adjustment leaves busy capabilities alone" $ do
        n <- getNumCapabilities
        private <- isPrivateOn
        let full = fromIntegral n
        bracket dynamic setDynamic $ \_ -> do
          setDynamic True
          -- A thread from before may still run.
          idle <- timeout 20000000 (untilM ((== full) <$> c_default_threads))
          idle @?= Just ()
          (adjusted, fixed) <- besideBusy n $ do
            adjusted <- replicateM 100 c_default_threads
            setDynamic False
            fixed <- replicateM 20 c_default_threads
            pure (adjusted, fixed)
          -- Also while a capability moves from one OS thread to another. Without the
          -- private side all capabilities count as idle.
          if private
            then assertBool (show adjusted) (n == 1 || length (filter (< full) adjusted) >= 95)
            else adjusted @?= replicate 100 full
          fixed @?= replicate 20 full
          setDynamic True
          again <- timeout 20000000 (untilM ((== full) <$> c_default_threads))
          again @?= Just ()
    , testCase "prim numbers" $ do
        n <- getNumCapabilities
        capabilityCount >>= (@?= n)
        c <- capabilityNumber
        assertBool (show c) (c >= 0 && c < n)
        ompThreadNumber >>= (@?= 0)
        parallel defaults {numThreads = Just 2} $ \num -> ompThreadNumber >>= (@?= num)
    , testCase "Haskell bodies from many Haskell threads at once" $ do
        dones <- replicateM 16 $ do
          done <- newEmptyMVar
          _ <- forkIO $ do
            sums <- replicateM 50 (parallelReduce defaults (Range 0 500) (+) 0 pure)
            putMVar done (all (== 124750) sums)
          pure done
        oks <- mapM takeMVar dones
        and oks @?= True
    , testCase "bodies under collections" $ do
        stop <- newIORef False
        collector <- newEmptyMVar
        let collect = do
              performMajorGC
              end <- readIORef stop
              if end then putMVar collector () else collect
        _ <- forkIO collect
        replicateM_ 50 $ do
          r <- parallelFoldMap (Options (Dynamic 5) Nothing) (Range 0 200) (\i -> pure [i])
          r @?= [0 .. 199]
        writeIORef stop True
        takeMVar collector
    , testCase "bodies that block on other Haskell threads" $ do
        channel <- newChan
        answers <- newChan
        server <- forkIO $ mapM_ (\x -> writeChan answers (x * 2 :: Int)) =<< getChanContents channel
        total <- newIORef 0
        r <- timeout 40000000 $ parallelFor (Options (Dynamic 1) Nothing) (Range 0 50) $ \i -> do
          writeChan channel i
          x <- readChan answers
          atomicModifyIORef' total (\t -> (t + x, ()))
        killThread server
        r @?= Just ()
        readIORef total >>= (@?= 2450)
    ]

-- | Waits until the condition holds, with pauses.
untilM :: IO Bool -> IO ()
untilM ask = do
  yes <- ask
  unless yes (threadDelay 1000 >> untilM ask)

-- | Runs the action while each capability has a thread that computes.
besideBusy :: Int -> IO a -> IO a
besideBusy capabilities act = do
  stop <- newIORef False
  ended <- forM [0 .. capabilities - 1] $ \capability -> do
    done <- newEmptyMVar
    _ <- forkOn capability (compute stop 1 `finally` putMVar done ())
    pure done
  threadDelay 20000
  act `finally` (writeIORef stop True >> mapM_ takeMVar ended)
  where
    -- It allocates, so GHC can take turns.
    compute :: IORef Bool -> Integer -> IO ()
    compute stop n = do
      stopped <- evaluate (length (show (n ^ (50 :: Int)))) >> readIORef stop
      unless stopped (compute stop (n + 1))
