-- | State for each thread: nobody shares one, there are no more than threads, and none
-- is lost.
module Test.States (tests) where

import Control.Exception (throw, try)
import Control.Monad (forM_, unless, void)
import Data.IORef
import Data.List (sort)
import qualified Data.Map as Map
import qualified Data.Vector.Unboxed as U
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (threadNum)
import qualified Control.Parallel.OpenMP.Vector as P
import Test.Generators

tests :: TestTree
tests =
  testGroup
    "state of each thread"
    [ testProperty "the states have seen all indices, each one its thread's" $
        \bound (AnyOptions o) (Span from to) -> ioProperty . by bound . full $ do
          states <- parallelForWith o (Range from to) ((,) <$> threadNum <*> newIORef []) $ \(num, seen) i -> do
            me <- threadNum
            unless (me == num) (assertFailure "another thread's state")
            modifyIORef' seen (i :)
          seen <- mapM (readIORef . snd) states
          pure $
            sort (concat seen) === take (to - from) [from ..]
              .&&. counterexample "order" (map fst states === sort (map fst states))
              .&&. counterexample "too many" (length states <= maybe 0 id (numThreads o))
              .&&. counterexample "unused" (all (not . null) seen)
    , testProperty "parallelForChunksWith" $ \(AnyOptions o) (Span from to) -> ioProperty . full $ do
        states <- parallelForChunksWith o (Range from to) (newIORef []) $ \seen a b ->
          modifyIORef' seen ((a, b) :)
        chunks <- sort . concat <$> mapM readIORef states
        pure (concat [take (b - a) [a ..] | (a, b) <- chunks] === take (to - from) [from ..])
    , testCase "Static gives every thread of the team one" . full $
        forM_ [1, 2, 4] $ \t -> do
          states <- parallelForWith (Options Static (Just t)) (Range 0 100) threadNum (\_ _ -> pure ())
          states @?= [0 .. t - 1]
    , testCase "threads without iterations have none" . full $ do
        states <- parallelForWith (Options Static (Just 4)) (Range 0 2) (pure ()) (\_ _ -> pure ())
        length states @?= 2
        none <- parallelForWith defaults (Range 2 2) (assertFailure "made") (\() _ -> pure ())
        none @?= []
    , testCase "a state is evaluated" $ do
        r <- try (void (parallelForWith defaults (Range 0 2) (pure (throw (Boom 1) :: ())) (\_ _ -> pure ())))
        r @?= Left (Boom 1)
    , testProperty "maps and folds use it" $ \(AnyOptions o) (Span from to) -> ioProperty . full $ do
        let n = to - from
            new = newIORef (0 :: Int)
            using s i = writeIORef s i >> (* 2) <$> readIORef s
        a <- parallelTraverseWith o new using [0 .. n - 1]
        b <- Map.elems <$> parallelTraverseWith o new using (Map.fromList (zip [0 ..] [0 .. n - 1]) :: Map.Map Int Int)
        c <- U.toList <$> P.mapMWith o new using (U.enumFromN 0 n)
        d <- U.toList <$> P.generateMWith o n new using
        e <- parallelFoldMapWith o (Range 0 n) new (\s i -> (: []) <$> using s i)
        f <- parallelFoldWith o (Range 0 n) new (pure []) (\s l i -> (: l) <$> using s i) (\l m -> pure (m ++ l))
        pure ([a, b, c, d, e, reverse f] === replicate 6 (map (* 2) [0 .. n - 1]))
    ]
