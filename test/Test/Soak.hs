{-# LANGUAGE ScopedTypeVariables #-}

-- | A long-lived program: threads start and end, processes fork, and regions, tasks and
-- closures end, throw and time out. After a warm-up, its resident memory and its number
-- of OS threads must not grow.
module Test.Soak (soak) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, replicateM_, unless, when)
import Data.IORef
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)
import System.Exit (ExitCode (..))
import System.Mem (performMajorGC)
import System.Posix.Process (ProcessStatus (..), exitImmediately, forkProcess, getProcessStatus)
import System.Timeout (timeout)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (wtime)
import Control.Parallel.OpenMP.Task (group, spawn, tasks, wait)

foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- | Resident kilobytes and OS threads, after a collection.
measure :: IO [Int]
measure = do
  performMajorGC
  status <- readFile "/proc/self/status"
  let of' name = sum [read n | (key : n : _) <- map words (lines status), key == name]
      found = [of' "VmRSS:", of' "Threads:"]
  sum found `seq` pure found

quantities :: [String]
quantities = ["resident memory (kB)", "OS threads"]

-- | The growth that still counts as flat.
slack :: [Int]
slack = [4096, 8]

activities :: [(String, Int -> IO ())]
activities =
  [ ("regions", regions)
  , ("tasks", someTasks)
  , ("closures in kernels", closures)
  , ("exceptions", exceptions)
  , ("timeouts", timeouts)
  , ("threads", threads)
  , ("forks", forks)
  ]

regions :: Int -> IO ()
regions n = do
  let options = defaults {numThreads = Just (1 + n `mod` 4)}
  forM_ [Static, StaticChunk 2, Dynamic 3, Guided 1] $ \kind -> do
    total <- parallelReduce options {schedule = kind} (Range 0 1000) (+) 0 pure
    expect "a sum" (total == 499500)

someTasks :: Int -> IO ()
someTasks n = do
  let fib :: Int -> IO Int
      fib k
        | k < 2 = pure k
        | otherwise = do
            task <- spawn (fib (k - 1))
            y <- fib (k - 2)
            x <- wait task
            evaluate (x + y)
  result <- tasks defaults (fib (8 + n `mod` 4))
  expect "fib" (result == [21, 34, 55, 89] !! (n `mod` 4))
  count <- newIORef (0 :: Int)
  tasks defaults (group (replicateM_ 100 (spawn (atomicModifyIORef' count (\c -> (c + 1, ()))))))
  readIORef count >>= expect "a group" . (== 100)

closures :: Int -> IO ()
closures _ = do
  answer <- withCallback pure (`c_mixed` 101)
  dense <- withCallbackDense pure (`c_mixed` 101)
  expect "closures" (answer == 3 * 5050 && dense == answer)

exceptions :: Int -> IO ()
exceptions n = do
  failed <- try (parallelFor defaults (Range 0 100) (\i -> when (i == n `mod` 100) (throwIO Overflow)))
  expect "a body's exception" (failed == Left Overflow)
  inTask <- try (tasks defaults (spawn (throwIO Underflow) >>= wait))
  expect "a task's exception" (inTask == (Left Underflow :: Either ArithException ()))
  inClosure <- try (withCallback (\i -> if i == 7 then throwIO DivideByZero else pure i) (`c_mixed` 101))
  expect "a closure's exception" (inClosure == Left DivideByZero)

timeouts :: Int -> IO ()
timeouts _ = do
  late <- timeout 2000 (parallel defaults (\_ -> threadDelay 100000000))
  expect "a timeout" (late == Nothing)
  lateTask <- timeout 2000 (tasks defaults (spawn (threadDelay 100000000) >>= wait))
  expect "a task's timeout" (lateTask == Nothing)

threads :: Int -> IO ()
threads n = do
  dones <- forM [forkOS, forkIO, forkOS, forkOS] $ \fork -> do
    done <- newEmptyMVar
    _ <- fork (try (regions n) >>= putMVar done)
    pure done
  forM_ dones $ \done -> takeMVar done >>= either (\e -> throwIO (e :: SomeException)) pure

forks :: Int -> IO ()
forks n = when (n `mod` 3 == 0) $ do
  child <- forkProcess $ do
    ended <- try (regions 2)
    exitImmediately (either (\(_ :: SomeException) -> ExitFailure 1) (const ExitSuccess) ended)
  end <- getProcessStatus True False child
  expect ("a child: " ++ show end) (end == Just (Exited ExitSuccess))

expect :: String -> Bool -> IO ()
expect what right = unless right (throwIO (userError (what ++ " is wrong")))

-- | Runs for so many seconds. Returns what grew, if anything did.
soak :: Double -> IO (Maybe String)
soak seconds = do
  start <- wtime
  let -- A third of the time, and a few rounds even on a slow machine: the maximum of
      -- each quantity, and what each activity added.
      third :: Double -> Int -> [Int] -> [[Int]] -> Int -> IO ([Int], [[Int]])
      third end n most added rounds = do
        seen <- forM activities $ \(_, act) -> do
          before <- measure
          act n
          after' <- measure
          pure (after', zipWith (-) after' before)
        let most' = foldr (zipWith max . fst) most seen
            added' = zipWith (zipWith (+)) added (map snd seen)
        now <- sum (concat added') `seq` sum most' `seq` wtime
        if now > end && rounds >= 10
          then pure (most', added')
          else third end (n + 1) most' added' (rounds + 1)
      none = map (const 0) quantities
      nothing = map (const none) activities
  _ <- third (start + seconds / 3) 0 none nothing 0
  (before, _) <- third (start + seconds * 2 / 3) 0 none nothing 0
  (after', added) <- third (start + seconds) 0 none nothing 0
  let grown =
        [ unlines $
            (what ++ " grew from " ++ show b ++ " to " ++ show a ++ "; by activity:")
              : ["  " ++ show (amounts !! at) ++ " " ++ name | ((name, _), amounts) <- zip activities added]
        | (at, what, b, a, s) <- zip5' [0 ..] quantities before after' slack
        , a > b + s
        ]
  pure (if null grown then Nothing else Just (concat grown))
  where
    zip5' (a : as) (b : bs) (c : cs) (d : ds) (e : es) = (a, b, c, d, e) : zip5' as bs cs ds es
    zip5' _ _ _ _ _ = []
