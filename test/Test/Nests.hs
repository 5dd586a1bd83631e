-- | Loops of two and three dimensions, and tiles: all points, each one once.
module Test.Nests (tests) where

import Control.Exception (try)
import Control.Monad (forM_)
import Data.IORef
import Data.List (sort)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Test.Generators

-- | A side of a nest.
newtype Side = Side (Int, Int) deriving (Show)

instance Arbitrary Side where
  arbitrary = do
    from <- oneof [choose (-20, 20), pure minBound, pure (maxBound - 40)]
    n <- oneof [choose (-2, 3), choose (0, 40)]
    pure (Side (from, if n < 0 then from else from + n))

points :: Side -> [Int]
points (Side (from, to)) = take (to - from) [from ..]

range :: Side -> Range
range (Side (from, to)) = Range from to

-- | What the loop noted, in any order.
noted :: Ord a => ((a -> IO ()) -> IO ()) -> IO [a]
noted loop = do
  seen <- newIORef []
  loop (\x -> atomicModifyIORef' seen (\others -> (x : others, ())))
  sort <$> readIORef seen

tests :: TestTree
tests =
  testGroup
    "nests"
    [ testProperty "parallelFor2 meets every point once" $ \bound (AnyOptions o) r s ->
        ioProperty . by bound . full $ do
          got <- noted (\note -> parallelFor2 o (range r) (range s) (curry note))
          pure (got === [(i, j) | i <- points r, j <- points s])
    , testProperty "parallelFor3 meets every point once" $ \(AnyOptions o) r s t ->
        ioProperty . full $ do
          let few (Side (from, to)) = Side (from, min to (from + 12))
              (a, b, c) = (few r, few s, few t)
          got <- noted (\note -> parallelFor3 o (range a) (range b) (range c) (\i j k -> note (i, j, k)))
          pure (got === [(i, j, k) | i <- points a, j <- points b, k <- points c])
    , testProperty "tiles cover the rectangle" $ \(AnyOptions o) r s (Positive h) (Positive w) ->
        ioProperty . full $ do
          got <- noted $ \note -> parallelForTiles o (h, w) (range r) (range s) $ \rows columns -> do
            let Range i0 i1 = rows
                Range j0 j1 = columns
            if i1 - i0 > h || j1 - j0 > w || i1 <= i0 || j1 <= j0
              then assertFailure (show (rows, columns))
              else forRange rows (\i -> forRange columns (\j -> note (i, j)))
          pure (got === [(i, j) | i <- points r, j <- points s])
    , testCase "the points of a chunk come in order" $ do
        seen <- newIORef []
        parallelFor2 defaults {numThreads = Just 1} (Range 0 3) (Range 5 9) (\i j -> modifyIORef seen ((i, j) :))
        got <- readIORef seen
        reverse got @?= [(i, j) | i <- [0 .. 2], j <- [5 .. 8]]
    , testCase "one large tile, and a side at the end of Int" $ do
        let rows = Range (maxBound - 3) maxBound
            columns = Range minBound (minBound + 2)
        seen <- newIORef []
        parallelForTiles defaults (maxBound, maxBound) rows columns (\i j -> modifyIORef seen ((i, j) :))
        readIORef seen >>= (@?= [(rows, columns)])
    , testCase "bad arguments are refused" $ do
        let refused name act = do
              r <- try act
              either inFunction (const "accepted") r @?= name
            all' = Range minBound maxBound
        refused "parallelFor2" (parallelFor2 defaults all' (Range 0 1) (\_ _ -> pure ()))
        refused "parallelFor2" (parallelFor2 defaults (Range 0 maxBound) (Range 0 2) (\_ _ -> pure ()))
        refused "parallelFor3" (parallelFor3 defaults (Range 0 maxBound) (Range 0 2) (Range 0 3) (\_ _ _ -> pure ()))
        forM_ [(0, 1), (1, 0), (-1, 5)] $ \side ->
          refused "parallelForTiles" (parallelForTiles defaults side (Range 0 2) (Range 0 2) (\_ _ -> pure ()))
        parallelFor3 defaults all' (Range 0 0) (Range 0 maxBound) (\_ _ _ -> assertFailure "ran")
    ]
