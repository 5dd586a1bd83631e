{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Haskell actions as tasks. The threads of a team execute them, and share them
-- out among themselves as they go (OpenMP 5.2, 12.5).
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
-- The number of solutions of the n-queens problem, by a group of tasks. Here
-- nothing waits for a single task:
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
-- The following holds for every function here:
--
-- * /Which thread runs a task./ Any thread of the team that opened the innermost
--   'tasks' region: one that has nothing to do, or one that waits in 'wait' or
--   'group'. A task may also run at once, inside 'spawn', on the spawning
--   thread (an /undeferred/ task). That happens in a team of one, and where the
--   thread already offers enough tasks (64 in the root action, half as many with
--   each level of tasks below it). A task costs some tens of nanoseconds, so it
--   pays for work of about a microsecond or more.
-- * /What tasks may do./ Anything in 'IO'. But a thread that waits runs other
--   tasks on top of the waiting one. So tasks must not wait for each other by
--   means of their own ('Control.Concurrent.MVar.MVar's, locks held across
--   'spawn', 'wait' or 'group'). A task may call 'wait' for any other task, even
--   one that it did not spawn, as long as no task would wait for itself if each
--   task waited for all tasks that it spawned. If all threads turn out to wait
--   for each other, the region ends with 'TaskDeadlock'.
-- * /Exceptions./ 'wait' throws a task's exception. The exception also ends the
--   task's group (the innermost 'group' around the 'spawn', or the region):
--   tasks of the group that have not started are dropped, and when the running
--   ones have ended, 'group' or 'tasks' throws the first exception. To handle a
--   task's exception, catch it inside the task or around the group.
-- * /Masking./ A task runs in the masking state of the thread that spawned it. The
--   action of 'tasks' runs in the masking state of the caller.
-- * /Interruption./ An asynchronous exception to the caller of 'tasks'
--   (@timeout@, @killThread@) ends the region: tasks that have not started are
--   dropped, and running ones are interrupted. An exception to a thread inside the
--   region ends whatever this thread runs at that moment. That need not be the task
--   that the thrower had in mind, so do not put @timeout@ around a 'wait' or
--   'group'.
-- * /Other threads./ In the body of a region inside a task, in a forked thread
--   and outside of any region, 'spawn' runs its action at once, like a plain call,
--   and 'wait' blocks without running other tasks.
-- * C tasks (@#pragma omp task@) of kernels that Haskell tasks call run on the
--   same team. A wait in C never runs a Haskell task.
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
  ( SomeException
  , catch
  , getMaskingState
  , mask
  , mask_
  , throwIO
  , toException
  , try
  )
import Control.Monad (join, unless, void, when)
import Data.Bits ((.&.))
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
  ( MutableByteArray#
  , RealWorld
  , SmallMutableArray#
  , catch#
  )
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Loops (Options, check)
import Control.Parallel.OpenMP.Internal.Region
  ( RegionState
  , firstFailure
  , inCallRegion
  , inMaskingState
  , isAsynchronous
  , newFailure
  , noLoop
  , throwFailure
  )
import Control.Parallel.OpenMP.Internal.TaskTeam

-- Unsafe: none of these blocks.
foreign import ccall unsafe "omp_get_num_threads" c_size :: IO CInt

foreign import ccall unsafe "ghcomp_hs_tasks_here" c_here :: IO (Ptr ())

foreign import ccall unsafe "ghcomp_hs_tasks_enter" c_enter :: Ptr () -> IO ()

foreign import ccall unsafe "ghcomp_hs_task_offer"
  c_offer :: MutableByteArray# RealWorld -> CUInt -> MutableByteArray# RealWorld -> IO ()

foreign import ccall unsafe "ghcomp_hs_task_done"
  c_done :: MutableByteArray# RealWorld -> MutableByteArray# RealWorld -> IO CInt

foreign import ccall unsafe "ghcomp_hs_tasks_over"
  c_over :: MutableByteArray# RealWorld -> IO CInt

foreign import ccall unsafe "ghcomp_hs_tasks_wake" c_wake :: CInt -> IO ()

-- Safe: its fence may take the kernel milliseconds where processors are scarce.
foreign import ccall safe "ghcomp_hs_tasks_prepare" c_prepare :: CInt -> IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_cancel" c_cancel :: IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_searched" c_searched :: CInt -> IO ()

-- Safe: it blocks.
foreign import ccall safe "ghcomp_hs_tasks_sleep" c_sleep :: CInt -> IO CInt

-- | Opens a region: one thread of a team runs the action, and the others run the
-- tasks that it spawns, and tasks of tasks. Returns the action's result when the
-- action and all tasks have ended.
--
-- Throws the first exception of the action and of tasks outside of inner
-- groups, and t'Control.Parallel.OpenMP.InvalidArgument' for a team size below
-- 1. The schedule is not used. (OpenMP 5.2, 10.1, 12.5.)
--
-- >>> tasks defaults (spawn (pure 6) >>= fmap (* 7) . wait)
-- 42
--
-- @since 0.1.0.0
tasks :: Options -> IO a -> IO a
tasks options action = do
  (threads, _, _) <- check "tasks" options
  shared <- newEmptyMVar
  result <- newIORef (throwIO TaskDropped)
  masking <- getMaskingState
  inCallRegion threads noLoop $ \state num -> mask_ $ do
    top <- if num == 0 then newTaskTeam state shared else readMVar shared
    me <- newMember num top
    pointer <- newStablePtr me
    c_enter (castStablePtrToPtr pointer)
    end <-
      try $
        if num == 0
          then runRoot me top (inMaskingState masking (action >>= writeIORef result . pure))
          else runTasks me top
    c_enter nullPtr
    freeStablePtr pointer
    either (throwIO :: SomeException -> IO ()) pure end
  join (readIORef result)

-- | Thread 0 makes the team. Before that no other thread sleeps, so thread 0 is
-- there to wake them when the region is stopped. Returns the outermost group.
newTaskTeam :: IORef RegionState -> MVar TaskGroup -> IO TaskGroup
newTaskTeam state shared = do
  n <- c_size
  failure <- newFailure
  team <- TaskTeam (fromIntegral n) state <$> newIORef False <*> newIORef [] <*> pure failure <*> newIORef []
  top <- newTaskGroup team 0 failure Nothing
  putMVar shared top
  pure top

newMember :: Int -> TaskGroup -> IO Member
newMember num top = do
  running <- newCurrent (RootAction top)
  ring <- newRing
  let me = Member num running ring
  atomicModifyIORef' (members (teamOf top)) (\others -> (me : others, ()))
  pure me

-- | Thread 0's part. Masked, except for the action.
runRoot :: Member -> TaskGroup -> IO () -> IO ()
runRoot me top action = do
  try action >>= either (failGroup top) pure
  finishGroup me top
  writeIORef (finished (teamOf top)) True
  c_wake everybody
  throwFailure (rootFailure (teamOf top))

-- | The other threads' part.
runTasks :: Member -> TaskGroup -> IO ()
runTasks me top = helpUntil me idle over (pure ()) (pure (const True))
  where
    over = (||) <$> readIORef (finished (teamOf top)) <*> stopped (teamOf top)

-- | Makes a task of the action. The task runs at once or later, on this thread or
-- on another one. Its result is what the action returns. Use
-- 'Control.Exception.evaluate' in the action for what the task is to compute.
--
-- Outside of a region (see above) it is the same as calling the action, so the
-- exceptions of the action are thrown here.
--
-- >>> spawn (pure 5) >>= wait
-- 5
--
-- @since 0.1.0.0
spawn :: IO a -> IO (Task a)
spawn action = asMember outside $ \me@(Member _ current ring) -> do
  running <- readCurrent current
  let theGroup = groupOf running
  reason <- stopReason theGroup
  case reason of
    Just e -> pure (Threw e)
    Nothing -> do
      room <- if size (teamOf theGroup) == 1 then pure False else hasRoom ring running
      if room then deferred me running action else undeferred theGroup action
  where
    outside = Ended <$> action
{-# INLINABLE spawn #-}

-- | An undeferred task: part of the task that spawns it.
undeferred :: TaskGroup -> IO a -> IO (Task a)
undeferred theGroup action = (Ended <$> action) `catch` \e -> do
  failGroup theGroup e
  when (isAsynchronous e) (throwIO e)
  pure (Threw e)

-- | A deferred task. An exception may strike before the task is offered, and then there
-- is none, or after it (Note [Tasks without masking] in
-- "Control.Parallel.OpenMP.Internal.TaskTeam").
deferred :: Member -> Running -> IO a -> IO (Task a)
deferred (Member num _ ring) running action = do
  masking <- maskingNow
  task <- newTask (NotStarted masking action running)
  let !(TaskGroup _ _ tallies _ _) = groupOf running
  place ring task
  c_offer tallies (fromIntegral num) (positions ring)
  pure task

-- | Returns the task's result, or throws its exception. Until the task has ended,
-- the calling thread runs it, or other tasks (see above).
--
-- If the task was not started, throws 'TaskDropped' or the exception that
-- stopped the group.
--
-- >>> tasks defaults (mapM (spawn . pure) "omp" >>= mapM wait)
-- "omp"
--
-- @since 0.1.0.0
wait :: Task a -> IO a
wait task = case task of
  Ended x -> pure x
  Threw e -> throwIO e
  Deferred word state -> do
    bits <- readBits word
    when (bits .&. done == 0) $
      asMember (waitOutside word state) (\me -> waitInside me word state)
    outcome <- readState state
    case outcome of
      Returned x -> pure x
      Raised e -> throwIO e
      _ -> wait task

-- | Runs the action and waits for all tasks that are spawned in it, and in these
-- tasks. Then returns the action's result, or throws the first exception of the
-- action and the tasks. Tasks of inner groups belong to those groups.
--
-- Outside of a region (see above) it is the same as calling the action.
--
-- >>> import Data.IORef
-- >>> sums <- newIORef 0
-- >>> tasks defaults (group (mapM_ (\i -> spawn (atomicModifyIORef' sums (\s -> (s + i, ())))) [1 .. 100]))
-- >>> readIORef sums
-- 5050
--
-- @since 0.1.0.0
group :: IO a -> IO a
group action = asMember action $ \me@(Member _ current _) -> do
  running <- readCurrent current
  let outer@(TaskGroup team level _ _ _) = groupOf running
  failure <- newFailure
  inner <- newTaskGroup team (level + 1) failure (Just outer)
  mask $ \restore -> do
    writeCurrent current $ case running of
      RootAction _ -> RootAction inner
      RunningTask parent d word _ -> RunningTask parent d word inner
    end <- try (restore action)
    either (failGroup inner) (const (pure ())) end
    finishGroup me inner
    writeCurrent current running
    throwFailure failure
    either throwIO pure end

-- | If the calling OS thread is a member of the innermost region, runs the second
-- action with that member. Otherwise runs the first.
asMember :: IO a -> (Member -> IO a) -> IO a
asMember outside inside = do
  pointer <- c_here
  if pointer == nullPtr
    then outside
    else deRefStablePtr (castPtrToStablePtr pointer) >>= inside
{-# INLINE asMember #-}

-- | Why no task of the group is started any more, if that is so.
stopReason :: TaskGroup -> IO (Maybe SomeException)
stopReason (TaskGroup team _ _ failure _) = do
  inGroup <- readIORef failure
  inRoot <- readIORef (rootFailure team)
  halted <- stopped team
  pure $ case inGroup of
    Just _ -> inGroup
    Nothing -> case inRoot of
      Just _ -> inRoot
      Nothing
        | halted -> Just (toException TaskDropped)
        | otherwise -> Nothing
{-# INLINE stopReason #-}

-- | An exception in the group: no more tasks of it are started, and waiting
-- members look again.
failGroup :: TaskGroup -> SomeException -> IO ()
failGroup (TaskGroup _ _ _ failure _) e = firstFailure failure e >> c_wake everybody

-- | Runs a task that this member has claimed. Masked.
run :: Member -> Claimed a -> IO ()
run (Member _ current _) (Claimed word state masking action creator) = do
  let !theGroup = groupOf creator
  reason <- stopReason theGroup
  outcome <- case reason of
    Just e -> pure (Raised e)
    Nothing -> do
      below <- readCurrent current
      parent <- nearestLive creator
      begin current word state parent theGroup
      end <- (Returned <$> inMasking masking action) `catch` (pure . Raised)
      writeCurrent current below
      pure end
  writeOutcome state outcome
  raised theGroup outcome
  ended theGroup word
  -- An asynchronous exception was thrown to this thread, not by the task.
  case outcome of
    Raised e | isNothing reason, isAsynchronous e -> throwIO e
    _ -> pure ()

-- | The member executes a task of the group from now on. The parent is the nearest live
-- ancestor.
begin
  :: Current
  -> MutableByteArray# RealWorld
  -> SmallMutableArray# RealWorld (TaskState a)
  -> Running
  -> TaskGroup
  -> IO ()
begin current word state parent theGroup = do
  let !running = RunningTask parent (depth parent + 1) word theGroup
  writeState state (Started running)
  writeCurrent current running
{-# INLINE begin #-}

-- | The task's outcome is written: the task has ended.
ended :: TaskGroup -> MutableByteArray# RealWorld -> IO ()
ended theGroup@(TaskGroup _ _ tallies _ _) word = do
  someAwait <- c_done tallies word
  when (someAwait /= 0) (wakeOutsiders theGroup)
{-# INLINE ended #-}

-- | Wakes the threads outside of the team that wait for a task.
wakeOutsiders :: TaskGroup -> IO ()
wakeOutsiders theGroup =
  atomicModifyIORef' (outsiders (teamOf theGroup)) (\others -> ([], others)) >>= mapM_ (`tryPutMVar` ())

-- | An exception of a task stops its group.
raised :: TaskGroup -> TaskState a -> IO ()
raised theGroup outcome = case outcome of
  Raised e -> failGroup theGroup e
  _ -> pure ()
{-# INLINE raised #-}

-- | Claims a task that has not started, and runs it; False if another member has claimed
-- it. Not masked: Note [Tasks without masking] in
-- "Control.Parallel.OpenMP.Internal.TaskTeam".
runHere
  :: Member
  -> Running -- what the member executes now
  -> MutableByteArray# RealWorld
  -> SmallMutableArray# RealWorld (TaskState a)
  -> TaskState a
  -> TaskGroup
  -> IO Bool
runHere me below word state start theGroup =
  catchAny (attempt me below word state start) (interrupted me below word state theGroup)
{-# INLINE runHere #-}

attempt
  :: Member
  -> Running
  -> MutableByteArray# RealWorld
  -> SmallMutableArray# RealWorld (TaskState a)
  -> TaskState a
  -> IO Bool
attempt (Member num current ring) below word state start = do
  got <- claim num word
  case start of
    NotStarted masking action creator | got -> do
      withdraw ring word
      let !theGroup = groupOf creator
      reason <- stopReason theGroup
      case reason of
        Just e -> writeOutcome state (Raised e) >> failGroup theGroup e >> ended theGroup word
        Nothing -> do
          parent <- if creator `isSame` below then pure below else nearestLive creator
          begin current word state parent theGroup
          now <- maskingNow
          x <- if now == masking then action else inMasking masking action
          writeCurrent current below
          writeOutcome state (Returned x)
          ended theGroup word
      pure True
    _ -> pure False
{-# NOINLINE attempt #-}

-- | Masked. The exception is the task's own, unless it struck before the claim or after
-- the outcome. (The action is not kept here, so that it does not keep what it has used.)
interrupted
  :: Member
  -> Running
  -> MutableByteArray# RealWorld
  -> SmallMutableArray# RealWorld (TaskState a)
  -> TaskGroup
  -> SomeException
  -> IO Bool
interrupted (Member num current _) below word state theGroup e = do
  writeCurrent current below
  bits <- readBits word
  own <-
    if bits `isClaimedBy` num
      then do
        before <- readState state
        let struck = case before of
              Returned _ -> False
              Raised _ -> False
              _ -> True
        when struck (writeOutcome state (Raised e))
        readState state >>= raised theGroup
        if bits .&. done == 0 then ended theGroup word else wakeOutsiders theGroup
        pure struck
      else pure False
  if own && not (isAsynchronous e) then pure True else throwIO e
{-# NOINLINE interrupted #-}

-- | 'catch' for all exceptions.
catchAny :: IO a -> (SomeException -> IO a) -> IO a
catchAny (IO act) handler = IO (catch# act (\e -> case handler e of IO handle -> handle))
{-# INLINE catchAny #-}

-- | A member waits for the task.
waitInside :: Member -> MutableByteArray# RealWorld -> SmallMutableArray# RealWorld (TaskState a) -> IO ()
waitInside me@(Member _ current _) word state = do
  running <- readCurrent current
  now <- readState state
  case now of
    NotStarted _ _ creator | creator `isSame` running || isOurs creator running -> do
      ran <- runHere me running word state now (groupOf creator)
      unless ran (waitInTeam me running word state)
    Started task | isOurs task running -> waitInTeam me running word state
    _ -> mask_ (waitOutside word state)
  where
    isOurs other running = finished (teamOf (groupOf other)) == finished (teamOf (groupOf running))

-- | A member waits for a task that another member has claimed.
waitInTeam :: Member -> Running -> MutableByteArray# RealWorld -> SmallMutableArray# RealWorld (TaskState a) -> IO ()
waitInTeam me running word state = mask_ $ do
  helpUntil me waiting over (void (setBits word awaited)) allowed
  bits <- readBits word
  when (bits .&. done == 0) (stopReason (groupOf running) >>= mapM_ throwIO)
  where
    -- The other member may not have said yet that it has started the task.
    over = do
      bits <- readBits word
      if bits .&. done /= 0 then pure True else isJust <$> stopReason (groupOf running)
    allowed = do
      theirs <- readState state
      pure $ case theirs of
        Started awaitedTask -> \creator -> creator `descendsFrom` running || creator `descendsFrom` awaitedTask
        _ -> (`descendsFrom` running)
{-# NOINLINE waitInTeam #-}

-- | A thread that cannot help waits for the task.
waitOutside :: MutableByteArray# RealWorld -> SmallMutableArray# RealWorld (TaskState a) -> IO ()
waitOutside word state = readState state >>= \now -> case now of
  NotStarted _ _ creator -> block (groupOf creator)
  Started task -> block (groupOf task)
  _ -> pure ()
  where
    block theGroup = do
      woken <- newEmptyMVar
      atomicModifyIORef' (outsiders (teamOf theGroup)) (\others -> (woken : others, ()))
      bits <- setBits word awaited
      when (bits .&. done == 0) (takeMVar woken >> waitOutside word state)

-- | Runs the remaining tasks of the group until all have ended. Masked.
finishGroup :: Member -> TaskGroup -> IO ()
finishGroup me theGroup@(TaskGroup _ _ tallies _ _) =
  helpUntil me waiting over (pure ()) (pure ((`isWithin` theGroup) . groupOf))
    `catch` \e -> failGroup theGroup e >> finishGroup me theGroup
  where
    over = (/= 0) <$> c_over tallies

-- | How a member sleeps: for something in particular, or until there is any task
-- (rust/src/haskell/tasks.rs).
waiting, idle :: CInt
waiting = 0
idle = 1

-- | Wakes every sleeping member and not only the @waiting@ ones.
everybody :: CInt
everybody = 1

-- | What @ghcomp_hs_tasks_sleep@ answers: all other members sleep already, or the
-- member was woken to search for a task.
allAsleep, wokenToSearch :: CInt
allAsleep = 0
wokenToSearch = 2

-- | Runs tasks until @over@ holds: those whose creators satisfy @allowed@ at that
-- moment. Sleeps where there are none; @announce@ makes sure that the member is
-- woken. Masked.
helpUntil :: Member -> CInt -> IO Bool -> IO () -> IO (Running -> Bool) -> IO ()
helpUntil me@(Member _ current _) how over announce allowed = go
  where
    go = do
      isOver <- over
      unless isOver $ do
        found <- allowed >>= findTask me
        case found of
          Just task -> run me task >> go
          Nothing -> do
            c_prepare how
            announce
            sleep
            go
    sleep = do
      isOver <- over
      found <- if isOver then pure Nothing else allowed >>= findTask me
      case found of
        Just task -> c_cancel >> run me task
        Nothing
          | isOver -> c_cancel
          | otherwise -> c_sleep how >>= afterSleep
    afterSleep answer
      | answer == allAsleep = do
          running <- readCurrent current
          firstFailure (rootFailure (teamOf (groupOf running))) (toException TaskDeadlock)
          c_wake everybody
      | answer == wokenToSearch = do
          found <- allowed >>= findTask me
          c_searched (if isJust found then 1 else 0)
          mapM_ (run me) found
      | otherwise = pure ()

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Task
