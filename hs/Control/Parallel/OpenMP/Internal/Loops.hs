{-# LANGUAGE BangPatterns #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Parallel loops over Haskell closures: those that "Control.Parallel.OpenMP" exports,
-- and those below "Control.Parallel.OpenMP.Vector". Reductions, searches, traversals
-- and loops of several dimensions are in modules beside this one. The functions inline down to the
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

    -- * State of each thread
  , parallelForWith
  , parallelForChunksWith
  , Own
  , newOwn
  , own
  , ownState

    -- * For other loops
  , overChunks
  , overChunksWith
  , workshare
  , loopRegion
  , orderedLoopRegion
  , piece
  ) where

import Control.Exception (throwIO)
import Control.Monad (forM_, when)
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef, writeIORef)
import Data.List (sortOn)
import Data.Word (Word64)

import Control.Parallel.OpenMP.Internal.Region
  ( Chunk
  , InvalidArgument (..)
  , Loop (..)
  , RegionState
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
workshare function most options range@(Range from _) act =
  loopRegion function options range $ \state _ -> chunks most from state act
{-# NOINLINE workshare #-}

-- | A region with a loop over the range. Each thread runs the action, which gets the
-- region's state and the thread's number, and takes chunks of the loop. An empty range
-- has no region.
loopRegion :: String -> Options -> Range -> (IORef RegionState -> Int -> IO ()) -> IO ()
loopRegion = loopRegionOf id

-- | The same where each thread gets its chunks in the order of the iterations.
orderedLoopRegion :: String -> Options -> Range -> (IORef RegionState -> Int -> IO ()) -> IO ()
orderedLoopRegion = loopRegionOf inOrder

loopRegionOf
  :: (Kind -> Kind) -> String -> Options -> Range -> (IORef RegionState -> Int -> IO ()) -> IO ()
loopRegionOf modified function options (Range from to) act = do
  (threads, k, c) <- check function options
  let trip = if to > from then fromIntegral to - fromIntegral from else 0
  when (trip > 0) $ region threads (Loop (modified k) (fromIntegral c) trip) act

-- | Like 'parallelFor', with a state for each thread: a random generator, a
-- workspace, a histogram. The first action makes a state. It runs once on each thread
-- that gets iterations, before the first one, and the body gets the state of its own
-- thread. No two bodies use a state at the same time.
--
-- Returns the states in the order of the threads' numbers. There are at most as many
-- as the team has threads, and none if the range is empty. Which iterations a state
-- has seen depends on the team and on the schedule. For a result that does not
-- depend on them, use 'Control.Parallel.OpenMP.parallelFold'.
--
-- States are evaluated to weak head normal form. Exceptions are those of
-- 'parallelFor'; an exception of the first action counts as one of a body. If there is
-- one, the states are lost. (rayon's @for_each_init@; massiv's @forWS@.)
--
-- >>> import Data.IORef
-- >>> counts <- parallelForWith defaults (Range 0 1000) (newIORef (0 :: Int)) (\s _ -> modifyIORef' s (+ 1))
-- >>> sum <$> mapM readIORef counts
-- 1000
--
-- @since 0.1.0.0
parallelForWith :: Options -> Range -> IO s -> (s -> Int -> IO ()) -> IO [s]
parallelForWith options range new body = overChunksWith "parallelForWith" piece options range new sweep
  where
    sweep s !from !to = go from
      where
        go !i
          | i == to = pure ()
          | otherwise = body s i >> go (i + 1)
{-# INLINE parallelForWith #-}

-- | 'parallelForChunks' with a state for each thread; see 'parallelForWith'.
--
-- >>> parallelForChunksWith defaults {numThreads = Just 1} (Range 3 9) (pure 'x') (\s from to -> print (s, from, to))
-- ('x',3,9)
-- "x"
--
-- @since 0.1.0.0
parallelForChunksWith :: Options -> Range -> IO s -> (s -> Int -> Int -> IO ()) -> IO [s]
parallelForChunksWith = overChunksWith "parallelForChunksWith" maxBound
{-# INLINE parallelForChunksWith #-}

-- | 'overChunks' with a state for each thread.
overChunksWith
  :: String -> Word64 -> Options -> Range -> IO s -> (s -> Int -> Int -> IO ()) -> IO [s]
overChunksWith function most options range new act =
  workshareWith function most options range new $ \s chunk -> do
    from <- chunkStart chunk
    to <- chunkEnd chunk
    act s from to
{-# INLINE overChunksWith #-}

workshareWith :: String -> Word64 -> Options -> Range -> IO s -> (s -> Chunk -> IO ()) -> IO [s]
workshareWith function most options range@(Range from _) new act = do
  states <- newIORef []
  loopRegion function options range $ \state num -> do
    mine <- newOwn
    chunks most from state $ \chunk -> own mine new >>= \s -> act s chunk
    -- Only now: the caller must not keep alive what a body waits for (Note [Blocked
    -- for ever] in "Control.Parallel.OpenMP.Internal.Region").
    made <- ownState mine
    forM_ made $ \s -> atomicModifyIORef' states (\others -> ((num, s) : others, ()))
  map snd . sortOn fst <$> readIORef states
{-# NOINLINE workshareWith #-}

-- | One thread's state, once it is made.
newtype Own s = Own (IORef (Maybe s))

newOwn :: IO (Own s)
newOwn = Own <$> newIORef Nothing

-- | The state. The action makes it if it is not there yet.
own :: Own s -> IO s -> IO s
own (Own ref) new = do
  before <- readIORef ref
  case before of
    Just s -> pure s
    Nothing -> do
      !s <- new
      writeIORef ref (Just s)
      pure s

-- | The state, if it was made.
ownState :: Own s -> IO (Maybe s)
ownState (Own ref) = readIORef ref

-- $setup
-- >>> import Control.Parallel.OpenMP
