-- | Counts of what has been done, and their reports.
module Test.Progress (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM_, when)
import Data.IORef
import System.IO
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Progress
import Control.Parallel.OpenMP.Task (group, spawn, tasks)
import Test.Generators

tests :: TestTree
tests =
  testGroup
    "progress"
    [ testProperty "the count is exact at the end" $ \bound (AnyOptions o) (Span from to) ->
        ioProperty . by bound . full $ do
          p <- newProgress
          parallelFor o (Range from to) (counted p (\_ -> pure ()))
          a <- progressDone p
          parallelForChunks o (Range from to) (\i j -> advance p (j - i))
          b <- progressDone p
          pure ((a, b) === (to - from, 2 * (to - from)))
    , testCase "in tasks, in forked threads and in more capabilities than at first" $ full $ do
        p <- newProgress
        tasks defaults {numThreads = Just 3} (group (forM_ [1 .. 1000 :: Int] (\_ -> spawn (advance p 1))))
        done <- newEmptyMVar
        was <- getNumCapabilities
        (`finally` setNumCapabilities was) $ do
          setNumCapabilities 40
          forM_ [0 .. 39] $ \c -> forkOn c (advance p 25 >> putMVar done ())
          forM_ [0 .. 39 :: Int] (const (takeMVar done))
        progressDone p >>= (@?= 2000)
    , testCase "another thread sees it grow" $ full $ do
        seen <- newIORef []
        -- The loop waits until a report has come from its middle.
        let report k = modifyIORef' seen (k :)
            body i = when (i == 50) waitForReport
            waitForReport = readIORef seen >>= \ks -> when (null (filter (> 0) ks)) (threadDelay 1000 >> waitForReport)
        r <- timeout 20000000 $ withProgress 1000 report $ \p ->
          parallelFor defaults {schedule = Dynamic 1} (Range 0 100) (counted p body)
        r @?= Just ()
        ks <- readIORef seen
        take 1 ks @?= [100]
        assertBool (show ks) (and (zipWith (>=) ks (drop 1 ks)))
    , testCase "exceptions of the action, of the report, and of others" $ do
        r <- try (withProgress 60000000 (const (throwIO (Boom 1))) (\p -> advance p 1 >> throwIO (Boom 2)))
        r @?= (Left (Boom 2) :: Either Boom ())
        ran <- newIORef False
        s <- try (withProgress 1 (const (throwIO (Boom 3))) (\_ -> threadDelay 50000 >> writeIORef ran True))
        s @?= Left (Boom 3)
        readIORef ran >>= (@?= True)
        soon Nothing (timeout 20000 (withProgress 1000 (const (pure ())) (\_ -> threadDelay 20000000)))
        -- A report that hangs is left.
        soon (Just ()) (timeout 10000000 (withProgress 1 (\k -> when (k == 0) (threadDelay 20000000)) (\p -> threadDelay 20000 >> advance p 1)))
    , testCase "the action runs in the caller's masking state, and no report runs afterwards" $ do
        forM_ [id, mask_, uninterruptibleMask_] $ \masked -> masked $ do
          mine <- getMaskingState
          withProgress 1000000 (const (pure ())) (const getMaskingState) >>= (@?= mine)
        count <- newIORef (0 :: Int)
        withProgress 1 (\_ -> modifyIORef' count (+ 1)) (\_ -> threadDelay 5000)
        before <- readIORef count
        threadDelay 5000
        readIORef count >>= (@?= before)
    , testCase "bad intervals, and a report to a file" $ do
        forM_ [0, -1] $ \n -> do
          r <- try (withProgress n (const (pure ())) (const (pure ())))
          either inFunction (const "accepted") r @?= "withProgress"
        withFile "/dev/null" WriteMode $ \h -> do
          hSetBuffering h NoBuffering
          forM_ [0, 5, 10] (percentTo h "label" 10)
    ]
