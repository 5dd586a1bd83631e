{-# LANGUAGE BangPatterns #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Loops that end as soon as their answer is known, which "Control.Parallel.OpenMP"
-- exports. A body that has found something concludes the region
-- ('conclude'), so no thread takes another chunk, and each thread also looks before
-- each iteration.
--
-- A search for the least index keeps the least one so far ('Least'). It cannot
-- conclude the region, because other threads may still be at smaller indices. But
-- each thread gets its chunks in the order of the iterations, so a thread is done when
-- it comes to an index that is not smaller.
module Control.Parallel.OpenMP.Internal.Search
  ( parallelFind
  , parallelFindFirst
  , parallelAny
  , parallelAll
  ) where

import Control.Monad (unless)
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef, writeIORef)
import Data.Maybe (isJust)

import Control.Parallel.OpenMP.Internal.Loops
  ( Options
  , Range (..)
  , loopRegion
  , orderedLoopRegion
  , piece
  )
import Control.Parallel.OpenMP.Internal.Region
  ( Chunk
  , RegionState
  , chunkEnd
  , chunkStart
  , chunks
  , chunksUntil
  , conclude
  , isStopped
  )

-- | Runs the body for the indices of the range until one gives 'Just', and returns
-- that. If several do, it is any of them; 'parallelFindFirst' takes the one of the
-- least index. 'Nothing' if none does.
--
-- Once an answer is known, no further chunk starts, and a thread that is inside a chunk
-- leaves it after the iteration at hand. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'. So an exception of a body that runs beside the
-- one that finds the answer is thrown. The value in the 'Just' is not evaluated.
-- (rayon's @find_map_any@.)
--
-- >>> parallelFind defaults (Range 2 100) (\i -> pure (if i * i == 49 then Just (i, 2 * i) else Nothing))
-- Just (7,14)
--
-- @since 0.1.0.0
parallelFind :: Options -> Range -> (Int -> IO (Maybe a)) -> IO (Maybe a)
parallelFind = find "parallelFind"
{-# INLINE parallelFind #-}

-- | Like 'parallelFind', with the answer of the least index that has one, as the
-- sequential loop would find it, whatever the schedule and the team.
--
-- A body whose index is greater than that of an answer that is already known does not
-- run. Bodies of greater indices may have run before; if one of them throws an
-- exception, that is thrown. 'Control.Parallel.OpenMP.Static' gives each thread a block
-- of the range, so the threads look far from each other; a dynamic schedule lets them
-- advance side by side, which is better if the answer is near the beginning. (rayon's
-- @find_map_first@.)
--
-- >>> parallelFindFirst defaults {schedule = Dynamic 1} (Range 2 100) (\i -> pure (if 91 `mod` i == 0 then Just i else Nothing))
-- Just 7
--
-- @since 0.1.0.0
parallelFindFirst :: Options -> Range -> (Int -> IO (Maybe a)) -> IO (Maybe a)
parallelFindFirst options range body =
  searchFirst "parallelFindFirst" options range $ \least chunk -> do
    from <- chunkStart chunk
    to <- chunkEnd chunk
    let go !i
          | i == to = pure False
          | otherwise = do
              beyond <- (i >=) <$> leastIndex least
              if beyond
                then pure True
                else do
                  found <- body i
                  case found of
                    Nothing -> go (i + 1)
                    Just _ -> True <$ foundAt least i found
    go from
{-# INLINE parallelFindFirst #-}

-- | Whether the body gives 'True' for an index of the range. It ends like
-- 'parallelFind'. For an empty range, 'False'. (rayon's @any@.)
--
-- >>> parallelAny defaults (Range 0 100) (\i -> pure (i * i == 49))
-- True
--
-- @since 0.1.0.0
parallelAny :: Options -> Range -> (Int -> IO Bool) -> IO Bool
parallelAny = exists "parallelAny"
{-# INLINE parallelAny #-}

-- | Whether the body gives 'True' for all indices of the range. It ends like
-- 'parallelFind', when a body gives 'False'. For an empty range, 'True'. (rayon's
-- @all@.)
--
-- >>> parallelAll defaults (Range 0 100) (\i -> pure (i * i >= 0))
-- True
--
-- @since 0.1.0.0
parallelAll :: Options -> Range -> (Int -> IO Bool) -> IO Bool
parallelAll options range body = not <$> exists "parallelAll" options range (fmap not . body)
{-# INLINE parallelAll #-}

exists :: String -> Options -> Range -> (Int -> IO Bool) -> IO Bool
exists function options range body = isJust <$> find function options range tested
  where
    tested i = do
      holds <- body i
      pure (if holds then Just () else Nothing)
{-# INLINE exists #-}

find :: String -> Options -> Range -> (Int -> IO (Maybe a)) -> IO (Maybe a)
find function options range body = search function options range $ \state answer chunk -> do
  from <- chunkStart chunk
  to <- chunkEnd chunk
  let go !i
        | i == to = pure ()
        | otherwise = do
            stopped <- isStopped state
            unless stopped $ do
              found <- body i
              case found of
                Nothing -> go (i + 1)
                Just _ -> writeIORef answer found >> conclude state
  go from
{-# INLINE find #-}

search
  :: String
  -> Options
  -> Range
  -> (IORef RegionState -> IORef (Maybe a) -> Chunk -> IO ())
  -> IO (Maybe a)
search function options range@(Range first _) act = do
  answer <- newIORef Nothing
  loopRegion function options range $ \state _ -> chunks piece first state (act state answer)
  readIORef answer
{-# NOINLINE search #-}

-- | The action says whether its thread is done.
searchFirst
  :: String -> Options -> Range -> (IORef (Least a) -> Chunk -> IO Bool) -> IO (Maybe a)
searchFirst function options range@(Range first past) act = do
  least <- newIORef (Least past Nothing)
  orderedLoopRegion function options range $ \state _ ->
    chunksUntil piece first state (act least)
  (\(Least _ found) -> found) <$> readIORef least
{-# NOINLINE searchFirst #-}

-- | The least index so far that has an answer, and the answer. At first, the end of the
-- range.
data Least a = Least !Int !(Maybe a)

leastIndex :: IORef (Least a) -> IO Int
leastIndex least = (\(Least i _) -> i) <$> readIORef least
{-# INLINE leastIndex #-}

-- | This index has an answer.
foundAt :: IORef (Least a) -> Int -> Maybe a -> IO ()
foundAt least i found = atomicModifyIORef' least $ \before@(Least j _) ->
  (if i < j then Least i found else before, ())
{-# NOINLINE foundAt #-}

-- $setup
-- >>> import Control.Parallel.OpenMP
