{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Tasks: Haskell actions that the threads of a team share out among themselves
-- while they run (OpenMP 5.2, 12.5).
--
-- A Fibonacci number, with a task per call:
--
-- >>> import Control.Exception (evaluate)
-- >>> :{
-- let fib :: Int -> IO Int
--     fib n | n < 2 = pure n
--           | otherwise = do
--               task <- spawn (fib (n - 1))
--               y <- fib (n - 2)
--               x <- wait task
--               evaluate (x + y)
-- :}
--
-- >>> tasks defaults (fib 20)
-- 6765
--
-- The solutions of the n-queens problem, by a group of tasks that nobody waits
-- for one by one:
--
-- >>> import Data.IORef
-- >>> :{
-- let queens :: Int -> IO Int
--     queens n = do
--       solutions <- newIORef 0
--       let place board
--             | length board == n = atomicModifyIORef' solutions (\s -> (s + 1, ()))
--             | otherwise = mapM_ (\q -> spawn (place (q : board))) (filter (safe board) [1 .. n])
--           safe board q = and [q /= p && abs (q - p) /= d | (d, p) <- zip [1 ..] board]
--       group (place [])
--       readIORef solutions
-- :}
--
-- >>> tasks defaults (queens 6)
-- 4
--
-- What holds for every function here:
--
-- * /Who runs a task./ Any thread of the team that opened the innermost
--   'tasks' region: one that has nothing to do, or one that waits in 'wait' or
--   'group'. A task may also run at once, inside 'spawn', on the spawning
--   thread (an /undeferred/ task): in a team of one, and where the thread has
--   enough tasks to offer already (64 in the root action, half as many with each
--   level of tasks below it). A task costs some tens of nanoseconds, so it pays
--   from about a microsecond of work on.
-- * /What tasks may do./ Anything in 'IO'. But a thread that waits runs other
--   tasks on top of the waiting one, so tasks must not wait for each other by
--   means of their own ('Control.Concurrent.MVar.MVar's, locks held across
--   'spawn', 'wait' or 'group'). By 'wait' a task may wait for any other, also
--   one that it did not spawn, as long as no task would wait for itself if each
--   waited for all tasks that it spawned. Where all threads are found to wait
--   for each other, the region ends with 'TaskDeadlock'.
-- * /Exceptions./ A task's exception is thrown by 'wait' and is also the end of
--   the task's group (the innermost 'group' around the 'spawn', or the region):
--   tasks of the group that have not started are dropped, and when those that
--   run have ended, 'group' or 'tasks' throws the first exception. To handle a
--   task's exception, catch it inside the task or around the group.
-- * /Interruption./ An asynchronous exception to the caller of 'tasks'
--   (@timeout@, @killThread@) ends the region: tasks that have not started are
--   dropped, those that run are interrupted. One to a thread inside the region
--   ends what this thread runs just then, which need not be the task that the
--   thrower had in mind: do not put @timeout@ around a 'wait' or 'group'.
-- * /Other threads./ In the body of a region inside a task, in a forked thread
--   and outside of any region, 'spawn' runs its action at once, as if called,
--   and 'wait' blocks without running other tasks.
-- * C tasks (@#pragma omp task@) of kernels that Haskell tasks call run on the
--   same team; a wait in C never runs a Haskell task.
module Control.Parallel.OpenMP.Task
  ( tasks
  , Task
  , spawn
  , wait
  , group
  , TaskError (..)
  ) where

import Control.Concurrent.MVar (MVar, newEmptyMVar, putMVar, readMVar, takeMVar, tryPutMVar)
import Control.Exception
  ( Exception
  , SomeException
  , catch
  , mask
  , mask_
  , throwIO
  , toException
  , try
  )
import Control.Monad (join, unless, void, when)
import Data.Bits (unsafeShiftR, (.&.))
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef, writeIORef)
import Data.Maybe (isJust, isNothing)
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (Ptr, nullPtr)
import Foreign.StablePtr
  ( castPtrToStablePtr
  , castStablePtrToPtr
  , deRefStablePtr
  , freeStablePtr
  , newStablePtr
  )
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
  , newMutVar#
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
import GHC.IO (IO (..), unsafeUnmask)
import Unsafe.Coerce (unsafeCoerce)

import Control.Parallel.OpenMP.Internal.Loops (Options, check)
import Control.Parallel.OpenMP.Internal.Region
  ( Failure
  , firstFailure
  , inCallRegion
  , isAsynchronous
  , isStopped
  , newFailure
  , noLoop
  , throwFailure
  )

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
  = Todo (IO a) !Frame -- who spawned it
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

foreign import ccall unsafe "omp_get_num_threads" c_size :: IO CInt

foreign import ccall unsafe "ghcomp_hs_tasks_here" c_here :: IO (Ptr ())

foreign import ccall unsafe "ghcomp_hs_tasks_enter" c_enter :: Ptr () -> IO ()

foreign import ccall unsafe "ghcomp_hs_task_created"
  c_created :: MutableByteArray# RealWorld -> CUInt -> IO ()

foreign import ccall unsafe "ghcomp_hs_task_offered" c_offered :: IO ()

foreign import ccall unsafe "ghcomp_hs_task_executed"
  c_executed :: MutableByteArray# RealWorld -> IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_over"
  c_over :: MutableByteArray# RealWorld -> IO CInt

foreign import ccall unsafe "ghcomp_hs_tasks_wake" c_wake :: CInt -> IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_prepare" c_prepare :: CInt -> IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_cancel" c_cancel :: IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_searched" c_searched :: CInt -> IO ()

-- Safe: it blocks.
foreign import ccall safe "ghcomp_hs_tasks_sleep" c_sleep :: CInt -> IO CInt

-- | Opens a region: one thread of a team runs the action, the others its tasks
-- and theirs. Returns the action's result when it and all tasks have ended.
--
-- Throws the first exception of the action and of tasks outside of inner
-- groups, and 'InvalidArgument' for a team size below 1; the schedule is not
-- used. (OpenMP 5.2, 10.1, 12.5.)
--
-- >>> tasks defaults (spawn (pure 6) >>= fmap (* 7) . wait)
-- 42
tasks :: Options -> IO a -> IO a
tasks options action = do
  (threads, _, _) <- check "tasks" options
  shared <- newEmptyMVar
  result <- newIORef (throwIO TaskDropped)
  inCallRegion threads noLoop $ \state num -> mask_ $ do
    top <- if num == 0 then newCrew (isStopped state) shared else readMVar shared
    me <- newMember num top
    pointer <- newStablePtr me
    c_enter (castStablePtrToPtr pointer)
    end <- try (if num == 0 then lead me top (action >>= writeIORef result . pure) else follow me top)
    c_enter nullPtr
    freeStablePtr pointer
    either (throwIO :: SomeException -> IO ()) pure end
  join (readIORef result)

-- | Made by thread 0, without which nobody else sleeps: it is there to wake
-- them when the region is stopped.
newCrew :: IO Bool -> MVar Family -> IO Family
newCrew stopping shared = do
  n <- c_size
  failure <- newFailure
  c <- Crew (fromIntegral n) stopping <$> newIORef False <*> newIORef [] <*> pure failure <*> newIORef []
  top <- newFamily c 0 failure Nothing
  putMVar shared top
  pure top

newMember :: Int -> Family -> IO Member
newMember num top = do
  frame <- newIORef (Root top)
  ring <- IO $ \s0 -> case newSmallArray# 64# empty s0 of
    (# s1, slots #) -> case newByteArray# 16# s1 of
      (# s2, ends #) -> case setByteArray# ends 0# 16# 0# s2 of
        s3 -> (# s3, Ring slots ends #)
  let me = Member num frame ring
  atomicModifyIORef' (members (crew top)) (\others -> (me : others, ()))
  pure me

-- | Thread 0's part.
lead :: Member -> Family -> IO () -> IO ()
lead me top action = do
  try (unsafeUnmask action) >>= either (failed top) pure
  finish me top
  writeIORef (finished (crew top)) True
  c_wake everybody
  throwFailure (rootFailure (crew top))

-- | The others' part.
follow :: Member -> Family -> IO ()
follow me top = serve me idle ended (pure ()) (pure (const True))
  where
    ended = (||) <$> readIORef (finished (crew top)) <*> stopped (crew top)

-- | Makes a task of the action; it runs at once or later, on this thread or on
-- another. The result is what the action returns; 'Control.Exception.evaluate'
-- there what the task is to compute.
--
-- Outside of a region (see above) it is the same as calling the action, so its
-- exceptions are thrown here.
--
-- >>> spawn (pure 5) >>= wait
-- 5
spawn :: IO a -> IO (Task a)
spawn action = here outside $ \me@(Member _ current ring) -> do
  frame <- readIORef current
  let f = family frame
  reason <- whyStopped f
  case reason of
    Just e -> pure (Threw e)
    Nothing -> do
      room <- if size (crew f) == 1 then pure False else hasRoom ring (offers frame)
      if room then offer me frame action else atOnce f action
  where
    outside = Ended <$> action

-- | An undeferred task: part of the task that spawns it.
atOnce :: Family -> IO a -> IO (Task a)
atOnce f action = (Ended <$> action) `catch` \e -> do
  failed f e
  when (isAsynchronous e) (throwIO e)
  pure (Threw e)

-- | A deferred task.
offer :: Member -> Frame -> IO a -> IO (Task a)
offer (Member num _ ring) frame action = do
  task <- IO $ \s0 -> case newByteArray# 8# s0 of
    (# s1, word #) -> case writeIntArray# word 0# 0# s1 of
      s2 -> case newMutVar# (Todo action frame) s2 of
        (# s3, state #) -> (# s3, Deferred word state #)
  let !(Family _ _ tallies _ _) = family frame
  c_created tallies (fromIntegral num)
  at <- position ring bottom
  writeSlot ring at (unsafeCoerce task)
  move ring bottom (at + 1)
  c_offered
  pure task

-- | The task's result, or its exception. Until the task has ended, the calling
-- thread runs it, or others (see above).
--
-- Throws 'TaskDropped', or the exception that stopped the group, where that
-- keeps the task from being started.
--
-- >>> tasks defaults (mapM (spawn . pure) "omp" >>= mapM wait)
-- "omp"
wait :: Task a -> IO a
wait task = case task of
  Ended x -> pure x
  Threw e -> throwIO e
  Deferred word state -> do
    bits <- look word
    when (bits .&. done == 0) $
      here (waitOutside word state) (\me -> mask_ (waitInside me word state))
    outcome <- readState state
    case outcome of
      Returned x -> pure x
      Failed e -> throwIO e
      _ -> wait task
-- | Runs the action and waits for all tasks spawned in it and in these; then
-- returns its result, or throws the first exception of the action and the
-- tasks. Tasks of inner groups count for those.
--
-- Outside of a region (see above) it is the same as calling the action.
--
-- >>> import Data.IORef
-- >>> sums <- newIORef 0
-- >>> tasks defaults (group (mapM_ (\i -> spawn (atomicModifyIORef' sums (\s -> (s + i, ())))) [1 .. 100]))
-- >>> readIORef sums
-- 5050
group :: IO a -> IO a
group action = here action $ \me@(Member _ current _) -> do
  frame <- readIORef current
  let outer@(Family c level _ _ _) = family frame
  failure <- newFailure
  f <- newFamily c (level + 1) failure (Just outer)
  mask $ \restore -> do
    writeIORef current $ case frame of
      Root _ -> Root f
      Frame up d word _ -> Frame up d word f
    end <- try (restore action)
    either (failed f) (const (pure ())) end
    finish me f
    writeIORef current frame
    throwFailure failure
    either throwIO pure end

-- | Goes on with the member of the innermost region that the calling OS thread
-- is, if there is one.
here :: IO a -> (Member -> IO a) -> IO a
here outside inside = do
  pointer <- c_here
  if pointer == nullPtr
    then outside
    else deRefStablePtr (castPtrToStablePtr pointer) >>= inside
{-# INLINE here #-}

-- | Why tasks of the group are not started any more.
whyStopped :: Family -> IO (Maybe SomeException)
whyStopped (Family c _ _ failure _) = orElse (readIORef failure) . orElse (readIORef (rootFailure c)) $ do
  was <- stopped c
  pure (if was then Just (toException TaskDropped) else Nothing)
  where
    orElse first second = first >>= maybe second (pure . Just)

-- | An exception in the group: no more tasks of it are started, and those who
-- wait look again.
failed :: Family -> SomeException -> IO ()
failed (Family _ _ _ failure _) e = firstFailure failure e >> c_wake everybody

-- | Runs a task that this member has claimed. Masked.
run :: Member -> Claimed a -> IO ()
run (Member _ current _) (Claimed word state action creator) = do
  let !f@(Family c _ tallies _ _) = family creator
  reason <- whyStopped f
  outcome <- case reason of
    Just e -> pure (Failed e)
    Nothing -> do
      up <- live creator
      let frame = Frame up (depth up + 1) word f
      below <- readIORef current
      writeState state (Running frame)
      writeIORef current frame
      end <- (Returned <$> unsafeUnmask action) `catch` (pure . Failed)
      writeIORef current below
      pure end
  writeState state outcome
  case outcome of
    Failed e -> failed f e
    _ -> pure ()
  bits <- add word done
  when (bits .&. awaited /= 0) $ do
    c_wake waiting
    atomicModifyIORef' (outsiders c) (\others -> ([], others)) >>= mapM_ (`tryPutMVar` ())
  c_executed tallies
  -- Not the task's own, but one to this thread.
  case outcome of
    Failed e | isNothing reason, isAsynchronous e -> throwIO e
    _ -> pure ()

-- | A member waits for the task. Masked.
waitInside :: Member -> MutableByteArray# RealWorld -> MutVar# RealWorld (State a) -> IO ()
waitInside me@(Member _ current ring) word state = do
  frame <- readIORef current
  now <- readState state
  let mine f = finished (crew (family f)) == finished (crew (family frame))
      -- Somebody has started it, and may still be about to say so.
      ended = do
        bits <- look word
        if bits .&. done /= 0 then pure True else isJust <$> whyStopped (family frame)
      allowed = do
        theirs <- readState state
        pure $ case theirs of
          Running f -> \p -> p `descendsFrom` frame || p `descendsFrom` f
          _ -> (`descendsFrom` frame)
      help = do
        serve me waiting ended (void (mark word awaited)) allowed
        bits <- look word
        when (bits .&. done == 0) (whyStopped (family frame) >>= mapM_ throwIO)
  case now of
    Todo action creator | mine creator -> do
      got <- claim word
      if got
        then unoffer ring word >> run me (Claimed word state action creator)
        else help
    Running f | mine f -> help
    _ -> waitOutside word state

-- | Somebody waits for the task who cannot help.
waitOutside :: MutableByteArray# RealWorld -> MutVar# RealWorld (State a) -> IO ()
waitOutside word state = readState state >>= \now -> case now of
  Todo _ f -> block (family f)
  Running f -> block (family f)
  _ -> pure ()
  where
    block f = do
      woken <- newEmptyMVar
      atomicModifyIORef' (outsiders (crew f)) (\others -> (woken : others, ()))
      bits <- mark word awaited
      when (bits .&. done == 0) (takeMVar woken >> waitOutside word state)

-- | Runs what is left of the group. Masked.
finish :: Member -> Family -> IO ()
finish me f@(Family _ _ tallies _ _) =
  serve me waiting over (pure ()) (pure ((`within` f) . family)) `catch` \e -> failed f e >> finish me f
  where
    over = (/= 0) <$> c_over tallies

-- | How a member sleeps, and who is to be woken: rust/src/haskell/tasks.rs.
waiting, idle, everybody :: CInt
waiting = 0
idle = 1
everybody = 1

-- | Runs tasks, spawned in frames for which @allowed@ then holds, until @ended@
-- does. Sleeps where there are none; @announce@ sees to it that the member is
-- woken. Masked.
serve :: Member -> CInt -> IO Bool -> IO () -> IO (Frame -> Bool) -> IO ()
serve me@(Member _ current _) how ended announce allowed = go
  where
    go = do
      over <- ended
      unless over $ do
        found <- allowed >>= find me
        case found of
          Just task -> run me task >> go
          Nothing -> do
            c_prepare how
            announce
            sleep
            go
    sleep = do
      over <- ended
      found <- if over then pure Nothing else allowed >>= find me
      case found of
        Just task -> c_cancel >> run me task
        Nothing
          | over -> c_cancel
          | otherwise -> c_sleep how >>= awoken
    awoken 0 = do
      frame <- readIORef current
      firstFailure (rootFailure (crew (family frame))) (toException TaskDeadlock)
      c_wake everybody
    awoken 2 = do
      found <- allowed >>= find me
      c_searched (if isJust found then 1 else 0)
      mapM_ (run me) found
    awoken _ = pure ()

-- | A task that the calling member has claimed.
data Claimed a
  = Claimed (MutableByteArray# RealWorld) (MutVar# RealWorld (State a)) (IO a) !Frame

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
        Todo action creator
          | allowed creator -> do
              got <- claim word
              pure (if got then Got (Claimed word state action creator) else Free)
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

-- | As many tasks as a member offers: the deeper in the tree of tasks, the
-- fewer, since the older ones that it still offers are the larger ones.
offers :: Frame -> Int
offers frame = max (min capacity (2 * size (crew (family frame)))) (capacity `unsafeShiftR` min 6 (depth frame))

-- | Whether the member offers fewer tasks than that; sweeps where it does not.
hasRoom :: Ring -> Int -> IO Bool
hasRoom ring most = do
  from <- position ring oldest
  to <- position ring bottom
  if to - from < most then pure True else sweep from to
  where
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
