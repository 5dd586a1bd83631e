-- | Small programs as users write them, compared with their sequential forms.
module Test.Programs (tests) where

import Control.Concurrent
import Control.Concurrent.Async (cancel, forConcurrently, race, withAsync)
import Control.Exception (finally)
import Control.Monad (forM_, replicateM, when)
import Data.Bits (shiftR, xor)
import Data.IORef
import Data.List (find, sortOn)
import qualified Data.Map.Strict as Map
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import Data.Word (Word64)
import GHC.Conc (TVar, atomically, newTVarIO, readTVar, readTVarIO, retry, writeTVar)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxActiveLevels, setMaxActiveLevels, teamSize)
import qualified Control.Parallel.OpenMP.Vector as P
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
    , testCase "a sparse matrix: power iteration, rows of any length" . teams $ \o -> do
        let n = 200
            lengths = U.generate n (\i -> fromIntegral (random i `shiftR` 59)) :: U.Vector Int
            begins = P.prescanl' o (+) 0 lengths
            entries = U.sum lengths
            columns = P.generate o entries (\k -> fromIntegral (random (k + 1000) `mod` fromIntegral n)) :: U.Vector Int
            values = P.generate o entries (unit . random . (+ 5000)) :: U.Vector Double
            row times v i = go 0 (begins U.! i)
              where
                go acc k
                  | k == begins U.! i + lengths U.! i = acc
                  | otherwise = go (acc `plus` (values U.! k `times` (v U.! (columns U.! k)))) (k + 1)
                plus = (+) :: Double -> Double -> Double
            step generate' maximum' v = let w = generate' n (row (*) v); m = maximum' w in U.map (/ m) w
            iterated f = iterate f (U.replicate n 1) !! 5
            expected = iterated (step U.generate U.maximum)
        begins @?= U.prescanl' (+) 0 lengths
        iterated (step (P.generate o) (P.maximum o)) @?= expected
    , testCase "records: sorted, and the places of the wanted ones by a scan" . teams $ \o -> do
        let records = U.generate 3000 (\i -> (fromIntegral (random i `shiftR` 56) :: Int, i))
            sorted = P.sortOn o fst records
            wanted = P.map o (\(key, _) -> if even key then 1 else 0) sorted :: U.Vector Int
            places = P.prescanl' o (+) 0 wanted
        out <- UM.new (U.sum wanted)
        parallelFor o (Range 0 3000) $ \i ->
          when (wanted U.! i == 1) (UM.write out (places U.! i) (sorted U.! i))
        got <- U.freeze out
        got @?= U.fromList (sortOn fst (filter (even . fst) (U.toList records)))
        got @?= P.filter o (even . fst) sorted
    , testCase "a server: requests of many clients, each one a loop, and some that are given up" $ do
        requests <- newChan
        let sums n = parallelReduce defaults (Range 0 n) (+) 0 (pure . (`mod` 7))
            work = do
              (n, answer) <- readChan requests
              when (n >= 0) $ do
                r <- timeout 20000000 (sums n)
                putMVar answer r
                work
        workers <- replicateM 4 (newEmptyMVar >>= \end -> end <$ forkIO (work `finally` putMVar end ()))
        answers <- forConcurrently [0 .. 39] $ \client -> do
          answer <- newEmptyMVar
          writeChan requests (client * 50, answer)
          takeMVar answer
        forM_ workers (\_ -> newEmptyMVar >>= \none -> writeChan requests (-1, none))
        mapM_ takeMVar workers
        answers @?= [Just (sum (map (`mod` 7) [0 .. client * 50 - 1])) | client <- [0 .. 39]]
        given <- timeout 20000 (parallelFor defaults (Range 0 4) (\_ -> threadDelay 20000000))
        given @?= Nothing
        healthy
    , testCase "STM: transfers between accounts, in bodies" . teams $ \o -> do
        accounts <- mapM newTVarIO (replicate 8 (100 :: Int))
        let account k = accounts !! fromIntegral (random k `shiftR` 61)
        parallelFor o (Range 0 400) $ \i -> transfer (i `mod` 30) (account (2 * i)) (account (2 * i + 1))
        total <- sum <$> mapM readTVarIO accounts
        total @?= 800
        -- A body waits for what a thread outside of the region does.
        open <- newTVarIO False
        _ <- forkIO (threadDelay 1000 >> atomically (writeTVar open True))
        parallelFor o (Range 0 4) $ \_ -> atomically (readTVar open >>= \is -> if is then pure () else retry)
    , testCase "async: loops side by side, a race, a loop that is cancelled" $ do
        sums <- forConcurrently [1 .. 10] $ \k ->
          parallelReduce defaults (Range 0 1000) (+) 0 (pure . (* k))
        sums @?= [499500 * k | k <- [1 .. 10]]
        let endless = parallelFor defaults (Range 0 4) (\_ -> threadDelay 20000000)
        first <- race endless (parallelFind defaults (Range 0 100) (\i -> pure (if i == 42 then Just i else Nothing)))
        first @?= Right (Just 42)
        withAsync endless cancel
        healthy
    , testCase "a loop in a loop, on teams in a team" . full $ do
        before <- maxActiveLevels
        grid <- UM.replicate 64 (0 :: Int)
        sizes <- newIORef []
        ( do
            setMaxActiveLevels 2
            parallelFor defaults {numThreads = Just 2} (Range 0 8) $ \i ->
              parallelForChunks defaults {numThreads = Just 2} (Range 0 8) $ \from to -> do
                size <- teamSize
                atomicModifyIORef' sizes (\l -> (size : l, ()))
                forRange (Range from to) (\j -> UM.write grid (8 * i + j) (i * j))
          )
          `finally` setMaxActiveLevels before
        got <- U.freeze grid
        got @?= U.generate 64 (\k -> let (i, j) = k `quotRem` 8 in i * j)
        readIORef sizes >>= \l -> assertBool (show l) (all (== 2) l)
    ]

-- | Moves money, if there is enough.
transfer :: Int -> TVar Int -> TVar Int -> IO ()
transfer amount from to = atomically $ do
  there <- readTVar from
  when (there >= amount) $ do
    writeTVar from (there - amount)
    readTVar to >>= writeTVar to . (+ amount)
