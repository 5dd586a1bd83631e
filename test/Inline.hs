{-# LANGUAGE TemplateHaskell #-}

-- | Kernels in Haskell modules, by inline-c: captured values, vectors and
-- closures, on teams of up to eight threads.
module Main (main) where

import Control.Concurrent (forkIO, newEmptyMVar, putMVar, takeMVar, threadDelay)
import Control.Exception
import Control.Monad (forM, forM_, when)
import Data.IORef
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Foreign.C.Types
import Foreign.Storable (peek, peekElemOff, pokeElemOff)
import Language.Haskell.TH.Syntax (lift, runIO)
import System.Timeout (timeout)
import Test.Tasty (TestTree, defaultMain, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic, setMaxActiveLevels)

import Test.InlineKernels

main :: IO ()
main = do
  -- Each region gets the team that it asks for, even on few processors.
  setDynamic False
  setMaxActiveLevels 2
  defaultMain $
    testGroup "inline"
      [ testGroup "captured values" values
      , testGroup "closures" closures
      , testGroup "exceptions" exceptions
      ]

onTeams :: String -> (CInt -> IO ()) -> TestTree
onTeams name body = testGroup name [testCase (show n ++ " threads") (body n) | n <- [1, 2, 4, 8]]

values :: [TestTree]
values =
  [ onTeams "the region has its team" $ \n -> team n >>= (@?= n)
  , onTeams "a reduction over vectors" $ \n ->
      dot n (V.generate 10000 fromIntegral) (V.replicate 10000 2) @?= 99990000
  , onTeams "a slice of a vector" $ \n ->
      dot n (V.slice 10 5 (V.generate 100 fromIntegral)) (V.replicate 5 1) @?= 60
  , testCase "a slice of a mutable vector" $ do
      v <- V.thaw (V.generate 1000 fromIntegral)
      scale (M.slice 500 250 v) 3
      after <- V.freeze v
      after @?= V.generate 1000 (\i -> if i >= 500 && i < 750 then 3 * fromIntegral i else fromIntegral i)
  , testCase "a vector of Double as one of CDouble" $
      dot 2 (V.unsafeCast (V.enumFromN (1 :: Double) 4)) (V.replicate 4 1) @?= 10
  , testCase "pure expressions" $ do
      hypotenuse 3 4 @?= 5
      assertBool "1 + 1/2 + ... + 1/10000" (abs (harmonic 10000 - 9.787606036) < 1e-8)
  , testCase "at compile time" $ $(runIO (total 1000) >>= lift . toInteger) @?= (499500 :: Integer)
  , testCase "eight Haskell threads at once" $ do
      sums <- forM [1 .. 8] $ \k -> do
        answer <- newEmptyMVar
        _ <- forkIO (total (1000 * k) >>= putMVar answer)
        pure answer
      answers <- mapM takeMVar sums
      answers @?= [1000 * k * (1000 * k - 1) `div` 2 | k <- [1 .. 8]]
  ]

closures :: [TestTree]
closures =
  [ onTeams "in a dynamic loop" $ \n -> do
      v <- M.new 3000
      fill n v (\i -> pure (fromIntegral i / 2))
      after <- V.freeze v
      after @?= V.generate 3000 (\i -> fromIntegral i / 2)
  , onTeams "dense" $ \n -> dense n 20000 (pure . fromIntegral) >>= (@?= 199990000)
  , onTeams "inline-c's own" $ \n -> inCalls n 500 (pure . (+ 1)) >>= (@?= 125250)
  , onTeams "two, of several types" $ \n ->
      pairs n 100 (\a b -> pure (a + b)) (\a b -> pure (a + realToFrac b)) >>= (@?= 10200)
  , onTeams "with pointers" $ \n -> do
      v <- M.replicate 600 1
      rows n 6 v $ \i row -> forM_ [0 .. 5] $ \k -> do
        x <- peekElemOff row k
        pokeElemOff row k (x + fromIntegral i * 10 + fromIntegral k)
      after <- V.freeze v
      after @?= V.generate 600 (\at -> fromIntegral (1 + (at `div` 6) * 10 + at `mod` 6))
  , onTeams "in nested regions" $ \n ->
      nested n 3 (\outer inner -> pure (fromIntegral (100 * outer + inner + 1)))
        >>= (@?= sum [100 * outer + inner + 1 | outer <- [0 .. fromIntegral n - 1], inner <- [0 .. 2]])
  , onTeams "in tasks" $ \n -> leaves n 200 (pure . (* 2)) >>= (@?= 39800)
  , onTeams "in an ordered loop" $ \n -> do
      v <- M.new 50
      digits n v (\i -> pure (i * i))
      after <- V.freeze v
      after @?= V.generate 50 (\i -> fromIntegral (i * i))
  , testCase "outside of regions" $ do
      v <- V.thaw (V.fromList [3, 1, 4, 1, 5, 9, 2, 6])
      anagram v (\a b -> (\x y -> fromIntegral (fromEnum (compare y x) - 1)) <$> peek a <*> peek b)
      after <- V.freeze v
      after @?= V.fromList [9, 6, 5, 4, 3, 2, 1, 1]
  , onTeams "that start a region" $ \n -> do
      v <- M.new 12
      fill n v (\i -> fromIntegral <$> total (i + 1))
      after <- V.freeze v
      after @?= V.generate 12 (\i -> fromIntegral ((i + 1) * i `div` 2))
  , onTeams "hundreds, one after another" $ \n ->
      forM_ [1 .. 300] $ \k -> dense n 8 (\i -> pure (fromIntegral i * k)) >>= (@?= 28 * k)
  ]

newtype Odd = Odd CLong
  deriving (Eq, Show)

instance Exception Odd

exceptions :: [TestTree]
exceptions =
  [ onTeams "one is thrown, as itself, after the block" $ \n -> do
      calls <- newIORef (0 :: Int)
      v <- M.new 400
      r <- try . fill n v $ \i -> do
        atomicModifyIORef' calls (\k -> (k + 1, ()))
        when (i == 57) (throwIO (Odd i))
        pure 1
      r @?= Left (Odd 57)
      made <- readIORef calls
      assertBool (show made ++ " calls") (made >= 1 && made <= 400)
      healthy n
  , onTeams "dense" $ \n -> do
      r <- try (dense n 1000 (\i -> if i == 999 then throwIO (Odd i) else pure 0))
      r @?= Left (Odd 999)
      healthy n
  , onTeams "in nested regions" $ \n -> do
      r <- try (nested n 2 (\_ inner -> if inner == 0 then throwIO (Odd 0) else pure 1))
      r @?= Left (Odd 0)
      healthy n
  , onTeams "in tasks" $ \n -> do
      r <- try (leaves n 100 (\i -> if i == 42 then throwIO (Odd i) else pure i))
      r @?= Left (Odd 42)
      healthy n
  , onTeams "timeout interrupts closures" $ \n -> do
      v <- M.new 100
      r <- timeout 100000 (fill n v (\_ -> threadDelay 60000000 >> pure 0))
      r @?= Nothing
      healthy n
  ]
  where
    healthy n = do
      dense n 100 (pure . fromIntegral) >>= (@?= 4950)
      parallelReduce defaults (Range 0 100) (+) 0 pure >>= (@?= 4950)
