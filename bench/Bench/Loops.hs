-- | Loops and reductions over closures, in nanoseconds per iteration, and the
-- entry into a region, in nanoseconds, on the team in force. The run on one thread
-- also times the same work as a sequential Haskell loop.
module Bench.Loops (loops, reductions, merging, traversing, regions) where

import Control.Exception (evaluate)
import Control.Monad (void)
import Control.Parallel.Strategies (parListChunk, rseq, withStrategy)
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef)
import qualified Data.List as List
import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import Data.Monoid (Sum (..))
import qualified Data.Vector as V
import Foreign.C.Types (CInt (..))

import Bench.Harness
import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Progress
import Measure.Work

foreign import ccall safe "bench_sum" c_sum :: Int -> IO Double
foreign import ccall safe "bench_region" c_region :: IO CInt

-- | Loops whose body does next to nothing.
loops :: Int -> Benchmark
loops team =
  bgroup "loops" $
    [row "sequential" (inTurn n . body) | team == 1]
      ++ [row "sequential (unknown body)" (inTurnBy n . body) | team == 1]
      ++ [ row "Static" (parallelFor defaults range . body)
         , row "Static (unknown body)" (sharedOutBy range . body)
         ]
      ++ [ row (show s) (parallelFor defaults {schedule = s} range . body)
         | s <- [StaticChunk 64, Dynamic 1, Dynamic 64, Guided 64]
         ]
      ++ [ row "Static (parallelForWith)" (\count -> void (parallelForWith defaults range (pure count) body))
         , row "Static (counted)" (\count -> newProgress >>= \done -> parallelFor defaults range (counted done (body count)))
         , row "Static (parallelFor2)" (\count -> parallelFor2 defaults (Range 0 16) (Range 0 65536) (\i j -> body count (65536 * i + j)))
         , row "Static (parallelAll)" (\count -> void (parallelAll defaults range (\i -> True <$ body count i)))
         , row "Static (parallelFindFirst)" (\count -> void (parallelFindFirst defaults range (\i -> nothing <$ body count i)))
         ]
  where
    nothing = Nothing :: Maybe ()
    n = 16 * 65536
    range = Range 0 n
    row name loop = bgroup name [timed n (show team) (gives 16) (hits loop)]
    hits loop = do
      count <- newIORef (0 :: Int)
      () <- loop count
      readIORef count
    {-# INLINE hits #-}

-- | One iteration in 65536 counts.
body :: IORef Int -> Int -> IO ()
body count i
  | i `rem` 65536 == 65535 = atomicModifyIORef' count (\k -> (k + 1, ()))
  | otherwise = pure ()
{-# INLINE body #-}

-- | The body for each i < n, one after another.
inTurn :: Int -> (Int -> IO ()) -> IO ()
inTurn n act = go 0
  where
    go i
      | i == n = pure ()
      | otherwise = act i >> go (i + 1)
{-# INLINE inTurn #-}

-- | The same with a body that the compiler does not know. So is 'sharedOutBy'.
inTurnBy :: Int -> (Int -> IO ()) -> IO ()
inTurnBy n act = inTurn n act
{-# NOINLINE inTurnBy #-}

sharedOutBy :: Range -> (Int -> IO ()) -> IO ()
sharedOutBy range act = parallelFor defaults range act
{-# NOINLINE sharedOutBy #-}

-- | Sums.
reductions :: Int -> Benchmark
reductions team =
  bgroup "reductions" $
    [row "sequential" (pure $! sequential n) | team == 1]
      ++ [ row "parallelReduce" (parallelReduce defaults (Range 0 n) (+) 0 (pure . half))
         , row "parallelFoldMap" (getSum <$> parallelFoldMap defaults (Range 0 n) (pure . Sum . half))
         , row "parallelFold" (parallelFold defaults (Range 0 n) (pure 0) (\acc i -> pure (acc + half i)) (\x y -> pure (x + y)))
         , row "C kernel" (c_sum n)
         ]
  where
    n = 1000000
    row name act = bgroup name [timed n (show team) (gives (fromIntegral (n * (n - 1)) / 4)) act]
    half i = fromIntegral i * 0.5 :: Double

-- | Values that are expensive to combine: Maps of the same 10000 keys, which are there
-- already.
merging :: Int -> Benchmark
merging team =
  bgroup "merging" $
    [row "sequential" (evaluate (List.foldl' (Map.unionWith (+)) Map.empty maps)) | team == 1]
      ++ [ row "parallelReduce" (parallelReduce defaults (Range 0 n) (Map.unionWith (+)) Map.empty map')
         , row "parallelFold" (parallelFold defaults (Range 0 n) (pure Map.empty) (\m i -> Map.unionWith (+) m <$> map' i) (\x y -> pure (Map.unionWith (+) x y)))
         ]
  where
    n = 64
    row name act = bgroup name [timed n (show team) (fmap ((== 10000 * sum [1 .. n]) . sum)) act]
    map' i = evaluate (table V.! i)

-- | A list whose elements take some 100 ns each.
traversing :: Int -> Benchmark
traversing team =
  bgroup "traversing" $
    [row "mapM" (mapM piece) | team == 1]
      ++ [ row "parallelTraverse" (parallelTraverse defaults piece)
         , row "parList (parallel)" (\xs -> evaluate (withStrategy (parListChunk 100 rseq) (map (work 100) xs)))
         ]
  where
    n = 10000
    piece x = evaluate (work 100 x)
    expected = sum (map (work 100) [1 .. n])
    row name run = bgroup name [timed n (show team) (gives expected) (hidden [1 .. n] >>= fmap sum . run)]

maps :: [Map Int Int]
maps = [Map.fromDistinctAscList [(key, i) | key <- [1 .. 10000]] | i <- [1 .. 64]]

table :: V.Vector (Map Int Int)
table = V.fromList maps

-- | The sum of i / 2 for i < n.
sequential :: Int -> Double
sequential n = go 0 0
  where
    go acc i
      | i == n = acc
      | otherwise = go (acc + fromIntegral i * 0.5) (i + 1)
{-# NOINLINE sequential #-}

-- | Regions that do nothing.
regions :: Int -> Benchmark
regions team =
  bgroup
    "empty region"
    [ bgroup "C kernel" [timed 1 (show team) (gives (fromIntegral team)) c_region]
    , bgroup "parallel" [timed 1 (show team) (gives ()) (parallel defaults (\_ -> pure ()))]
    , bgroup "parallelFor" [timed 1 (show team) (gives ()) (parallelFor defaults (Range 0 team) (\_ -> pure ()))]
    ]
