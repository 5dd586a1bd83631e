-- | Slices, rows and blocks of mutable vectors: each element once, whatever the schedule.
module Test.Slices (tests) where

import Control.Concurrent (runInBoundThread, threadDelay)
import Control.Exception (evaluate, throw, try)
import Control.Monad (forM_, void, when)
import Control.Monad.ST (runST, stToIO)
import Control.Monad.ST.Unsafe (unsafeIOToST)
import Data.IORef
import qualified Data.Vector as B
import qualified Data.Vector.Mutable as BM
import qualified Data.Vector.Primitive as Prim
import qualified Data.Vector.Primitive.Mutable as PM
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Storable.Mutable as SM
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import System.IO.Unsafe (unsafePerformIO)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P
import Test.Generators

-- | A number of rows, and two row lengths.
data Shape = Shape Int Int Int deriving (Show)

instance Arbitrary Shape where
  arbitrary = Shape <$> oneof [choose (0, 5), choose (0, 300)] <*> choose (1, 9) <*> choose (1, 9)

tests :: TestTree
tests =
  testGroup
    "slices"
    [ testProperty "parallelSlices2 and 3 hand out the same stretches" $ \bound (AnyOptions o) (Shape n w _) ->
        ioProperty . by bound . full $ do
          let size = n * w
          u <- UM.replicate size (1 :: Int)
          v <- SM.replicate size (2 :: Double)
          x <- BM.replicate size "x"
          P.parallelSlices2 o u v $ \from s t -> forM_ [0 .. UM.length s - 1] $ \i -> do
            UM.modify s (+ (from + i)) i
            SM.modify t (+ fromIntegral (from + i)) i
          P.parallelSlices3 o u v x $ \from s t y -> forM_ [0 .. UM.length s - 1] $ \i -> do
            a <- UM.read s i
            b <- SM.read t i
            BM.modify y (++ show (a, b, from + i)) i
          got <- B.freeze x
          pure (got === B.generate size (\i -> "x" ++ show (1 + i, 2 + fromIntegral i :: Double, i)))
    , testProperty "parallelRows meets every row once" $ \bound (AnyOptions o) (Shape n w _) ->
        ioProperty . by bound . full $ do
          m <- PM.replicate (n * w) 0
          P.parallelRows o w m $ \i row -> forM_ [0 .. PM.length row - 1] $ \j -> PM.modify row (+ (10 * i + j + PM.length row)) j
          got <- Prim.freeze m
          pure (Prim.toList got === [10 * i + j + w | i <- [0 .. n - 1], j <- [0 .. w - 1]])
    , testProperty "parallelRows2 and 3, with several row lengths" $ \(AnyOptions o) (Shape n w k) ->
        ioProperty . full $ do
          m <- U.thaw (U.enumFromN 1 (n * w)) :: IO (UM.IOVector Int)
          sums <- SM.replicate n 0
          copies <- UM.replicate (n * k) 0
          P.parallelRows2 o (w, m) (1, sums) $ \i r s -> UM.foldl' (+) i r >>= SM.write s 0
          P.parallelRows3 o (1, sums) (k, copies) (w, m) $ \i s c r -> do
            x <- SM.read s 0
            UM.set c (x - i)
            UM.set r 0
          a <- U.freeze m
          b <- U.freeze copies
          let rowSum i = sum [i * w + 1 .. i * w + w]
          pure ((U.all (== 0) a, U.toList b) === (True, concat [replicate k (rowSum i) | i <- [0 .. n - 1]]))
    , testProperty "the slices of parallelRowSlices are whole rows" $ \(AnyOptions o) (Shape n w _) ->
        ioProperty . full $ do
          m <- UM.replicate (n * w) (-1)
          P.parallelRowSlices o w m $ \from s ->
            forM_ [0 .. UM.length s - 1] $ \i -> UM.write s i (if UM.length s `mod` w == 0 then from * w + i else -2)
          got <- U.freeze m
          pure (got === U.enumFromN 0 (n * w))
    , testProperty "fillBlocks, 2 and 3 are pure" $ \(AnyOptions o) (Shape n w size) ->
        let len = n * w
            made = runST $ do
              u <- UM.replicate len 1
              v <- BM.replicate len ""
              x <- SM.replicate len 0
              P.fillBlocks o size u (\from b -> UM.write b 0 from)
              P.fillBlocks2 o size u v (\from b c -> UM.read b 0 >>= BM.set c . show . (+ from))
              P.fillBlocks3 o size u v x $ \_ b c d -> forM_ [0 .. SM.length d - 1] $ \i ->
                (+) <$> UM.read b i <*> (length <$> BM.read c i) >>= SM.write d i
              S.freeze x
            expected i =
              let from = i - i `mod` size
               in (if i == from then from else 1) + length (show (2 * from))
         in ioProperty . full $ (=== S.generate len expected) <$> evaluate made
    , testProperty "vector's create and createT with fillBlocks" $ \(AnyOptions o) (Shape n w size) ->
        let vectors = U.createT $ do
              u <- UM.new (n * w)
              v <- UM.new (n * w)
              P.fillBlocks2 o size u v $ \from b c -> forM_ [0 .. UM.length b - 1] $ \i -> UM.write b i (from + i) >> UM.write c i (-from - i)
              pure [u, v]
         in ioProperty . full $ (=== [U.generate (n * w) id, U.generate (n * w) negate]) <$> evaluate vectors
    , testCase "exceptions of bodies" $ full $ forM_ [1, 2, 4] $ \t -> do
        let o = defaults {numThreads = Just t}
            boom i = when (i == 7) (throw (Boom 7))
            booms act = try act >>= either (@?= Boom 7) (const (assertFailure "no exception"))
        v <- UM.replicate 100 (0 :: Int)
        w <- UM.replicate 100 'x'
        x <- UM.replicate 100 True
        booms (P.parallelRows o 2 v (\i _ -> boom i))
        booms (P.parallelRows2 o (2, v) (1, UM.unsafeTake 50 w) (\i _ _ -> boom i))
        booms (P.parallelRows3 o (2, v) (2, w) (1, UM.unsafeTake 50 x) (\i _ _ _ -> boom i))
        booms (P.parallelRowSlices o 5 v (\_ _ -> throw (Boom 7)))
        booms (P.parallelSlices2 o v w (\_ _ _ -> throw (Boom 7)))
        booms (P.parallelSlices3 o v w x (\_ _ _ _ -> throw (Boom 7)))
        booms (stToIO (P.fillBlocks o 1 v (\i _ -> boom i)))
        booms (evaluate (U.create (UM.replicate 100 'y' >>= \y -> y <$ P.fillBlocks o 1 y (\i _ -> boom i))))
        healthy
    , testCase "bad arguments name the function" $ do
        v <- UM.replicate 6 'a'
        w <- UM.replicate 4 'b'
        let refused name act = try act >>= either ((@?= name) . inFunction) (const (assertFailure name))
            none = defaults {numThreads = Just 0}
        refused "Vector.parallelSlices2" (P.parallelSlices2 defaults v w (\_ _ _ -> pure ()))
        refused "Vector.parallelSlices3" (P.parallelSlices3 defaults v v w (\_ _ _ _ -> pure ()))
        forM_ [-1, 0, 4] $ \width -> do
          refused "Vector.parallelRows" (P.parallelRows defaults width v (\_ _ -> pure ()))
          refused "Vector.parallelRowSlices" (P.parallelRowSlices defaults width v (\_ _ -> pure ()))
        refused "Vector.parallelRows2" (P.parallelRows2 defaults (2, v) (1, w) (\_ _ _ -> pure ()))
        refused "Vector.parallelRows3" (P.parallelRows3 defaults (2, v) (1, w) (2, w) (\_ _ _ _ -> pure ()))
        refused "Vector.parallelRows" (P.parallelRows none 2 v (\_ _ -> pure ()))
        refused "Vector.parallelRowSlices" (P.parallelRowSlices none 2 v (\_ _ -> pure ()))
        refused "Vector.fillBlocks" (stToIO (P.fillBlocks none 2 v (\_ _ -> pure ())))
        refused "Vector.fillBlocks" (stToIO (P.fillBlocks defaults 0 v (\_ _ -> pure ())))
        refused "Vector.fillBlocks2" (stToIO (P.fillBlocks2 defaults 2 v w (\_ _ _ -> pure ())))
        refused "Vector.fillBlocks3" (stToIO (P.fillBlocks3 defaults 2 w w v (\_ _ _ _ -> pure ())))
    , testCase "timeout interrupts rows" $ full $ forM_ [1, 2, 4] $ \t ->
        forM_ [id, runInBoundThread] $ \caller -> caller $ do
          v <- UM.replicate 100 'a'
          soon Nothing (timeout 20000 (P.parallelRows defaults {numThreads = Just t} 2 v (\_ _ -> unsafeIOToST (threadDelay 20000000))))
          healthy
    , testCase "a timeout waits for fillBlocks, whose value is then right" $ full $ forM_ [1, 2, 4] $ \t ->
        forM_ [id, runInBoundThread] $ \caller -> caller $ do
          runs <- newIORef (0 :: Int)
          let o = defaults {numThreads = Just t}
              slowly x = unsafePerformIO $ do
                atomicModifyIORef' runs (\n -> (n + 1, ()))
                x <$ threadDelay 2000
              v = U.create $ do
                x <- UM.replicate 24 1
                P.fillBlocks o 1 x (\i b -> UM.write b 0 $! slowly (2 * i))
                P.fillBlocks o 6 x (\_ b -> forM_ [0 .. 5] (UM.modify b (+ 1)))
                pure x
          r <- timeout 4000 (void (evaluate v))
          r @?= Nothing
          readIORef runs >>= (@?= 24)
          timeout 10000000 (evaluate v) >>= (@?= Just (U.generate 24 (\i -> 2 * i + 1)))
          readIORef runs >>= (@?= 24)
    ]
