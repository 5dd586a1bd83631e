-- | What holds for the bodies of all loops, whatever the function: each index is met
-- once, an exception arrives as itself, exceptions to the caller arrive promptly, bodies
-- run in the caller's masking state, bad arguments are refused in the function's name.
module Test.Bodies (tests) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM_, unless, void, when)
import Data.IORef
import Data.List (sort)
import Data.Monoid (Sum (..))
import qualified Data.Vector as V
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (total)

import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P
import Test.Generators

-- | A loop over the indices from 0.
type Loop = Options -> Int -> (Int -> IO ()) -> IO ()

loops :: [(String, Loop)]
loops =
  [ "parallelForWith" ~> \o n b -> void (parallelForWith o (Range 0 n) (pure ()) (const b))
  , "parallelForChunksWith" ~> \o n b ->
      void (parallelForChunksWith o (Range 0 n) (pure ()) (\_ from to -> forRange (Range from to) b))
  , "parallelReduce" ~> \o n b -> parallelReduce o (Range 0 n) (<>) () b
  , "parallelReduceNF" ~> \o n b -> parallelReduceNF o (Range 0 n) (<>) () b
  , "parallelReduceWith" ~> \o n b -> parallelReduceWith o (Range 0 n) (<>) () (pure ()) (const b)
  , "parallelFoldMap" ~> \o n b -> parallelFoldMap o (Range 0 n) b
  , "parallelFoldMapWith" ~> \o n b -> parallelFoldMapWith o (Range 0 n) (pure ()) (const b)
  , "parallelFold" ~> \o n b ->
      total n (parallelFold o (Range 0 n) (pure 0) (\a i -> (a + 1) <$ b i) (\a c -> pure (a + c)))
  , "parallelFoldWith" ~> \o n b ->
      total n $
        parallelFoldWith o (Range 0 n) (pure 1) (pure 0) (\s a i -> (a + s) <$ b i) (\a c -> pure (a + c))
  , "parallelFind" ~> \o n b -> missing (parallelFind o (Range 0 n) (\i -> Nothing <$ b i))
  , "parallelFindFirst" ~> \o n b -> missing (parallelFindFirst o (Range 0 n) (\i -> Nothing <$ b i))
  , "parallelAny" ~> \o n b -> parallelAny o (Range 0 n) (\i -> False <$ b i) >>= (@?= False)
  , "parallelAll" ~> \o n b -> parallelAll o (Range 0 n) (\i -> True <$ b i) >>= (@?= True)
  , "parallelTraverse" ~> \o n b -> void (parallelTraverse o b [0 .. n - 1])
  , "parallelTraverseWith" ~> \o n b -> void (parallelTraverseWith o (pure ()) (const b) [0 .. n - 1])
  , "parallelTraverse_" ~> \o n b -> parallelTraverse_ o b [0 .. n - 1]
  , "parallelFor2" ~> \o n b -> parallelFor2 o (Range 0 n) (Range 0 1) (\i _ -> b i)
  , "parallelFor3" ~> \o n b -> parallelFor3 o (Range 0 1) (Range 0 n) (Range 5 6) (\_ i _ -> b i)
  , "parallelForTiles" ~> \o n b ->
      parallelForTiles o (3, 2) (Range 0 n) (Range 7 8) (\rows _ -> forRange rows b)
  , "Vector.mapMWith" ~> \o n b -> void (P.mapMWith o (pure ()) (const b) (V.enumFromN 0 n))
  , "Vector.generateMWith" ~> \o n b -> void (P.generateMWith o n (pure ()) (const b) :: IO (V.Vector ()))
  ]
  where
    (~>) = (,)
    total n act = act >>= (@?= n)
    missing act = act >>= \r -> (r :: Maybe ()) @?= Nothing

-- | The functions that make a state for each thread, with the action that makes it.
making :: [(String, Options -> Int -> IO () -> IO ())]
making =
  [ ("parallelForWith", \o n new -> void (parallelForWith o (Range 0 n) new (\_ _ -> pure ())))
  , ("parallelFold", \o n new -> parallelFold o (Range 0 n) new (\_ _ -> pure ()) (\_ _ -> pure ()))
  , ("the merge of parallelFold", \o n merge ->
      parallelFold o (Range 0 (max 2 n)) (pure ()) (\_ _ -> pure ()) (\_ _ -> merge))
  , ("parallelReduceWith", \o n new -> parallelReduceWith o (Range 0 n) (<>) () new (\_ _ -> pure ()))
  , ("parallelTraverseWith", \o n new ->
      void (parallelTraverseWith o new (\_ _ -> pure ()) [1 .. n]))
  ]

every :: [(String, a)] -> (a -> Assertion) -> Assertion
every named check = forM_ named $ \(name, x) ->
  check x `catch` \e -> assertFailure (name ++ ": " ++ show (e :: SomeException))

tests :: TestTree
tests =
  testGroup
    "bodies of all loops"
    [ testGroup
        "each index is met once"
        [ testProperty name $ withMaxSuccess 30 $ \bound (AnyOptions o) (Span from to) -> ioProperty . by bound $ do
            let n = (to - from) `div` 2
            counts <- V.replicateM n (newIORef (0 :: Int))
            loop o n (\i -> modifyIORef' (counts V.! i) (+ 1))
            met <- V.mapM readIORef counts
            pure (met === V.replicate n 1)
        | (name, loop) <- loops
        ]
    , testCase "an exception of a body arrives as itself" . full $
        forM_ [False, True] $ \bound -> by (Bound bound) $ do
          every loops $ \loop -> forM_ [Static, Dynamic 2] $ \s -> forM_ [1, 3] $ \t -> forM_ [1 .. 10] $ \k -> do
            r <- try (loop (Options s (Just t)) 50 (\i -> when (i == 27) (throwIO (Boom k))))
            r @?= Left (Boom k)
          healthy
    , testCase "so does one of an action that makes a state, or merges" . full $
        forM_ [False, True] $ \bound -> by (Bound bound) $ do
          every making $ \loop -> forM_ [1, 3] $ \t -> do
            r <- try (loop (Options (Dynamic 2) (Just t)) 50 (throwIO (Boom t)))
            r @?= Left (Boom t)
          healthy
    , testCase "after an exception no new chunk starts" . full $
        every loops $ \loop -> do
          ran <- newIORef (0 :: Int)
          r <- try . loop (Options (Dynamic 1) (Just 2)) 20000 $ \i -> do
            atomicModifyIORef' ran (\k -> (k + 1, ()))
            -- A body that waits gives the other one time to stop.
            if i == 10 then throwIO (Boom 10) else when (i > 2000) (threadDelay 1000)
          r @?= Left (Boom 10)
          n <- readIORef ran
          assertBool ("ran " ++ show n) (n < 15000)
    , testCase "timeout interrupts" . full $
        forM_ [False, True] $ \bound -> by (Bound bound) $ do
          every loops $ \loop -> forM_ [1, 2] $ \t ->
            soon Nothing (timeout 3000 (loop (Options Static (Just t)) 4 (const (threadDelay 20000000))))
          every making $ \loop -> forM_ [1, 2] $ \t ->
            soon Nothing (timeout 3000 (loop (Options (StaticChunk 1) (Just t)) 4 (threadDelay 20000000)))
          healthy
    , testCase "killThread interrupts all threads" . full $
        every loops $ \loop -> forM_ [forkIO, forkOS] $ \fork -> do
          running <- newEmptyMVar
          ended <- newEmptyMVar
          interrupted <- newIORef (0 :: Int)
          victim <- fork . void $ do
            r <- try . loop (Options (StaticChunk 1) (Just 2)) 4 $ \_ ->
              (putMVar running () >> threadDelay 20000000)
                `onException` atomicModifyIORef' interrupted (\k -> (k + 1, ()))
            putMVar ended (either (\e -> Just (e :: AsyncException)) (const Nothing) r)
          takeMVar running
          killThread victim
          takeMVar ended >>= (@?= Just ThreadKilled)
          n <- readIORef interrupted
          assertBool (show n) (n `elem` [1, 2])
    , testCase "bodies run in the caller's masking state" . full $
        every (loops ++ map (fmap (\act o n b -> act o n (b 0))) making) $ \loop ->
          forM_ [(Unmasked, id), (MaskedInterruptible, mask_), (MaskedUninterruptible, uninterruptibleMask_)] $
            \(expected, enter) -> forM_ [1, 2] $ \t -> do
              seen <- newIORef []
              enter . loop (Options (Dynamic 2) (Just t)) 20 $ \_ ->
                getMaskingState >>= \s -> atomicModifyIORef' seen (\others -> (s : others, ()))
              states <- readIORef seen
              unless (not (null states) && all (== expected) states) $
                assertFailure (show expected ++ ": " ++ show states)
    , testCase "bad arguments name the function" $
        forM_ loops $ \(name, loop) ->
          forM_ [defaults {numThreads = Just 0}, defaults {schedule = Dynamic 0}] $ \o -> do
            r <- try (loop o 3 (const (pure ())))
            either inFunction (const "accepted") r @?= name
    , testCase "a loop in a loop" $
        every loops $ \loop -> do
          met <- newIORef []
          loop defaults 5 $ \i -> loop defaults 4 $ \j ->
            atomicModifyIORef' met (\others -> ((i, j) : others, ()))
          got <- sort <$> readIORef met
          got @?= [(i, j) | i <- [0 .. 4], j <- [0 .. 3]]
    , testProperty "Sum by all reductions" $ \(AnyOptions o) (Span from to) -> ioProperty $ do
        let r = Range from to
            expected = sum [from .. to - 1]
        a <- parallelReduceNF o r (+) 0 pure
        b <- parallelReduceWith o r (+) 0 (pure 1) (\s i -> pure (s * i))
        c <- getSum <$> parallelFoldMapWith o r (pure 1) (\s i -> pure (Sum (s * i)))
        d <- parallelFold o r (pure 0) (\x i -> pure (x + i)) (\x y -> pure (x + y))
        pure ([a, b, c, d] === replicate 4 (if from >= to then 0 else expected))
    ]
