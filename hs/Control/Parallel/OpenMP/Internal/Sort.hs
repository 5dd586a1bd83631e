{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Sorts, which "Control.Parallel.OpenMP.Vector" exports.
--
-- Note [A merge sort on a team]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The sort is a merge sort, so it is stable, and stable sorts have one result: it depends
-- on no team. Two buffers take turns. A node at depth d of the tree of halves has its
-- sorted elements in the buffer that d's parity says, and depth 0 is the result's.
--
-- The nodes at the depth that the length decides are blocks. Each block is sorted on one
-- thread, by recursion. Then one region per level merges the nodes above, from the deepest
-- up. All levels have as many pieces as there are blocks, so a merge near the root has
-- many. A piece is a stretch of the merge's output. Where it begins in the two inputs is
-- found by bisection ("merge path": Odeh, Green, Mwassi, Shmueli, Birk, 2012).
--
-- The comparison may be no order (NaN). So a bisection looks only between the last piece's
-- start and the places that this piece's length can reach. Then the starts never go
-- back, each element is moved exactly once, and no index leaves its input.
module Control.Parallel.OpenMP.Internal.Sort
  ( sort
  , sortBy
  , sortOn
  ) where

import Control.Monad (forM_)
import Control.Monad.ST (RealWorld)
import Data.Bits (unsafeShiftL, unsafeShiftR)
import qualified Data.Vector as B
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
import qualified Data.Vector.Primitive as Prim
import qualified Data.Vector.Primitive.Mutable as PM
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Unboxed as U

import Control.Parallel.OpenMP.Internal.Build
import Control.Parallel.OpenMP.Internal.Loops (Options (..))

-- | Sorts the elements, the least first. The sort is stable: equal elements keep their
-- order. It takes memory for one more vector. It is quick where the elements are in
-- order already.
--
-- >>> P.sort defaults (U.fromList [3, 1, 2 :: Int])
-- [1,2,3]
--
-- For a lawful 'Ord', the result is that of "Data.List"'s @sort@. With @NaN@ among the elements the
-- order is not specified; all elements are there.
--
-- 'Int', 'Double' and 'Word' in unboxed and storable vectors are compiled in this
-- library. For other types the function is specialised where it is used.
--
-- @since 0.1.0.0
sort :: (G.Vector v a, Ord a) => Options -> v a -> v a
sort options v = sorted "Vector.sort" options (<=) v
{-# INLINEABLE sort #-}

{-# SPECIALISE sort :: Options -> U.Vector Int -> U.Vector Int #-}
{-# SPECIALISE sort :: Options -> U.Vector Double -> U.Vector Double #-}
{-# SPECIALISE sort :: Options -> U.Vector Word -> U.Vector Word #-}
{-# SPECIALISE sort :: Options -> S.Vector Int -> S.Vector Int #-}
{-# SPECIALISE sort :: Options -> S.Vector Double -> S.Vector Double #-}
{-# SPECIALISE sort :: Options -> S.Vector Word -> S.Vector Word #-}

-- | 'sort' by this comparison. It is stable.
--
-- >>> import Data.Ord (comparing, Down (..))
-- >>> P.sortBy defaults (comparing Down) (U.fromList [3, 1, 2 :: Int])
-- [3,2,1]
--
-- @since 0.1.0.0
sortBy :: G.Vector v a => Options -> (a -> a -> Ordering) -> v a -> v a
sortBy options cmp = sorted "Vector.sortBy" options $ \x y -> case cmp x y of
  GT -> False
  _ -> True
{-# INLINE sortBy #-}

-- | Sorts by the function's results. It is stable. The function is applied once per
-- element, on the team, and the results are kept in a boxed vector. For a cheap
-- function, such as 'fst', @sortBy options (comparing f)@ is faster.
--
-- >>> P.sortOn defaults negate (U.fromList [3, 1, 2 :: Int])
-- [3,2,1]
--
-- @since 0.1.0.0
sortOn :: forall v a b. (G.Vector v a, Ord b) => Options -> (a -> b) -> v a -> v a
sortOn options f v = built "Vector.sortOn" options n (\i -> pure (G.unsafeIndex v (G.unsafeIndex order i)))
  where
    n = G.length v
    keys = built "Vector.sortOn" options n (\i -> pure (f (G.unsafeIndex v i))) :: B.Vector b
    order = sorted "Vector.sortOn" options before (Prim.enumFromN 0 n)
    before i j = G.unsafeIndex keys i <= G.unsafeIndex keys j
{-# INLINE sortOn #-}

-- | A sort by \"not after\": Note [A merge sort on a team].
sorted :: G.Vector v a => String -> Options -> (a -> a -> Bool) -> v a -> v a
sorted function options le v = purely $ do
  here <- M.unsafeNew n
  there <- M.unsafeNew n
  let insertion !dst !lo !hi = put lo
        where
          put !i
            | i == hi = pure ()
            | otherwise = do
                let !x = G.unsafeIndex v i
                shift x i
                put (i + 1)
          shift !x !i
            | i == lo = M.unsafeWrite dst i x
            | otherwise = do
                !y <- M.unsafeRead dst (i - 1)
                if le y x
                  then M.unsafeWrite dst i x
                  else M.unsafeWrite dst i y >> shift x (i - 1)

      -- Two sorted stretches of src, not empty, into dst.
      merge !src !i0 !iEnd !j0 !jEnd !dst !o0 = do
        !x0 <- M.unsafeRead src i0
        !y0 <- M.unsafeRead src j0
        let go !i !j !o !x !y
              | le x y = do
                  M.unsafeWrite dst o x
                  if i + 1 == iEnd
                    then move src j jEnd dst (o + 1)
                    else do
                      !x' <- M.unsafeRead src (i + 1)
                      go (i + 1) j (o + 1) x' y
              | otherwise = do
                  M.unsafeWrite dst o y
                  if j + 1 == jEnd
                    then move src i iEnd dst (o + 1)
                    else do
                      !y' <- M.unsafeRead src (j + 1)
                      go i (j + 1) (o + 1) x y'
        go i0 j0 o0 x0 y0

      -- The same, if one may be empty.
      mergePiece !src !i !iEnd !j !jEnd !dst !o
        | i == iEnd = move src j jEnd dst o
        | j == jEnd = move src i iEnd dst o
        | otherwise = merge src i iEnd j jEnd dst o

      -- The elements of a stretch, in order, into one buffer or the other.
      runs !intoHere !lo !hi
        | hi - lo <= leaf = if intoHere then insertion here lo hi else insertion there lo hi
        | otherwise = do
            let mid = lo + (hi - lo) `unsafeShiftR` 1
            runs (not intoHere) lo mid
            runs (not intoHere) mid hi
            if intoHere then join there lo mid hi here else join here lo mid hi there

      join !src !lo !mid !hi !dst = do
        !x <- M.unsafeRead src (mid - 1)
        !y <- M.unsafeRead src mid
        if le x y
          then move src lo hi dst lo
          else merge src lo mid mid hi dst lo

      -- Where the pieces of a merge begin in its left input, from its start.
      split !src !lo !mid !hi !starts !at !pieces = go 0 0 0
        where
          left = mid - lo
          right = hi - mid
          go !g !before !i
            | g == pieces = PM.unsafeWrite starts (at + g) left
            | otherwise = do
                let output = ((hi - lo) * g) `quot` pieces
                i' <- bisect output (max i (output - right)) (min left (i + output - before))
                PM.unsafeWrite starts (at + g) i'
                go (g + 1) output i'
          bisect !output !low !high
            | low >= high = pure low
            | otherwise = do
                let m = (low + high) `unsafeShiftR` 1
                !x <- M.unsafeRead src (lo + m)
                !y <- M.unsafeRead src (mid + output - 1 - m)
                if le x y then bisect output (m + 1) high else bisect output low m

      levels !starts !d
        | d < 0 = pure ()
        | otherwise = do
            let nodes = 1 `unsafeShiftL` d
                pieces = 1 `unsafeShiftL` (depth - d)
                (!src, !dst) = if even d then (there, here) else (here, there)
                middle q = bound (d + 1) (2 * q + 1)
            forM_ [0 .. nodes - 1] $ \q ->
              split src (bound d q) (middle q) (bound d (q + 1)) starts (q * (pieces + 1)) pieces
            overBlocks function options (nodes * pieces) $ \k -> do
              let q = k `unsafeShiftR` (depth - d)
                  g = k - q * pieces
                  lo = bound d q
                  mid = middle q
                  size = bound d (q + 1) - lo
                  from = (size * g) `quot` pieces
                  to = (size * (g + 1)) `quot` pieces
              i <- PM.unsafeRead starts (q * (pieces + 1) + g)
              i' <- PM.unsafeRead starts (q * (pieces + 1) + g + 1)
              mergePiece src (lo + i) (lo + i') (mid + from - i) (mid + to - i') dst (lo + from)
            levels starts (d - 1)

  overBlocks function options (1 `unsafeShiftL` depth) $ \q ->
    runs (even depth) (bound depth q) (bound depth (q + 1))
  starts <- PM.unsafeNew (2 `unsafeShiftL` depth) :: IO (PM.MVector RealWorld Int)
  levels starts (depth - 1)
  G.unsafeFreeze here
  where
    n = G.length v
    depth = blockDepth n
    -- Where the q-th of the 2 ^ d nodes at depth d begins.
    bound d q = (n * q) `unsafeShiftR` d
    leaf = 12 :: Int
{-# INLINE sorted #-}

-- | Moves the elements from the first index to before the second.
move :: M.MVector v a => v RealWorld a -> Int -> Int -> v RealWorld a -> Int -> IO ()
move src from to dst at =
  M.unsafeCopy (M.unsafeSlice at (to - from) dst) (M.unsafeSlice from (to - from) src)
{-# INLINE move #-}

-- | At most 128 blocks, of at least 64 elements.
blockDepth :: Int -> Int
blockDepth n = go 0
  where
    go d
      | d < 7 && n `unsafeShiftR` (d + 1) >= 64 = go (d + 1)
      | otherwise = d :: Int

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
