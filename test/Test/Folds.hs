-- | Folds and reductions: the sequential result, in order, with the same bits for any
-- team, merged by several threads.
module Test.Folds (tests) where

import Control.Concurrent (myThreadId, threadDelay)
import Control.Exception (ArithException (..), evaluate, throw, try)
import Control.Monad (forM, forM_, void)
import Data.IORef
import Data.List (nub)
import qualified Data.Map.Strict as Map
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (total)

import Control.Parallel.OpenMP
import Test.Generators

-- | How values were combined. The combination is not associative, so it shows.
data Shape = Leaf [Int] | Node Shape Shape deriving (Eq, Show)

leaves :: Shape -> [Int]
leaves shape = go shape []
  where
    go (Leaf l) = (reverse l ++)
    go (Node a b) = go a . go b

depth :: Shape -> Int
depth (Leaf _) = 0
depth (Node a b) = 1 + max (depth a) (depth b)

shapeOf :: Options -> Range -> IO Shape
shapeOf o r =
  parallelFold o r (pure (Leaf [])) step (\a b -> pure (Node a b))
  where
    step (Leaf l) i = pure (Leaf (i : l))
    step (Node _ _) _ = assertFailure "a step after a merge"

tests :: TestTree
tests =
  testGroup
    "folds"
    [ testProperty "parallelFold is the sequential fold" $ \bound (AnyOptions o) (Span from to) ->
        ioProperty . by bound . full $ do
          got <- parallelFold o (Range from to) (pure []) (\l i -> pure (i : l)) (\a b -> pure (b ++ a))
          pure (reverse got === take (to - from) [from ..])
    , testProperty "the tree depends on the range and the schedule alone" $ \(AnyOptions o) (Span from to) ->
        ioProperty . full $ do
          shapes <- forM [1 .. 5] $ \t -> shapeOf o {numThreads = Just t} (Range from to)
          pure . counterexample (show (take 1 shapes)) $
            length (nub shapes) == 1
              && all ((== take (to - from) [from ..]) . leaves) shapes
              && all ((<= 10) . depth) shapes
    , testProperty "floating-point sums have the same bits for teams of 1 to 8" $ \(AnyOptions o) n ->
        ioProperty . full $ do
          let term i = sin (fromIntegral (i :: Int)) * 1e3 :: Double
              range = Range 0 (abs n * 37)
          sums <- forM [1 .. 8] $ \t ->
            parallelFold o {numThreads = Just t} range (pure 0) (\x i -> pure (x + term i)) (\x y -> pure (x + y))
          pure (length (nub sums) === 1)
    , testCase "a mutable accumulator for each cell" . full $
        forM_ [Static, StaticChunk 100, Dynamic 7] $ \s -> forM_ [1, 2, 4] $ \t -> do
          made <- newIORef (0 :: Int)
          h <-
            parallelFold
              (Options s (Just t))
              (Range 0 10000)
              (atomicModifyIORef' made (\n -> (n + 1, ())) >> UM.replicate 16 (0 :: Int))
              (\v i -> v <$ UM.modify v (+ 1) (i * i `mod` 16))
              (\v w -> v <$ forRange (Range 0 16) (\i -> UM.read w i >>= \x -> UM.modify v (+ x) i))
          got <- U.freeze h
          got @?= U.accum (+) (U.replicate 16 0) [(i * i `mod` 16, 1) | i <- [0 .. 9999]]
          n <- readIORef made
          n @?= case s of
            StaticChunk c -> 10000 `div` c
            _ -> 1000
    , testCase "an empty range gives what the first action makes" $ do
        r <- parallelFold defaults (Range 3 3) (pure 'x') (\_ _ -> pure 'y') (\_ _ -> pure 'z')
        r @?= 'x'
        parallelFoldWith defaults (Range 3 1) (assertFailure "made") (pure 1) (\() _ _ -> pure 2) (\_ _ -> pure (3 :: Int))
          >>= (@?= 1)
    , testCase "accumulators are evaluated" $ do
        let overflows what act = do
              r <- try (void act)
              assertBool what (r == Left Overflow)
            bad = throw Overflow :: Int
            add x y = pure (x + y)
        forM_ [1, 2, 3000] $ \n -> do
          let r = Range 0 n
          overflows "new" (parallelFold defaults r (pure bad) (\_ _ -> pure 0) add)
          overflows "step" (parallelFold defaults r (pure 0) (\_ i -> pure (if i == n - 1 then bad else 0)) add)
        overflows "merge" (parallelFold defaults (Range 0 2) (pure 0) add (\_ _ -> pure bad))
        overflows "none" (parallelFold defaults (Range 0 0) (pure bad) add add)
    , testCase "several threads merge" . full $ do
        mergers <- newIORef []
        let merge a b = do
              me <- myThreadId
              threadDelay 200
              atomicModifyIORef' mergers (\others -> (show me : others, ()))
              pure (a + b)
        total <- parallelFold (Options Static (Just 2)) (Range 0 64) (pure 0) (\a i -> pure (a + i)) merge
        total @?= 2016
        ran <- readIORef mergers
        (length ran, length (nub ran)) @?= (63, 2)
    , testCase "Maps are united in order" . full $
        forM_ [1, 2, 4] $ \t -> do
          let maps i = Map.fromList [((i * 7 + j) `mod` 50, [i]) | j <- [0 .. 9]] :: Map.Map Int [Int]
          got <- parallelReduce (Options (Dynamic 1) (Just t)) (Range 0 64) (Map.unionWith (++)) Map.empty (pure . maps)
          got @?= Map.unionsWith (++) (map maps [0 .. 63])
    , testCase "parallelReduceNF evaluates what is inside" $ do
        let pairs (a, b) (c, d) = (a + c, b + d)
        got <- parallelReduceNF defaults (Range 0 100000) pairs (0, 0) (\i -> pure (i, 2 * i))
        got @?= (4999950000, 9999900000)
        r <- try (parallelReduceNF defaults (Range 0 100) pairs (0, 0) (\i -> pure (i, if i == 50 then throw Overflow else i)))
        r @?= Left Overflow
        s <- try (parallelReduce defaults (Range 0 100) pairs (0, 0) (\i -> pure (i, if i == 50 then throw Overflow else i)))
        case s of
          Left e -> assertFailure (show (e :: ArithException))
          Right (a, b) -> do
            a @?= 4950
            e <- try (evaluate b)
            e @?= Left Overflow
    ]
