{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Schedules, and the numbers that the runtime has for them. The numbers of
-- OpenMP's kinds are those of @omp_sched_t@ in @omp.h@ (OpenMP 5.2, 18.2.11), and
-- 'runtimeKind' is that of @ghcomp_hs_parallel@ in @ghcomp.h@. The test suite
-- compares them with those of the C compiler's @omp.h@ (test\/Test\/Query.hs).
--
-- A new schedule is a constructor of 'Schedule', a kind, and a line in each of
-- 'toKind' (GHC warns if it is missing) and 'fromKind' (which refuses a kind that it
-- does not know).
module Control.Parallel.OpenMP.Internal.Schedule
  ( Schedule (..)
  , Kind
  , runtimeKind
  , staticKind
  , toKind
  , fromKind
  , inOrder

    -- * Limits
  , maxChunk
  , maxTeamSize
  , maxLevel
  ) where

import Data.Bits (clearBit, setBit)
import Data.Word (Word32)

-- | How the iterations of a loop are shared out (OpenMP 5.2, 11.5.3). Chunk
-- sizes are in iterations, at least 1. "Control.Parallel.OpenMP.Guide" says which
-- to choose. The sum of the indices is the same under all schedules:
--
-- >>> let total s = parallelReduce defaults {schedule = s} (Range 0 101) (+) 0 pure
-- >>> mapM total [Static, StaticChunk 8, Dynamic 1, Guided 4, Auto, Runtime]
-- [5050,5050,5050,5050,5050,5050]
--
-- @since 0.1.0.0
data Schedule
  = -- | One block per thread, of equal size. Best for equal iterations.
    Static
  | -- | Chunks of this size, dealt out in turn.
    StaticChunk !Int
  | -- | A thread that is free takes the next chunk of this size.
    Dynamic !Int
  | -- | Like 'Dynamic', with chunks that shrink as the loop goes on, down to this
    -- size.
    Guided !Int
  | -- | The runtime chooses.
    Auto
  | -- | What @OMP_SCHEDULE@ or 'Control.Parallel.OpenMP.Query.setSchedule' says.
    Runtime
  deriving (Eq, Show)

-- | A kind of schedule, as the runtime numbers it.
type Kind = Word32

runtimeKind, staticKind, dynamicKind, guidedKind, autoKind :: Kind
runtimeKind = 0
staticKind = 1 -- omp_sched_static
dynamicKind = 2 -- omp_sched_dynamic
guidedKind = 3 -- omp_sched_guided
autoKind = 4 -- omp_sched_auto

-- | The bit of @omp_sched_monotonic@, a modifier of the kinds.
monotonicBit :: Int
monotonicBit = 31

-- | The kind whose chunks come to each thread in the order of the iterations.
inOrder :: Kind -> Kind
inOrder = (`setBit` monotonicBit)

-- | A schedule in the runtime's terms: its kind, and the chunk size if the schedule
-- has one (as the user gave it, unchecked).
toKind :: Schedule -> (Kind, Maybe Int)
toKind schedule = case schedule of
  Static -> (staticKind, Nothing)
  StaticChunk size -> (staticKind, Just size)
  Dynamic size -> (dynamicKind, Just size)
  Guided size -> (guidedKind, Just size)
  Auto -> (autoKind, Nothing)
  Runtime -> (runtimeKind, Nothing)
{-# INLINE toKind #-}

-- | The schedule that the runtime means by a kind (modifiers are ignored) and a
-- chunk size, where a size below 1 is the kind's default. 'Left' says what is
-- wrong with a kind that is not known here.
fromKind :: Kind -> Int -> Either String Schedule
fromKind modified size
  | kind == staticKind = Right (if size > 0 then StaticChunk size else Static)
  | kind == dynamicKind = Right (Dynamic (max 1 size))
  | kind == guidedKind = Right (Guided (max 1 size))
  | kind == autoKind = Right Auto
  | otherwise = Left ("the runtime has a schedule of kind " ++ show kind ++ ", which this library does not know")
  where
    kind = clearBit modified monotonicBit

-- | The largest chunk size that @run-sched-var@ can hold: a C @int@.
maxChunk :: Int
maxChunk = 2147483647

-- | The most threads that a team can be asked for.
maxTeamSize :: Int
maxTeamSize = 65535

-- | The deepest nesting level that can be asked about.
maxLevel :: Int
maxLevel = 65535

-- $setup
-- >>> import Control.Parallel.OpenMP
