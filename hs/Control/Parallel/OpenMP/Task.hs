{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Haskell actions as tasks, which the threads of a team share out among
-- themselves while they run (OpenMP 5.2, 12.5).
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
-- * /Masking./ A task runs in the masking state of the thread that spawned it, the
--   action in that of the caller of 'tasks'.
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
import Data.IORef (atomicModifyIORef', newIORef, readIORef, writeIORef)
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
  ( MutVar#
  , MutableByteArray#
  , RealWorld
  , newByteArray#
  , newMutVar#
  , writeIntArray#
  )
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Crew
import Control.Parallel.OpenMP.Internal.Loops (Options, check)
import Control.Parallel.OpenMP.Internal.Region
  ( firstFailure
  , inCallRegion
  , isAsynchronous
  , isStopped
  , masked
  , newFailure
  , noLoop
  , throwFailure
  )

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

-- Safe: its fence may take the kernel milliseconds where processors are scarce.
foreign import ccall safe "ghcomp_hs_tasks_prepare" c_prepare :: CInt -> IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_cancel" c_cancel :: IO ()

foreign import ccall unsafe "ghcomp_hs_tasks_searched" c_searched :: CInt -> IO ()

-- Safe: it blocks.
foreign import ccall safe "ghcomp_hs_tasks_sleep" c_sleep :: CInt -> IO CInt

-- | Opens a region: one thread of a team runs the action, the others its tasks
-- and theirs. Returns the action's result when it and all tasks have ended.
--
-- Throws the first exception of the action and of tasks outside of inner
-- groups, and t'Control.Parallel.OpenMP.InvalidArgument' for a team size below
-- 1; the schedule is not used. (OpenMP 5.2, 10.1, 12.5.)
--
-- >>> tasks defaults (spawn (pure 6) >>= fmap (* 7) . wait)
-- 42
tasks :: Options -> IO a -> IO a
tasks options action = do
  (threads, _, _) <- check "tasks" options
  shared <- newEmptyMVar
  result <- newIORef (throwIO TaskDropped)
  masking <- getMaskingState
  inCallRegion threads noLoop $ \state num -> mask_ $ do
    top <- if num == 0 then newCrew (isStopped state) shared else readMVar shared
    me <- newMember num top
    pointer <- newStablePtr me
    c_enter (castStablePtrToPtr pointer)
    end <- try (if num == 0 then lead me top (masked masking (action >>= writeIORef result . pure)) else follow me top)
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
  ring <- newRing
  let me = Member num frame ring
  atomicModifyIORef' (members (crew top)) (\others -> (me : others, ()))
  pure me

-- | Thread 0's part. Masked, but for the action.
lead :: Member -> Family -> IO () -> IO ()
lead me top action = do
  try action >>= either (failed top) pure
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
      room <- if size (crew f) == 1 then pure False else hasRoom ring frame
      if room then offer me frame action else atOnce f action
  where
    outside = Ended <$> action

-- | An undeferred task: part of the task that spawns it.
atOnce :: Family -> IO a -> IO (Task a)
atOnce f action = (Ended <$> action) `catch` \e -> do
  failed f e
  when (isAsynchronous e) (throwIO e)
  pure (Threw e)

-- | A deferred task. Masked, because the group's tasks are not over before a
-- task that was counted has run: it must get to where it is found.
offer :: Member -> Frame -> IO a -> IO (Task a)
offer (Member num _ ring) frame action = do
  masking <- getMaskingState
  mask_ $ do
    task <- IO $ \s0 -> case newByteArray# 8# s0 of
      (# s1, word #) -> case writeIntArray# word 0# 0# s1 of
        s2 -> case newMutVar# (Todo masking action frame) s2 of
          (# s3, state #) -> (# s3, Deferred word state #)
    let !(Family _ _ tallies _ _) = family frame
    c_created tallies (fromIntegral num)
    put ring task
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
whyStopped (Family c _ _ failure _) = do
  inGroup <- readIORef failure
  inRoot <- readIORef (rootFailure c)
  halted <- stopped c
  pure $ case inGroup of
    Just _ -> inGroup
    Nothing -> case inRoot of
      Just _ -> inRoot
      Nothing
        | halted -> Just (toException TaskDropped)
        | otherwise -> Nothing
{-# INLINE whyStopped #-}

-- | An exception in the group: no more tasks of it are started, and those who
-- wait look again.
failed :: Family -> SomeException -> IO ()
failed (Family _ _ _ failure _) e = firstFailure failure e >> c_wake everybody

-- | Runs a task that this member has claimed. Masked.
run :: Member -> Claimed a -> IO ()
run (Member _ current _) (Claimed word state masking action creator) = do
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
      end <- (Returned <$> masked masking action) `catch` (pure . Failed)
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
    Todo masking action creator | mine creator -> do
      got <- claim word
      if got
        then unoffer ring word >> run me (Claimed word state masking action creator)
        else help
    Running f | mine f -> help
    _ -> waitOutside word state

-- | Somebody waits for the task who cannot help.
waitOutside :: MutableByteArray# RealWorld -> MutVar# RealWorld (State a) -> IO ()
waitOutside word state = readState state >>= \now -> case now of
  Todo _ _ f -> block (family f)
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

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Task
