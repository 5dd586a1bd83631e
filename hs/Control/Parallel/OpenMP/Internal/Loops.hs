{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Parallel loops over Haskell closures: those that "Control.Parallel.OpenMP" exports,
-- and those below "Control.Parallel.OpenMP.Vector". The functions inline down to the
-- inner loop, so that a known body becomes a native loop over each chunk. All else
-- is shared code in "Control.Parallel.OpenMP.Internal.Region".
module Control.Parallel.OpenMP.Internal.Loops
  ( Range (..)
  , Schedule (..)
  , Options (..)
  , defaults
  , InvalidArgument (..)
  , check
  , parallel
  , parallelFor
  , parallelForChunks
  , parallelReduce
  , parallelFoldMap
  , overChunks
  , piece
  , reduce
  ) where

import Control.Exception (evaluate, throwIO)
import Control.Monad (when)
import Data.Word (Word64)
import GHC.Exts
  ( Array#
  , Int (..)
  , MutableArray#
  , RealWorld
  , indexArray#
  , newArray#
  , unsafeFreezeArray#
  , writeArray#
  )
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Region
  ( Chunk
  , InvalidArgument (..)
  , Loop (..)
  , chunkEnd
  , chunkStart
  , chunks
  , noLoop
  , region
  )
import Control.Parallel.OpenMP.Internal.Schedule

-- | The indices @from, from + 1 .. to - 1@; none if @to <= from@.
--
-- >>> parallelFoldMap defaults (Range 3 6) (\i -> pure [i])
-- [3,4,5]
--
-- @since 0.1.0.0
data Range = Range !Int !Int
  deriving (Eq, Show)

-- | How a region is run.
--
-- >>> defaults {numThreads = Just 2}
-- Options {schedule = Static, numThreads = Just 2}
--
-- @since 0.1.0.0
data Options = Options
  { schedule :: !Schedule
  -- ^ How a loop's iterations are shared out.
  , numThreads :: !(Maybe Int)
  -- ^ How many threads to ask for, at least 1. 'Nothing' asks for the size in
  -- force (@OMP_NUM_THREADS@, else the number of capabilities in use).
  }
  deriving (Eq, Show)

-- | 'Static', with the team size in force.
--
-- >>> defaults
-- Options {schedule = Static, numThreads = Nothing}
--
-- @since 0.1.0.0
defaults :: Options
defaults = Options {schedule = Static, numThreads = Nothing}

-- | The options in the runtime's terms: the team size, the kind of schedule and the
-- chunk size (0 for the kind's default). Throws 'InvalidArgument' in the name of the
-- function.
check :: String -> Options -> IO (Maybe Int, Kind, Int)
check function (Options sched threads) = do
  case threads of
    Just n
      | n < 1 -> bad ("numThreads = Just " ++ show n ++ " is not positive")
      | n > maxTeamSize -> bad ("numThreads = Just " ++ show n ++ " is more than " ++ show maxTeamSize)
    _ -> pure ()
  let (k, size) = toKind sched
  c <- case size of
    Nothing -> pure 0
    Just c
      | c < 1 -> bad ("schedule = " ++ show sched ++ ": the chunk size is not positive")
      | otherwise -> pure c
  pure (threads, k, c)
  where
    bad = throwIO . InvalidArgument function

-- | Runs the body once on each thread of a team, with the thread's number (from 0
-- to the team's size less 1), and returns when all bodies have ended.
--
-- The first exception of a body is thrown here when all bodies have ended. An
-- asynchronous exception to the caller (@timeout@, @killThread@) interrupts
-- the bodies. If the caller has masked exceptions it does not, because bodies run
-- in the caller's masking state. Throws 'InvalidArgument' for a team size below 1. (OpenMP 5.2,
-- 10.1.)
--
-- >>> parallel defaults {numThreads = Just 1} print
-- 0
--
-- @since 0.1.0.0
parallel :: Options -> (Int -> IO ()) -> IO ()
parallel options body = do
  (threads, _, _) <- check "parallel" options
  region threads noLoop (const body)

-- | Runs the body for each index of the range. The threads of a team share the
-- indices.
--
-- The first exception of a body stops the loop: no new chunk starts, and the
-- exception is thrown here when the threads have ended their present chunks. An asynchronous exception to the caller interrupts the bodies.
-- Throws 'InvalidArgument' for a team or chunk size below 1. (OpenMP 5.2,
-- 11.5.)
--
-- >>> import Data.IORef
-- >>> total <- newIORef (0 :: Int)
-- >>> parallelFor defaults (Range 0 101) (\i -> atomicModifyIORef' total (\t -> (t + i, ())))
-- >>> readIORef total
-- 5050
--
-- @since 0.1.0.0
parallelFor :: Options -> Range -> (Int -> IO ()) -> IO ()
parallelFor options range body = overChunks "parallelFor" piece options range sweep
  where
    sweep !from !to = go from
      where
        go !i
          | i == to = pure ()
          | otherwise = body i >> go (i + 1)
{-# INLINE parallelFor #-}

-- | Like 'parallelFor', with a body that gets a whole chunk: its first index and
-- the one after its last. Under 'Static' there is one chunk per thread. Under
-- other schedules the chunks have their size; a team of one gets larger ones.
--
-- >>> parallelForChunks defaults {numThreads = Just 1} (Range 3 9) (curry print)
-- (3,9)
--
-- @since 0.1.0.0
parallelForChunks :: Options -> Range -> (Int -> Int -> IO ()) -> IO ()
parallelForChunks = overChunks "parallelForChunks" maxBound

-- | How many iterations 'parallelFor' runs at most before it looks whether the
-- loop was stopped: some microseconds of the smallest bodies.
piece :: Word64
piece = 4096

-- | A loop over chunks of at most so many iterations. The name is that of the
-- function in errors.
overChunks :: String -> Word64 -> Options -> Range -> (Int -> Int -> IO ()) -> IO ()
overChunks function most options range act =
  workshare function most options range $ \chunk -> do
    from <- chunkStart chunk
    to <- chunkEnd chunk
    act from to
{-# INLINE overChunks #-}

-- | The same with a body that asks for its bounds, so that they need no boxes.
workshare :: String -> Word64 -> Options -> Range -> (Chunk -> IO ()) -> IO ()
workshare function most options (Range from to) act = do
  (threads, k, c) <- check function options
  let trip = if to > from then fromIntegral to - fromIntegral from else 0
  when (trip > 0) $
    region threads (Loop k (fromIntegral c) trip) $ \state _ ->
      chunks most from state act
{-# NOINLINE workshare #-}

-- | Combines the bodies' results for all indices of the range from the left,
-- @... f (f z r0) r1 ...@. The function must be associative, with @z@ as its unit.
-- It need not be commutative: it is applied in iteration order. Values are
-- evaluated to weak head normal form. Exceptions are those of 'parallelFor'.
--
-- The range is cut into cells, at most 1024, each of at least the schedule's chunk
-- size. Only the range and the schedule decide the cells. Each cell is combined on
-- one thread, and the caller combines the cells, so the result has the same bits
-- for any team size.
--
-- >>> parallelReduce defaults (Range 1 11) (+) 0 pure
-- 55
-- >>> parallelReduce defaults (Range 0 5) (++) "" (pure . show)
-- "01234"
--
-- @since 0.1.0.0
parallelReduce :: Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
parallelReduce = reduce "parallelReduce"
{-# INLINE parallelReduce #-}

-- | 'parallelReduce', with the name of the function for errors.
reduce :: String -> Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
reduce function options range f z body = overCells function options range f z cell
  where
    -- Never empty.
    cell !from !to = do
      first <- body from
      first `seq` go first (from + 1)
      where
        go !acc !i
          | i == to = pure acc
          | otherwise = do
              x <- body i
              go (f acc x) (i + 1)
{-# INLINE reduce #-}

-- | Combines the bodies' results for all indices of the range by '<>', in
-- iteration order; see 'parallelReduce'.
--
-- >>> parallelFoldMap defaults (Range 0 4) (\i -> pure [i])
-- [0,1,2,3]
--
-- @since 0.1.0.0
parallelFoldMap :: Monoid m => Options -> Range -> (Int -> IO m) -> IO m
parallelFoldMap options range = reduce "parallelFoldMap" options range (<>) mempty
{-# INLINE parallelFoldMap #-}

-- | Reduces each cell on one thread, into an array. The caller combines the array.
overCells :: String -> Options -> Range -> (a -> a -> a) -> a -> (Int -> Int -> IO a) -> IO a
overCells function options (Range from to) f z cell = do
  (threads, k, c) <- check function options
  if to <= from
    then evaluate z
    else do
      let trip = fromIntegral to - fromIntegral from :: Word64
          size = max (fromIntegral c) ((trip - 1) `div` maxCells + 1)
          count = (trip - 1) `div` size + 1
          n = fromIntegral count :: Int
          start i = from + fromIntegral (fromIntegral i * size)
          end i = if i + 1 == n then to else start (i + 1)
      results <- newCells n
      region threads (Loop k (if c > 0 then 1 else 0) count) $ \state _ ->
        -- One cell at a time, so the start says it all.
        chunks 1 0 state $ \chunk -> do
          i <- chunkStart chunk
          result <- cell (start i) (end i)
          writeCell results i result
      frozen results >>= evaluate . combine f z n
{-# NOINLINE overCells #-}

-- | The most cells of a reduction.
maxCells :: Word64
maxCells = 1024

combine :: (a -> a -> a) -> a -> Int -> Frozen a -> a
combine f z n (Frozen cells) = go z 0
  where
    go !acc i@(I# i#)
      | i == n = acc
      | otherwise = case indexArray# cells i# of (# x #) -> go (f acc x) (i + 1)

data Cells a = Cells (MutableArray# RealWorld a)

data Frozen a = Frozen (Array# a)

newCells :: Int -> IO (Cells a)
newCells (I# n) = IO $ \s -> case newArray# n unset s of
  (# s', array #) -> (# s', Cells array #)
  where
    unset = error "a cell of a reduction was not computed"

writeCell :: Cells a -> Int -> a -> IO ()
writeCell (Cells array) (I# i) x = IO $ \s -> (# writeArray# array i x s, () #)

frozen :: Cells a -> IO (Frozen a)
frozen (Cells array) = IO $ \s -> case unsafeFreezeArray# array s of
  (# s', cells #) -> (# s', Frozen cells #)

-- $setup
-- >>> import Control.Parallel.OpenMP
