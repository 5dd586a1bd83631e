-- | Tests that need a process of their own.
module Test.Child (tests, play, child) where

import Control.Concurrent
import Control.Exception (bracket_, evaluate)
import Control.Monad (forM_, forever, replicateM, replicateM_, void)
import Data.IORef
import Data.List (isPrefixOf, isSuffixOf)
import Data.Maybe (fromMaybe)
import Foreign.C.Types
import Foreign.Ptr (FunPtr)
import System.Environment (getEnvironment, getExecutablePath)
import System.Exit
import System.IO
import System.Posix.Process (ProcessStatus (..), forkProcess, getProcessID, getProcessStatus)
import System.Process
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)
import Control.Parallel.OpenMP.Team (barrier, team, teamCombine)

import Test.Forks (beBusy, forked)
import Test.Kernels (c_default_threads, c_promised, c_sinsum, c_sleep, c_threads)
import Test.Private (isPrivateOn)
import qualified Test.Soak

foreign import ccall safe "kernel_deep" c_deep :: CLong -> IO CLong
foreign import ccall safe "kernel_for_ever" c_forEver :: FunPtr (Int -> IO Int) -> IO ()
foreign import ccall "wrapper" c_wrap :: (Int -> IO Int) -> IO (FunPtr (Int -> IO Int))
foreign import ccall "&kernel_alone"
  p_alone :: FunPtr (FunPtr (Int -> IO Int) -> CLong -> IO CLong)
foreign import ccall safe "kernel_mixed" c_mixed :: FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- Imported in the wrong way: unsafe.
foreign import ccall unsafe "kernel_mixed" c_mixedUnsafe :: FunPtr (Int -> IO Int) -> CLong -> IO CLong
foreign import ccall unsafe "kernel_alone" c_aloneUnsafe :: FunPtr (Int -> IO Int) -> CLong -> IO CLong

-- | The action of a child process.
play :: String -> IO ()
play name = case name of
  "threads" -> maxThreads >>= print
  "regions" -> print =<< parallelReduce defaults (Range 0 1000) (+) 0 pure
  "schedule" -> runSchedule >>= print
  "crowd" -> crowd
  "fork" -> forks
  -- The process uses OpenMP for the first time beside the fork.
  "fork-first" -> do
    _ <- forkIO (forever (withCallback pure (`c_mixed` 10)))
    forked >>= print
  "fork-inside" -> forksInside
  "fork-busy" -> forksBusy
  "promised" -> promised
  "soak" -> Test.Soak.soak 4 >>= putStr . fromMaybe "flat\n"
  "ended" -> ended
  "exit-parked" -> do
    void (c_sinsum 1000)
    parallelFor defaults (Range 0 100) (const (pure ()))
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-kernel" -> do
    void (forkIO (c_sleep 100000))
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-bodies" -> do
    void (forkIO (parallel defaults (\_ -> forever (threadDelay 1000))))
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-busy-bodies" -> do
    void . forkIO . parallelFor (Options (Dynamic 1) Nothing) (Range 0 maxBound) $ \i ->
      if length (show i) > 100 then print i else pure ()
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-callbacks" -> do
    void (forkIO (withCallback (\i -> threadDelay 1000 >> pure (i :: Int)) (\f -> void (c_mixed f 100000))))
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-dense-callbacks" -> do
    void (forkIO (withCallbackDense (\i -> threadDelay 1000 >> pure (i :: Int)) (\f -> void (c_mixed f 100000))))
    threadDelay 100000
    exitWith (ExitFailure 7)
  "exit-in-served" -> do
    void (forkIO (withCallback (\i -> threadDelay 1000 >> pure (i :: Int)) (\f -> void (served p_alone f 100000))))
    void (forkIO (withCallbackDense pure (\f -> void (served p_alone f 1000000000))))
    threadDelay 100000
    exitWith (ExitFailure 7)
  -- A thread that C created calls one of GHC's stubs, and one of ours, until the end.
  "exit-beside-c" -> do
    stub <- c_wrap pure
    c_forEver stub
    delay
    exitWith (ExitFailure 7)
  "exit-beside-c-callbacks" -> do
    called <- newEmptyMVar
    _ <- forkIO $ withCallback (\i -> (i :: Int) <$ tryPutMVar called ()) $ \f ->
      c_forEver f >> forever (threadDelay 1000000)
    takeMVar called
    delay
    exitWith (ExitFailure 7)
  -- Some 20 MB of C frames below a closure.
  "deep" -> do
    let f i = if i == 0 then fromIntegral <$> c_deep 5000 else pure 0
    safe <- withCallback f (`c_mixed` 10)
    dense <- withCallbackDense f (`c_mixed` 10)
    print (safe, dense)
  "unsafe" -> withCallback pure (`c_mixedUnsafe` 100) >>= print
  "unsafe-dense" -> withCallbackDense pure (`c_mixedUnsafe` 100) >>= print
  "unsafe-alone" -> withCallback pure (`c_aloneUnsafe` 100) >>= print
  "unsafe-unbound" -> do
    done <- newEmptyMVar
    _ <- forkIO (withCallback pure (`c_mixedUnsafe` 100) >>= putMVar done)
    takeMVar done >>= print
  -- A closure that calls C, which calls the closure.
  "unsafe-inside" -> do
    self <- newEmptyMVar
    let f i = if i < 5 then pure i else readMVar self >>= \p -> fromIntegral <$> c_aloneUnsafe p 5
    withCallback f (\p -> putMVar self p >> c_mixed p 10) >>= print
  "exit-in-a-body" -> parallel defaults (\num -> if num == 0 then exitWith (ExitFailure 7) else pure ())
  _ -> exitWith (ExitFailure 99)
  where
    -- They take some time, so that the end can come in any of their states.
    delay = getProcessID >>= \process -> threadDelay (fromIntegral process `mod` 10 * 1000)

-- | 64 Haskell threads start 200 regions each, with Haskell bodies and in C.
-- Prints whether all teams were right, and by how much the number of OS threads
-- exceeded that of the capabilities and the callers that were inside at once.
crowd :: IO ()
crowd = do
  capabilities <- getNumCapabilities
  inside <- newIORef (0 :: Int, 0)
  let enter = atomicModifyIORef' inside (\(now, most) -> ((now + 1, max most (now + 1)), ()))
      leave = atomicModifyIORef' inside (\(now, most) -> ((now - 1, most), ()))
      region :: Int -> IO Bool
      region k
        | even k = (`elem` [1 .. fromIntegral (max 2 capabilities)]) <$> bracket_ enter leave (c_threads 2)
        | otherwise = (== 4950) <$> bracket_ enter leave (parallelReduce defaults (Range 0 100) (+) 0 pure)
  dones <- replicateM 64 $ do
    done <- newEmptyMVar
    done <$ forkIO (mapM region [1 .. 200] >>= putMVar done . and)
  let watch most = do
        now <- osThreads
        left <- or <$> mapM isEmptyMVar dones
        if left then threadDelay 1000 >> watch (max most now) else pure (max most now)
  threads <- watch 0
  right <- and <$> mapM takeMVar dones
  (_, callers) <- readIORef inside
  print (right, max 0 (threads - capabilities - callers - 4))

-- | Kernels beside threads that compute on all capabilities, where nothing sets
-- dyn-var. Prints whether teams are smaller then, whether a kernel that asked for its
-- size before it began gets that size, and whether other teams are small after that.
promised :: IO ()
promised = do
  capabilities <- getNumCapabilities
  mapM_ (\n -> forkOn n (compute 1)) [0 .. capabilities - 1]
  -- In a program's first 100 ms no capability counts as busy.
  threadDelay 150000
  let full = fromIntegral capabilities
      small = (>= 15) . length . filter (< full) <$> replicateM 20 (inBound c_default_threads)
  before <- small
  told <- replicateM 10 (inBound (replicateM 2 c_promised))
  asked <- maxThreads
  after' <- small
  print (before, all (== full) (concat told), asked == capabilities, after')
  where
    -- A new OS thread each time.
    inBound :: IO a -> IO a
    inBound action = do
      answer <- newEmptyMVar
      _ <- forkOS (action >>= putMVar answer)
      takeMVar answer
    compute :: Integer -> IO ()
    compute n = evaluate (length (show (n ^ (50 :: Int)))) >> compute (n + 1)

-- | Children of forkProcess, after regions ran here, open regions with full
-- teams. Prints how they ended. (A process of its own, because a child's exit
-- waits for the lock of stdout, which the test reporter may hold at the fork.)
forks :: IO ()
forks = do
  void (c_sinsum 1000)
  parallelFor defaults (Range 0 100) (const (pure ()))
  void (withCallback pure (`c_mixed` 101))
  void inTeam
  ends <- replicateM 5 $ do
    process <- forkProcess $ do
      setDynamic False
      teams <- mapM (\n -> (== n) <$> c_threads n) [1, 2, 4, 3]
      total <- parallelReduce defaults (Range 0 1000) (+) 0 pure
      answers <- withCallback pure (`c_mixed` 101)
      late <- timeout 20000 (parallel defaults (\_ -> threadDelay 10000000))
      members <- inTeam
      exitWith (if and teams && members == [3, 3, 3] && total == 499500 && answers == 3 * 5050 && late == Nothing then ExitSuccess else ExitFailure 3)
    getProcessStatus True False process
  after' <- c_threads 2
  print (ends == replicate 5 (Just (Exited ExitSuccess)), after' >= 1)
  where
    inTeam = team defaults {numThreads = Just 3} (\t -> barrier t >> teamCombine t (+) (1 :: Int))

-- | forkProcess in a body, in a task, and in closures that C calls.
forksInside :: IO ()
forksInside = do
  parallelFor defaults (Range 0 16) (\i -> if i == 7 then printForked else pure ())
  tasks defaults (spawn printForked >>= wait)
  let f i = (i :: Int) <$ if i == 7 then printForked else pure ()
  void (withCallback f (`c_mixed` 100))
  void (withCallbackDense f (`c_mixed` 100))
  void (withCallback f (\p -> served p_alone p 100))
  void (withCallbackDense f (\p -> served p_alone p 100))

-- | forkProcess beside threads that run kernels and loops without pause.
forksBusy :: IO ()
forksBusy = beBusy >> replicateM_ 5 printForked

-- | Prints how a child ended, and flushes, so that the next child inherits no output.
printForked :: IO ()
printForked = do
  end <- forked
  print (end == Just (Exited ExitSuccess))
  hFlush stdout

-- | Bound threads that use OpenMP in one way or another, and end. Prints whether
-- the memory of the process stays flat.
ended :: IO ()
ended = do
  let live :: Int -> IO ()
      live k = case k `mod` 4 of
        0 -> parallelFor defaults {numThreads = Just 1} (Range 0 3) (const (pure ()))
        1 -> parallelFor defaults (Range 0 3) (const (pure ()))
        2 -> void (c_threads 2)
        _ -> void (withCallback pure (`c_mixed` 10))
      generation k = do
        done <- newEmptyMVar
        _ <- forkOS (live k >> putMVar done ())
        takeMVar done
  mapM_ generation [1 .. 400]
  before <- status "VmRSS:"
  mapM_ generation [1 .. 2000]
  after' <- status "VmRSS:"
  print (if after' - before < 4096 then 0 else after' - before)

-- | OS threads of this process.
osThreads :: IO Int
osThreads = status "Threads:"

-- | A number from the status of this process.
status :: String -> IO Int
status what = do
  text <- readFile "/proc/self/status"
  pure (sum [read n | (name : n : _) <- map words (lines text), name == what])

-- | Exit code, stdout, stderr of a child.
child :: [(String, String)] -> [String] -> String -> IO (ExitCode, String, String)
child settings rts name = do
  self <- getExecutablePath
  inherited <- filter (not . isOpenMP . fst) <$> getEnvironment
  let process =
        (proc self (["--child", name] ++ ["+RTS"] ++ rts ++ ["-RTS"])) {env = Just (settings ++ inherited)}
  -- A long time, because on a machine where other programs want the processors too,
  -- GHC's parallel collector takes seconds instead of milliseconds.
  result <- timeout 120000000 (readCreateProcessWithExitCode process "")
  maybe (hPutStrLn stderr "hung" >> assertFailure ("the child " ++ name ++ " hangs")) pure result
  where
    isOpenMP variable = any (`isPrefixOf` variable) ["OMP_", "GOMP_", "GHCOMP_"]

exits :: String -> TestTree
exits name = testCase name $
  mapM_ (\n -> child [] [n] name >>= (@?= (ExitFailure 7, "", ""))) ["-N1", "-N2", "-N4"]

tests :: TestTree
tests =
  testGroup
    "processes"
    [ testCase "OMP_NUM_THREADS" $
        child [("OMP_NUM_THREADS", "3")] ["-N2"] "threads" >>= (@?= (ExitSuccess, "3\n", ""))
    , testCase "bound threads that end leave nothing behind" $
        child [] ["-N2"] "ended" >>= (@?= (ExitSuccess, "0\n", ""))
    , testCase "without OMP_NUM_THREADS, the capabilities" $
        child [] ["-N4"] "threads" >>= (@?= (ExitSuccess, "4\n", ""))
    , testCase "OMP_SCHEDULE" $
        child [("OMP_SCHEDULE", "guided,4")] [] "schedule" >>= (@?= (ExitSuccess, "Guided 4\n", ""))
    , testCase "a bad value is reported once, and the default holds" $ do
        (code, out, err) <- child [("OMP_NUM_THREADS", "many")] ["-N2"] "threads"
        (code, out) @?= (ExitSuccess, "2\n")
        err
          @?= "libgomp: Invalid value for environment variable OMP_NUM_THREADS: \"many\" is not \
              \a list of positive integers; using the default team size\n"
    , testCase "waiting passively" $
        child [("OMP_WAIT_POLICY", "passive")] ["-N4"] "regions" >>= (@?= (ExitSuccess, "499500\n", ""))
    , testCase "waiting actively" $
        child [("OMP_WAIT_POLICY", "active"), ("OMP_NUM_THREADS", "4")] ["-N2"] "regions"
          >>= (@?= (ExitSuccess, "499500\n", ""))
    , testCase "64 Haskell threads share the pool" $
        mapM_ (\n -> child [] [n] "crowd" >>= (@?= (ExitSuccess, "(True,0)\n", ""))) ["-N1", "-N2", "-N4"]
    , testCase "a kernel that asked omp_get_max_threads gets as many" $ do
        -- Without the private side all capabilities count as idle: no team is small.
        private <- isPrivateOn
        let wanted = show (private, True, True, private) ++ "\n"
        mapM_ (\n -> child [] [n] "promised" >>= (@?= (ExitSuccess, wanted, ""))) ["-N2", "-N4"]
    , testCase "the children of forkProcess have full teams" $
        mapM_ (\n -> child [] [n] "fork" >>= (@?= (ExitSuccess, "(True,True)\n", ""))) ["-N1", "-N2", "-N4"]
    , testCase "memory and threads do not grow (Test.Soak)" $
        child [] ["-N2"] "soak" >>= (@?= (ExitSuccess, "flat\n", ""))
    , testCase "forkProcess beside the first region" $
        replicateM_ 10 (child [] ["-N2"] "fork-first" >>= (@?= (ExitSuccess, "Just (Exited ExitSuccess)\n", "")))
    , testCase "forkProcess in bodies, tasks and closures" $
        forM_ ["-N1", "-N2", "-N4"] $ \n ->
          -- Each kind of loop of the kernel may call the closure with 7.
          child [] [n] "fork-inside" >>= \(code, out, err) -> do
            (code, err) @?= (ExitSuccess, "")
            let ends = lines out
            assertBool out (length ends >= 4 && all (== "True") ends)
    , testCase "forkProcess beside busy kernels and loops" $
        forM_ ["-N1", "-N2", "-N4"] $ \n ->
          child [] [n] "fork-busy" >>= (@?= (ExitSuccess, unlines (replicate 5 "True"), ""))
    , testGroup
        "exit is clean"
        ( map
            exits
            [ "exit-parked"
            , "exit-in-kernel"
            , "exit-in-bodies"
            , "exit-in-busy-bodies"
            , "exit-in-a-body"
            , "exit-in-callbacks"
            , "exit-in-dense-callbacks"
            , "exit-in-served"
            ]
        )
    , testCaseInfo "a kernel that calls closures and is imported as unsafe ends with a message" $ do
        private <- isPrivateOn
        if private
          then do
            forM_ ["unsafe", "unsafe-dense", "unsafe-alone", "unsafe-unbound", "unsafe-inside"] $ \name ->
              forM_ ["-N1", "-N2", "-N4"] $ \n -> do
                (code, out, err) <- child [] [n] name
                (code, out) @?= (ExitFailure 1, "")
                let said = "ghcomp: a closure was called by a C function that is imported as 'unsafe': \
                      \write 'foreign import ccall safe' where it is imported\n"
                -- Several threads may print the message.
                assertBool err (said `isSuffixOf` err)
            pure ""
          else pure "not checked: without the private side nothing tells it, and the program may hang"
    , testCase "exit is clean beside a thread of C that calls Haskell" $
        forM_ ["exit-beside-c", "exit-beside-c-callbacks"] $ \name ->
          forM_ ["-N1", "-N2", "-N3", "-N4"] $ \n -> replicateM_ 5 $ do
            (code, _, _) <- child [] [n] name
            code @?= ExitFailure 7
    , testCase "a closure's stack is as large as OMP_STACKSIZE says" $
        child [("OMP_STACKSIZE", "64M")] ["-N2"] "deep" >>= (@?= (ExitSuccess, "(0,0)\n", ""))
    , testCase "a closure that overflows its stack ends with a message" $ do
        (code, _, err) <- child [("OMP_STACKSIZE", "1M")] ["-N2"] "deep"
        (code, err)
          @?= ( ExitFailure (-11)
              , "ghcomp: a closure that C called, or what it called, ran over the end of its stack; \
                \set OMP_STACKSIZE higher\n"
              )
    ]
