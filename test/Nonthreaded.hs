-- | With the non-threaded RTS, C regions run in parallel. Haskell bodies run on a
-- team of one, and a message says so once.
module Main (main) where

import Control.Concurrent (newEmptyMVar, takeMVar, threadDelay)
import Control.Exception (BlockedIndefinitelyOnMVar (..), try)
import Control.Monad (unless)
import Data.IORef
import Data.List (isSuffixOf)
import Foreign.C.Types
import Foreign.Ptr (FunPtr)
import System.Exit (exitFailure)
import System.Timeout (timeout)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Batch (batchCall, runBatch)
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)

foreign import ccall safe "kernel_threads" c_threads :: CInt -> IO CInt
foreign import ccall safe "kernel_sinsum" c_sinsum :: CLong -> IO CDouble
foreign import ccall safe "kernel_alone" c_alone :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall "&kernel_alone"
  p_alone :: FunPtr (FunPtr (Int -> IO Int) -> CLong -> IO CLong)
foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall "&labs" p_labs :: FunPtr (CLong -> IO CLong)

check :: String -> Bool -> IO ()
check what ok = unless ok (putStrLn ("wrong: " ++ what) >> exitFailure)

main :: IO ()
main = do
  n <- c_threads 2
  check "a C region has two threads" (n == 2)
  s <- c_sinsum 10000
  check "a C region's sum" (abs (s - 1839.343386) < 1e-5)
  sizes <- newIORef []
  parallel defaults {numThreads = Just 4} (\num -> modifyIORef sizes (num :))
  nums <- readIORef sizes
  check "a Haskell body runs on one thread" (nums == [0])
  t <- parallelReduce defaults (Range 0 1001) (+) 0 pure
  check "a Haskell reduction" (t == 500500)
  answer <- withCallback pure (`c_alone` 101)
  check "a closure called on this thread" (answer == 5050)
  here <- withCallback pure (\f -> served p_alone f 101)
  dense <- withCallbackDense pure (\f -> served p_alone f 101)
  check "a closure in a call by served" (here == 5050 && dense == 5050)
  refused <- try (withCallback pure (`c_mixed` 1000))
  check "a closure called from a second thread" $
    either (\e -> "link the program with -threaded" `isSuffixOf` show (e :: InvalidArgument)) (== 1498500) refused
  absolutes <- runBatch (traverse (batchCall p_labs) [-1, 2, -3])
  check "a batch" (absolutes == [1, 2, 3])
  ends <- newIORef []
  let blocked = newEmptyMVar >>= takeMVar :: IO ()
  parallelFor defaults (Range 0 2) (\_ -> try blocked >>= \end -> modifyIORef ends (end :))
  tasks defaults (spawn (try blocked >>= \end -> modifyIORef ends (end :)) >>= wait)
  told <- readIORef ends
  check "what is blocked for ever is told so" $
    map (either (\BlockedIndefinitelyOnMVar -> True) (\() -> False)) told == replicate 3 True
  late <- timeout 100000 (parallel defaults (\_ -> threadDelay 10000000))
  check "timeout interrupts a body" (late == Nothing)
  putStrLn "10 passed, 0 failed"
