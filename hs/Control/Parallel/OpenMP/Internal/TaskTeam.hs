{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Haskell tasks as data: tasks, their groups, the team that executes them, and
-- the rings in which its members find them. "Control.Parallel.OpenMP.Task" has
-- the operations and is the only caller.
--
-- Protocols: Note [Haskell tasks], Note [What a waiting member may run], and the
-- bits of a task's word ('claimed', 'awaited', 'done').
module Control.Parallel.OpenMP.Internal.TaskTeam
  ( -- * Tasks
    Task (..)
  , TaskState (..)
  , TaskError (..)
  , claimed
  , awaited
  , done
  , newTask
  , readState
  , writeState
  , writeOutcome
  , Masking
  , maskingNow
  , inMasking
  , readBits
  , setBits
  , claim
  , isClaimedBy

    -- * What they belong to
  , Running (..)
  , groupOf
  , depth
  , isSame
  , descendsFrom
  , nearestLive
  , TaskGroup (..)
  , teamOf
  , stopped
  , newTaskGroup
  , isWithin
  , TaskTeam (..)

    -- * Where they are
  , Member (..)
  , Current
  , newCurrent
  , readCurrent
  , writeCurrent
  , Ring
  , newRing
  , place
  , positions
  , hasRoom
  , withdraw
  , Claimed (..)
  , findTask
  ) where

import Control.Concurrent.MVar (MVar)
import Control.Exception (Exception, MaskingState (..), SomeException, toException)
import Data.Bits (unsafeShiftL, unsafeShiftR, (.&.), (.|.))
import Data.IORef (IORef, readIORef)
import GHC.Exts
  ( Any
  , Int (..)
  , MutableByteArray#
  , RealWorld
  , SmallMutableArray#
  , atomicReadIntArray#
  , casIntArray#
  , fetchOrIntArray#
  , getMaskingState#
  , isTrue#
  , newByteArray#
  , newSmallArray#
  , readIntArray#
  , readSmallArray#
  , reallyUnsafePtrEquality#
  , sameMutableByteArray#
  , setByteArray#
  , unsafeFreezeSmallArray#
  , writeIntArray#
  , writeSmallArray#
  , (*#)
  )
import GHC.IO (IO (..))
import Unsafe.Coerce (unsafeCoerce)

import Control.Parallel.OpenMP.Internal.Region (Failure, RegionState, inMaskingState, isStopped)

-- Note [Haskell tasks]
-- ~~~~~~~~~~~~~~~~~~~~
-- Each thread of the OpenMP team makes one in-call
-- ('Control.Parallel.OpenMP.Internal.Region.inCallRegion') and becomes a member
-- of the task team. Thread 0 runs the root action; the others execute tasks. A
-- member offers its deferred tasks in its ring, with the newest at the bottom. A
-- ring only says where tasks may be found. One CAS on the task's own word decides
-- which member runs it. So a member may take any task from any ring: its own
-- newest one, the oldest one of another member, or the one that it waits for,
-- wherever that lies. A member that takes a task leaves it in the ring; the ring's
-- owner removes it later.
--
-- The rings live in GHC's heap: the collector sees the closures, and no C code
-- can run them. The core counts tasks, and puts members to sleep and wakes them
-- (rust/src/protocol/host_tasks.rs).
--
-- Note [Tasks without masking]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- To mask exceptions and unmask them again costs as much as all the rest of a small
-- task. So the two paths that small tasks take, 'spawn' and a 'wait' that runs the task
-- itself, do not mask. An asynchronous exception may then strike between any two steps,
-- but not within an unsafe foreign call. So what must not be torn apart is one call:
--
-- - @ghcomp_hs_task_offer@ counts a task and makes it visible. Before it the task is
--   only in a slot behind the ring's bottom, where nobody looks.
-- - @ghcomp_hs_task_done@ sets the task's 'done' and counts it.
--
-- 'wait' claims the task and runs it below one catch frame. The task's word names the
-- member that has claimed it, so the handler knows how far it was: not claimed by this
-- member (nothing to do), claimed (it ends the task, with the exception or with the
-- result that is there already), or done. Handlers run masked.
--
-- All other paths are masked.
--
-- Note [What a waiting member may run]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- A member that waits inside a task runs other tasks on top of it, and the waiting
-- task cannot continue before those have ended. If the member ran just any task,
-- that task could wait for the one below it. So it runs:
--
-- - in 'wait': the task waited for, if no member has started it; otherwise
--   descendants of the waiting task and of the one waited for;
-- - in 'group': tasks of the group, and of groups opened in these.
--
-- So if a member needs a task to end, that task has started already or the member
-- can run it itself. The root action is an ancestor of all tasks.

-- | What can go wrong among tasks.
--
-- @since 0.1.0.0
data TaskError
  = -- | The task was not started, because its region was being stopped.
    TaskDropped
  | -- | All threads of the team wait for tasks that wait for each other, or for
    -- themselves.
    TaskDeadlock
  deriving (Eq)

instance Show TaskError where
  show TaskDropped = "the task was dropped: its region was stopped"
  show TaskDeadlock = "all threads of the task region wait for each other's tasks"

instance Exception TaskError

-- | A task that was spawned, and its result to come. A value of this type may
-- leave its region: by then all tasks have ended.
--
-- @since 0.1.0.0
data Task a
  = -- It ran at once.
    Ended a
  | -- It ran at once, or was dropped.
    Threw SomeException
  | -- Its word ('claimed', 'awaited', 'done') and its state.
    Deferred (MutableByteArray# RealWorld) (SmallMutableArray# RealWorld (TaskState a))

-- | How a deferred task stands. The spawning member writes 'NotStarted'; the
-- member that has claimed the task writes the rest.
data TaskState a
  = NotStarted !Masking (IO a) !Running -- the masking state at the spawn, and what spawned it
  | Started !Running -- the task itself
  | Returned a
  | Raised SomeException

-- | A masking state, by GHC's number. Reading and comparing it needs no branches.
newtype Masking = Masking Int
  deriving (Eq)

maskingNow :: IO Masking
maskingNow = IO $ \s -> case getMaskingState# s of
  (# s', number #) -> (# s', Masking (I# number) #)
{-# INLINE maskingNow #-}

-- | Runs the action in this masking state, which is not the present one.
inMasking :: Masking -> IO a -> IO a
inMasking (Masking number) = inMaskingState $ case number of
  0 -> Unmasked
  1 -> MaskedUninterruptible
  _ -> MaskedInterruptible

-- | Bits of a task's word. The member that will run the task sets 'claimed' by
-- CAS, with its number ('claimerShift'). Threads that are about to block for the task
-- set 'awaited'. The member that ran it sets 'done' when it has written the outcome. All
-- are full barriers. rust/src/haskell/tasks.rs knows 'awaited' and 'done'.
claimed, awaited, done :: Int
claimed = 1
awaited = 2
done = 4

-- | Where the number of the member begins that has claimed a task.
claimerShift :: Int
claimerShift = 3

-- | What a member executes, the root action or a task, and the group to which the
-- tasks belong that it spawns.
data Running
  = RootAction !TaskGroup
  | RunningTask
      !Running -- the nearest ancestor that had not ended when this one began
      !Int -- the depth: one more than that ancestor's; the root action's is 0
      (MutableByteArray# RealWorld) -- the task's word, which is its identity
      !TaskGroup

groupOf :: Running -> TaskGroup
groupOf (RootAction group) = group
groupOf (RunningTask _ _ _ group) = group

depth :: Running -> Int
depth (RootAction _) = 0
depth (RunningTask _ d _ _) = d

-- | Whether both are the same. It may answer False for the same.
isSame :: Running -> Running -> Bool
isSame !a !b = isTrue# (reallyUnsafePtrEquality# a b)
{-# INLINE isSame #-}

-- | Whether a task that the first spawned descends from the second.
descendsFrom :: Running -> Running -> Bool
_ `descendsFrom` RootAction _ = True
RootAction _ `descendsFrom` RunningTask {} = False
RunningTask parent d word _ `descendsFrom` ancestor@(RunningTask _ d' word' _)
  | d > d' = parent `descendsFrom` ancestor
  | otherwise = isTrue# (sameMutableByteArray# word word')

-- | The nearest of this one and its ancestors that has not ended.
nearestLive :: Running -> IO Running
nearestLive running@(RootAction _) = pure running
nearestLive running@(RunningTask parent _ word _) = do
  bits <- readBits word
  if bits .&. done == 0 then pure running else nearestLive parent

-- | A group of tasks.
data TaskGroup
  = TaskGroup
      !TaskTeam
      !Int -- how many groups are around it
      (MutableByteArray# RealWorld) -- a tally for each member; also the group's identity
      !Failure
      (Maybe TaskGroup) -- the group around it

teamOf :: TaskGroup -> TaskTeam
teamOf (TaskGroup team _ _ _ _) = team

newTaskGroup :: TaskTeam -> Int -> Failure -> Maybe TaskGroup -> IO TaskGroup
newTaskGroup team@TaskTeam {size = I# n} level failure around =
  IO $ \s0 -> case newByteArray# bytes s0 of
    (# s1, tallies #) -> case setByteArray# tallies 0# bytes 0# s1 of
      s2 -> (# s2, TaskGroup team level tallies failure around #)
  where
    !(I# tally) = tallyBytes
    !bytes = n *# tally

-- | The size of a member's tally of a group: @Tally@ in
-- rust/src/protocol/host_tasks.rs, a cache line.
tallyBytes :: Int
tallyBytes = 64

-- | Whether a task of the first group is one of the second, or of a group
-- opened in it.
isWithin :: TaskGroup -> TaskGroup -> Bool
TaskGroup _ level tallies _ around `isWithin` other@(TaskGroup _ level' tallies' _ _)
  | level > level', Just group <- around = group `isWithin` other
  | otherwise = isTrue# (sameMutableByteArray# tallies tallies')

-- | The team of a region, as far as its tasks are concerned.
data TaskTeam = TaskTeam
  { size :: !Int
  , region :: !(IORef RegionState)
  , finished :: !(IORef Bool)
  -- ^ Whether the root action and all tasks have ended. Also the team's identity.
  , members :: !(IORef [Member])
  , rootFailure :: !Failure
  , outsiders :: !(IORef [MVar ()])
  -- ^ Threads that wait for a task of the team without being its members.
  }

-- | Whether the region was stopped.
stopped :: TaskTeam -> IO Bool
stopped = isStopped . region
{-# INLINE stopped #-}

-- | A thread of the task team: its number, what it executes, and the tasks that
-- it offers.
data Member = Member !Int {-# UNPACK #-} !Current {-# UNPACK #-} !Ring

-- | What a member executes. Only the member itself reads and writes it. It is the one
-- element of a small array: writing it needs no call.
data Current = Current (SmallMutableArray# RealWorld Running)

newCurrent :: Running -> IO Current
newCurrent running = IO $ \s -> case newSmallArray# 1# running s of
  (# s', array #) -> (# s', Current array #)

readCurrent :: Current -> IO Running
readCurrent (Current array) = IO (readSmallArray# array 0#)
{-# INLINE readCurrent #-}

writeCurrent :: Current -> Running -> IO ()
writeCurrent (Current array) !running = IO $ \s -> (# writeSmallArray# array 0# running s, () #)
{-# INLINE writeCurrent #-}

-- | The tasks at the positions from 'oldest' up to 'bottom', modulo 'capacity'.
-- Only the member itself writes. Other members may see a past state, but none
-- from before the last task that they know of otherwise.
data Ring = Ring (SmallMutableArray# RealWorld (Task Any)) (MutableByteArray# RealWorld)

-- | How many tasks a ring holds: a power of two.
capacity :: Int
capacity = 64

-- | Where a ring's two positions lie, in words.
bottom, oldest :: Int
bottom = 0
oldest = 1

-- | A task that the calling member has claimed.
data Claimed a
  = Claimed (MutableByteArray# RealWorld) (SmallMutableArray# RealWorld (TaskState a)) !Masking (IO a) !Running

-- | Claims a task: the member's own newest one, else the oldest one of another
-- member, else the oldest of its own.
findTask :: Member -> (Running -> Bool) -> IO (Maybe (Claimed Any))
findTask (Member num current ring) allowed = takeNewest num ring allowed >>= maybe steal (pure . Just)
  where
    steal = do
      running <- readCurrent current
      everyone <- readIORef (members (teamOf (groupOf running)))
      let (later, others) = break (\(Member n _ _) -> n == num) everyone
      visit (drop 1 others ++ later ++ take 1 others)
    visit [] = pure Nothing
    visit (Member _ _ theirs : rest) = stealOldest num theirs allowed >>= maybe (visit rest) (pure . Just)

-- | What a slot of a ring held.
data Probe
  = -- | No task that can still be claimed.
    Gone
  | -- | A task that the member must not run now.
    NotAllowed
  | Got (Claimed Any)

-- | Claims the task in a slot for the member with this number, if that is possible and
-- allowed.
probe :: Int -> (Running -> Bool) -> Task Any -> IO Probe
probe num allowed (Deferred word state) = do
  bits <- readBits word
  if bits .&. claimed /= 0
    then pure Gone
    else do
      now <- readState state
      case now of
        NotStarted masking action creator
          | allowed creator -> do
              got <- claim num word
              pure (if got then Got (Claimed word state masking action creator) else Gone)
          | otherwise -> pure NotAllowed
        _ -> pure Gone
probe _ _ _ = pure Gone

-- | The owner's end of the ring.
takeNewest :: Int -> Ring -> (Running -> Bool) -> IO (Maybe (Claimed Any))
takeNewest num ring allowed = do
  to <- readPosition ring bottom
  from <- readPosition ring oldest
  if from == to
    then pure Nothing
    else do
      there <- readSlot ring (to - 1) >>= probe num allowed
      case there of
        NotAllowed -> pure Nothing
        Gone -> pop ring to >> takeNewest num ring allowed
        Got task -> pop ring to >> pure (Just task)

-- | The thieves' end of the ring.
stealOldest :: Int -> Ring -> (Running -> Bool) -> IO (Maybe (Claimed Any))
stealOldest num ring allowed = do
  from <- readPosition ring oldest
  to <- readPosition ring bottom
  let go at
        | at >= to = pure Nothing
        | otherwise = do
            there <- readSlot ring at >>= probe num allowed
            case there of
              Got task -> pure (Just task)
              _ -> go (at + 1)
  go from

-- | Removes the newest task, just before the position, from the member's own
-- ring.
pop :: Ring -> Int -> IO ()
pop ring to = writeSlot ring (to - 1) empty >> writePosition ring bottom (to - 1)

-- | Removes the task with this word from the member's own ring if it is the
-- newest. Otherwise it stays until the member comes across it.
withdraw :: Ring -> MutableByteArray# RealWorld -> IO ()
withdraw ring word = do
  to <- readPosition ring bottom
  there <- readSlot ring (to - 1)
  case there of
    Deferred word' _ | isTrue# (sameMutableByteArray# word word') -> pop ring to
    _ -> pure ()

newRing :: IO Ring
newRing = IO $ \s0 -> case newSmallArray# slotCount empty s0 of
  (# s1, slots #) -> case newByteArray# 16# s1 of
    (# s2, ends #) -> case setByteArray# ends 0# 16# 0# s2 of
      s3 -> (# s3, Ring slots ends #)
  where
    !(I# slotCount) = capacity

-- | Puts a task into the first free slot. @ghcomp_hs_task_offer@ then moves the ring's
-- bottom, which makes the task visible.
place :: Ring -> Task a -> IO ()
place ring task = do
  to <- readPosition ring bottom
  writeSlot ring to (unsafeCoerce task)
{-# INLINE place #-}

-- | The ring's positions. The first word is the bottom.
positions :: Ring -> MutableByteArray# RealWorld
positions (Ring _ ends) = ends
{-# INLINE positions #-}

-- | How many tasks a member offers at most. Deeper in the tree of tasks it offers
-- fewer, because the older tasks that it still offers are the larger ones.
offerLimit :: Running -> Int
offerLimit running =
  max (min capacity (2 * size (teamOf (groupOf running)))) (capacity `unsafeShiftR` min 6 (depth running))

-- | Whether the member offers fewer tasks than 'offerLimit'. If it does not,
-- first removes claimed tasks from the old end of the ring.
hasRoom :: Ring -> Running -> IO Bool
hasRoom ring running = do
  from <- readPosition ring oldest
  to <- readPosition ring bottom
  if to - from < limit then pure True else sweep from to
  where
    limit = offerLimit running
    sweep from to = do
      there <- readSlot ring from
      gone <- case there of
        Deferred word _ -> (\bits -> bits .&. claimed /= 0) <$> readBits word
        _ -> pure True
      if gone && from < to
        then writeSlot ring from empty >> sweep (from + 1) to
        else writePosition ring oldest from >> pure (to - from < limit)

-- | The content of a slot without a task.
empty :: Task Any
empty = Threw (toException TaskDropped)

readPosition :: Ring -> Int -> IO Int
readPosition (Ring _ ends) (I# i) = IO $ \s -> case readIntArray# ends i s of
  (# s', at #) -> (# s', I# at #)

writePosition :: Ring -> Int -> Int -> IO ()
writePosition (Ring _ ends) (I# i) (I# at) = IO $ \s -> (# writeIntArray# ends i at s, () #)

readSlot :: Ring -> Int -> IO (Task Any)
readSlot (Ring slots _) at = case at .&. (capacity - 1) of
  I# i -> IO (readSmallArray# slots i)

writeSlot :: Ring -> Int -> Task Any -> IO ()
writeSlot (Ring slots _) at task = case at .&. (capacity - 1) of
  I# i -> IO $ \s -> (# writeSmallArray# slots i task s, () #)

-- | A deferred task. Its state is the one element of a small array: making and writing
-- that needs no call.
newTask :: TaskState a -> IO (Task a)
newTask !start = IO $ \s0 -> case newByteArray# 8# s0 of
  (# s1, word #) -> case writeIntArray# word 0# 0# s1 of
    s2 -> case newSmallArray# 1# start s2 of
      (# s3, state #) -> (# s3, Deferred word state #)
{-# INLINE newTask #-}

readState :: SmallMutableArray# RealWorld (TaskState a) -> IO (TaskState a)
readState state = IO (readSmallArray# state 0#)

writeState :: SmallMutableArray# RealWorld (TaskState a) -> TaskState a -> IO ()
writeState state x = IO $ \s -> (# writeSmallArray# state 0# x s, () #)

-- | Writes the outcome. Nobody writes the state again. It is frozen, because the collector
-- looks at each mutable array at each collection.
writeOutcome :: SmallMutableArray# RealWorld (TaskState a) -> TaskState a -> IO ()
writeOutcome state x = IO $ \s -> case writeSmallArray# state 0# x s of
  s' -> case unsafeFreezeSmallArray# state s' of (# s'', _ #) -> (# s'', () #)
{-# INLINE writeOutcome #-}

-- | Reads a task's word.
readBits :: MutableByteArray# RealWorld -> IO Int
readBits word = IO $ \s -> case atomicReadIntArray# word 0# s of
  (# s', bits #) -> (# s', I# bits #)

-- | Sets bits of a task's word, and returns what it was.
setBits :: MutableByteArray# RealWorld -> Int -> IO Int
setBits word (I# bits) = IO $ \s -> case fetchOrIntArray# word 0# bits s of
  (# s', was #) -> (# s', I# was #)

-- | Claims a task for the member with this number. Whether it succeeded.
claim :: Int -> MutableByteArray# RealWorld -> IO Bool
claim num word = go 0
  where
    !mine = (num `unsafeShiftL` claimerShift) .|. claimed
    go expected = do
      was <- swap expected (expected .|. mine)
      if was == expected
        then pure True
        else if was .&. claimed /= 0 then pure False else go was
    swap (I# old) (I# new) = IO $ \s -> case casIntArray# word 0# old new s of
      (# s', was #) -> (# s', I# was #)
{-# INLINE claim #-}

-- | Whether these are the bits of a task that the member with this number has claimed.
isClaimedBy :: Int -> Int -> Bool
bits `isClaimedBy` num = bits .&. claimed /= 0 && bits `unsafeShiftR` claimerShift == num
