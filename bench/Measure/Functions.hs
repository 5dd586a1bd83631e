{-# LANGUAGE CPP #-}

-- |
-- From which length on the functions of "Control.Parallel.OpenMP.Vector" are faster than
-- the sequential ones of the @vector@ package, on vectors of random numbers. The sort has
-- none there, so it is compared with the introsort of @vector-algorithms@, or with itself in
-- a team of one where that is not installed. A function must win by a
-- tenth, because many of them run short vectors as one block, on one thread.
module Measure.Functions (functions) where

import Control.Exception (evaluate)
import Data.Bits ((.&.))
import qualified Data.Vector.Unboxed as U

import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P
import Measure.Crossover
#ifdef VECTOR_ALGORITHMS
import Measure.Introsort
#endif
import Measure.Numbers
import Measure.Sample
import Measure.Work

functions :: String -> IO ()
functions group = do
  found "map, 1 ns" (U.map (\x -> 3 * x + 1)) (P.map defaults (\x -> 3 * x + 1))
  found "map, 100 ns" (U.map (work 90)) (P.map defaults (work 90))
  found "sum" (U.singleton . U.sum) (U.singleton . P.sum defaults)
  found "maximumIndex" (U.singleton . U.maxIndex) (U.singleton . P.maximumIndex defaults)
  found "postscanl'" (U.postscanl' (+) 0) (P.postscanl' defaults (+) 0)
  found "filter" (U.filter even) (P.filter defaults even)
  found "histogram of 256" counts (P.histogram defaults 256 (.&. 255))
  found "sort" sorted (P.sort defaults)
  where
    found :: (U.Unbox a, Eq a) => String -> (U.Vector Int -> U.Vector a) -> (U.Vector Int -> U.Vector a) -> IO ()
    found name sequential parallel' = do
      let wins n = do
            v <- evaluate (numbers n)
            faster 0.9 (show n ++ " elements") (applied sequential v) (applied parallel' v)
      -- Twice, because short vectors take equally long, and chance decides.
      answer <- crossover most (\n -> (&&) <$> wins n <*> wins (2 * n))
      record group name "elements" (maybe (1 / 0) fromIntegral answer)
    most = 4000000
#ifdef VECTOR_ALGORITHMS
    sorted = introsorted
#else
    sorted = P.sort defaults {numThreads = Just 1}
#endif
    counts = U.accumulate (+) (U.replicate 256 0) . U.map (\x -> (x .&. 255, 1 :: Int))

-- | The function's value, computed at each run.
applied :: (U.Vector Int -> U.Vector a) -> U.Vector Int -> IO (U.Vector a)
applied f v = evaluate (f v)
{-# NOINLINE applied #-}
