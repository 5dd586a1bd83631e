{-# LANGUAGE CPP #-}

-- | Functions over vectors of random numbers, in nanoseconds per element, on the team in
-- force. The run on one thread also times the functions of the @vector@ package. A sort
-- is compared with that of a list, at the shorter lengths, and with an introsort where
-- vector-algorithms is installed. Where the parallel function is
-- slower at a length, it is not worth its region there.
module Bench.Vectors (vectors) where

import Control.Exception (evaluate)
import Data.Bits ((.&.))
import qualified Data.List as List
import qualified Data.Vector.Unboxed as U

import Bench.Harness
import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P
#ifdef VECTOR_ALGORITHMS
import Measure.Introsort
#endif
import Measure.Numbers

vectors :: Int -> [Benchmark]
vectors team = map ofLength [1000, 10000, 100000, 1000000]
  where
    ofLength n =
      bgroup ("vectors of " ++ show n) $ concat
        [ pair "sum" U.sum (P.sum defaults)
        , pair "maximumIndex" U.maxIndex (P.maximumIndex defaults)
        , pair "postscanl'" (U.last . U.postscanl' (+) 0) (U.last . P.postscanl' defaults (+) 0)
        , pair "filter" (U.length . U.filter even) (U.length . P.filter defaults even)
        , pair "partition" (U.length . fst . U.partition even) (U.length . fst . P.partition defaults even)
        , pair "backpermute" (\w -> U.last (U.backpermute w places)) (\w -> U.last (P.backpermute defaults w places))
        , pair "histogram of 256" (U.last . counts) (U.last . P.histogram defaults 256 (.&. 255))
        , [row "sort (of a list)" listSort listSort | team == 1, n <= 100000]
        , introsort
        , [row "sort" U.maximum (U.last . P.sort defaults)]
        ]
      where
        pair name sequential parallel' =
          [row (name ++ " (sequential)") sequential sequential | team == 1]
            ++ [row name sequential parallel']
        row name expected f =
          bgroup name [timed n (show team) (gives (expected v)) (applied f v)]
        v = numbers n
        places = U.generate n (\i -> (i * 7919) `rem` n)
#ifdef VECTOR_ALGORITHMS
        introsort = [row "sort (introsort, sequential)" U.maximum (U.last . introsorted) | team == 1]
#else
        introsort = []
#endif
    listSort = U.last . U.fromList . List.sort . U.toList
    counts = U.accumulate (+) (U.replicate 256 0) . U.map (\x -> (x .&. 255, 1 :: Int))

-- | The function's value, computed at each run.
applied :: (U.Vector Int -> Int) -> U.Vector Int -> IO Int
applied f v = evaluate (f v)
{-# NOINLINE applied #-}
