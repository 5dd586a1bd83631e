{-# LANGUAGE RankNTypes #-}

-- | Bodies, tasks and closures run in the masking state that they were given in.
module Test.Masking (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, unless, void, when)
import Data.IORef
import qualified Data.Vector as V
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Callback (Callback)
import Control.Parallel.OpenMP.Query (setDynamic)
import Control.Parallel.OpenMP.Task
import qualified Control.Parallel.OpenMP.Vector as P

foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_alone" c_alone :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall safe "kernel_two"
  c_two :: FunPtr (Int -> IO Int) -> FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- | Puts an action into a masking state.
states :: [(MaskingState, IO () -> IO ())]
states = [(Unmasked, id), (MaskedInterruptible, mask_), (MaskedUninterruptible, uninterruptibleMask_)]

-- | Notes the masking states in which the callback is called, while the action runs
-- with that callback. Expects only the given state.
noting :: String -> (IO () -> IO ()) -> Assertion
noting what run = forM_ states $ \(expected, enter) ->
  forM_ [("unbound", id), ("bound", runInBoundThread)] $ \(name, by) -> do
    seen <- newIORef []
    by . enter $ do
      before <- getMaskingState
      run $ getMaskingState >>= \s -> atomicModifyIORef' seen (\others -> (s : others, ()))
      after <- getMaskingState
      (before, after) @?= (expected, expected)
    all' <- readIORef seen
    assertBool (what ++ ", " ++ name ++ ", " ++ show expected ++ ": " ++ show all') $
      not (null all') && all (== expected) all'

-- | On 1, 2 and 4 capabilities, in teams of as many threads and of more.
everywhere :: (Options -> Assertion) -> Assertion
everywhere act = do
  before <- getNumCapabilities
  setDynamic False
  forM_ [1, 2, 4] (\n -> setNumCapabilities n >> forM_ [1, 2, 4] (\m -> act defaults {numThreads = Just m}))
    `finally` (setNumCapabilities before >> setDynamic True)

-- | 'withCallback' or 'withCallbackDense'.
type With = forall f a. Callback f => f -> (FunPtr f -> IO a) -> IO a

tests :: TestTree
tests =
  testGroup
    "masking states"
    [ testCase "parallel" . everywhere $ \o -> noting "parallel" (parallel o . const)
    , testCase "loops" . everywhere $ \o -> do
        noting "parallelFor" (parallelFor o {schedule = Dynamic 1} (Range 0 20) . const)
        noting "parallelForChunks" (\note -> parallelForChunks o (Range 0 20) (\_ _ -> note))
        noting "parallelReduce" (\note -> void (parallelReduce o (Range 0 20) (+) 0 (<$ note)))
    , testCase "vectors" . everywhere $ \o -> do
        noting "mapM" (\note -> void (P.mapM o (<$ note) (V.enumFromN (0 :: Int) 20)))
        noting "iforM_" (\note -> P.iforM_ o (V.enumFromN (0 :: Int) 20) (\_ _ -> note))
    , testCase "regions in regions" . everywhere $ \o ->
        noting "parallel" (\note -> parallel o (\_ -> parallel o (const note)))
    , testCase "tasks" . everywhere $ \o ->
        noting "tasks" $ \note -> tasks o $ do
          note
          group . forM_ [1 .. 10 :: Int] $ \_ -> spawn $ do
            note
            mapM (const (spawn note)) [1 .. 10 :: Int] >>= mapM_ wait
            note
    , testCase "a task has the state of the thread that spawns it" . everywhere $ \o -> do
        seen <- newIORef []
        tasks o $ do
          a <- forM [1 .. 100 :: Int] $ \_ -> mask_ (spawn getMaskingState)
          b <- forM [1 .. 100 :: Int] $ \_ -> spawn getMaskingState
          c <- forM [1 .. 100 :: Int] $ \_ -> uninterruptibleMask_ (spawn getMaskingState)
          forM [b, c, a] (mapM wait) >>= writeIORef seen
          getMaskingState >>= (@?= Unmasked)
        readIORef seen >>= (@?= map (replicate 100) [Unmasked, MaskedUninterruptible, MaskedInterruptible])
    , testCase "closures" $ callbacks withCallback
    , testCase "dense closures" $ callbacks withCallbackDense
    , testCase "timeout does not interrupt masked bodies, and arrives after the mask" $
        forM_ [id, runInBoundThread] $ \by -> forM_ [1, 4] $ \threads -> do
          ended <- newIORef (0 :: Int)
          let count = atomicModifyIORef' ended (\n -> (n + 1, ()))
          -- Even where they block.
          r <- by . timeout 20000 $ do
            mask_ . parallelFor defaults {numThreads = Just threads} (Range 0 4) $ \_ ->
              threadDelay 30000 >> count
            count
          n <- readIORef ended
          (r, n) @?= (Nothing, 4)
    , testCase "timeout does not interrupt closures whose pointer was made under a mask" $
        forM_ [id, runInBoundThread] $ \by -> do
          ended <- newIORef (0 :: Int)
          r <- by . timeout 20000 . mask_ $ do
            s <- withCallback (\i -> threadDelay 1000 >> atomicModifyIORef' ended (\n -> (n + 1, i))) (`c_mixed` 50)
            s @?= 3 * 1225
          n <- readIORef ended
          (r, n) @?= (Nothing, 150)
    , testCase "an exception to a thread of a masked body waits for the body" $ do
        arrived <- newIORef False
        thread <- newEmptyMVar
        r <- try . mask_ $ parallel defaults {numThreads = Just 1} $ \_ -> do
          me <- myThreadId
          _ <- forkIO (throwTo me Overflow >> putMVar thread ())
          -- Nothing here can be interrupted.
          let spin = do
                n <- evaluate (length [1 .. 100000 :: Int])
                when (n > 0) yield
          forM_ [1 .. 20 :: Int] (const spin)
          writeIORef arrived True
          -- This can be interrupted.
          takeMVar thread
        ran <- readIORef arrived
        (r, ran) @?= (Left Overflow, True)
    ]
  where
    callbacks :: With -> Assertion
    callbacks with = everywhere $ \o -> do
      noting "in regions" (\note -> void (with (<$ note) (`c_mixed` 20)))
      noting "outside" (\note -> void (with (<$ note) (`c_alone` 20)))
      noting "in bodies" (\note -> parallel o (\_ -> void (with (<$ note) (`c_mixed` 5))))
      -- Two pointers in turn, one of them made under a mask.
      seen <- newIORef (0 :: Int)
      let expecting state i = do
            now <- getMaskingState
            unless (now == state) (atomicModifyIORef' seen (\n -> (n + 1, ())))
            pure i
      with (expecting Unmasked) $ \f ->
        mask_ . with (expecting MaskedInterruptible) $ \g -> void (c_two f g 1000)
      readIORef seen >>= (@?= 0)
