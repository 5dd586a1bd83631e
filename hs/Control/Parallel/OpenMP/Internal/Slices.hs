{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE RankNTypes #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Loops over disjoint slices of mutable vectors, which "Control.Parallel.OpenMP.Vector"
-- exports. The type variable of a body's state stands for its slice alone, so a body
-- can name neither the whole vector nor another slice.
--
-- Note [Interrupted ST]
-- ~~~~~~~~~~~~~~~~~~~~~
-- An asynchronous exception may meet a thread that evaluates @runST@. GHC then keeps the
-- computation as it stands, and a later evaluation goes on from there. A region that is
-- interrupted cannot go on: its bodies have run in part, and have changed the vector. So
-- the loops in 'ST' mask asynchronous exceptions, and the region runs to its end. For the
-- same reason two threads must not evaluate one @runST@ at the same time, each a part of
-- it: 'noDuplicate' lets only one of them go on.
module Control.Parallel.OpenMP.Internal.Slices
  ( -- * In IO
    parallelSlices
  , parallelSlices2
  , parallelSlices3
  , parallelRows
  , parallelRows2
  , parallelRows3
  , parallelRowSlices

    -- * In ST
  , fillBlocks
  , fillBlocks2
  , fillBlocks3
  ) where

import Control.Exception (mask_, throwIO)
import Control.Monad (unless)
import Control.Monad.ST (RealWorld, ST, stToIO)
import Control.Monad.ST.Unsafe (unsafeIOToST, unsafeSTToIO)
import qualified Data.Vector.Generic.Mutable as M
import GHC.IO (noDuplicate)

import Control.Parallel.OpenMP.Internal.Build
import Control.Parallel.OpenMP.Internal.Loops
  ( InvalidArgument (..)
  , Options
  , Range (..)
  , overChunks
  , piece
  )

-- | Cuts a mutable vector into disjoint slices, and runs the body on each slice
-- with the index of its first element. The schedule decides the slices: under
-- 'Control.Parallel.OpenMP.Static' there is one per thread. (rayon's @par_chunks_mut@.)
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

-- | 'parallelSlices' of two vectors of one length, which may differ in kind and in
-- element type. The body gets the same stretch of both. Throws
-- t'Control.Parallel.OpenMP.InvalidArgument' if the lengths differ.
--
-- The vectors must not overlap: types cannot tell.
--
-- >>> import qualified Data.Vector.Storable as S
-- >>> import qualified Data.Vector.Storable.Mutable as SM
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> v <- U.thaw (U.fromList [1, 2, 3 :: Int])
-- >>> w <- SM.new 3 :: IO (SM.IOVector Double)
-- >>> P.parallelSlices2 defaults v w (\_ s t -> UM.imapM_ (\i x -> SM.write t i (fromIntegral x / 2)) s)
-- >>> S.freeze w
-- [0.5,1.0,1.5]
--
-- @since 0.1.0.0
parallelSlices2
  :: (M.MVector v a, M.MVector w b)
  => Options
  -> v RealWorld a
  -> w RealWorld b
  -> (forall s. Int -> v s a -> w s b -> ST s ())
  -> IO ()
parallelSlices2 options v w body = do
  n <- common name "lengths" [M.length v, M.length w]
  overChunks name maxBound options (Range 0 n) $ \from to ->
    stToIO (body from (M.unsafeSlice from (to - from) v) (M.unsafeSlice from (to - from) w))
  where
    name = "Vector.parallelSlices2"
{-# INLINE parallelSlices2 #-}

-- | 'parallelSlices2' with three vectors.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> [x, y, z] <- mapM (U.thaw . U.enumFromN 1 . (* 3)) [1, 1, 1 :: Int] :: IO [UM.IOVector Int]
-- >>> P.parallelSlices3 defaults x y z (\_ s t u -> UM.imapM_ (\i a -> UM.modify t (* a) i >> UM.write u i 0) s)
-- >>> mapM U.freeze [x, y, z]
-- [[1,2,3],[1,4,9],[0,0,0]]
--
-- @since 0.1.0.0
parallelSlices3
  :: (M.MVector u a, M.MVector v b, M.MVector w c)
  => Options
  -> u RealWorld a
  -> v RealWorld b
  -> w RealWorld c
  -> (forall s. Int -> u s a -> v s b -> w s c -> ST s ())
  -> IO ()
parallelSlices3 options u v w body = do
  n <- common name "lengths" [M.length u, M.length v, M.length w]
  overChunks name maxBound options (Range 0 n) $ \from to ->
    let size = to - from
     in stToIO (body from (M.unsafeSlice from size u) (M.unsafeSlice from size v) (M.unsafeSlice from size w))
  where
    name = "Vector.parallelSlices3"
{-# INLINE parallelSlices3 #-}

-- | Takes the vector as rows of this many elements, and runs the body on each row, with
-- its number. Chunk sizes count rows. (rayon's @par_chunks_exact_mut@.)
--
-- Throws t'Control.Parallel.OpenMP.InvalidArgument' for a row length below 1, and if the
-- rows do not fill the vector. Otherwise it is like 'parallelSlices'. The result does not
-- depend on the schedule.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> m <- UM.replicate 6 (0 :: Int)
-- >>> P.parallelRows defaults 3 m (\i row -> UM.write row i 1)
-- >>> U.freeze m
-- [1,0,0,0,1,0]
--
-- @since 0.1.0.0
parallelRows
  :: M.MVector v a
  => Options -> Int -> v RealWorld a -> (forall s. Int -> v s a -> ST s ()) -> IO ()
parallelRows options width v body = do
  n <- rowsOf name width (M.length v)
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = stToIO (body i (row width i v)) >> go (i + 1)
  overChunks name piece options (Range 0 n) sweep
  where
    name = "Vector.parallelRows"
{-# INLINE parallelRows #-}

-- | 'parallelRows' of two vectors, each with its row length. Both must have the same
-- number of rows. A vector of row length 1 has one element for each row of the other.
--
-- The vectors must not overlap: types cannot tell.
--
-- This sums the rows of a matrix of two columns, and empties it:
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> m <- U.thaw (U.fromList [1, 2, 3, 4, 5, 6 :: Int])
-- >>> sums <- UM.new 3 :: IO (UM.IOVector Int)
-- >>> P.parallelRows2 defaults (2, m) (1, sums) (\_ r s -> UM.foldl (+) 0 r >>= UM.write s 0 >> UM.set r 0)
-- >>> U.freeze sums
-- [3,7,11]
--
-- @since 0.1.0.0
parallelRows2
  :: (M.MVector v a, M.MVector w b)
  => Options
  -> (Int, v RealWorld a)
  -> (Int, w RealWorld b)
  -> (forall s. Int -> v s a -> w s b -> ST s ())
  -> IO ()
parallelRows2 options (p, v) (q, w) body = do
  rows <- sequence [rowsOf name p (M.length v), rowsOf name q (M.length w)]
  n <- common name "numbers of rows" rows
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = stToIO (body i (row p i v) (row q i w)) >> go (i + 1)
  overChunks name piece options (Range 0 n) sweep
  where
    name = "Vector.parallelRows2"
{-# INLINE parallelRows2 #-}

-- | 'parallelRows2' with three vectors.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> m <- U.thaw (U.fromList [1, 2, 3, 4, 5, 6 :: Int])
-- >>> [first, last'] <- mapM UM.new [3, 3] :: IO [UM.IOVector Int]
-- >>> P.parallelRows3 defaults (2, m) (1, first) (1, last') (\_ r f l -> UM.read r 0 >>= UM.write f 0 >> UM.read r 1 >>= UM.write l 0)
-- >>> mapM U.freeze [first, last']
-- [[1,3,5],[2,4,6]]
--
-- @since 0.1.0.0
parallelRows3
  :: (M.MVector u a, M.MVector v b, M.MVector w c)
  => Options
  -> (Int, u RealWorld a)
  -> (Int, v RealWorld b)
  -> (Int, w RealWorld c)
  -> (forall s. Int -> u s a -> v s b -> w s c -> ST s ())
  -> IO ()
parallelRows3 options (p, u) (q, v) (r, w) body = do
  rows <- sequence [rowsOf name p (M.length u), rowsOf name q (M.length v), rowsOf name r (M.length w)]
  n <- common name "numbers of rows" rows
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = stToIO (body i (row p i u) (row q i v) (row r i w)) >> go (i + 1)
  overChunks name piece options (Range 0 n) sweep
  where
    name = "Vector.parallelRows3"
{-# INLINE parallelRows3 #-}

-- | 'parallelSlices' whose slices are whole rows of this many elements. The body gets
-- the number of its first row, and the slice. Chunk sizes count rows. The row length must
-- be as in 'parallelRows'.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> m <- UM.replicate 6 (0 :: Int)
-- >>> P.parallelRowSlices defaults {numThreads = Just 1} 2 m (\from s -> UM.set s (10 * from + UM.length s))
-- >>> U.freeze m
-- [6,6,6,6,6,6]
--
-- @since 0.1.0.0
parallelRowSlices
  :: M.MVector v a
  => Options -> Int -> v RealWorld a -> (forall s. Int -> v s a -> ST s ()) -> IO ()
parallelRowSlices options width v body = do
  n <- rowsOf name width (M.length v)
  overChunks name maxBound options (Range 0 n) $ \from to ->
    stToIO (body from (M.unsafeSlice (from * width) ((to - from) * width) v))
  where
    name = "Vector.parallelRowSlices"
{-# INLINE parallelRowSlices #-}

-- | The row of this number.
row :: M.MVector v a => Int -> Int -> v s a -> v s a
row width i = M.unsafeSlice (i * width) width
{-# INLINE row #-}

-- | Fills a vector that an 'ST' computation has made, in parallel. The number is the size
-- of a block, at least 1 (the last block may be smaller). The body gets the index of the
-- block's first element, and the block. It can reach no other block, so the result does
-- not depend on the team, and the computation stays pure. With @create@ and @createT@ of
-- the @vector@ package it builds vectors.
--
-- An asynchronous exception to the caller waits for the end of the loop. For one that
-- arrives promptly, take 'Control.Parallel.OpenMP.Vector.createBlocks', or
-- 'parallelSlices' in 'IO'. Other exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'.
--
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> :{
-- U.create $ do
--   v <- UM.replicate 5 0
--   P.fillBlocks defaults 2 v (\from block -> UM.set block from)
--   UM.modify v negate 4 -- the next step sees what the loop wrote
--   pure v
-- :}
-- [0,0,2,2,-4]
--
-- @since 0.1.0.0
fillBlocks
  :: M.MVector v a => Options -> Int -> v s a -> (forall t. Int -> v t a -> ST t ()) -> ST s ()
fillBlocks options size v body =
  fill "Vector.fillBlocks" options size [M.length v] $ \from n ->
    body from (M.unsafeSlice from n v)
{-# INLINE fillBlocks #-}

-- | 'fillBlocks' for two vectors of one length. Throws
-- t'Control.Parallel.OpenMP.InvalidArgument' if the lengths differ. The vectors must not
-- overlap.
--
-- >>> import Control.Monad.ST (runST)
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> :{
-- runST $ do
--   v <- UM.replicate 4 'a'
--   w <- UM.replicate 4 (0 :: Int)
--   P.fillBlocks2 defaults 2 v w (\from b c -> UM.write b 1 'z' >> UM.set c from)
--   (,) <$> U.freeze v <*> U.freeze w
-- :}
-- ("azaz",[0,0,2,2])
--
-- @since 0.1.0.0
fillBlocks2
  :: (M.MVector v a, M.MVector w b)
  => Options
  -> Int
  -> v s a
  -> w s b
  -> (forall t. Int -> v t a -> w t b -> ST t ())
  -> ST s ()
fillBlocks2 options size v w body =
  fill "Vector.fillBlocks2" options size [M.length v, M.length w] $ \from n ->
    body from (M.unsafeSlice from n v) (M.unsafeSlice from n w)
{-# INLINE fillBlocks2 #-}

-- | 'fillBlocks2' for three vectors.
--
-- >>> import Control.Monad.ST (runST)
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> :{
-- runST $ do
--   u <- UM.replicate 3 (1 :: Int)
--   v <- UM.replicate 3 2
--   w <- UM.replicate 3 0
--   P.fillBlocks3 defaults 1 u v w (\_ a b c -> (+) <$> UM.read a 0 <*> UM.read b 0 >>= UM.write c 0)
--   U.freeze w
-- :}
-- [3,3,3]
--
-- @since 0.1.0.0
fillBlocks3
  :: (M.MVector u a, M.MVector v b, M.MVector w c)
  => Options
  -> Int
  -> u s a
  -> v s b
  -> w s c
  -> (forall t. Int -> u t a -> v t b -> w t c -> ST t ())
  -> ST s ()
fillBlocks3 options size u v w body =
  fill "Vector.fillBlocks3" options size [M.length u, M.length v, M.length w] $ \from n ->
    body from (M.unsafeSlice from n u) (M.unsafeSlice from n v) (M.unsafeSlice from n w)
{-# INLINE fillBlocks3 #-}

-- | Runs the body for each block of vectors of these lengths, which must be the same. It
-- gets the block's first index and its size. See Note [Interrupted ST].
fill :: String -> Options -> Int -> [Int] -> (Int -> Int -> ST s ()) -> ST s ()
fill function options size lengths body = unsafeIOToST $ noDuplicate >> mask_ run
  where
    run = do
      unless (size >= 1) $
        throwIO (InvalidArgument function ("the block size " ++ show size ++ " is not positive"))
      n <- common function "lengths" lengths
      let count = if n == 0 then 0 else (n - 1) `div` size + 1
          blocks = Grid size count n
      overBlocks function options count $ \b -> do
        let from = blockFrom blocks b
        unsafeSTToIO (body from (blockTo blocks b - from))
{-# NOINLINE fill #-}

-- | The number, if all are the same.
common :: String -> String -> [Int] -> IO Int
common function what numbers = case numbers of
  n : others | all (== n) others -> pure n
  _ -> throwIO (InvalidArgument function ("the " ++ what ++ " " ++ show numbers ++ " differ"))
{-# NOINLINE common #-}

-- | How many rows of this many elements fill a vector of this length.
rowsOf :: String -> Int -> Int -> IO Int
rowsOf function width n
  | width < 1 = refuse ("the row length " ++ show width ++ " is not positive")
  | n `rem` width /= 0 = refuse ("rows of " ++ show width ++ " do not fill a vector of " ++ show n)
  | otherwise = pure (n `quot` width)
  where
    refuse = throwIO . InvalidArgument function
{-# NOINLINE rowsOf #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
