{-# LANGUAGE RankNTypes #-}

-- | Constructs inside of one region do what their sequential definitions say, and
-- exceptions and kills free the threads that wait in them.
module Test.Team (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, forever, replicateM, replicateM_, unless, void, when)
import Data.IORef
import Data.List (sort)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (total)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic)
import Control.Parallel.OpenMP.Team

import Test.Generators (AnySchedule (..))

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

newtype Threads = Threads Int deriving (Show)

instance Arbitrary Threads where
  arbitrary = Threads <$> elements [1, 2, 3, 4, 5]

newtype Span = Span Range deriving (Show)

instance Arbitrary Span where
  arbitrary = do
    from <- oneof [choose (-50, 50), pure minBound, pure (maxBound - 300)]
    n <- choose (0, 300)
    pure (Span (Range from (from + n)))

of' :: Int -> Options
of' n = defaults {numThreads = Just n}

list :: Range -> [Int]
list (Range from to) = take (to - from) [from ..]

-- | What was noted, sorted.
noted :: ((Int -> IO ()) -> IO a) -> IO ([Int], a)
noted act = do
  notes <- newIORef []
  x <- act (\i -> atomicModifyIORef' notes (\l -> (i : l, ())))
  l <- readIORef notes
  pure (sort l, x)

-- | Teams have as many threads as they ask for.
exact :: IO a -> IO a
exact act = setDynamic False *> act <* setDynamic True

law :: Testable p => String -> p -> TestTree
law name = testProperty name . withMaxSuccess 30

caught :: Exception e => Options -> (forall s. Team s -> IO a) -> IO (Either e ())
caught o act = void <$> try (team o act)

-- | The team is timed out soon.
soon :: Options -> (forall s. Team s -> IO a) -> IO (Maybe ())
soon o act = void <$> timeout 20000 (team o act)

-- | Does not hang.
case_ :: String -> IO () -> TestTree
case_ name act = testCase name $ do
  r <- timeout 30000000 (exact act)
  r @?= Just ()

-- | The next region works.
healthy :: IO ()
healthy = do
  r <- team (of' 3) (\t -> barrier t >> teamCombine t (+) (1 :: Int))
  r @?= replicate (length r) (length r)

-- | A construct in which each thread runs the action once at least, or waits for one
-- that does.
data Construct = Construct String (forall s. Team s -> IO () -> IO ())

instance Show Construct where
  show (Construct name _) = name

constructs :: [Construct]
constructs =
  [ Construct "no construct" (\_ act -> act)
  , Construct "teamFor" (\t act -> teamFor t Static (Range 0 64) (const act))
  , Construct "teamFor, dynamic" (\t act -> teamFor t (Dynamic 1) (Range 0 64) (const act))
  , Construct "teamForNowait" (\t act -> teamForNowait t (Guided 1) (Range 0 64) (const act))
  , Construct "teamForChunks" (\t act -> teamForChunks t (StaticChunk 2) (Range 0 64) (\_ _ -> act))
  , Construct "teamForOrdered" (\t act -> teamForOrdered t (Dynamic 1) (Range 0 64) (const act))
  , Construct "ordered" (\t act -> teamForOrdered t (Dynamic 2) (Range 0 64) (const (ordered t act)))
  , Construct "sections" (\t act -> sections t (replicate 20 act))
  , Construct "sectionsNowait" (\t act -> sectionsNowait t (replicate 20 act))
  , Construct "single" (\t act -> single t act)
  , Construct "singleNowait" (\t act -> void (singleNowait t act))
  , Construct "critical" (\t act -> critical t act)
  , Construct "teamReduce" (\t act -> void (teamReduce t Static (Range 0 64) (+) 0 (\i -> i <$ act)))
  ]

tests :: TestTree
tests =
  testGroup
    "teams"
    [ testGroup "laws" laws
    , testGroup "unbound callers" (exceptions id forkIO)
    , testGroup "bound callers" (exceptions runInBoundThread forkOS)
    , testGroup "misuse" misuses
    ]

laws :: [TestTree]
laws =
  [ law "loops meet every index once, and later phases see earlier ones" $
      \(AnySchedule s) (Threads n) (Span range) phases -> ioProperty . exact $ do
        let k = 1 + abs phases `mod` 4 :: Int
        late <- newIORef False
        (met, _) <- noted $ \note -> team (of' n) $ \t -> do
          seen <- newIORef (0 :: Int)
          forM_ [1 .. k] $ \_ -> do
            teamFor t s range note
            teamForChunks t s range (\a b -> mapM_ note [a .. b - 1])
            modifyIORef seen (+ 1)
          steps <- readIORef seen
          ok <- teamCombine t (&&) (steps == k)
          unless ok (writeIORef late True)
        wrong <- readIORef late
        pure (met === sort (concat (replicate (2 * k) (list range))) .&&. not wrong)
  , law "members may be several constructs apart" $
      \(AnySchedule s) (Threads n) (Span range) -> ioProperty . exact $ do
        (met, _) <- noted $ \note -> team (of' n) $ \t -> do
          when (memberNum t == 0) yield
          replicateM_ 3 (teamForNowait t s range note)
          sectionsNowait t [mapM_ note (list range)]
          void (singleNowait t (mapM_ note (list range)))
          teamForChunksNowait t s range (\a b -> mapM_ note [a .. b - 1])
        pure (met === sort (concat (replicate 6 (list range))))
  , law "a barrier separates phases" $ \(Threads n) -> ioProperty . exact $ do
      count <- newIORef (0 :: Int)
      r <- team (of' n) $ \t -> forM [1 .. 20] $ \k -> do
        atomicModifyIORef' count (\c -> (c + 1, ()))
        barrier t
        c <- readIORef count
        barrier t
        pure (c == k * memberCount t)
      pure (all and r)
  , law "ordered parts run in the order of the indices" $
      \(AnySchedule s) (Threads n) (Span range) -> ioProperty . exact $ do
        notes <- newIORef []
        _ <- team (of' n) $ \t -> replicateM_ 2 . teamForOrdered t s range $ \i ->
          when (even i) . ordered t $ modifyIORef notes (i :)
        l <- reverse <$> readIORef notes
        pure (l === concat (replicate 2 (filter even (list range))))
  , law "sections run once each" $ \(Threads n) (Small k) -> ioProperty . exact $ do
      (ran, _) <- noted $ \note -> team (of' n) (\t -> sections t (map note [1 .. k]))
      pure (ran === [1 .. k])
  , law "single runs once, and all have its result" $ \(Threads n) -> ioProperty . exact $ do
      count <- newIORef (0 :: Int)
      r <- team (of' n) $ \t ->
        replicateM 20 (single t (atomicModifyIORef' count (\c -> (c + 1, c))))
      pure (r === map (const [0 .. 19]) r)
  , law "singleNowait runs on one thread" $ \(Threads n) -> ioProperty . exact $ do
      r <- team (of' n) (\t -> forM [1 .. 20 :: Int] (singleNowait t . pure))
      pure (sort (concatMap (concatMap (maybe [] pure)) r) === [1 .. 20])
  , law "critical excludes" $ \(Threads n) -> ioProperty . exact $ do
      count <- newIORef (0 :: Int)
      r <- team (of' n) (\t -> replicateM_ 200 (critical t (modifyIORef' count (+ 1))))
      (=== 200 * length r) <$> readIORef count
  , law "teamReduce keeps the order, for any team, and all have the result" $
      \(AnySchedule s) (Span range) -> ioProperty . exact $ do
        rs <- forM [1 .. 4] $ \n -> team (of' n) $ \t ->
          replicateM 3 (teamFoldMap t s range (\i -> pure [i]))
        pure (concat (concat rs) === concat (replicate 30 [list range]))
  , law "floating-point sums have the same bits for teams of 1 to 5" $
      \(AnySchedule s) k -> ioProperty . exact $ do
        let term i = pure (sin (fromIntegral i) * 1e3 :: Double)
        sums <- forM [1 .. 5] $ \n ->
          team (of' n) (\t -> teamReduce t s (Range 0 (abs k * 37)) (+) 0 term)
        let all' = concat sums
        pure (and (zipWith (==) all' (drop 1 all')))
  , law "teamCombine goes by the threads' numbers" $ \(Threads n) -> ioProperty . exact $ do
      r <- team (of' n) (\t -> replicateM 5 (teamCombine t (++) [memberNum t]))
      pure (r === replicate n (replicate 5 [0 .. n - 1]))
  , law "results come in the order of the threads" $ \(Threads n) -> ioProperty . exact $ do
      r <- team (of' n) (\t -> pure (memberNum t, memberCount t))
      pure (r === [(i, n) | i <- [0 .. n - 1]])
  , case_ "regions and teams inside of a body" $ do
      r <- team (of' 2) $ \t -> do
        inner <- newIORef (0 :: Int)
        teamFor t Static (Range 0 4) $ \_ ->
          parallelFor (of' 2) (Range 0 10) (\i -> atomicModifyIORef' inner (\n -> (n + i, ())))
        barrier t
        sums <- team (of' 2) (\u -> barrier u >> teamReduce u Static (Range 0 10) (+) 0 pure)
        own <- readIORef inner
        total <- teamCombine t (+) own
        pure (total, sums == map (const 45) sums)
      r @?= replicate 2 (180, True)
  , case_ "more threads than processors" $ do
      r <- team (of' 24) (\t -> forM [1 .. 20 :: Int] (\k -> barrier t >> teamCombine t (+) k))
      r @?= replicate 24 (map (* 24) [1 .. 20])
  ]

exceptions :: (IO () -> IO ()) -> (IO () -> IO ThreadId) -> [TestTree]
exceptions caller fork =
  [ from "a body's exception frees those that wait in a barrier" . replicateM_ 50 $ do
      forM_ [0, 1, 2] $ \bad -> do
        r <- try (team (of' 3) (\t -> if memberNum t == bad then throwIO (Boom bad) else barrier t))
        void r @?= Left (Boom bad)
  , from "an exception in each construct arrives, as itself" $
      forM_ constructs $ \(Construct name run) -> forM_ [1, 3] $ \n -> replicateM_ 10 $ do
        r <- caught (of' n) $ \t -> do
          barrier t
          run t (throwIO (Boom 7))
          replicateM_ 3 (barrier t)
        assertEqual name (Left (Boom 7)) (void r)
  , from "an exception in one iteration" $
      forM_ [0 .. 63] $ \bad -> do
        r <- caught (of' 3) $ \t -> do
          teamForOrdered t (Dynamic 1) (Range 0 64) (\i -> ordered t (when (i == bad) (throwIO (Boom i))))
          barrier t
        void r @?= Left (Boom bad)
  , from "an exception that a body catches outside of its construct ends the region" $ do
      r <- caught (of' 3) $ \t -> do
        single t (throwIO (Boom 1)) `catch` (\e -> const (pure ()) (e :: Boom))
        replicateM_ 3 (barrier t)
      void r @?= Left (Boom 1)
  , from "but not one that leaves critical" $ do
      r <- caught (of' 3) $ \t -> do
        critical t (throwIO (Boom 1)) `catch` (\e -> const (pure ()) (e :: Boom))
        barrier t
        critical t (pure ())
      void r @?= (Right () :: Either Boom ())
  , from "timeout frees every construct" $
      forM_ constructs $ \(Construct name run) -> do
        r <- soon (of' 3) $ \t -> do
          when (memberNum t == 0 && name /= "no construct") (barrier t)
          when (memberNum t /= 0) (barrier t)
          run t (threadDelay 20000000)
          barrier t
        assertEqual name Nothing (void r)
  , from "timeout ends phases without end" $ do
      r <- soon (of' 3) (\t -> forever (teamFor t Static (Range 0 9) (const (pure ()))))
      void r @?= (Nothing :: Maybe ())
  , from "timeout when one thread computes and the others wait" $ do
      sink <- newIORef (0 :: Int)
      r <- soon (of' 3) $ \t ->
        if memberNum t == 1 then forM_ [0 ..] (writeIORef sink) else barrier t
      void r @?= Nothing
  , from "kills at any moment" . forM_ [0 .. 60 :: Int] $ \k -> do
      ended <- newEmptyMVar
      victim <- fork $ do
        r <- caught (of' (1 + k `mod` 4)) $ \t -> forever $ do
          teamFor t (Dynamic 3) (Range 0 20) (const (pure ()))
          _ <- single t (pure 'c')
          critical t (pure ())
          teamForOrdered t Static (Range 0 20) (const (ordered t (pure ())))
          teamForNowait t Static (Range 0 20) (const (pure ()))
          teamCombine t (+) (1 :: Int)
        putMVar ended (either (\e -> Just (e :: AsyncException)) (const Nothing) (void r))
      threadDelay (k * 37)
      -- Before it has begun, the thread is dead and says nothing.
      killThread victim
      r <- timeout 1000 (takeMVar ended)
      assertBool (show r) (r `elem` [Nothing, Just (Just ThreadKilled)])
  , from "a masked caller's region ends by itself" $ do
      done <- newIORef (0 :: Int)
      _ <- timeout 2000 . mask_ $ do
        _ <- team (of' 2) (\t -> replicateM_ 20 (threadDelay 500 >> barrier t))
        writeIORef done 1
      readIORef done >>= (@?= 1)
      r <- try (mask_ (team (of' 3) (\t -> if memberNum t == 1 then throwIO (Boom 2) else barrier t)))
      void r @?= Left (Boom 2)
  ]
  where
    from name act = case_ name $ do
      result <- newEmptyMVar
      _ <- forkIO (try (caller act) >>= putMVar result)
      takeMVar result >>= either (\e -> throwIO (e :: SomeException)) pure
      healthy

misuses :: [TestTree]
misuses =
  [ refused "a barrier in a loop" "inside of another construct" $ \t ->
      teamFor t Static (Range 0 9) (\_ -> barrier t)
  , refused "a loop in a single" "inside of another construct" $ \t ->
      single t (teamFor t Static (Range 0 9) (const (pure ())))
  , refused "a barrier in critical" "inside of another construct" $ \t -> critical t (barrier t)
  , refused "critical in critical" "inside of another construct" $ \t ->
      critical t (critical t (pure ()))
  , refused "ordered outside" "not inside of teamForOrdered" $ \t -> ordered t (pure ())
  , refused "ordered in another loop" "not inside of teamForOrdered" $ \t ->
      teamFor t Static (Range 0 9) (\_ -> ordered t (pure ()))
  , refused "a chunk size of 0" "not positive" $ \t ->
      teamFor t (Dynamic 0) (Range 0 9) (const (pure ()))
  , refused "another thread" "outside of its thread" $ \t -> do
      result <- newEmptyMVar
      _ <- forkIO (try (barrier t) >>= putMVar result)
      takeMVar result >>= either (\e -> throwIO (e :: InvalidArgument)) pure
  , refused "an inner region" "outside of its thread" $ \t ->
      parallel (of' 2) (\_ -> barrier t)
  , refused "an early end" "has ended" $ \t ->
      when (memberNum t == 1) (barrier t)
  , refused "another construct's type" "another construct" $ \t ->
      if memberNum t == 0
        then void (teamCombine t (+) (1 :: Int))
        else void (teamCombine t (++) "a")
  ]
  where
    refused :: String -> String -> (forall s. Team s -> IO ()) -> TestTree
    refused name part act = case_ name $ do
      r <- try (team (of' 2) act)
      case r of
        Left (InvalidArgument _ what)
          | part `isPartOf` what -> pure ()
          | otherwise -> assertFailure what
        Right _ -> assertFailure "accepted"
      healthy
    isPartOf part whole = any (\k -> take (length part) (drop k whole) == part) [0 .. length whole]
