{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE FlexibleContexts #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Functions whose results' elements lie where the elements' values say: selections and
-- accumulations, which "Control.Parallel.OpenMP.Vector" exports.
module Control.Parallel.OpenMP.Internal.Select
  ( filter
  , ifilter
  , mapMaybe
  , partition
  , accumulate
  , accumulate_
  , histogram
  ) where

import Control.Monad (forM_)
import Control.Monad.ST (RealWorld)
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
import qualified Data.Vector.Primitive as Prim
import qualified Data.Vector.Primitive.Mutable as PM
import Prelude hiding (filter)

import Control.Parallel.OpenMP.Internal.Build
import Control.Parallel.OpenMP.Internal.Loops (Options (..))

-- | The elements for which the predicate holds, in order. The predicate is asked once
-- per element.
--
-- >>> P.filter defaults even (U.fromList [1 .. 10 :: Int])
-- [2,4,6,8,10]
--
-- @since 0.1.0.0
filter :: G.Vector v a => Options -> (a -> Bool) -> v a -> v a
filter options p = select "Vector.filter" options (\_ x -> if p x then Just x else Nothing)
{-# INLINE filter #-}

-- | Like 'filter', for predicates that also get the element's index.
--
-- >>> P.ifilter defaults (\i _ -> i /= 1) (U.fromList "abc")
-- "ac"
--
-- @since 0.1.0.0
ifilter :: G.Vector v a => Options -> (Int -> a -> Bool) -> v a -> v a
ifilter options p = select "Vector.ifilter" options (\i x -> if p i x then Just x else Nothing)
{-# INLINE ifilter #-}

-- | The function's results that are there, in order.
--
-- >>> P.mapMaybe defaults (\x -> if even x then Just (x * x) else Nothing) (U.fromList [1 .. 6 :: Int])
-- [4,16,36]
--
-- @since 0.1.0.0
mapMaybe :: (G.Vector v a, G.Vector v b) => Options -> (a -> Maybe b) -> v a -> v b
mapMaybe options f = select "Vector.mapMaybe" options (const f)
{-# INLINE mapMaybe #-}

select
  :: (G.Vector v a, G.Vector v b)
  => String -> Options -> (Int -> a -> Maybe b) -> v a -> v b
select function options f v = purely $ do
  packed <- M.unsafeNew n
  counts <- PM.unsafeNew (count + 1) :: IO (PM.MVector RealWorld Int)
  overBlocks function options count $ \b -> do
    let !from = blockFrom blocks b
        !to = blockTo blocks b
        go !i !o
          | i == to = PM.unsafeWrite counts b (o - from)
          | otherwise = case f i (G.unsafeIndex v i) of
              Nothing -> go (i + 1) o
              Just !y -> M.unsafeWrite packed o y >> go (i + 1) (o + 1)
    go from from
  starts <- sums counts count
  total <- PM.unsafeRead starts count
  target <- M.unsafeNew total
  overBlocks function options count $ \b -> do
    start <- PM.unsafeRead starts b
    end <- PM.unsafeRead starts (b + 1)
    M.unsafeCopy
      (M.unsafeSlice start (end - start) target)
      (M.unsafeSlice (blockFrom blocks b) (end - start) packed)
  G.unsafeFreeze target
  where
    n = G.length v
    blocks@(Grid _ count _) = grid 512 32 n
{-# INLINE select #-}

-- | The sums of the counts before each block, and at last of all.
sums :: PM.MVector RealWorld Int -> Int -> IO (PM.MVector RealWorld Int)
sums counts count = do
  starts <- PM.unsafeNew (count + 1)
  let go !b !acc = do
        PM.unsafeWrite starts b acc
        if b == count
          then pure ()
          else do
            k <- PM.unsafeRead counts b
            go (b + 1) (acc + k)
  go 0 0
  pure starts

-- | The elements for which the predicate holds, and the others, both in order. The
-- predicate is asked once per element. Both vectors are computed when one of them is
-- evaluated.
--
-- >>> P.partition defaults even (U.fromList [1 .. 10 :: Int])
-- ([2,4,6,8,10],[1,3,5,7,9])
--
-- @since 0.1.0.0
partition :: G.Vector v a => Options -> (a -> Bool) -> v a -> (v a, v a)
partition options p v = purely $ do
  packed <- M.unsafeNew n
  counts <- PM.unsafeNew (count + 1) :: IO (PM.MVector RealWorld Int)
  -- In each block the chosen ones from the front, and the others from the back.
  overBlocks function options count $ \b -> do
    let !from = blockFrom blocks b
        !to = blockTo blocks b
        go !i !o !r
          | i == to = PM.unsafeWrite counts b (o - from)
          | otherwise = do
              let !x = G.unsafeIndex v i
              if p x
                then M.unsafeWrite packed o x >> go (i + 1) (o + 1) r
                else M.unsafeWrite packed r x >> go (i + 1) o (r - 1)
    go from from (to - 1)
  starts <- sums counts count
  total <- PM.unsafeRead starts count
  chosen <- M.unsafeNew total
  others <- M.unsafeNew (n - total)
  overBlocks function options count $ \b -> do
    let !from = blockFrom blocks b
        !to = blockTo blocks b
    start <- PM.unsafeRead starts b
    end <- PM.unsafeRead starts (b + 1)
    M.unsafeCopy
      (M.unsafeSlice start (end - start) chosen)
      (M.unsafeSlice from (end - start) packed)
    let !last' = from + (end - start)
        back !i !o
          | i < last' = pure ()
          | otherwise = do
              x <- M.unsafeRead packed i
              M.unsafeWrite others o x
              back (i - 1) (o + 1)
    back (to - 1) (from - start)
  (,) <$> G.unsafeFreeze chosen <*> G.unsafeFreeze others
  where
    function = "Vector.partition"
    n = G.length v
    blocks@(Grid _ count _) = grid 512 32 n
{-# INLINE partition #-}

-- | Changes elements of the vector: for each pair of an index and a value, the element
-- there becomes @f element value@. The pairs of one index are applied in order, so @f@
-- may be any function, and the result is that of "Data.Vector"'s @accumulate@. It
-- throws an 'Control.Exception.ErrorCall' for an index outside the vector.
--
-- Each thread owns a share of the elements and reads all pairs, whatever the schedule. So
-- it pays where @f@, or the access to an element far away, costs more than to read a
-- pair. To count into few places, use 'histogram'.
--
-- >>> P.accumulate defaults (+) (U.fromList [1, 2, 3]) (U.fromList [(0, 10), (2, 5), (0, 1 :: Int)])
-- [12,2,8]
--
-- @since 0.1.0.0
accumulate
  :: (G.Vector v a, G.Vector v (Int, b)) => Options -> (a -> b -> a) -> v a -> v (Int, b) -> v a
accumulate options f v pairs =
  accumulated "Vector.accumulate" options f v (G.length pairs) $ \k use ->
    case G.unsafeIndex pairs k of (!i, x) -> use i x
{-# INLINE accumulate #-}

-- | 'accumulate' with indices and values in two vectors. The longer one's rest is not
-- looked at.
--
-- >>> P.accumulate_ defaults (+) (U.fromList [1, 2, 3]) (U.fromList [0, 2, 0]) (U.fromList [10, 5, 1 :: Int])
-- [12,2,8]
--
-- @since 0.1.0.0
accumulate_
  :: (G.Vector v a, G.Vector v Int, G.Vector v b)
  => Options -> (a -> b -> a) -> v a -> v Int -> v b -> v a
accumulate_ options f v is xs =
  accumulated "Vector.accumulate_" options f v (min (G.length is) (G.length xs)) $ \k use ->
    use (G.unsafeIndex is k) (G.unsafeIndex xs k)
{-# INLINE accumulate_ #-}

accumulated
  :: G.Vector v a
  => String -> Options -> (a -> b -> a) -> v a -> Int
  -> (Int -> (Int -> b -> IO ()) -> IO ()) -> v a
accumulated function options f v pairs pair = purely $ do
  target <- M.unsafeNew n
  overShares function options n $ \from to -> do
    let copy !i
          | i == to = pure ()
          | otherwise = do
              let !x = G.unsafeIndex v i
              M.unsafeWrite target i x
              copy (i + 1)
        change !i x
          | i >= from && i < to = do
              !old <- M.unsafeRead target i
              M.unsafeWrite target i $! f old x
          | i < 0 || i >= n = outOfBounds function i n
          | otherwise = pure ()
    copy from
    inStretches pairs $ \first end ->
      let go !k
            | k == end = pure ()
            | otherwise = pair k change >> go (k + 1)
       in go first
  -- An empty vector has no shares, and no place for a pair.
  if n == 0 && pairs > 0 then pair 0 (\i _ -> outOfBounds function i n) else pure ()
  G.unsafeFreeze target
  where
    n = G.length v
{-# INLINE accumulated #-}

-- | How often each number below the first one is the function's result for an element.
-- The function is applied once per element. It throws an 'Control.Exception.ErrorCall' for a result that is
-- negative or not below the number.
--
-- >>> P.histogram defaults 3 (`mod` 3) (U.fromList [1 .. 10 :: Int])
-- [3,4,3]
--
-- @since 0.1.0.0
histogram
  :: (G.Vector v a, G.Vector v Int) => Options -> Int -> (a -> Int) -> v a -> v Int
histogram options size f v
  | count < 2 =
      let found = built function options n (\i -> pure (f (G.unsafeIndex v i))) :: Prim.Vector Int
       in accumulated function options (\k () -> k + 1) (G.replicate bins 0) n $ \i use ->
            use (G.unsafeIndex found i) ()
  | otherwise = purely $ do
      -- Counts of its own for each block. Whole numbers may be added in any order.
      own <- PM.unsafeNew (count * bins) :: IO (PM.MVector RealWorld Int)
      overBlocks function options count $ \b -> do
        let !from = blockFrom blocks b
            !to = blockTo blocks b
            !mine = PM.unsafeSlice (b * bins) bins own
            go !i
              | i == to = pure ()
              | otherwise = do
                  let !k = f (G.unsafeIndex v i)
                  if k < 0 || k >= bins
                    then outOfBounds function k bins
                    else PM.unsafeRead mine k >>= PM.unsafeWrite mine k . (+ 1)
                  go (i + 1)
        PM.set mine 0
        go from
      target <- M.unsafeNew bins
      let Grid _ parts _ = places
      overBlocks function options parts $ \p ->
        forM_ [blockFrom places p .. blockTo places p - 1] $ \k -> do
          let add !b !acc
                | b == count = M.unsafeWrite target k acc
                | otherwise = do
                    x <- PM.unsafeRead own (b * bins + k)
                    add (b + 1) (acc + x)
          add 0 0
      G.unsafeFreeze target
  where
    function = "Vector.histogram"
    n = G.length v
    bins = max 0 size
    -- The blocks' counts take at most a quarter of the elements' number.
    most = min 64 (n `quot` max 1 (4 * bins))
    blocks@(Grid _ count _)
      | most < 2 || bins == 0 = Grid 1 0 n
      | otherwise = grid most 32 n
    places = grid 64 64 bins
{-# INLINE histogram #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Vector as P
-- >>> import qualified Data.Vector.Unboxed as U
