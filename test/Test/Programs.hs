-- | Small programs as users write them, compared with their sequential forms.
module Test.Programs (tests) where

import Control.Monad (forM_)
import Data.Bits (shiftR, xor)
import Data.IORef
import Data.List (find)
import qualified Data.Map.Strict as Map
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import Data.Word (Word64)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Test.Generators

-- | SplitMix's output function: a random number for each index.
random :: Int -> Word64
random i = mixed (mixed (0x9e3779b97f4a7c15 * fromIntegral i) 30 0xbf58476d1ce4e5b9) 27 0x94d049bb133111eb
  where
    mixed z n m = (z `xor` (z `shiftR` n)) * m

unit :: Word64 -> Double
unit w = fromIntegral (w `shiftR` 11) / 9007199254740992

-- | A team of each size, under some schedules.
teams :: (Options -> Assertion) -> Assertion
teams check = full $ forM_ [Static, StaticChunk 100, Dynamic 50] $ \s -> forM_ [1, 2, 4] $ \t -> check (Options s (Just t))

tests :: TestTree
tests =
  testGroup
    "programs"
    [ testCase "Monte Carlo: the same bits for any team" . teams $ \o -> do
        let inside i = let (x, y) = (unit (random (2 * i)), unit (random (2 * i + 1))) in x * x + y * y < 1
            area t = parallelFold o {numThreads = t} (Range 0 20000) (pure 0) (\n i -> pure (if inside i then n + 1 else n)) (\a b -> pure (a + b))
        hits <- area (numThreads o)
        one <- area (Just 1)
        hits @?= (one :: Int)
        assertBool (show hits) (abs (4 * fromIntegral hits / 20000 - pi) < (0.05 :: Double))
    , testCase "Monte Carlo with a generator for each thread" . teams $ \o -> do
        seeds <- newIORef (0 :: Int)
        let new = (,) <$> (atomicModifyIORef' seeds (\n -> (n + 1000000, n)) >>= newIORef) <*> newIORef (0 :: Int)
            draw g = atomicModifyIORef' g (\n -> (n + 1, unit (random n)))
        states <- parallelForWith o (Range 0 20000) new $ \(generator, hits) _ -> do
          x <- draw generator
          y <- draw generator
          if x * x + y * y < 1 then modifyIORef' hits (+ 1) else pure ()
        hits <- sum <$> mapM (readIORef . snd) states
        assertBool (show hits) (abs (4 * fromIntegral hits / 20000 - pi) < (0.05 :: Double))
    , testCase "a histogram" . teams $ \o -> do
        h <-
          parallelFold o (Range 0 5000) (UM.replicate 16 (0 :: Int))
            (\v i -> v <$ UM.modify v (+ 1) (fromIntegral (random i `shiftR` 60)))
            (\v w -> v <$ UM.imapM_ (\i n -> UM.modify v (+ n) i) w)
        got <- U.freeze h
        got @?= U.accum (+) (U.replicate 16 0) [(fromIntegral (random i `shiftR` 60), 1) | i <- [0 .. 4999]]
    , testCase "a stencil in two dimensions" . teams $ \o -> do
        let side = 30
            start = U.generate (side * side) (unit . random)
            value v i j
              | i == 0 || j == 0 || i == side - 1 || j == side - 1 = v U.! (i * side + j)
              | otherwise = (v U.! (i * side + j - 1) + v U.! (i * side + j + 1) + v U.! (i * side - side + j) + v U.! (i * side + side + j)) / 4
            step v = U.generate (side * side) (\k -> uncurry (value v) (k `quotRem` side))
            parallelStep v = do
              new <- UM.new (side * side)
              parallelFor2 o (Range 0 side) (Range 0 side) (\i j -> UM.write new (i * side + j) (value v i j))
              U.freeze new
            tiledStep v = do
              new <- UM.new (side * side)
              parallelForTiles o (8, 11) (Range 0 side) (Range 0 side) $ \rows columns ->
                forRange rows $ \i -> forRange columns $ \j -> UM.write new (i * side + j) (value v i j)
              U.freeze new
        a <- parallelStep start >>= tiledStep >>= parallelStep
        a @?= step (step (step start))
    , testCase "a search for a preimage" . teams $ \o -> do
        let wanted i = random i `shiftR` 54 == 77
            expected = find wanted [0 ..]
        found <- parallelFindFirst o (Range 0 maxBound) (\i -> pure (if wanted i then Just i else Nothing))
        found @?= expected
        anyOne <- parallelFind o (Range 0 maxBound) (\i -> pure (if wanted i then Just i else Nothing))
        fmap wanted anyOne @?= Just True
    , testCase "words in documents" . teams $ \o -> do
        let documents = Map.fromList [(d, [random (d * 100 + k) `shiftR` 61 | k <- [1 .. 20]]) | d <- [1 .. 30 :: Int]]
            counts = foldr (\w -> Map.insertWith (+) w (1 :: Int)) Map.empty
        each <- parallelTraverse o (pure . counts) documents
        each @?= fmap counts documents
        total <- parallelFoldMap o (Range 1 31) (\d -> pure (Map.toList (each Map.! d)))
        total @?= concatMap Map.toList (Map.elems each)
    , testCase "a matrix product with a workspace for each thread" . teams $ \o -> do
        let n = 24
            a = U.generate (n * n) (fromIntegral . (`mod` 10) . random) :: U.Vector Int
            product' = U.generate (n * n) (\k -> let (i, j) = k `quotRem` n in sum [a U.! (i * n + l) * a U.! (l * n + j) | l <- [0 .. n - 1]])
        c <- UM.new (n * n)
        _ <- parallelForWith o (Range 0 n) (UM.new n) $ \row i -> do
          UM.set row 0
          forRange (Range 0 n) $ \l -> forRange (Range 0 n) $ \j ->
            UM.modify row (+ a U.! (i * n + l) * a U.! (l * n + j)) j
          UM.copy (UM.slice (i * n) n c) row
        got <- U.freeze c
        got @?= product'
    ]
