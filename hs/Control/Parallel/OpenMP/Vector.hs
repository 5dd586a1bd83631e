{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE RankNTypes #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Vectors, element by element on the thread team. The functions are those of
-- "Data.Vector.Unboxed" and "Data.Vector.Storable" with the same names, and take
-- t'Control.Parallel.OpenMP.Options' first. Import this module qualified.
--
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> P.map defaults (* 2) (U.fromList [1, 2, 3 :: Int])
-- [2,4,6]
--
-- The functions inline, so a known function becomes a native loop over each
-- chunk. A region costs microseconds, so use the sequential functions for short
-- vectors of small elements. On two threads the functions beat those of the @vector@
-- package from about a thousand elements on ('map'), or some ten thousands ('filter',
-- 'sum'). @make bench@ finds the lengths on your machine (/crossover of vectors/).
--
-- = Purity
--
-- The functions whose results are not in 'IO' are pure: the result does not depend on
-- the team. An exception of the function is thrown
-- as itself where the result is evaluated. A @timeout@ or @killThread@ there
-- interrupts the region, and a later evaluation of the result starts again.
-- Elements of boxed vectors are evaluated to weak head normal form.
--
-- Scans and folds take associative functions. The length alone decides how they group the
-- elements, so they give the same bits for any team. The sorts are stable, and
-- 'accumulate' applies its function in the pairs' order, so these have one result.
--
-- = Which elements
--
-- Different elements must lie in different bytes. They do for all instances of the
-- @vector@ package (a 'Bool' is a byte). Do not use instances that pack several
-- elements into one byte.
--
-- All functions throw t'Control.Parallel.OpenMP.InvalidArgument' for a team or
-- chunk size below 1.
module Control.Parallel.OpenMP.Vector
  ( -- * Pure functions
    map
  , imap
  , zipWith
  , izipWith
  , zipWith3
  , izipWith3
  , unzip
  , generate
  , createBlocks
  , backpermute

    -- * Folds
  , fold
  , foldMap
  , sum
  , product
  , maximum
  , minimum
  , maximumIndex
  , maximumIndexBy
  , minimumIndex
  , minimumIndexBy

    -- * Scans
  , prescanl'
  , postscanl'
  , scanl'
  , scanl1'
  , prescanr'
  , postscanr'
  , scanr'
  , scanr1'

    -- * Sorts
  , sort
  , sortBy
  , sortOn

    -- * Selections
  , filter
  , ifilter
  , mapMaybe
  , partition

    -- * Accumulations
  , accumulate
  , accumulate_
  , histogram

    -- * With effects
  , mapM
  , mapMWith
  , generateM
  , generateMWith
  , replicateM
  , iforM_

    -- * Mutable vectors
    -- $slices
  , parallelSlices
  , parallelSlices2
  , parallelSlices3
  , parallelRows
  , parallelRows2
  , parallelRows3
  , parallelRowSlices

    -- * Mutable vectors in ST
  , fillBlocks
  , fillBlocks2
  , fillBlocks3
  ) where

import Control.Exception (ErrorCall (..), throw)
import Control.Monad.ST (ST, stToIO)
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
import Prelude hiding
  ( filter
  , foldMap
  , map
  , mapM
  , maximum
  , minimum
  , product
  , sum
  , unzip
  , zipWith
  , zipWith3
  )

import Control.Parallel.OpenMP.Internal.Build
import Control.Parallel.OpenMP.Internal.Loops (Options, Range (..), overChunks, piece)
import Control.Parallel.OpenMP.Internal.Reductions (reduce, reduceCheap)
import Control.Parallel.OpenMP.Internal.Region (InvalidArgument (..))
import Control.Parallel.OpenMP.Internal.Scan
import Control.Parallel.OpenMP.Internal.Select
import Control.Parallel.OpenMP.Internal.Slices
import Control.Parallel.OpenMP.Internal.Sort

-- | Applies the function to each element.
--
-- >>> P.map defaults even (U.fromList [1, 2, 3 :: Int])
-- [False,True,False]
--
-- @since 0.1.0.0
map :: (G.Vector v a, G.Vector v b) => Options -> (a -> b) -> v a -> v b
map options f v =
  built "Vector.map" options (G.length v) (\i -> pure (f (G.unsafeIndex v i)))
{-# INLINE map #-}

-- | Like 'map', for functions that also get the element's index.
--
-- >>> P.imap defaults (+) (U.fromList [10, 20, 30])
-- [10,21,32]
--
-- @since 0.1.0.0
imap :: (G.Vector v a, G.Vector v b) => Options -> (Int -> a -> b) -> v a -> v b
imap options f v =
  built "Vector.imap" options (G.length v) (\i -> pure (f i (G.unsafeIndex v i)))
{-# INLINE imap #-}

-- | Combines two vectors element by element. The result is as long as the shorter
-- one.
--
-- >>> P.zipWith defaults (+) (U.fromList [1, 2, 3 :: Int]) (U.fromList [10, 20])
-- [11,22]
--
-- @since 0.1.0.0
zipWith
  :: (G.Vector v a, G.Vector v b, G.Vector v c) => Options -> (a -> b -> c) -> v a -> v b -> v c
zipWith options f v w =
  built "Vector.zipWith" options (min (G.length v) (G.length w)) $ \i ->
    pure (f (G.unsafeIndex v i) (G.unsafeIndex w i))
{-# INLINE zipWith #-}

-- | Like 'zipWith', for functions that also get the index.
--
-- >>> P.izipWith defaults (\i x y -> i * (x + y)) (U.fromList [1, 2, 3]) (U.fromList [10, 20, 30])
-- [0,22,66]
--
-- @since 0.1.0.0
izipWith
  :: (G.Vector v a, G.Vector v b, G.Vector v c)
  => Options -> (Int -> a -> b -> c) -> v a -> v b -> v c
izipWith options f v w =
  built "Vector.izipWith" options (min (G.length v) (G.length w)) $ \i ->
    pure (f i (G.unsafeIndex v i) (G.unsafeIndex w i))
{-# INLINE izipWith #-}

-- | Combines three vectors element by element. The result is as long as the shortest
-- one.
--
-- >>> let v = U.fromList [1, 2, 3 :: Int]
-- >>> P.zipWith3 defaults (\x y z -> x * y + z) v v v
-- [2,6,12]
--
-- @since 0.1.0.0
zipWith3
  :: (G.Vector v a, G.Vector v b, G.Vector v c, G.Vector v d)
  => Options -> (a -> b -> c -> d) -> v a -> v b -> v c -> v d
zipWith3 options f u v w =
  built "Vector.zipWith3" options (G.length u `min` G.length v `min` G.length w) $ \i ->
    pure (f (G.unsafeIndex u i) (G.unsafeIndex v i) (G.unsafeIndex w i))
{-# INLINE zipWith3 #-}

-- | Like 'zipWith3', for functions that also get the index.
--
-- >>> let v = U.fromList [1, 2, 3 :: Int]
-- >>> P.izipWith3 defaults (\i x y z -> i + x * y + z) v v v
-- [2,7,14]
--
-- @since 0.1.0.0
izipWith3
  :: (G.Vector v a, G.Vector v b, G.Vector v c, G.Vector v d)
  => Options -> (Int -> a -> b -> c -> d) -> v a -> v b -> v c -> v d
izipWith3 options f u v w =
  built "Vector.izipWith3" options (G.length u `min` G.length v `min` G.length w) $ \i ->
    pure (f i (G.unsafeIndex u i) (G.unsafeIndex v i) (G.unsafeIndex w i))
{-# INLINE izipWith3 #-}

-- | The first and the second components of pairs. The pairs are taken apart once. Both
-- results are computed when one of them is evaluated. For unboxed vectors
-- "Data.Vector.Unboxed"'s @unzip@ is better: it copies nothing.
--
-- >>> P.unzip defaults (U.fromList [(1, 'a'), (2, 'b')] :: U.Vector (Int, Char))
-- ([1,2],"ab")
--
-- @since 0.1.0.0
unzip
  :: (G.Vector v a, G.Vector v b, G.Vector v (a, b)) => Options -> v (a, b) -> (v a, v b)
unzip options v = purely $ do
  firsts <- M.unsafeNew n
  seconds <- M.unsafeNew n
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | (!x, !y) <- G.unsafeIndex v i = do
                M.unsafeWrite firsts i x
                M.unsafeWrite seconds i y
                go (i + 1)
  overChunks "Vector.unzip" piece options (Range 0 n) sweep
  (,) <$> G.unsafeFreeze firsts <*> G.unsafeFreeze seconds
  where
    n = G.length v
{-# INLINE unzip #-}

-- | The vector of this length that has the function's values for the indices from
-- 0. It is empty if the length is negative.
--
-- >>> P.generate defaults 4 (\i -> i * i) :: U.Vector Int
-- [0,1,4,9]
--
-- @since 0.1.0.0
generate :: G.Vector v a => Options -> Int -> (Int -> a) -> v a
generate options n f = built "Vector.generate" options n (\i -> pure (f i))
{-# INLINE generate #-}

-- | The vector of this length whose blocks the body fills. The first number is the size
-- of a block, at least 1 (the last block may be smaller), and the second is the length.
-- The body gets the index of the block's first element, and the block. It cannot keep the
-- block or reach another one, so the result does not depend on the team.
--
-- Elements that the body does not write are those of "Data.Vector"'s @new@: 0 for
-- numbers, errors in boxed vectors. Elements of boxed vectors are not evaluated.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> P.createBlocks defaults 2 5 (\from b -> UM.write b 0 from) :: U.Vector Int
-- [0,0,2,0,4]
--
-- @since 0.1.0.0
createBlocks
  :: G.Vector v a
  => Options -> Int -> Int -> (forall s. Int -> G.Mutable v s a -> ST s ()) -> v a
createBlocks options size len body
  | size < 1 = throw (InvalidArgument function ("the block size " ++ show size ++ " is not positive"))
  | otherwise = purely $ do
      target <- M.unsafeNew n
      overBlocks function options count $ \b -> do
        let from = blockFrom blocks b
        let block = M.unsafeSlice from (blockTo blocks b - from) target
        stToIO (M.basicInitialize block >> body from block)
      G.unsafeFreeze target
  where
    function = "Vector.createBlocks"
    n = max 0 len
    count = (n - 1) `div` size + 1
    blocks = Grid size count n
{-# INLINE createBlocks #-}

-- | The elements at these indices: @backpermute options v is@ has @v ! i@ for each @i@
-- of @is@. It throws an 'ErrorCall' for an index outside the vector.
--
-- >>> P.backpermute defaults (U.fromList "abc") (U.fromList [2, 0, 0, 1])
-- "caab"
--
-- @since 0.1.0.0
backpermute :: (G.Vector v a, G.Vector v Int) => Options -> v a -> v Int -> v a
backpermute options v is = built "Vector.backpermute" options (G.length is) at
  where
    n = G.length v
    at j
      | i < 0 || i >= n = outOfBounds "Vector.backpermute" i n
      | otherwise = pure (G.unsafeIndex v i)
      where
        i = G.unsafeIndex is j
{-# INLINE backpermute #-}

-- | Combines the elements from the left. The function must be associative, with the
-- value as its unit; it need not be commutative. The result has the same bits for
-- any team size; see 'Control.Parallel.OpenMP.parallelReduce'.
--
-- >>> P.fold defaults (+) 0 (U.fromList [1 .. 100 :: Int])
-- 5050
--
-- @since 0.1.0.0
fold :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> a
fold options f z v =
  purely (reduce "Vector.fold" options (Range 0 (G.length v)) f z (\i -> pure (G.unsafeIndex v i)))
{-# INLINE fold #-}

-- | Combines the function's results for the elements; see 'fold'.
--
-- >>> P.foldMap defaults show (U.fromList [1, 2, 3 :: Int])
-- "123"
--
-- @since 0.1.0.0
foldMap :: (G.Vector v a, Monoid m) => Options -> (a -> m) -> v a -> m
foldMap options f v =
  purely . reduce "Vector.foldMap" options (Range 0 (G.length v)) (<>) mempty $ \i ->
    pure (f (G.unsafeIndex v i))
{-# INLINE foldMap #-}

-- | The sum of the elements, 0 if there are none. The sum of floating-point numbers has
-- the same bits for any team size, but not those of the sequential sum; see 'fold'.
--
-- >>> P.sum defaults (U.fromList [1 .. 100 :: Int])
-- 5050
--
-- @since 0.1.0.0
sum :: (G.Vector v a, Num a) => Options -> v a -> a
sum options v = purely (reduceCheap "Vector.sum" options (indices v) (+) 0 (pure . G.unsafeIndex v))
{-# INLINE sum #-}

-- | The product of the elements, 1 if there are none; see 'sum'.
--
-- >>> P.product defaults (U.fromList [1 .. 10 :: Int])
-- 3628800
--
-- @since 0.1.0.0
product :: (G.Vector v a, Num a) => Options -> v a -> a
product options v =
  purely (reduceCheap "Vector.product" options (indices v) (*) 1 (pure . G.unsafeIndex v))
{-# INLINE product #-}

-- | The greatest element, the first of equal ones. It throws an 'ErrorCall' for an
-- empty vector.
--
-- >>> P.maximum defaults (U.fromList [3, 1, 4, 1, 5 :: Int])
-- 5
--
-- @since 0.1.0.0
maximum :: (G.Vector v a, Ord a) => Options -> v a -> a
maximum options v = G.unsafeIndex v (best True "Vector.maximum" options (>) v)
{-# INLINE maximum #-}

-- | The least element, the first of equal ones. It throws an 'ErrorCall' for an
-- empty vector.
--
-- >>> P.minimum defaults (U.fromList [3, 1, 4, 1, 5 :: Int])
-- 1
--
-- @since 0.1.0.0
minimum :: (G.Vector v a, Ord a) => Options -> v a -> a
minimum options v = G.unsafeIndex v (best True "Vector.minimum" options (<) v)
{-# INLINE minimum #-}

-- | The index of the greatest element, the least index if there are several. It throws
-- an 'ErrorCall' for an empty vector.
--
-- >>> P.maximumIndex defaults (U.fromList [3, 9, 4, 9, 5 :: Int])
-- 1
--
-- @since 0.1.0.0
maximumIndex :: (G.Vector v a, Ord a) => Options -> v a -> Int
maximumIndex options = best True "Vector.maximumIndex" options (>)
{-# INLINE maximumIndex #-}

-- | 'maximumIndex' by this comparison.
--
-- >>> import Data.Ord (comparing)
-- >>> P.maximumIndexBy defaults (comparing abs) (U.fromList [3, -9, 4, 9, 5 :: Int])
-- 1
--
-- @since 0.1.0.0
maximumIndexBy :: G.Vector v a => Options -> (a -> a -> Ordering) -> v a -> Int
maximumIndexBy options cmp =
  best False "Vector.maximumIndexBy" options (\x y -> case cmp x y of GT -> True; _ -> False)
{-# INLINE maximumIndexBy #-}

-- | The index of the least element, the least index if there are several. It throws
-- an 'ErrorCall' for an empty vector.
--
-- >>> P.minimumIndex defaults (U.fromList [3, 1, 4, 1, 5 :: Int])
-- 1
--
-- @since 0.1.0.0
minimumIndex :: (G.Vector v a, Ord a) => Options -> v a -> Int
minimumIndex options = best True "Vector.minimumIndex" options (<)
{-# INLINE minimumIndex #-}

-- | 'minimumIndex' by this comparison.
--
-- >>> import Data.Ord (comparing)
-- >>> P.minimumIndexBy defaults (comparing abs) (U.fromList [3, -1, 4, 1, 5 :: Int])
-- 1
--
-- @since 0.1.0.0
minimumIndexBy :: G.Vector v a => Options -> (a -> a -> Ordering) -> v a -> Int
minimumIndexBy options cmp =
  best False "Vector.minimumIndexBy" options (\x y -> case cmp x y of LT -> True; _ -> False)
{-# INLINE minimumIndexBy #-}

-- | The first index whose element no other element beats.
best :: G.Vector v a => Bool -> String -> Options -> (a -> a -> Bool) -> v a -> Int
best cheap function options beats v
  | G.null v = throw (ErrorCall (function ++ ": empty vector"))
  | cheap = purely (reduceCheap function options (indices v) better (-1) pure)
  | otherwise = purely (reduce function options (indices v) better (-1) pure)
  where
    -- -1 stands for no element.
    better i j
      | i < 0 || beats (G.unsafeIndex v j) (G.unsafeIndex v i) = j
      | otherwise = i
{-# INLINE best #-}

indices :: G.Vector v a => v a -> Range
indices v = Range 0 (G.length v)
{-# INLINE indices #-}

-- | Runs the action for each element and collects the results. Exceptions are those
-- of 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.mapM defaults (\x -> pure (x + 1)) (U.fromList [1, 2, 3 :: Int])
-- [2,3,4]
--
-- @since 0.1.0.0
mapM :: (G.Vector v a, G.Vector v b) => Options -> (a -> IO b) -> v a -> IO (v b)
mapM options f v = build "Vector.mapM" options (G.length v) (\i -> f (G.unsafeIndex v i))
{-# INLINE mapM #-}

-- | 'mapM' with a state for each thread, made as in
-- 'Control.Parallel.OpenMP.parallelForWith' and given up at the end. (rayon's
-- @map_init@.)
--
-- >>> import Data.IORef
-- >>> P.mapMWith defaults (newIORef 0) (\s x -> writeIORef s x >> (+ 1) <$> readIORef s) (U.fromList [1, 2, 3 :: Int])
-- [2,3,4]
--
-- @since 0.1.0.0
mapMWith :: (G.Vector v a, G.Vector v b) => Options -> IO s -> (s -> a -> IO b) -> v a -> IO (v b)
mapMWith options new f v =
  buildWith "Vector.mapMWith" options (G.length v) new (\s i -> f s (G.unsafeIndex v i))
{-# INLINE mapMWith #-}

-- | Like 'generate', with effects. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.generateM defaults 3 pure :: IO (U.Vector Int)
-- [0,1,2]
--
-- @since 0.1.0.0
generateM :: G.Vector v a => Options -> Int -> (Int -> IO a) -> IO (v a)
generateM options n f = build "Vector.generateM" options n f
{-# INLINE generateM #-}

-- | 'generateM' with a state for each thread; see 'mapMWith'.
--
-- >>> P.generateMWith defaults 3 (pure 10) (\s i -> pure (s * i)) :: IO (U.Vector Int)
-- [0,10,20]
--
-- @since 0.1.0.0
generateMWith :: G.Vector v a => Options -> Int -> IO s -> (s -> Int -> IO a) -> IO (v a)
generateMWith options n new f = buildWith "Vector.generateMWith" options n new f
{-# INLINE generateMWith #-}

-- | Runs the action so many times and collects the results. The runs are on several
-- threads at once. Exceptions are those of 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.replicateM defaults 3 (pure 'x') :: IO (U.Vector Char)
-- "xxx"
--
-- @since 0.1.0.0
replicateM :: G.Vector v a => Options -> Int -> IO a -> IO (v a)
replicateM options n act = build "Vector.replicateM" options n (const act)
{-# INLINE replicateM #-}

-- | Runs the action for each element, with its index. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.iforM_ defaults {numThreads = Just 1} (U.fromList "ab") (curry print)
-- (0,'a')
-- (1,'b')
--
-- @since 0.1.0.0
iforM_ :: G.Vector v a => Options -> v a -> (Int -> a -> IO ()) -> IO ()
iforM_ options v f = overChunks "Vector.iforM_" piece options (Range 0 (G.length v)) sweep
  where
    sweep !from !to = go from
      where
        go !i
          | i == to = pure ()
          | otherwise = f i (G.unsafeIndex v i) >> go (i + 1)
{-# INLINE iforM_ #-}

-- $slices
--
-- Each body gets a part of a mutable vector, and can reach nothing else that others
-- write. "Control.Parallel.OpenMP.Split" divides a vector among different bodies, some of
-- which may be C kernels.

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
