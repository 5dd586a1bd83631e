-- | Children of forkProcess can use the library, whatever the parent does.
module Test.Forks (beBusy, forked, stress) where

import Control.Concurrent
import Control.Exception (ArithException (..), bracket, throwIO, try)
import Control.Monad (forM, forM_, forever, replicateM, replicateM_, unless)
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)
import System.Exit (ExitCode (..))
import System.Posix.Process (ProcessStatus (..), exitImmediately, forkProcess, getProcessStatus)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit (assertFailure, testCase)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Batch (batchRepeat)
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)

foreign import ccall "&kernel_alone"
  p_alone :: FunPtr (FunPtr (Int -> IO Int) -> CLong -> IO CLong)
foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall "&batch_tick" p_tick :: FunPtr (IO ())

-- | Closures, a reduction, a task, a batch, an exception and a timeout.
inChild :: IO ExitCode
inChild = do
  answers <- withCallback pure (`c_mixed` 101)
  alone <- withCallback pure (\f -> served p_alone f 101)
  total <- parallelReduce defaults (Range 0 1000) (+) 0 pure
  six <- tasks defaults (spawn (pure 6) >>= wait)
  batchRepeat 100 p_tick
  thrown <- try (parallelFor defaults (Range 0 10) (const (throwIO Overflow)))
  late <- timeout 20000 (parallel defaults (\_ -> threadDelay 10000000))
  let right = answers == 3 * 5050 && alone == 5050 && total == 499500 && six == (6 :: Int) && thrown == Left Overflow && late == Nothing
  pure (if right then ExitSuccess else ExitFailure 3)

-- | Forks a child, and returns how it ended. The child flushes no handle, because a
-- thread of the parent may have held the handle's lock at the fork.
forked :: IO (Maybe ProcessStatus)
forked = forkProcess (inChild >>= exitImmediately) >>= getProcessStatus True False

-- | Starts threads that run kernels and loops without pause.
beBusy :: IO [ThreadId]
beBusy = do
  kernels <- replicateM 2 (busy (withCallback pure (`c_mixed` 100)))
  loops <- busy (parallelFor defaults (Range 0 100) (const (pure ())))
  pure (loops : kernels)
  where
    -- Unmasked, so that it can be killed.
    busy work = forkIOWithUnmask (\unmask -> forever (unmask work))

-- | Twenty times as many forks; and busy threads that are killed, at once or a little
-- later, one after the other or all at the same time.
stress :: Int -> TestTree
stress runs =
  testGroup
    "forks"
    [ testCase "busy kernels and loops are killed" . forM_ [1 .. 2 * runs] $ \n -> do
        busy <- beBusy
        threadDelay (n * n * 37 `mod` 5000)
        dead <- timeout 60000000 $
          if even n
            then mapM_ killThread busy
            else do
              killed <- forM busy $ \thread -> do
                done <- newEmptyMVar
                _ <- forkIO (killThread thread >> putMVar done ())
                pure done
              mapM_ takeMVar killed
        unless (dead == Just ()) (assertFailure ("run " ++ show n ++ ": a killed thread goes on"))
    , testCase "beside busy kernels and loops" (busily forks)
    , testCase "in a body, beside busy kernels and loops" . busily $
        parallelFor defaults (Range 0 16) (\i -> unless (i /= 7) forks)
    ]
  where
    busily = bracket beBusy (mapM_ killThread) . const
    forks = replicateM_ (10 * runs) $ do
      end <- forked
      unless (end == Just (Exited ExitSuccess)) (assertFailure ("a child ended with " ++ show end))
