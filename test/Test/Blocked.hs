{-# LANGUAGE RankNTypes #-}

-- | GHC throws an exception to a body, task or closure that is blocked for ever, as
-- to a forked thread. The test runs in a child process, in which nothing else happens.
module Test.Blocked (tests, play) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM_, unless, void, when)
import Data.IORef
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)
import Foreign.StablePtr (freeStablePtr, newStablePtr)
import GHC.Conc (atomically, newTVarIO, readTVar, retry)
import System.Exit (ExitCode (..))
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic)
import Control.Parallel.OpenMP.Task

import Test.Child (child)

foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_alone" c_alone :: FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- | Ways to block for ever, and the exception that is expected then.
onMVar, onSTM :: IO Bool
onMVar = do
  variable <- newEmptyMVar
  r <- try (takeMVar variable)
  pure (either (\BlockedIndefinitelyOnMVar -> True) (\() -> False) r)
onSTM = do
  variable <- newTVarIO False
  r <- try (atomically (readTVar variable >>= \full -> unless full retry))
  pure (either (\BlockedIndefinitelyOnSTM -> True) (\() -> False) r)

-- | Ways to run the action at least once, perhaps on several threads.
places :: [(String, IO () -> IO ())]
places =
  [ ("forkIO", forked)
  , ("parallel", \act -> parallel two (const act))
  , ("parallelFor", \act -> parallelFor two (Range 0 2) (const act))
  , ("parallelFor, one thread", \act -> parallelFor one (Range 0 2) (const act))
  , ("parallelReduce", \act -> void (parallelReduce two (Range 0 2) (+) 0 (\i -> i <$ act)))
  , ("a caller that is not bound", \act -> forked (parallelFor two (Range 0 2) (const act)))
  , ("one body of two", \act -> parallel two (\num -> when (num == 1) act))
  , ("tasks", tasks two)
  , ("tasks, one thread", \act -> tasks one (spawn act >>= wait))
  , ("two tasks", \act -> tasks two (mapM (const (spawn act)) "ab" >>= mapM_ wait))
  , ("a group", \act -> tasks two (group (void (spawn act))))
  , ("withCallback", \act -> void (withCallback (act `before`) (`c_mixed` 1)))
  , ("withCallbackDense", \act -> void (withCallbackDense (act `before`) (`c_mixed` 1)))
  , ("withCallback, no region", \act -> void (withCallback (act `before`) (`c_alone` 1)))
  , ("the action of withCallback", \act -> withCallback (pure :: Int -> IO Int) (const act))
  ]
  where
    one = defaults {numThreads = Just 1}
    two = defaults {numThreads = Just 2}
    before act i = i <$ act

-- | Runs the action in a thread of its own, and waits for it, but not for ever.
forked :: IO () -> IO ()
forked act = do
  done <- newEmptyMVar
  bracket (newStablePtr done) freeStablePtr $ \_ ->
    forkIO (act >> putMVar done ()) >> takeMVar done

play :: String -> Maybe (IO ())
play "blocked" = Just $ do
  setDynamic False
  forM_ places $ \(place, run) -> forM_ [onMVar, onSTM] $ \blocks -> do
    seen <- newIORef []
    run (blocks >>= \right -> atomicModifyIORef' seen (\others -> (right : others, ())))
    all' <- readIORef seen
    unless (not (null all') && and all') (putStrLn (place ++ ": " ++ show all'))
  -- The variable belongs to the caller, which does not use it any more.
  variable <- newEmptyMVar
  r <- try (parallel defaults {numThreads = Just 2} (\_ -> takeMVar variable))
  either (\BlockedIndefinitelyOnMVar -> pure ()) (\() -> putStrLn "the caller's: filled") r
  -- A thread will still fill it, after GHC has looked.
  forM_ places $ \(place, run) -> do
    later <- newEmptyMVar
    _ <- forkIO (threadDelay 120000 >> putMVar later ())
    filled <- try (run (readMVar later))
    either (\BlockedIndefinitelyOnMVar -> putStrLn (place ++ ", filled later")) pure filled
  putStrLn "done"
play _ = Nothing

-- | With @-I0.05@ GHC looks for blocked threads after a twentieth of a second without
-- activity.
tests :: TestTree
tests =
  testGroup "blocked for ever" $
    [ testCase n $ child [] [n, "-I0.05"] "blocked" >>= (@?= (ExitSuccess, "done\n", ""))
    | n <- ["-N1", "-N2", "-N4"]
    ]
