-- | Searches give what the sequential ones give, and end early.
module Test.Searches (tests) where

import Control.Concurrent (threadDelay)
import Control.Exception (throwIO, try)
import Control.Monad (forM_, when)
import Data.IORef
import Data.List (find)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding ((.&.))

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (runSchedule, setSchedule)
import Test.Generators

-- | Those of the indices that are looked for: one in so many.
newtype Sparse = Sparse Int deriving (Show)

instance Arbitrary Sparse where
  arbitrary = Sparse <$> elements [1, 2, 7, 100, 1500, 10000]

tests :: TestTree
tests =
  testGroup
    "searches"
    [ testProperty "parallelFindFirst finds the least index" $
        \bound (AnyOptions o) (Span from to) (Sparse m) seed -> ioProperty . by bound . full $ do
          let holds i = (i * 7919 + seed) `mod` m == m - 1
          got <- parallelFindFirst o (Range from to) (\i -> pure (if holds i then Just i else Nothing))
          pure (got === find holds (take (to - from) [from ..]))
    , testProperty "parallelFind finds any, parallelAny and parallelAll agree" $
        \bound (AnyOptions o) (Span from to) (Sparse m) seed -> ioProperty . by bound . full $ do
          let holds i = (i * 7919 + seed) `mod` m == m - 1
              some = any holds (take (to - from) [from ..])
              range = Range from to
          got <- parallelFind o range (\i -> pure (if holds i then Just i else Nothing))
          a <- parallelAny o range (pure . holds)
          b <- parallelAll o range (pure . not . holds)
          pure (maybe (not some) (\i -> holds i && i >= from && i < to) got && a == some && b == not some)
    , testCase "an endless range ends when the answer is known" . full $
        forM_ [False, True] $ \bound -> by (Bound bound) $
          forM_ [Static, StaticChunk 5, Dynamic 1, Dynamic 100, Guided 1] $ \s -> forM_ [1, 2, 4] $ \t -> do
            let o = Options s (Just t)
                range = Range 0 maxBound
                at i = pure (if i `mod` 1000 == 999 then Just i else Nothing)
            a <- timeout 20000000 (parallelFindFirst o range at)
            a @?= Just (Just 999)
            b <- timeout 20000000 (parallelFind o range at)
            fmap (fmap (`mod` 1000)) b @?= Just (Just 999)
            c <- timeout 20000000 (parallelAll o range (\i -> pure (i `mod` 1000 /= 999)))
            c @?= Just False
    , testCase "with the schedule that setSchedule says, too" . full $ do
        before <- runSchedule
        forM_ [Static, Dynamic 3, Guided 2] $ \s -> do
          setSchedule s
          a <- timeout 20000000 . parallelFindFirst (Options Runtime (Just 3)) (Range 0 maxBound) $ \i ->
            pure (if i > 500 then Just i else Nothing)
          a @?= Just (Just 501)
        setSchedule before
    , testCase "no further body starts once the answer is known" . full $
        forM_ [Static, Dynamic 1] $ \s -> do
          ran <- newIORef (0 :: Int)
          found <- parallelFind (Options s (Just 2)) (Range 0 5000) $ \i -> do
            atomicModifyIORef' ran (\n -> (n + 1, ()))
            if i == 20 then pure (Just i) else Nothing <$ threadDelay 100
          found @?= Just 20
          n <- readIORef ran
          assertBool (show n) (n < 2000)
    , testCase "a smaller index goes on, a greater one does not" . full $ do
        ran <- newIORef []
        found <- parallelFindFirst (Options (StaticChunk 50) (Just 2)) (Range 0 100) $ \i -> do
          when (i == 0) (threadDelay 100000)
          atomicModifyIORef' ran (\l -> (i : l, ()))
          pure (if i == 60 || i == 40 then Just i else Nothing)
        found @?= Just 40
        bodies <- readIORef ran
        assertBool (show bodies) (all (`elem` bodies) [0 .. 40] && all (`notElem` bodies) ([41 .. 49] ++ [61 .. 99]))
    , testCase "an exception beside the answer is thrown" . full $ do
        r <- try . parallelFind (Options Static (Just 2)) (Range 0 2) $ \i ->
          if i == 0 then pure (Just ()) else threadDelay 20000 >> throwIO (Boom 1)
        -- If the second body had not started, there is none.
        assertBool (show r) (r `elem` [Left (Boom 1), Right (Just ())])
        healthy
    , testCase "of many searches at once, each has its own answer" . full $ do
        found <- parallelTraverse (Options (Dynamic 1) (Just 4))
          (\k -> parallelFindFirst defaults (Range 0 1000) (\i -> pure (if i * i >= k then Just i else Nothing)))
          [1 .. 200 :: Int]
        found @?= [find (\i -> i * i >= k) [0 ..] | k <- [1 .. 200]]
    ]
