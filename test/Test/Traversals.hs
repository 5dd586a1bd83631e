-- A long list that a test makes must not stay for the whole run, where each collection
-- of the tests "under collections" would copy it.
{-# OPTIONS_GHC -fno-full-laziness #-}

-- | Traversals of lists, Maps and trees: the results in their places.
module Test.Traversals (tests) where

import Control.Exception (evaluate, throw, throwIO, try)
import Control.Monad (void, when)
import Data.Functor.Compose (Compose (..))
import Data.Functor.Identity (Identity (..))
import Data.IORef
import Data.List (sort)
import qualified Data.Map as Map
import qualified Data.Sequence as Seq
import Data.Tree (Tree (..))
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Test.Generators

-- | What traverse gives, with elements that show which ones they are.
agrees :: (Traversable t, Eq (t Int), Show (t Int)) => Options -> t Int -> Property
agrees o t = ioProperty . full $ do
  got <- parallelTraverse o (pure . (* 3)) t
  met <- newIORef []
  parallelTraverse_ o (\x -> atomicModifyIORef' met (\others -> (x : others, ()))) t
  seen <- readIORef met
  pure (got === fmap (* 3) t .&&. sort seen === sort (foldr (:) [] t))

tests :: TestTree
tests =
  testGroup
    "traversals"
    [ testProperty "lists" $ \(AnyOptions o) l -> agrees o (l :: [Int])
    , testProperty "Maps" $ \(AnyOptions o) l -> agrees o (Map.fromList l :: Map.Map Int Int)
    , testProperty "sequences" $ \(AnyOptions o) l -> agrees o (Seq.fromList l)
    , testProperty "trees" $ \(AnyOptions o) l ->
        agrees o (Node 1 [Node x [Node y [] | y <- l] | x <- take 5 l])
    , testProperty "Maybe, pairs, compositions" $ \(AnyOptions o) m x l ->
        agrees o (m :: Maybe Int) .&&. agrees o ('x', x) .&&. agrees o (Compose [m, Just x, m]) .&&. agrees o (Identity x)
          .&&. agrees o (Compose (Map.fromList [(k, [k, x]) | k <- l :: [Int]]))
    , testCase "a long list" $ do
        got <- parallelTraverse defaults (pure . (+ 1)) [1 .. 300000 :: Int]
        sum got @?= sum [2 .. 300001]
    , testCase "results are evaluated, elements are not" $ do
        r <- try (void (parallelTraverse defaults (\x -> pure (if x == 3 then throw (Boom 1) else x)) [1 .. 5 :: Int]))
        r @?= Left (Boom 1)
        got <- parallelTraverse defaults (\_ -> pure 'x') [undefined, 'y']
        got @?= "xx"
        parallelTraverse_ defaults (\x -> pure (if x then throw (Boom 1) else ())) [True, False]
    , testCase "the exception of a body leaves no structure behind" $ do
        r <- try (parallelTraverse defaults (\x -> x <$ when (x == 'c') (throwIO (Boom 3))) "abcde" >>= evaluate . length)
        r @?= Left (Boom 3)
    ]
