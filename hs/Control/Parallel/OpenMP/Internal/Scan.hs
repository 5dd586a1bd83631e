{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Scans, which "Control.Parallel.OpenMP.Vector" exports.
--
-- A scan cuts the vector into blocks, and the length alone decides them. First each block
-- is combined on one thread, then the caller combines the blocks' values in order, then
-- each block is scanned from the value before it. So all teams apply the function to
-- the same values. The function is applied about twice per element.
module Control.Parallel.OpenMP.Internal.Scan
  ( prescanl'
  , postscanl'
  , scanl'
  , scanl1'
  , prescanr'
  , postscanr'
  , scanr'
  , scanr1'
  ) where

import Control.Monad (forM_, when)
import Control.Monad.ST (RealWorld)
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M

import Control.Parallel.OpenMP.Internal.Build
import Control.Parallel.OpenMP.Internal.Loops (Options (..))

-- | The exclusive scan from the left: element @i@ of the result is the combination of
-- the value and the elements before element @i@.
--
-- The function must be associative. It need not be commutative, and the value need not
-- be its unit. Then the result is that of "Data.Vector"'s function with this name. A
-- function that is nearly associative, as the sum of floating-point numbers is, gives
-- the same bits for any team size. This holds for all scans here.
--
-- A scan applies the function about twice per element.
--
-- >>> P.prescanl' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [0,1,3,6]
--
-- @since 0.1.0.0
prescanl' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
prescanl' options f z v = scan "Vector.prescanl'" options Before (G.length v) id id Nothing f z v
{-# INLINE prescanl' #-}

-- | The inclusive scan from the left: element @i@ of the result is the combination of
-- the value and the elements up to element @i@; see 'prescanl''.
--
-- >>> P.postscanl' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [1,3,6,10]
--
-- @since 0.1.0.0
postscanl' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
postscanl' options f z v = scan "Vector.postscanl'" options After (G.length v) id id Nothing f z v
{-# INLINE postscanl' #-}

-- | The value, and then the elements of 'postscanl''. The result has one element more than
-- the vector.
--
-- >>> P.scanl' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [0,1,3,6,10]
--
-- @since 0.1.0.0
scanl' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
scanl' options f z v = scan "Vector.scanl'" options After (G.length v + 1) id (+ 1) (Just 0) f z v
{-# INLINE scanl' #-}

-- | The inclusive scan from the left that starts with the first element. It is empty
-- for an empty vector; see 'prescanl''.
--
-- >>> P.scanl1' defaults max (U.fromList [1, 3, 2, 4 :: Int])
-- [1,3,3,4]
--
-- @since 0.1.0.0
scanl1' :: G.Vector v a => Options -> (a -> a -> a) -> v a -> v a
scanl1' options f v
  | G.null v = G.empty
  | otherwise =
      scan "Vector.scanl1'" options After n id (+ 1) (Just 0) f (G.unsafeHead v) (G.unsafeTail v)
  where
    n = G.length v
{-# INLINE scanl1' #-}

-- | The exclusive scan from the right: element @i@ of the result is the combination of
-- the elements after element @i@ and the value; see 'prescanl''.
--
-- >>> P.prescanr' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [9,7,4,0]
--
-- @since 0.1.0.0
prescanr' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
prescanr' options f z v = scan "Vector.prescanr'" options Before n back back Nothing (flip f) z v
  where
    n = G.length v
    back i = n - 1 - i
{-# INLINE prescanr' #-}

-- | The inclusive scan from the right: element @i@ of the result is the combination of
-- the elements from element @i@ on and the value; see 'prescanl''.
--
-- >>> P.postscanr' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [10,9,7,4]
--
-- @since 0.1.0.0
postscanr' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
postscanr' options f z v = scan "Vector.postscanr'" options After n back back Nothing (flip f) z v
  where
    n = G.length v
    back i = n - 1 - i
{-# INLINE postscanr' #-}

-- | The elements of 'postscanr'', and then the value. The result has one element more than
-- the vector.
--
-- >>> P.scanr' defaults (+) 0 (U.fromList [1, 2, 3, 4 :: Int])
-- [10,9,7,4,0]
--
-- @since 0.1.0.0
scanr' :: G.Vector v a => Options -> (a -> a -> a) -> a -> v a -> v a
scanr' options f z v = scan "Vector.scanr'" options After (n + 1) back back (Just n) (flip f) z v
  where
    n = G.length v
    back i = n - 1 - i
{-# INLINE scanr' #-}

-- | The inclusive scan from the right that starts with the last element. It is empty
-- for an empty vector; see 'prescanl''.
--
-- >>> P.scanr1' defaults max (U.fromList [1, 3, 2, 4 :: Int])
-- [4,4,4,4]
--
-- @since 0.1.0.0
scanr1' :: G.Vector v a => Options -> (a -> a -> a) -> v a -> v a
scanr1' options f v
  | G.null v = G.empty
  | otherwise =
      scan "Vector.scanr1'" options After n back back (Just (n - 1)) (flip f) (G.unsafeLast v) (G.unsafeInit v)
  where
    n = G.length v
    back i = n - 2 - i
{-# INLINE scanr1' #-}

-- | Whether a result holds the element at its place.
data Holds = Before | After

-- | A scan from the left. The arguments after 'Holds' are the length of the result, the
-- place of the scan's @i@-th element in the vector and that of its result, and the place of the
-- value in the result.
scan
  :: forall v a
   . G.Vector v a
  => String -> Options -> Holds -> Int -> (Int -> Int) -> (Int -> Int) -> Maybe Int
  -> (a -> a -> a) -> a -> v a -> v a
scan function options holds len source place first f z v = purely $ do
  target <- M.unsafeNew len
  forM_ first $ \i -> M.unsafeWrite target i $! z
  before <- M.unsafeNew (max 1 count) :: IO (G.Mutable v RealWorld a)
  when (count > 0) $ M.unsafeWrite before 0 $! z
  let total !b = go (element from) (from + 1)
        where
          !from = blockFrom blocks b
          !to = blockTo blocks b
          go !acc !i
            | i == to = M.unsafeWrite before (b + 1) acc
            | otherwise = go (f acc (element i)) (i + 1)
      -- The values before the blocks, from those of the blocks.
      chain !b
        | b + 1 >= count = pure ()
        | otherwise = pass b >> chain (b + 1)
      pass !b = do
        !x <- M.unsafeRead before b
        !y <- M.unsafeRead before (b + 1)
        M.unsafeWrite before (b + 1) $! f x y
      sweep !b = do
        let !from = blockFrom blocks b
            !to = blockTo blocks b
        !acc <- M.unsafeRead before b
        case holds of
          Before ->
            let go !x !i = do
                  M.unsafeWrite target (place i) x
                  if i + 1 == to then pure () else go (f x (element i)) (i + 1)
             in go acc from
          After ->
            let go !x !i
                  | i == to = pure ()
                  | otherwise = do
                      let !y = f x (element i)
                      M.unsafeWrite target (place i) y
                      go y (i + 1)
             in go acc from
  if numThreads options == Just 1
    then do
      -- Block by block, so that the second reading is from the cache.
      let alone b
            | b + 1 == count = sweep b
            | otherwise = do
                total b
                sweep b
                pass b
                alone (b + 1)
      overBlocks function options (min 1 count) (const (alone 0))
    else do
      -- The last block's value is not needed.
      overBlocks function options (count - 1) total
      chain 0
      overBlocks function options count sweep
  G.unsafeFreeze target
  where
    blocks@(Grid _ count _) = grid 256 16 (G.length v)
    element i = G.unsafeIndex v (source i)
    {-# INLINE element #-}
{-# INLINE scan #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
