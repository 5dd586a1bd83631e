{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE RankNTypes #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Vectors, element by element on the thread team: what "Data.Vector.Unboxed"
-- and "Data.Vector.Storable" have under the same names, with
-- t'Control.Parallel.OpenMP.Options' first. Import it qualified.
--
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> P.map defaults (* 2) (U.fromList [1, 2, 3 :: Int])
-- [2,4,6]
--
-- The functions inline, so a known function becomes a native loop over each
-- chunk. A region costs microseconds: short vectors of small elements are
-- better left to the sequential functions.
--
-- = Purity
--
-- 'map', 'imap', 'zipWith', 'generate', 'fold' and 'foldMap' are pure: the
-- result does not depend on the team. An exception of the function is thrown
-- as itself where the result is evaluated; a @timeout@ or @killThread@ there
-- interrupts the region, and who evaluates the result again begins anew.
-- Elements of boxed vectors are evaluated to weak head normal form.
--
-- = Whose elements
--
-- Different elements must lie in different bytes, as they do for all instances
-- that the @vector@ package has (a 'Bool' is a byte). Do not use instances
-- that pack several elements into one byte.
--
-- All functions throw t'Control.Parallel.OpenMP.InvalidArgument' for a team or
-- chunk size below 1.
module Control.Parallel.OpenMP.Vector
  ( -- * Pure functions
    map
  , imap
  , zipWith
  , generate
  , fold
  , foldMap

    -- * With effects
  , mapM
  , generateM
  , iforM_

    -- * Mutable vectors
  , parallelSlices
  ) where

import Control.Concurrent (myThreadId)
import Control.Exception (throwIO, throwTo, try)
import Control.Monad.ST (RealWorld, ST, stToIO)
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
import System.IO.Unsafe (unsafePerformIO)
import Prelude hiding (foldMap, map, mapM, zipWith)

import Control.Parallel.OpenMP.Internal.Loops (Options, Range (..), overChunks, piece, reduce)
import Control.Parallel.OpenMP.Internal.Region (isAsynchronous)

-- | Applies the function to each element.
--
-- >>> P.map defaults even (U.fromList [1, 2, 3 :: Int])
-- [False,True,False]
map :: (G.Vector v a, G.Vector v b) => Options -> (a -> b) -> v a -> v b
map options f v =
  built "Vector.map" options (G.length v) (\i -> pure (f (G.unsafeIndex v i)))
{-# INLINE map #-}

-- | As 'map', for functions that also get the element's index.
--
-- >>> P.imap defaults (+) (U.fromList [10, 20, 30])
-- [10,21,32]
imap :: (G.Vector v a, G.Vector v b) => Options -> (Int -> a -> b) -> v a -> v b
imap options f v =
  built "Vector.imap" options (G.length v) (\i -> pure (f i (G.unsafeIndex v i)))
{-# INLINE imap #-}

-- | Combines two vectors element by element; as long as the shorter one.
--
-- >>> P.zipWith defaults (+) (U.fromList [1, 2, 3 :: Int]) (U.fromList [10, 20])
-- [11,22]
zipWith
  :: (G.Vector v a, G.Vector v b, G.Vector v c) => Options -> (a -> b -> c) -> v a -> v b -> v c
zipWith options f v w =
  built "Vector.zipWith" options (min (G.length v) (G.length w)) $ \i ->
    pure (f (G.unsafeIndex v i) (G.unsafeIndex w i))
{-# INLINE zipWith #-}

-- | The vector of this length (empty if it is negative) with the function's
-- values for the indices from 0.
--
-- >>> P.generate defaults 4 (\i -> i * i) :: U.Vector Int
-- [0,1,4,9]
generate :: G.Vector v a => Options -> Int -> (Int -> a) -> v a
generate options n f = built "Vector.generate" options n (\i -> pure (f i))
{-# INLINE generate #-}

-- | Combines the elements from the left. The function need only be
-- associative, and the value be its unit. The result has the same bits for any
-- team size; see 'Control.Parallel.OpenMP.parallelReduce'.
--
-- >>> P.fold defaults (+) 0 (U.fromList [1 .. 100 :: Int])
-- 5050
fold :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> a
fold options f z v =
  purely (reduce "Vector.fold" options (Range 0 (G.length v)) f z (\i -> pure (G.unsafeIndex v i)))
{-# INLINE fold #-}

-- | Combines what the function makes of the elements; see 'fold'.
--
-- >>> P.foldMap defaults show (U.fromList [1, 2, 3 :: Int])
-- "123"
foldMap :: (G.Vector v a, Monoid m) => Options -> (a -> m) -> v a -> m
foldMap options f v =
  purely . reduce "Vector.foldMap" options (Range 0 (G.length v)) (<>) mempty $ \i ->
    pure (f (G.unsafeIndex v i))
{-# INLINE foldMap #-}

-- | Runs the action for each element and collects the results. Exceptions as
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.mapM defaults (\x -> pure (x + 1)) (U.fromList [1, 2, 3 :: Int])
-- [2,3,4]
mapM :: (G.Vector v a, G.Vector v b) => Options -> (a -> IO b) -> v a -> IO (v b)
mapM options f v = build "Vector.mapM" options (G.length v) (\i -> f (G.unsafeIndex v i))
{-# INLINE mapM #-}

-- | As 'generate', with effects. Exceptions as
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.generateM defaults 3 pure :: IO (U.Vector Int)
-- [0,1,2]
generateM :: G.Vector v a => Options -> Int -> (Int -> IO a) -> IO (v a)
generateM options n f = build "Vector.generateM" options n f
{-# INLINE generateM #-}

-- | Runs the action for each element, with its index. Exceptions as
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> P.iforM_ defaults {numThreads = Just 1} (U.fromList "ab") (curry print)
-- (0,'a')
-- (1,'b')
iforM_ :: G.Vector v a => Options -> v a -> (Int -> a -> IO ()) -> IO ()
iforM_ options v f = overChunks "Vector.iforM_" piece options (Range 0 (G.length v)) sweep
  where
    sweep !from !to = go from
      where
        go !i
          | i == to = pure ()
          | otherwise = f i (G.unsafeIndex v i) >> go (i + 1)
{-# INLINE iforM_ #-}

-- | Cuts a mutable vector into disjoint slices, as the schedule has it (under
-- 'Control.Parallel.OpenMP.Static' one per thread), and runs the body on each
-- with the index of its first element.
--
-- The body's own @s@ keeps it to its slice: it can reach neither the whole
-- vector nor another slice, and cannot let its own out, so no two bodies ever
-- write the same element. Exceptions as 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> v <- UM.replicate 5 (0 :: Int)
-- >>> P.parallelSlices defaults v (\from s -> UM.imapM_ (\i _ -> UM.write s i (from + i)) s)
-- >>> U.freeze v
-- [0,1,2,3,4]
parallelSlices
  :: M.MVector v a => Options -> v RealWorld a -> (forall s. Int -> v s a -> ST s ()) -> IO ()
parallelSlices options v body =
  overChunks "Vector.parallelSlices" maxBound options (Range 0 (M.length v)) $ \from to ->
    stToIO (body from (M.unsafeSlice from (to - from) v))
{-# INLINE parallelSlices #-}

-- | A vector of the action's results for the indices from 0.
build :: G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> IO (v a)
build function options n f = do
  target <- M.unsafeNew (max 0 n)
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = do
                !x <- f i
                M.unsafeWrite target i x
                go (i + 1)
  overChunks function piece options (Range 0 n) sweep
  G.unsafeFreeze target
{-# INLINE build #-}

built :: G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> v a
built function options n f = purely (build function options n f)
{-# INLINE built #-}

-- | The result of an action that does nothing but compute it.
--
-- An asynchronous exception must leave the unevaluated value as one that can
-- be evaluated again. GHC sees to that for exceptions that are thrown to the
-- thread, but not for those that an action throws, as a region does when it
-- was interrupted. So the exception is thrown to the thread once more: who
-- evaluates the value again continues behind that, and begins anew.
purely :: IO a -> a
purely act = unsafePerformIO attempt
  where
    attempt = try act >>= either failed pure
    failed e
      | isAsynchronous e = do
          me <- myThreadId
          throwTo me e
          attempt
      | otherwise = throwIO e
{-# NOINLINE purely #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
