-- | The trace in the eventlog. A child process runs with @-l@, and the test searches
-- its file for the texts of the events.
module Test.Trace (tests, play) where

import Control.Exception (bracket)
import Control.Monad (forM_, unless, void)
import qualified Data.ByteString.Char8 as B
import Data.Char (isDigit)
import Data.List (isInfixOf)
import qualified Data.Map.Strict as Map
import Foreign.C.Types
import System.Directory (getTemporaryDirectory, removeFile)
import System.Exit
import System.IO
import System.Posix.Process (ProcessStatus (..), forkProcess, getProcessStatus)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query
import Control.Parallel.OpenMP.Trace

import Test.Child (child)
import Test.Kernels (c_sinsum, c_threads)
import Test.Private (isPrivateOn)

foreign import ccall safe "kernel_dynamic" c_dynamic :: CLong -> IO CLong
foreign import ccall safe "kernel_tasks" c_tasks :: CInt -> IO CLong
foreign import ccall safe "kernel_barrier_cost" c_barriers :: CLong -> IO CDouble
foreign import ccall unsafe "kernel_sinsum" c_sinsumUnsafe :: CLong -> IO CDouble

-- | The action of a child process, if the name is one of this module's.
play :: String -> Maybe (IO ())
play name = case name of
  "trace-all" -> Just $ do
    setDynamic False
    work
    writeLast
  "trace-at-the-end" -> Just (setDynamic False >> void (c_threads 2))
  "trace-unsafe" -> Just (void (c_sinsumUnsafe 1000) >> void (c_sinsum 1000) >> writeLast)
  "trace-with" -> Just $ do
    setDynamic False
    void (c_threads 2)
    kinds <- withTrace [Regions, Waits] (c_threads 3 >> traced)
    after' <- traced
    void (c_threads 5)
    print (kinds, after')
  "trace-twice" -> Just $ do
    setDynamic False
    forM_ [2, 3, 4] $ \n -> withTrace [Regions] (c_threads n)
  "trace-set" -> Just $ do
    setDynamic False
    setTrace [Tasks, Regions]
    kinds <- traced
    void (c_threads 2)
    flushTrace
    void (c_threads 3)
    setTrace []
    after' <- traced
    void (c_threads 5)
    print (kinds, after')
  "trace-fork" -> Just $ do
    work
    process <- forkProcess (work >> withTrace [minBound ..] work)
    status <- getProcessStatus True False process
    print (status == Just (Exited ExitSuccess))
  _ -> Nothing

-- | Writes a program's last events where its end cannot: without the private side.
writeLast :: IO ()
writeLast = isPrivateOn >>= \private -> unless private flushTrace

work :: IO ()
work = do
  void (c_sinsum 1000)
  void (c_dynamic 100)
  void (c_tasks 8)
  void (c_barriers 3)
  parallelFor defaults {numThreads = Just 2} (Range 0 100) (const (pure ()))

-- | An event: thread, time, text.
type Event = (Int, Integer, [String])

-- | The events in a file, in no order: each capability has a buffer, and the thread
-- that posts them may move from one to another. In an eventlog a zero follows a text.
events :: B.ByteString -> [Event]
events bytes = case B.breakSubstring (B.pack "omp ") bytes of
  (_, rest)
    | B.null rest -> []
    | otherwise ->
        let text = B.takeWhile (\c -> c >= ' ' && c <= '~') rest
            others = events (B.drop 4 rest)
         in case words (B.unpack text) of
              _ : thread : time : what
                | all isDigit (thread ++ time) -> (read thread, read time, what) : others
              _ -> others

-- | Runs a child with an eventlog: stdout, stderr, the events.
logged :: [(String, String)] -> [String] -> String -> IO (String, String, [Event])
logged settings rts name = bracket file removeFile $ \path -> do
  (code, out, err) <- child settings (("-ol" ++ path) : "-l" : rts) name
  assertEqual err ExitSuccess code
  bytes <- B.readFile path
  pure (out, err, events bytes)
  where
    file = do
      directory <- getTemporaryDirectory
      (path, handle) <- openBinaryTempFile directory "ghcomp.eventlog"
      path <$ hClose handle

count :: [String] -> [Event] -> Int
count start list = length [() | (_, _, what) <- list, take (length start) what == start]

-- | Each thread's regions, waits and tasks end as often as they begin.
balanced :: [Event] -> Assertion
balanced list = forM_ ["region", "wait", "task"] $ \what ->
  assertEqual what (perThread [what, "begin"]) (perThread [what, "end"])
  where
    perThread start =
      Map.fromListWith (+) [(thread, 1 :: Int) | (thread, _, what) <- list, take 2 what == start]

tests :: TestTree
tests =
  testGroup
    "trace"
    [ testCase "GHCOMP_TRACE=all" $ forM_ ["-N1", "-N2", "-N4"] $ \n -> do
        (_, err, list) <- logged [("GHCOMP_TRACE", "all")] [n] "trace-all"
        err @?= ""
        balanced list
        forM_ [["region", "begin", "1", "0"], ["loop", "begin", "dynamic"], ["task", "begin"], ["thread"]] $ \what ->
          assertBool (show (n, what)) (count what list > 0)
        -- The loop of parallelFor: the runtime deals out its iterations.
        assertBool n (count ["loop", "begin", "static", "100"] list > 0)
        -- The kernel of barriers has three for each thread; the other kernels have joins.
        assertBool n (n == "-N1" || count ["wait", "begin", "barrier"] list >= 6)
        assertBool n (n == "-N1" || count ["wait", "begin", "join"] list >= 4)
        assertBool n (n == "-N1" || count ["fork", "1"] list >= 4)
    , testCase "the last events of a program that ends at once" $ forM_ ["-N1", "-N2", "-N4"] $ \n -> do
        (_, _, list) <- logged [("GHCOMP_TRACE", "regions")] [n] "trace-at-the-end"
        private <- isPrivateOn
        let counts = (count ["region", "begin"] list, count ["region", "end"] list)
        -- Without the private side the last events may be lost.
        if private
          then counts @?= (2, 2)
          else assertBool (show counts) (fst counts <= 2 && snd counts <= fst counts)
    , testCase "from an unsafe call" $ forM_ ["-N1", "-N2"] $ \n -> do
        (_, err, list) <- logged [("GHCOMP_TRACE", "regions")] [n] "trace-unsafe"
        err @?= ""
        balanced list
        assertBool n (count ["region", "begin", "1", "0"] list == 2)
    , testCase "only the kinds asked for" $ do
        (_, _, list) <- logged [("GHCOMP_TRACE", " Loops ,tasks")] ["-N2"] "trace-all"
        assertBool "loops" (count ["loop", "begin"] list > 0)
        assertBool "tasks" (count ["task", "begin"] list > 0)
        forM_ ["region", "wait", "park", "fork"] $ \what -> count [what] list @?= 0
    , testCase "nothing unless asked" $
        forM_ [[], [("GHCOMP_TRACE", "none")]] $ \settings -> do
          (_, err, list) <- logged settings ["-N2"] "trace-all"
          (err, list) @?= ("", [])
    , testCase "a bad value is reported, and nothing is traced" $ do
        (_, err, list) <- logged [("GHCOMP_TRACE", "regions,everything")] ["-N2"] "trace-all"
        err
          @?= "libgomp: Invalid value for environment variable GHCOMP_TRACE: \"regions,everything\" is \
              \not none, all, or a list of regions, loops, tasks and waits; using none\n"
        list @?= []
    , testCase "a missing eventlog is reported once" $ do
        (code, _, err) <- child [("GHCOMP_TRACE", "all")] ["-N2"] "trace-all"
        code @?= ExitSuccess
        (length (lines err), "+RTS -l" `isInfixOf` err) @?= (1, True)
        (_, err', list) <- logged [("GHCOMP_TRACE", "all")] ["-N2", "-l-u"] "trace-all"
        (length (lines err'), list) @?= (1, [])
    , testCase "withTrace" $ forM_ ["-N1", "-N2", "-N4"] $ \n -> do
        (out, err, list) <- logged [] [n] "trace-with"
        (out, err) @?= ("([Regions,Waits],[])\n", "")
        count ["fork", "1", "3"] list @?= 1
        count ["fork"] list @?= 1
        count ["region", "begin"] list @?= 3
        balanced list
    , testCase "withTrace again and again" $ forM_ ["-N1", "-N4"] $ \n -> do
        (_, _, list) <- logged [] [n] "trace-twice"
        count ["region", "begin"] list @?= 9
    , testCase "setTrace on and off" $ forM_ ["-N1", "-N2", "-N4"] $ \n -> do
        (out, err, list) <- logged [] [n] "trace-set"
        (out, err) @?= ("([Regions,Tasks],[])\n", "")
        count ["region", "begin"] list @?= 5
        count ["wait"] list @?= 0
        balanced list
    , testCase "withTrace without an eventlog" $ do
        (code, out, err) <- child [] ["-N2"] "trace-with"
        (code, out, err) @?= (ExitSuccess, "([],[])\n", "")
    , testCase "in the child of forkProcess" $ forM_ ["-N1", "-N2"] $ \n -> do
        (out, _, _) <- logged [("GHCOMP_TRACE", "all")] [n] "trace-fork"
        out @?= "True\n"
    ]
