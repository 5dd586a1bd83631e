{-# LANGUAGE BangPatterns #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Loops of two and three dimensions, which "Control.Parallel.OpenMP" exports. A nest
-- is one loop over all of its points. A chunk finds its first point by divisions, and
-- goes on along the rows.
module Control.Parallel.OpenMP.Internal.Nests
  ( parallelFor2
  , parallelFor3
  , parallelForTiles
  , forRange
  ) where

import Control.Exception (throwIO)
import Control.Monad (when)

import Control.Parallel.OpenMP.Internal.Loops
  ( InvalidArgument (..)
  , Options
  , Range (..)
  , overChunks
  , piece
  )

-- | Runs the body for each pair of an index of the first range (the row) and one of the
-- second (the column). The threads share all pairs, as if the two loops were one, so
-- there is enough to share even if there are few rows. Chunk sizes count pairs.
--
-- The pairs of a chunk come row by row. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'; also 'InvalidArgument' if there are more
-- than 'maxBound' pairs. (OpenMP 5.2, 4.4.3: @collapse(2)@.)
--
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> v <- UM.replicate 6 (0 :: Int, 0 :: Int)
-- >>> parallelFor2 defaults (Range 0 2) (Range 0 3) (\i j -> UM.write v (3 * i + j) (i, j))
-- >>> U.freeze v
-- [(0,0),(0,1),(0,2),(1,0),(1,1),(1,2)]
--
-- @since 0.1.0.0
parallelFor2 :: Options -> Range -> Range -> (Int -> Int -> IO ()) -> IO ()
parallelFor2 options (Range i0 i1) (Range j0 j1) body = do
  points <- product' "parallelFor2" [(i0, i1), (j0, j1)]
  overChunks "parallelFor2" piece options (Range 0 points) sweep
  where
    width = j1 - j0
    sweep !from !to = rows (i0 + from `quot` width) (j0 + from `rem` width) (to - from)
    -- So many points from here on.
    rows !i !j !left = row j
      where
        !n = min left (j1 - j)
        !end = j + n
        row !k
          | k == end = when (left > n) (rows (i + 1) j0 (left - n))
          | otherwise = body i k >> row (k + 1)
{-# INLINE parallelFor2 #-}

-- | Like 'parallelFor2', with three ranges. (OpenMP 5.2, 4.4.3: @collapse(3)@.)
--
-- >>> import Data.IORef
-- >>> total <- newIORef (0 :: Int)
-- >>> parallelFor3 defaults (Range 0 2) (Range 0 3) (Range 0 4) (\i j k -> atomicModifyIORef' total (\t -> (t + 100 * i + 10 * j + k, ())))
-- >>> readIORef total
-- 1476
--
-- @since 0.1.0.0
parallelFor3 :: Options -> Range -> Range -> Range -> (Int -> Int -> Int -> IO ()) -> IO ()
parallelFor3 options (Range i0 i1) (Range j0 j1) (Range k0 k1) body = do
  points <- product' "parallelFor3" [(i0, i1), (j0, j1), (k0, k1)]
  overChunks "parallelFor3" piece options (Range 0 points) sweep
  where
    height = j1 - j0
    width = k1 - k0
    sweep !from !to =
      rows
        (i0 + from `quot` (height * width))
        (j0 + (from `quot` width) `rem` height)
        (k0 + from `rem` width)
        (to - from)
    rows !i !j !k !left = row k
      where
        !n = min left (k1 - k)
        !end = k + n
        row !l
          | l == end =
              when (left > n) $
                if j + 1 == j1
                  then rows (i + 1) j0 k0 (left - n)
                  else rows i (j + 1) k0 (left - n)
          | otherwise = body i j l >> row (l + 1)
{-# INLINE parallelFor3 #-}

-- | Cuts the rectangle of two ranges into tiles of at most so many rows and columns, and
-- runs the body on each tile, which gets the tile's rows and columns. The threads share
-- the tiles, row by row of tiles. Tiles at the end of a range are smaller.
--
-- Tiles make use of caches: what a tile reads and writes should fit into the second
-- level. Chunk sizes count tiles. Exceptions are those of 'parallelFor2'; also
-- 'InvalidArgument' for a side below 1. (OpenMP 5.2, 9.1: @tile@ and @collapse(2)@.)
--
-- This transposes a matrix:
--
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> let a = U.fromList [0 .. 11] :: U.Vector Int -- 3 rows of 4
-- >>> b <- UM.replicate 12 (0 :: Int)
-- >>> :{
-- parallelForTiles defaults (2, 2) (Range 0 3) (Range 0 4) $ \rows columns ->
--   forRange rows $ \i -> forRange columns $ \j -> UM.write b (3 * j + i) (a U.! (4 * i + j))
-- :}
--
-- >>> U.freeze b
-- [0,4,8,1,5,9,2,6,10,3,7,11]
--
-- @since 0.1.0.0
parallelForTiles
  :: Options -> (Int, Int) -> Range -> Range -> (Range -> Range -> IO ()) -> IO ()
parallelForTiles options (height, width) rows@(Range i0 i1) columns@(Range j0 j1) body = do
  down <- tiles "height" height rows
  across <- tiles "width" width columns
  points <- product' name [(0, down), (0, across)]
  let sweep !from !to = go from
        where
          go !t
            | t == to = pure ()
            | otherwise = do
                let i = i0 + (t `quot` across) * height
                    j = j0 + (t `rem` across) * width
                body (Range i (after i height i1)) (Range j (after j width j1))
                go (t + 1)
  overChunks name piece options (Range 0 points) sweep
  where
    name = "parallelForTiles"
    after from side end = if end - from > side then from + side else end
    tiles what side range
      | side < 1 = throwIO (InvalidArgument name ("the tiles' " ++ what ++ ", " ++ show side ++ ", is not positive"))
      | otherwise = do
          n <- product' name [bounds range]
          pure (if n == 0 then 0 else (n - 1) `quot` side + 1)
    bounds (Range from to) = (from, to)
{-# INLINE parallelForTiles #-}

-- | Runs the body for each index of the range, one after the other, on the calling
-- thread. It inlines to a native loop.
--
-- >>> forRange (Range 3 6) print
-- 3
-- 4
-- 5
--
-- @since 0.1.0.0
forRange :: Range -> (Int -> IO ()) -> IO ()
forRange (Range from to) body = go from
  where
    go !i
      | i >= to = pure ()
      | otherwise = body i >> go (i + 1)
{-# INLINE forRange #-}

-- | How many points a nest of ranges has. The name is that of the function in errors.
product' :: String -> [(Int, Int)] -> IO Int
product' function ranges
  | points > fromIntegral (maxBound :: Int) =
      throwIO (InvalidArgument function ("there are " ++ show points ++ " iterations, more than " ++ show (maxBound :: Int)))
  | otherwise = pure (fromIntegral points)
  where
    points = product [max 0 (fromIntegral to - fromIntegral from) | (from, to) <- ranges] :: Integer
{-# NOINLINE product' #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
