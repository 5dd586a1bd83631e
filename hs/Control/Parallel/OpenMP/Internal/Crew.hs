{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- What Haskell tasks are, and where the threads of a team find them.
module Control.Parallel.OpenMP.Internal.Crew
  ( -- * Tasks
    Task (..)
  , State (..)
  , TaskError (..)
  , claimed
  , awaited
  , done
  , readState
  , writeState
  , look
  , add
  , mark
  , claim

    -- * What they belong to
  , Frame (..)
  , family
  , depth
  , descendsFrom
  , live
  , Family (..)
  , crew
  , newFamily
  , within
  , Crew (..)

    -- * Where they are
  , Member (..)
  , Ring
  , newRing
  , put
  , hasRoom
  , unoffer
  , Claimed (..)
  , find
  ) where

import Control.Concurrent.MVar (MVar)
import Control.Exception (Exception, MaskingState, SomeException, toException)
import Data.Bits (unsafeShiftR, (.&.))
import Data.IORef (IORef, readIORef)
import GHC.Exts
  ( Any
  , Int (..)
  , MutVar#
  , MutableByteArray#
  , RealWorld
  , SmallMutableArray#
  , atomicReadIntArray#
  , fetchAddIntArray#
  , fetchOrIntArray#
  , isTrue#
  , newByteArray#
  , newSmallArray#
  , readIntArray#
  , readMutVar#
  , readSmallArray#
  , sameMutableByteArray#
  , setByteArray#
  , writeIntArray#
  , writeMutVar#
  , writeSmallArray#
  , (*#)
  )
import GHC.IO (IO (..))
import Unsafe.Coerce (unsafeCoerce)

import Control.Parallel.OpenMP.Internal.Region (Failure)

-- Note [Haskell tasks]
-- ~~~~~~~~~~~~~~~~~~~~
-- Each thread of the team makes one in-call ('region') and becomes a member of
-- the crew: thread 0 runs the root action, the others serve. A member offers
-- its deferred tasks in its ring, newest at the bottom. A ring only says where
-- tasks may be found; who runs a task is decided by one CAS on the task's own
-- word. So a member may take any task from any ring: its own newest one, the
-- oldest one of another member, the one that it waits for, wherever it lies.
-- Who takes a task leaves it in the ring; the owner sweeps.
--
-- The rings are GHC's: the collector sees the closures, and no C code can run
-- them. Counting, sleeping and waking are the core's (rust/src/tasking/hosted.rs).
--
-- Note [What a waiting member may run]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- A member that waits inside a task runs others on top of it, and the waiting
-- task cannot go on before those have ended. Were it to run any task, that task
-- could wait for the one below it. So it runs:
--
-- - in 'wait': the task waited for, if nobody has started it; else descendants
--   of the waiting task and of the one waited for;
-- - in 'group': tasks of the group, and of groups opened in these.
--
-- Who needs a task to end can therefore always run it, or it has started. The
-- root action is an ancestor of all.

-- | Something went wrong among tasks.
data TaskError
  = -- | The task was not started, because the region was being stopped.
    TaskDropped
  | -- | All threads of the team wait for tasks that wait for each other, or for
    -- themselves.
    TaskDeadlock
  deriving (Eq)

instance Show TaskError where
  show TaskDropped = "the task was dropped: its region was stopped"
  show TaskDeadlock = "all threads of the task region wait for each other's tasks"

instance Exception TaskError

-- | A task that was spawned, with its result to come. It may leave its region:
-- all tasks have ended by then.
data Task a
  = -- It ran at once.
    Ended a
  | -- It ran at once, or was dropped.
    Threw SomeException
  | -- Its word ('claimed', 'awaited', 'done') and its state.
    Deferred (MutableByteArray# RealWorld) (MutVar# RealWorld (State a))

data State a
  = Todo !MaskingState (IO a) !Frame -- who spawned it, and the masking state there
  | Running !Frame -- its own
  | Returned a
  | Failed SomeException

-- | Bits of a task's word. 'claimed' is set by CAS, by the member that will run
-- the task; 'awaited' by those who are about to block for it; 'done' by the
-- runner when it has written the outcome. All are full barriers.
claimed, awaited, done :: Int
claimed = 1
awaited = 2
done = 4

-- | A task under way, and the group that its children belong to.
data Frame
  = Root !Family
  | Frame
      !Frame -- the nearest ancestor that had not ended when this one began
      !Int -- more than that ancestor's; 0 is the root action's
      (MutableByteArray# RealWorld) -- the task's word, which is its identity
      !Family

family :: Frame -> Family
family (Root f) = f
family (Frame _ _ _ f) = f

depth :: Frame -> Int
depth (Root _) = 0
depth (Frame _ d _ _) = d

-- | Whether a task spawned in the first frame descends from the second.
descendsFrom :: Frame -> Frame -> Bool
_ `descendsFrom` Root _ = True
Root _ `descendsFrom` Frame {} = False
Frame up d word _ `descendsFrom` ancestor@(Frame _ d' word' _)
  | d > d' = up `descendsFrom` ancestor
  | otherwise = isTrue# (sameMutableByteArray# word word')

-- | The nearest task from here up that has not ended.
live :: Frame -> IO Frame
live frame@(Root _) = pure frame
live frame@(Frame up _ word _) = do
  bits <- look word
  if bits .&. done == 0 then pure frame else live up

-- | A group of tasks.
data Family
  = Family
      !Crew
      !Int -- the groups around it
      (MutableByteArray# RealWorld) -- its tallies, which are its identity
      !Failure
      (Maybe Family) -- the group around it

crew :: Family -> Crew
crew (Family c _ _ _ _) = c

newFamily :: Crew -> Int -> Failure -> Maybe Family -> IO Family
newFamily c@Crew {size = I# n} level failure around =
  IO $ \s0 -> case newByteArray# (n *# 64#) s0 of
    (# s1, tallies #) -> case setByteArray# tallies 0# (n *# 64#) 0# s1 of
      s2 -> (# s2, Family c level tallies failure around #)

-- | Whether a task of the first group is one of the second, or of a group
-- opened in it.
within :: Family -> Family -> Bool
Family _ level tallies _ around `within` other@(Family _ level' tallies' _ _)
  | level > level', Just f <- around = f `within` other
  | otherwise = isTrue# (sameMutableByteArray# tallies tallies')

-- | The team of a region.
data Crew = Crew
  { size :: !Int
  , stopped :: !(IO Bool)
  -- ^ Whether the region was.
  , finished :: !(IORef Bool)
  -- ^ The root action and all tasks have ended. Also the crew's identity.
  , members :: !(IORef [Member])
  , rootFailure :: !Failure
  , outsiders :: !(IORef [MVar ()])
  -- ^ Who waits for a task of the crew without being in it.
  }

-- | A thread of the crew, what it executes, and the tasks that it offers.
data Member = Member !Int !(IORef Frame) !Ring

-- | Positions from 'oldest' up to 'bottom', modulo 'capacity'. Written by the
-- member alone. Others see a past state, but not one before the last task of
-- which they know otherwise.
data Ring = Ring (SmallMutableArray# RealWorld (Task Any)) (MutableByteArray# RealWorld)

capacity, bottom, oldest :: Int
capacity = 64
bottom = 0
oldest = 1

-- | A task that the calling member has claimed.
data Claimed a
  = Claimed (MutableByteArray# RealWorld) (MutVar# RealWorld (State a)) !MaskingState (IO a) !Frame

-- | Claims a task: the member's own newest one, else the oldest one of another
-- member, else the oldest of its own.
find :: Member -> (Frame -> Bool) -> IO (Maybe (Claimed Any))
find (Member num current ring) allowed = newest ring allowed >>= maybe steal (pure . Just)
  where
    steal = do
      frame <- readIORef current
      everyone <- readIORef (members (crew (family frame)))
      let (later, others) = break (\(Member n _ _) -> n == num) everyone
      visit (drop 1 others ++ later ++ take 1 others)
    visit [] = pure Nothing
    visit (Member _ _ theirs : rest) = eldest theirs allowed >>= maybe (visit rest) (pure . Just)

-- | What is in a slot.
data Slot
  = Free
  | Refused
  | Got (Claimed Any)

-- | Claims the task in a slot, if that is possible and allowed.
probe :: (Frame -> Bool) -> Task Any -> IO Slot
probe allowed (Deferred word state) = do
  bits <- look word
  if bits .&. claimed /= 0
    then pure Free
    else do
      now <- readState state
      case now of
        Todo masking action creator
          | allowed creator -> do
              got <- claim word
              pure (if got then Got (Claimed word state masking action creator) else Free)
          | otherwise -> pure Refused
        _ -> pure Free
probe _ _ = pure Free

-- | The owner's end.
newest :: Ring -> (Frame -> Bool) -> IO (Maybe (Claimed Any))
newest ring allowed = do
  to <- position ring bottom
  from <- position ring oldest
  if from == to
    then pure Nothing
    else do
      there <- readSlot ring (to - 1) >>= probe allowed
      case there of
        Refused -> pure Nothing
        Free -> withdraw ring to >> newest ring allowed
        Got task -> withdraw ring to >> pure (Just task)

-- | The thieves' end.
eldest :: Ring -> (Frame -> Bool) -> IO (Maybe (Claimed Any))
eldest ring allowed = do
  from <- position ring oldest
  to <- position ring bottom
  let go at
        | at >= to = pure Nothing
        | otherwise = do
            there <- readSlot ring at >>= probe allowed
            case there of
              Got task -> pure (Just task)
              _ -> go (at + 1)
  go from

-- | Takes the newest task, before the position, out of the member's own ring.
withdraw :: Ring -> Int -> IO ()
withdraw ring to = writeSlot ring (to - 1) empty >> move ring bottom (to - 1)

-- | The same if it is this one; else it stays until it is met.
unoffer :: Ring -> MutableByteArray# RealWorld -> IO ()
unoffer ring word = do
  to <- position ring bottom
  there <- readSlot ring (to - 1)
  case there of
    Deferred word' _ | isTrue# (sameMutableByteArray# word word') -> withdraw ring to
    _ -> pure ()

newRing :: IO Ring
newRing = IO $ \s0 -> case newSmallArray# 64# empty s0 of
  (# s1, slots #) -> case newByteArray# 16# s1 of
    (# s2, ends #) -> case setByteArray# ends 0# 16# 0# s2 of
      s3 -> (# s3, Ring slots ends #)

-- | Offers one more task.
put :: Ring -> Task a -> IO ()
put ring task = do
  to <- position ring bottom
  writeSlot ring to (unsafeCoerce task)
  move ring bottom (to + 1)

-- | As many tasks as a member offers: the deeper in the tree of tasks, the
-- fewer, since the older ones that it still offers are the larger ones.
offers :: Frame -> Int
offers frame = max (min capacity (2 * size (crew (family frame)))) (capacity `unsafeShiftR` min 6 (depth frame))

-- | Whether the member offers fewer tasks than that; sweeps where it does not.
hasRoom :: Ring -> Frame -> IO Bool
hasRoom ring frame = do
  from <- position ring oldest
  to <- position ring bottom
  if to - from < most then pure True else sweep from to
  where
    most = offers frame
    sweep from to = do
      there <- readSlot ring from
      gone <- case there of
        Deferred word _ -> (\bits -> bits .&. claimed /= 0) <$> look word
        _ -> pure True
      if gone && from < to
        then writeSlot ring from empty >> sweep (from + 1) to
        else move ring oldest from >> pure (to - from < most)

-- | What a slot holds that holds no task.
empty :: Task Any
empty = Threw (toException TaskDropped)

position :: Ring -> Int -> IO Int
position (Ring _ ends) (I# i) = IO $ \s -> case readIntArray# ends i s of
  (# s', at #) -> (# s', I# at #)

move :: Ring -> Int -> Int -> IO ()
move (Ring _ ends) (I# i) (I# at) = IO $ \s -> (# writeIntArray# ends i at s, () #)

readSlot :: Ring -> Int -> IO (Task Any)
readSlot (Ring slots _) at = case at .&. (capacity - 1) of
  I# i -> IO (readSmallArray# slots i)

writeSlot :: Ring -> Int -> Task Any -> IO ()
writeSlot (Ring slots _) at task = case at .&. (capacity - 1) of
  I# i -> IO $ \s -> (# writeSmallArray# slots i task s, () #)

readState :: MutVar# RealWorld (State a) -> IO (State a)
readState state = IO (readMutVar# state)

writeState :: MutVar# RealWorld (State a) -> State a -> IO ()
writeState state x = IO $ \s -> (# writeMutVar# state x s, () #)

-- | A task's word.
look :: MutableByteArray# RealWorld -> IO Int
look word = IO $ \s -> case atomicReadIntArray# word 0# s of
  (# s', bits #) -> (# s', I# bits #)

-- | Adds to it, and answers what it was.
add :: MutableByteArray# RealWorld -> Int -> IO Int
add word (I# bits) = IO $ \s -> case fetchAddIntArray# word 0# bits s of
  (# s', was #) -> (# s', I# was #)

-- | Sets bits of it, and answers what it was.
mark :: MutableByteArray# RealWorld -> Int -> IO Int
mark word (I# bits) = IO $ \s -> case fetchOrIntArray# word 0# bits s of
  (# s', was #) -> (# s', I# was #)

-- | Whether the caller is the one who claims the task.
claim :: MutableByteArray# RealWorld -> IO Bool
claim word = do
  was <- mark word claimed
  pure (was .&. claimed == 0)
