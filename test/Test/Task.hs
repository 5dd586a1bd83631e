-- | Haskell tasks.
module Test.Task (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, replicateM, replicateM_, unless, void, when)
import Data.IORef
import qualified Data.List as List
import System.Mem (performMajorGC)
import System.Mem.Weak (deRefWeak)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup, withResource)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (collect, total)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (dynamic, setDynamic, wtime)
import Control.Parallel.OpenMP.Task

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

teams :: [Int]
teams = [1, 2, 4, 8]

on :: Int -> IO a -> IO a
on n = tasks defaults {numThreads = Just n}

-- | The same check for each team size, with a time limit.
testTeams :: String -> (Int -> Assertion) -> TestTree
testTeams name check = testCase name $ forM_ teams $ \n -> do
  r <- timeout 60000000 (check n)
  when (r == Nothing) (assertFailure ("team of " ++ show n ++ ": hangs"))

fib :: Int -> IO Int
fib = fibWith pure

-- | Fibonacci numbers by tasks, with this work at the leaves.
fibWith :: (Int -> IO Int) -> Int -> IO Int
fibWith leaf n
  | n < 2 = leaf n
  | otherwise = do
      task <- spawn (fibWith leaf (n - 1))
      y <- fibWith leaf (n - 2)
      x <- wait task
      evaluate (x + y)

-- | Tasks that take longer than any test. The leaves work for some microseconds
-- without allocating. If they allocated, GHC's parallel collector would run all the time,
-- and on a busy machine other Haskell threads (such as that of 'timeout') would wait for
-- seconds.
endless :: IO Int
endless = fibWith (\n -> evaluate (countdown (10000 + n))) 60

countdown :: Int -> Int
countdown 0 = 0
countdown k = countdown (k - 1)
{-# NOINLINE countdown #-}

queens :: Int -> IO Int
queens n = do
  solutions <- newIORef 0
  let place row board
        | row == n = count solutions
        | otherwise = forM_ [q | q <- [1 .. n], safe board q] $ \q -> spawn (place (row + 1) (q : board))
      safe board q = and [q /= p && abs (q - p) /= d | (d, p) <- zip [1 ..] board]
  group (place 0 [])
  readIORef solutions

count :: IORef Int -> IO ()
count ref = atomicModifyIORef' ref (\k -> (k + 1, ()))

-- | The next region works as before.
healthy :: Int -> Assertion
healthy n = on n (fib 10) >>= (@?= 55)

-- | Nested groups and tasks.
data Tree = Tree Style Int [Tree]
  deriving (Show)

data Style = Called | Grouped | Waited | Spawned
  deriving (Show, Eq, Enum, Bounded)

instance Arbitrary Tree where
  arbitrary = sized tree
    where
      tree n = do
        children <- if n < 1 then pure 0 else choose (0, 5)
        Tree <$> arbitraryBoundedEnum <*> choose (0, 100) <*> replicateM children (tree (n `div` max 2 children))
  shrink (Tree style k children) = children ++ [Tree style k few | few <- shrink children]

total :: Tree -> Int
total (Tree _ k children) = k + sum (map total children)

-- | Adds all numbers; checks at the end of each group that its part is complete.
grow :: IORef Int -> Tree -> IO ()
grow grand tree@(Tree style k children) = case style of
  Called -> body grand
  Waited -> spawn (body grand) >>= wait
  Spawned -> void (spawn (body grand))
  Grouped -> do
    mine <- newIORef 0
    group (body mine)
    got <- readIORef mine
    unless (got == total tree) (throwIO (Boom got))
    atomicModifyIORef' grand (\t -> (t + got, ()))
  where
    body to = do
      atomicModifyIORef' to (\t -> (t + k, ()))
      mapM_ (grow to) children

-- | Task i waits for those earlier tasks that the i-th list picks.
depend :: [[Int]] -> IO Integer
depend picks = go (0 :: Int) [] picks
  where
    go _ earlier [] = sum <$> mapM wait earlier
    go i earlier (pick : rest) = do
      task <- spawn $ do
        below <- mapM wait (chosen i pick (reverse earlier))
        evaluate (List.foldl' (+) 1 below `mod` 1000003)
      go (i + 1) (task : earlier) rest

dependSequentially :: [[Int]] -> Integer
dependSequentially picks = sum (go (0 :: Int) [] picks)
  where
    go _ earlier [] = earlier
    go i earlier (pick : rest) =
      go (i + 1) (earlier ++ [List.foldl' (+) 1 (chosen i pick earlier) `mod` 1000003]) rest

chosen :: Int -> [Int] -> [a] -> [a]
chosen i pick earlier = [earlier !! (p `mod` i) | i > 0, p <- pick]

-- | Teams have the size asked for.
tests :: TestTree
tests = withResource (dynamic <* setDynamic False) setDynamic $ \_ ->
  testGroup
    "haskell tasks"
    [ testTeams "fib" $ \n -> on n (fib 18) >>= (@?= 2584)
    , testTeams "n-queens" $ \n -> on n (queens 7) >>= (@?= 40)
    , testTeams "results in order" $ \n -> do
        r <- on n (mapM (spawn . pure) [1 .. 1000 :: Int] >>= mapM wait)
        r @?= [1 .. 1000]
    , testTeams "100000 tasks without a wait" $ \n -> do
        ran <- newIORef 0
        on n (replicateM_ 100000 (spawn (count ran)))
        readIORef ran >>= (@?= 100000)
    , testTeams "a chain of 100000 tasks, each spawned by the one before" $ \n -> do
        ran <- newIORef 0
        let link :: Int -> IO ()
            link k = count ran >> when (k > 1) (void (spawn (link (k - 1))))
        on n (link 100000)
        readIORef ran >>= (@?= 100000)
    , testProperty "trees of tasks and groups" $ \tree -> ioProperty $ do
        sums <- forM teams $ \n -> do
          grand <- newIORef 0
          on n (grow grand tree)
          readIORef grand
        pure (sums === map (const (total tree)) teams)
    , testProperty "tasks that wait for any earlier ones" $
        forAll (listOf (choose (0, 3) >>= vector)) $ \picks -> ioProperty $ do
          sums <- mapM (\n -> timeout 20000000 (on n (depend (map (map abs) picks)))) teams
          pure (sums === map (const (Just (dependSequentially (map (map abs) picks)))) teams)
    , testTeams "tasks under collections that allocate" $ \n -> do
        stop <- newEmptyMVar
        let collect = threadDelay 500 >> performMajorGC >> tryTakeMVar stop >>= maybe collect pure
        collector <- newEmptyMVar
        _ <- forkIO (collect >> putMVar collector ())
        rs <- on n $ do
          parts <- forM [1 .. 300 :: Int] $ \k -> spawn $ do
            inner <- forM [1 .. 3] $ \j -> spawn (evaluate (length (show (product [1 .. toInteger (k + j)]))))
            sum <$> mapM wait inner
          mapM wait parts
        putMVar stop () >> takeMVar collector
        rs @?= [sum [length (show (product [1 .. toInteger (k + j)])) | j <- [1 .. 3]] | k <- [1 .. 300 :: Int]]
    , testTeams "loops inside tasks" $ \n -> do
        rs <- on n $ do
          parts <- forM [1 .. 50] $ \k -> spawn (parallelReduce defaults (Range 0 k) (+) 0 pure)
          mapM wait parts
        rs @?= [k * (k - 1) `div` 2 | k <- [1 .. 50]]
    , testTeams "tasks in the bodies of loops inside tasks, and regions in tasks" $ \n -> do
        r <- on n $ do
          a <- spawn (parallelReduce defaults (Range 0 20) (+) 0 (\i -> spawn (pure i) >>= wait))
          b <- spawn (on n (fib 10))
          (,) <$> wait a <*> wait b
        r @?= (190, 55)
    , testCase "outside of a region" $ do
        (spawn (pure 5) >>= wait) >>= (@?= (5 :: Int))
        group (fib 10) >>= (@?= 55)
        r <- try (spawn (throwIO (Boom 1)) :: IO (Task ()))
        either id (const (Boom 0)) r @?= Boom 1
    , testTeams "a task's result after its region" $ \n -> do
        (good, bad) <- on n $ do
          good <- spawn (pure 'g')
          bad <- spawn (try (throwIO (Boom 2)))
          pure (good, bad)
        wait good >>= (@?= 'g')
        wait bad >>= (@?= (Left (Boom 2) :: Either Boom ()))
    , testTeams "waiting from a forked thread" $ \n -> do
        r <- on n $ do
          slow <- spawn (threadDelay 20000 >> pure 7)
          got <- newEmptyMVar
          _ <- forkIO ((wait slow >>= spawn . pure >>= wait) >>= putMVar got)
          mapM_ wait =<< replicateM 10 (spawn (pure ()))
          pure got
        takeMVar r >>= (@?= (7 :: Int))
    , testTeams "many regions in succession" $ \n ->
        forM_ [1 .. 500] $ \k -> on n (spawn (pure k) >>= wait) >>= (@?= (k :: Int))
    , testTeams "regions from several Haskell threads at once" $ \n -> do
        dones <- replicateM 8 $ do
          ended <- newEmptyMVar
          ended <$ forkIO (replicateM 10 (on n (fib 12)) >>= putMVar ended . all (== 144))
        (and <$> mapM takeMVar dones) >>= (@?= True)
    , testGroup "exceptions" exceptions
    ]

exceptions :: [TestTree]
exceptions =
  [ testTeams "of the root action" $ \n -> do
      r <- try (on n (spawn (pure ()) >> throwIO (Boom 1)))
      r @?= (Left (Boom 1) :: Either Boom ())
      healthy n
  , testTeams "of a task, waited for or not, 200 times" $ \n -> do
      forM_ [1 .. 200] $ \k -> do
        r <- try . on n . forM_ [0 .. 100 :: Int] $ \i -> do
          t <- spawn (when (i == 50) (throwIO (Boom k)))
          when (even k) (wait t)
        r @?= Left (Boom k)
      healthy n
  , testTeams "of a task deep down" $ \n -> do
      let down :: Int -> IO Int
          down 0 = throwIO (Boom 3)
          down k = spawn (down (k - 1)) >>= wait
      r <- try (on n (down 1000))
      r @?= Left (Boom 3)
      healthy n
  , testTeams "of a group, handled outside of it" $ \n -> do
      r <- on n $ do
        bad <- try (group (mapM_ (\i -> spawn (when (i == 5) (throwIO (Boom i)))) [1 .. 100]))
        good <- fib 10
        pure (bad, good)
      r @?= (Left (Boom 5), 55)
  , testTeams "handled in the task" $ \n -> do
      r <- on n (spawn (try (throwIO (Boom 4))) >>= wait)
      r @?= (Left (Boom 4) :: Either Boom ())
  , testTeams "no task of the group starts after them" $ \n -> do
      ran <- newIORef 0
      r <- try . on n $ do
        _ <- spawn (throwIO (Boom 5)) >>= \t -> try (wait t) :: IO (Either Boom ())
        late <- spawn (count ran)
        wait late
      r @?= Left (Boom 5)
      readIORef ran >>= (@?= 0)
  , testTeams "a group ends after its tasks, whatever happens" $ \n -> do
      inside <- newIORef (0 :: Int)
      r <- try . on n $ do
        _ <- try (group (do
          replicateM_ 20 . spawn $
            bracket_ (count inside) (atomicModifyIORef' inside (\k -> (k - 1, ()))) (threadDelay 2000)
          throwIO (Boom 6))) :: IO (Either Boom ())
        readIORef inside
      r @?= (Right 0 :: Either Boom Int)
  , testTeams "timeout ends tasks that compute" $ \n -> do
      soon (timeout 50000 (on n endless)) >>= (@?= Nothing)
      healthy n
  , testTeams "timeout ends tasks that sleep" $ \n -> do
      soon (timeout 50000 (on n (replicateM_ 20 (spawn (threadDelay 20000000))))) >>= (@?= Nothing)
      healthy n
  , testTeams "timeout ends groups and waits" $ \n -> do
      soon (timeout 50000 (on n (do
        t <- spawn (group (replicateM_ 4 (spawn (threadDelay 20000000))))
        u <- spawn (wait t)
        wait u))) >>= (@?= Nothing)
      healthy n
  , testTeams "timeout at any moment" $ \n ->
      forM_ [1 .. 10] $ \k -> do
        r <- timeout (k * 500) (on n endless)
        r @?= Nothing
        healthy n
  , testTeams "killThread" $ \n -> do
      running <- newEmptyMVar
      ended <- newEmptyMVar
      victim <- forkIO $
        on n (spawn (putMVar running () >> threadDelay 20000000) >>= wait)
          `catch` \e -> putMVar ended (e :: AsyncException)
      takeMVar running
      killThread victim
      takeMVar ended >>= (@?= ThreadKilled)
      healthy n
  , testTeams "exceptions to a thread of the region at any moment" $ \n -> do
      caught <- struck n Boom
      assertBool (show caught) (either (const False) (> 0) caught)
      healthy n
  , testTeams "kills of a thread of the region at any moment" $ \n -> do
      -- A task that waits for a killed one is killed, too, and with it the region.
      caught <- struck n (const ThreadKilled)
      assertBool (show caught) (either (== ThreadKilled) (> 0) caught)
      healthy n
  , testTeams "a running task does not keep what it has used" $ \n -> do
      gone <- on n $ do
        ref <- newIORef 'x'
        weak <- mkWeakIORef ref (pure ())
        -- The creator may still be on its way out of 'spawn', so the task looks again.
        let looks = 1000 :: Int
            isGone 0 = pure False
            isGone k = do
              performMajorGC
              left <- deRefWeak weak
              maybe (pure True) (const (threadDelay 1000 >> isGone (k - 1))) left
        spawn (readIORef ref >> isGone looks) >>= wait
      gone @?= True
  , testTeams "tasks that wait for each other" $ \n ->
      -- In a team of one, the task runs before its handle exists.
      when (n > 1) $ do
        r <- try . on n $ do
          itself <- newEmptyMVar
          t <- spawn (group (spawn (readMVar itself >>= wait) >>= wait))
          putMVar itself t
          wait t
        r @?= (Left TaskDeadlock :: Either TaskError ())
        healthy n
  , testCase "InvalidArgument" $ do
      r <- try (on 0 (pure ()))
      either inFunction (const "") r @?= "tasks"
  ]
  where
    -- Throws exceptions to the root action, which spawns and waits in a group again and
    -- again. How many ended a group.
    struck :: Exception e => Int -> (Int -> e) -> IO (Either AsyncException Int)
    struck n exception = do
      caught <- newIORef 0
      r <- try . on n $ do
        me <- myThreadId
        over <- newIORef False
        _ <- forkIO $ do
          forM_ [1 .. 60] $ \k -> threadDelay (k * 37 `mod` 200) >> throwTo me (exception k)
          writeIORef over True
        let work = do
              fib 8 >>= (@?= 21)
              replicateM 5 (spawn (pure ())) >>= mapM_ wait
        mask $ \restore ->
          let go = do
                end <- try (restore (group work))
                case end of
                  Left e
                    | Just (HUnitFailure _ _) <- fromException e -> throwIO e
                    | otherwise -> modifyIORef' caught (+ 1)
                  Right () -> pure ()
                ended <- readIORef over
                unless ended go
           in go
      (<$ r) <$> readIORef caught
    -- One of three attempts is enough, because the machine may be busy with other
    -- things.
    soon act = go (3 :: Int) []
      where
        go 0 times = assertFailure ("seconds: " ++ show times)
        go k times = do
          start <- wtime
          r <- act
          end <- wtime
          if end - start < 1 then pure r else go (k - 1) (end - start : times)
