{-# LANGUAGE ScopedTypeVariables #-}

-- | Exceptions out of bodies, and into callers.
module Test.Exceptions (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, forever, replicateM_, void, when)
import Data.IORef
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic, wtime)

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

seconds :: IO a -> IO (Double, a)
seconds act = do
  start <- wtime
  r <- act
  end <- wtime
  pure (end - start, r)

-- | Checks that the action ends with this result in less than half a second. One of
-- three attempts is enough, because the machine may be busy with other things.
soon :: (Eq a, Show a) => a -> IO a -> Assertion
soon expected act = go (3 :: Int) []
  where
    go 0 times = assertFailure ("seconds: " ++ show times)
    go n times = do
      (t, r) <- seconds act
      r @?= expected
      if t < 0.5 then pure () else go (n - 1) (t : times)

-- | The next region works as before.
healthy :: IO ()
healthy = do
  n <- newIORef (0 :: Int)
  parallelFor defaults (Range 0 100) $ \_ -> atomicModifyIORef' n (\k -> (k + 1, ()))
  readIORef n >>= (@?= 100)

-- | Bound callers run their own share of a region. The shares of other callers are
-- in-calls.
tests :: TestTree
tests =
  testGroup
    "exceptions"
    [ testGroup "unbound callers" (suite id forkIO)
    , testGroup "bound callers" (suite runInBoundThread forkOS)
    ]

suite :: (IO () -> IO ()) -> (IO () -> IO ThreadId) -> [TestTree]
suite caller fork =
    [ from "the body's exception arrives, as itself, 1000 times" $ do
        forM_ [1 .. 1000] $ \k -> do
          r <- try (parallelFor (Options (Dynamic 7) (Just 3)) (Range 0 200) $ \i ->
                 when (i == 137) (throwIO (Boom k)))
          r @?= Left (Boom k)
        healthy
    , from "after an exception no new chunk starts" $ do
        ran <- newIORef (0 :: Int)
        r <- try (parallelFor (Options (Dynamic 1) Nothing) (Range 0 1000000) $ \i -> do
               atomicModifyIORef' ran (\k -> (k + 1, ()))
               when (i == 10) (throwIO (Boom 10)))
        r @?= Left (Boom 10)
        n <- readIORef ran
        assertBool ("ran " ++ show n) (n < 1000000)
        healthy
    , from "a pure error in a reduction arrives" $ do
        r <- try (parallelReduce defaults (Range 0 1000) (+) 0 $ \i ->
               if i == 500 then evaluate (1 `div` (i - 500)) else pure i)
        r @?= Left DivideByZero
        healthy
    , from "an exception of an inner region passes through the outer" $ do
        r <- try (parallel defaults $ \_ ->
               parallelFor defaults (Range 0 10) $ \i -> when (i == 3) (throwIO (Boom 3)))
        r @?= Left (Boom 3)
        healthy
    , from "every thread throws; one exception arrives" $ do
        r <- try (parallel defaults {numThreads = Just 4} (throwIO . Boom))
        case r of
          Left (Boom n) -> assertBool (show n) (n >= 0 && n < 4)
          Right () -> assertFailure "nothing was thrown"
        healthy
    , from "timeout ends a long loop soon" $ do
        sink <- newIORef (0 :: Int)
        soon Nothing $ timeout 50000 $
          parallelFor defaults (Range 0 maxBound) $ \i -> writeIORef sink $! i
        healthy
    , from "timeout ends a loop that allocates" $ do
        soon Nothing $ timeout 50000 $
          parallelFor (Options (Guided 1) Nothing) (Range 0 maxBound) $ \i ->
            void (evaluate (length (show i)))
        healthy
    , from "timeout ends bodies that sleep" $ do
        soon Nothing $ timeout 50000 $ parallel defaults $ \_ -> threadDelay 20000000
        healthy
    , from "timeout reaches through nested regions" $ do
        soon Nothing $ timeout 50000 $ parallel defaults $ \_ ->
          parallelFor defaults (Range 0 maxBound) $ \i -> void (evaluate (i + 1))
        healthy
    , from "killThread ends a region" $ do
        running <- newEmptyMVar
        ended <- newEmptyMVar
        victim <- fork $
          (parallel defaults $ \_ -> do
             void (tryPutMVar running ())
             forever (threadDelay 1000000))
            `catch` (\(e :: AsyncException) -> putMVar ended e)
        takeMVar running
        (t, ()) <- seconds (killThread victim)
        takeMVar ended >>= (@?= ThreadKilled)
        assertBool (show t) (t < 0.5)
        healthy
    , from "of many regions at once, those that are killed end and the others go on" $ do
        callers <- forM [1 .. 40 :: Int] $ \k -> do
          go <- newEmptyMVar
          ended <- newEmptyMVar
          running <- newEmptyMVar
          victim <- fork $ do
            r <- try (parallel defaults {numThreads = Just 1} $ \_ -> putMVar running () >> takeMVar go)
            putMVar ended (either (\e -> Just (e :: AsyncException)) (const Nothing) r)
          takeMVar running
          pure (k, go, ended, victim)
        -- Short regions start and end on top of them.
        forM_ [1 .. 100 :: Int] $ const healthy
        forM_ callers $ \(k, _, _, victim) -> when (odd k) (killThread victim)
        forM_ callers $ \(k, go, ended, _) -> do
          when (even k) (putMVar go ())
          r <- timeout 10000000 (takeMVar ended)
          r @?= Just (if odd k then Just ThreadKilled else Nothing)
    , from "a masked caller is not interrupted" $ do
        done <- newIORef False
        r <- timeout 20000 $ mask_ $ do
          parallel defaults $ \_ -> threadDelay 100000
          writeIORef done True
        ran <- readIORef done
        (r, ran) @?= (Nothing, True)
        healthy
    , from "a region stopped for an exception that was withdrawn does not end as if complete" $ do
        ended <- newEmptyMVar
        running <- newEmptyMVar
        setDynamic False
        victim <- fork $ do
          r <- try (parallel defaults {numThreads = Just 2} $ \num -> when (num == 1) $
                 uninterruptibleMask_ (putMVar running () >> threadDelay 300000))
          putMVar ended (either (\(e :: SomeException) -> show e) (const "complete") r)
        takeMVar running
        -- The caller's own share is over by then.
        threadDelay 30000
        -- The monitor sees it, and it is withdrawn before the body can end.
        thrown <- timeout 100000 (throwTo victim (Boom 1))
        r <- timeout 10000000 (takeMVar ended)
        setDynamic True
        (thrown, r) @?= (Nothing, Just "the OpenMP region was stopped")
        healthy
    , from "timeouts that do not expire change nothing" $
        forM_ [1 .. 200 :: Int] $ \_ -> do
          r <- timeout 10000000 (parallelReduce defaults (Range 0 100) (+) 0 pure)
          r @?= Just 4950
    , from "killThread ends the others when the caller's share is over, and before" $
        forM_ [True, False] $ \early -> do
          ended <- newEmptyMVar
          interrupted <- newIORef (0 :: Int)
          running <- newEmptyMVar
          setDynamic False
          victim <- fork $ do
            r <- try . parallel defaults {numThreads = Just 3} $ \num ->
              if num == 0 && not early
                then pure ()
                else (putMVar running () >> threadDelay 20000000)
                  `onException` atomicModifyIORef' interrupted (\k -> (k + 1, ()))
            putMVar ended (either (\e -> Just (e :: AsyncException)) (const Nothing) r)
          replicateM_ (if early then 3 else 2) (takeMVar running)
          setDynamic True
          (t, ()) <- seconds (killThread victim)
          takeMVar ended >>= (@?= Just ThreadKilled)
          assertBool (show t) (t < 5)
          readIORef interrupted >>= (@?= if early then 3 else 2)
          healthy
    , from "the caller's own failure stops the others' loops" $ do
        r <- try (parallelFor (Options Static (Just 2)) (Range 0 maxBound) $ \i ->
               when (i == 0) (threadDelay 1000 >> throwIO (Boom 0)))
        r @?= Left (Boom 0)
        healthy
    ]
  where
    from name = testCase name . caller
