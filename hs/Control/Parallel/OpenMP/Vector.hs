{-# LANGUAGE BangPatterns #-}
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
-- vectors of small elements.
--
-- = Purity
--
-- 'map', 'imap', 'zipWith', 'generate', 'fold' and 'foldMap' are pure: the
-- result does not depend on the team. An exception of the function is thrown
-- as itself where the result is evaluated. A @timeout@ or @killThread@ there
-- interrupts the region, and a later evaluation of the result starts again.
-- Elements of boxed vectors are evaluated to weak head normal form.
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
  , generate
  , fold
  , foldMap

    -- * With effects
  , mapM
  , mapMWith
  , generateM
  , generateMWith
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

import Control.Parallel.OpenMP.Internal.Loops (Options, Range (..), overChunks, overChunksWith, piece)
import Control.Parallel.OpenMP.Internal.Reductions (reduce)
import Control.Parallel.OpenMP.Internal.Region (isAsynchronous)

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

-- | Cuts a mutable vector into disjoint slices, and runs the body on each slice
-- with the index of its first element. The schedule decides the slices: under
-- 'Control.Parallel.OpenMP.Static' there is one per thread.
--
-- The type variable @s@ keeps a body inside its slice. The body can reach neither the
-- whole vector nor another slice, and its own slice cannot escape, so no two bodies
-- ever write the same element. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> v <- UM.replicate 5 (0 :: Int)
-- >>> P.parallelSlices defaults v (\from s -> UM.imapM_ (\i _ -> UM.write s i (from + i)) s)
-- >>> U.freeze v
-- [0,1,2,3,4]
--
-- @since 0.1.0.0
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

-- | @build@ with a state for each thread.
buildWith :: G.Vector v a => String -> Options -> Int -> IO s -> (s -> Int -> IO a) -> IO (v a)
buildWith function options n new f = do
  target <- M.unsafeNew (max 0 n)
  let sweep s !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = do
                !x <- f s i
                M.unsafeWrite target i x
                go (i + 1)
  _ <- overChunksWith function piece options (Range 0 n) new sweep
  G.unsafeFreeze target
{-# INLINE buildWith #-}

-- | @build@ as a pure function.
built :: G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> v a
built function options n f = purely (build function options n f)
{-# INLINE built #-}

-- | The result of an action that only computes it.
--
-- After an asynchronous exception it must be possible to evaluate the value again.
-- GHC ensures that for exceptions that are thrown to the thread, but not for those
-- that an action throws, as a region does when it was interrupted. So the exception
-- is thrown to the thread once more. A later evaluation of the value continues after
-- that point, and starts again.
purely :: IO a -> a
purely act = unsafePerformIO attempt
  where
    attempt = try act >>= either rethrow pure
    rethrow e
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
