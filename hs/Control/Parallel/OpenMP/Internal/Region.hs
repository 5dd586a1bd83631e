{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
-- In the chunk loop below other threads' collections and timers get their turn
-- while a body does not allocate.
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Regions whose body is Haskell, and the chunks of their loops. All loops, tasks
-- and reductions of this library run by 'region' or 'inCallRegion';
-- "Control.Parallel.OpenMP.Internal.Serve" uses the region's state for closures.
--
-- A region's state ('RegionState') is one 'IORef'. Every change is an
-- 'atomicModifyIORef'', and 'Active' never comes back.
--
-- Note [One in-call per worker and region]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The region's body in C is @ghcomp_ghc_body@ (cbits/ghc_host.c). It applies
-- a Haskell function, given by a stable pointer, to the thread's number. So
-- each thread of the team enters Haskell once, without a stub to be made per
-- region, and takes chunks by an unsafe call. The in-call's Haskell thread is
-- bound to its OS thread, so OpenMP's idea of "this thread" holds inside the
-- body, in unsafe and safe calls too.
--
-- Note [Bound callers]
-- ~~~~~~~~~~~~~~~~~~~~
-- A bound thread (@main@, 'Control.Concurrent.forkOS', a body of an outer
-- region) stays on its OS thread anyway, so it needs no in-call. It begins
-- the region by an unsafe call, runs its own share, and waits for the others in
-- a safe call. If the team has one thread, it waits for nothing. An exception
-- that is thrown to it while it runs its share arrives at once. While it waits,
-- the monitor ("Control.Parallel.OpenMP.Internal.Interrupt") sees the exception.
-- An asynchronous exception interrupts the other threads.
--
-- Without @-threaded@ all Haskell threads share an OS thread, and none is
-- bound. A caller that has masked exceptions is not treated this way either,
-- because its share could be interrupted where it blocks.
--
-- Note [Masking in a body]
-- ~~~~~~~~~~~~~~~~~~~~~~~~
-- An exception that leaves an in-call ends the process. So the in-call starts
-- and ends with exceptions masked uninterruptibly (@ghcomp_ghc_body@ does that).
-- Only the user's part runs otherwise, so 'Stopped' can arrive there, or never.
--
-- The user's part runs in the masking state of the region's caller, as a thread
-- of 'forkIO' does. The monitor leaves out a caller that has masked exceptions,
-- so its bodies are not interrupted either, not even where they block: the region
-- is like one foreign call.
module Control.Parallel.OpenMP.Internal.Region
  ( -- * Regions
    Loop (..)
  , noLoop
  , region
  , inCallRegion
  , teamRegion

    -- * Their state
  , RegionState (..)
  , isStopped
  , conclude
  , failWith
  , halt
  , throwOutcome
  , Stopped (..)
  , isAsynchronous
  , inMaskingState

    -- * Chunks
  , Chunk
  , chunkStart
  , chunkEnd
  , chunks
  , chunksUntil
  , chunksBy
  , pieces

    -- * Exceptions
  , Failure
  , firstFailure
  , newFailure
  , throwFailure
  , InvalidArgument (..)
  ) where

import Control.Concurrent
  ( ThreadId
  , forkIO
  , isCurrentThreadBound
  , mkWeakThreadId
  , myThreadId
  , rtsSupportsBoundThreads
  , throwTo
  )
import Control.Exception
  ( Exception (..)
  , MaskingState (..)
  , SomeAsyncException (..)
  , SomeException
  , asyncExceptionFromException
  , asyncExceptionToException
  , catch
  , getMaskingState
  , mask
  , mask_
  , onException
  , throwIO
  , try
  )
import Control.Monad (forM_, unless, when)
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef, writeIORef)
import Data.Word (Word64)
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (FunPtr, Ptr, nullPtr)
import Foreign.StablePtr (StablePtr, freeStablePtr, newStablePtr)
import GHC.Exts
  ( Int (..)
  , MutableByteArray#
  , RealWorld
  , maskAsyncExceptions#
  , maskUninterruptible#
  , newByteArray#
  , readIntArray#
  , writeIntArray#
  , (+#)
  )
import GHC.IO (IO (..), unsafeUnmask)
import System.Mem.Weak (Weak, deRefWeak)

import Control.Parallel.OpenMP.Internal.Interrupt (onInterruptInCall)
import Control.Parallel.OpenMP.Internal.Schedule (Kind, staticKind)
import Control.Parallel.OpenMP.Prim (capabilityNumber)

-- | The loop of a region, in the runtime's terms.
data Loop = Loop
  { kind :: !Kind
  , chunkSize :: !Word64
  -- ^ 0: the kind's default
  , tripCount :: !Word64
  }

-- | A region without a loop.
noLoop :: Loop
noLoop = Loop staticKind 0 0

-- | The first exception, if there was one.
type Failure = IORef (Maybe SomeException)

newFailure :: IO Failure
newFailure = newIORef Nothing

-- | Keeps the exception if it is the first.
firstFailure :: Failure -> SomeException -> IO ()
firstFailure failure e = atomicModifyIORef' failure $ \was -> case was of
  Nothing -> (Just e, ())
  _ -> (was, ())

throwFailure :: Failure -> IO ()
throwFailure failure = readIORef failure >>= mapM_ throwIO

-- | How a region stands. New chunks start only while it is 'Active'.
-- It is 'Concluded' when a body has found what the loop looked for. An exception
-- that comes later still counts.
data RegionState = Active | Concluded | Halted | Failed SomeException

-- | Whether no new chunk or task is to be started.
isStopped :: IORef RegionState -> IO Bool
isStopped state = do
  now <- readIORef state
  case now of
    Active -> pure False
    _ -> pure True

-- | The loop has its result: no new chunk is to be started.
conclude :: IORef RegionState -> IO ()
conclude state = atomicModifyIORef' state $ \now -> case now of
  Active -> (Concluded, ())
  _ -> (now, ())

-- | When all threads have ended: throws the first exception, or 'Stopped' if there
-- was none but the region was halted.
throwOutcome :: IORef RegionState -> IO ()
throwOutcome state = do
  end <- readIORef state
  case end of
    Active -> pure ()
    Concluded -> pure ()
    Failed e -> throwIO e
    Halted -> throwIO Stopped

-- | Ends the body of a region that was stopped.
data Stopped = Stopped

instance Show Stopped where
  show Stopped = "the OpenMP region was stopped"

-- Asynchronous, so that handlers of synchronous exceptions do not catch it.
instance Exception Stopped where
  toException = asyncExceptionToException
  fromException = asyncExceptionFromException

-- | A function of this library was given an argument that has no meaning.
--
-- >>> import Control.Exception
-- >>> import Control.Parallel.OpenMP
-- >>> try (parallelFor defaults {schedule = Dynamic 0} (Range 0 9) print) :: IO (Either InvalidArgument ())
-- Left parallelFor: schedule = Dynamic 0: the chunk size is not positive
--
-- @since 0.1.0.0
data InvalidArgument = InvalidArgument
  { inFunction :: String
  -- ^ The function.
  , argument :: String
  -- ^ The argument, and what is wrong with it.
  }
  deriving (Eq)

instance Show InvalidArgument where
  show (InvalidArgument function what) = function ++ ": " ++ what

instance Exception InvalidArgument

type CBody = StablePtr (Int -> IO ()) -> CUInt -> CUInt -> IO ()

-- | A region that the runtime has begun.
data Begun

-- It is in the object that registers GHC as the host, so every program with a
-- region links that object.
foreign import ccall "&ghcomp_ghc_body" c_body :: FunPtr CBody

-- Safe: they wait for the threads of the region, or for the pool.
foreign import ccall safe "ghcomp_hs_end" c_end :: Ptr Begun -> IO ()
foreign import ccall safe "ghcomp_hs_parallel"
  c_parallel
    :: FunPtr CBody -> StablePtr (Int -> IO ()) -> CUInt -> CUInt -> Word64 -> Word64 -> IO CUInt
foreign import ccall safe "ghcomp_hs_begin"
  c_begin
    :: FunPtr CBody -> StablePtr (Int -> IO ()) -> CUInt -> CUInt -> CUInt -> Word64 -> Word64
    -> IO (Ptr Begun)

-- Unsafe: they take a few nanoseconds and never block. Those that begin and end
-- regions do nothing, and say so, where they would have to block (Note [Unsafe
-- calls] in rust/src/haskell/mod.rs).
foreign import ccall unsafe "ghcomp_hs_begin_alone"
  c_begin_alone :: CUInt -> CUInt -> Word64 -> Word64 -> IO CInt
foreign import ccall unsafe "ghcomp_hs_begin_at_once"
  c_begin_at_once
    :: FunPtr CBody -> StablePtr (Int -> IO ()) -> CUInt -> CUInt -> CUInt -> Word64 -> Word64
    -> IO (Ptr Begun)
foreign import ccall unsafe "ghcomp_hs_end_at_once" c_end_at_once :: IO CInt
foreign import ccall unsafe "omp_get_num_threads" c_size :: IO CInt
foreign import ccall unsafe "ghcomp_hs_next"
  c_next :: MutableByteArray# RealWorld -> Word64 -> IO CInt

-- | Runs the action in this masking state, whatever the present one is.
inMaskingState :: MaskingState -> IO a -> IO a
inMaskingState Unmasked act = unsafeUnmask act
inMaskingState MaskedInterruptible (IO act) = IO (maskAsyncExceptions# act)
inMaskingState MaskedUninterruptible (IO act) = IO (maskUninterruptible# act)
{-# INLINE inMaskingState #-}

-- | The threads that have entered a region: how many, and which.
data Entered = Entered !Int [Weak ThreadId]

type EnteredRef = IORef Entered

newEntered :: IO EnteredRef
newEntered = newIORef (Entered 0 [])

enteredThreads :: EnteredRef -> IO [Weak ThreadId]
enteredThreads entered = (\(Entered _ threads) -> threads) <$> readIORef entered

-- | What each thread does with the region's state and the thread's number.
type Act = IORef RegionState -> Int -> IO ()

-- | The body of a region, and how many threads of the team do not 'enter' it.
data Body = Body !(IORef Act) !Int

-- | Forgets the body if no other thread will need it, now that so many threads
-- have entered.
forgetBody :: Body -> Int -> IO ()
forgetBody (Body act others) count = do
  size <- c_size
  when (count + others == fromIntegral size) (writeIORef act (\_ _ -> pure ()))

-- Note [Blocked for ever]
-- ~~~~~~~~~~~~~~~~~~~~~~~
-- GHC throws BlockedIndefinitelyOnMVar (or STM) to a thread that is blocked and no
-- longer reachable. So nothing of ours may keep the threads of a region reachable,
-- nor the things that its body holds. Threads are known by weak pointers. The body
-- is forgotten when the last thread has entered. What stops a region does not lead
-- to the body. And GHC looks only when it is idle: Note [The monitor does not count
-- as activity] in "Control.Parallel.OpenMP.Internal.Interrupt".

-- | One thread's part: Note [Masking in a body], Note [Blocked for ever]. It leaves
-- the region if the body fails or does not start.
enter :: MaskingState -> IORef RegionState -> EnteredRef -> IO () -> Body -> Int -> IO ()
enter masking state entered leave body@(Body ref _) num = do
  act <- readIORef ref
  me <- myThreadId >>= mkWeakThreadId
  count <- atomicModifyIORef' entered $ \(Entered n before) ->
    (Entered (n + 1) (me : before), n + 1)
  forgetBody body count
  -- The region may have been stopped before this thread could be told.
  stopped <- isStopped state
  if stopped
    then leave
    else inMaskingState masking (act state num) `catch` \e -> failWith state e >> leave

-- | The body ended with this exception. The first one stops the region.
failWith :: IORef RegionState -> SomeException -> IO ()
failWith state e = atomicModifyIORef' state $ \now -> case (now, fromException e) of
  -- A region inside the body throws 'Stopped' too: that is a failure of the body.
  (Active, _) -> (Failed e, ())
  (Concluded, _) -> (Failed e, ())
  (Halted, Just Stopped) -> (Halted, ())
  (Halted, _) -> (Failed e, ())
  (Failed _, _) -> (now, ())

-- | Runs the body on each thread of a team. The body gets the region's state, for
-- 'chunks', and its thread number. Throws the first exception of a body when
-- all have ended.
--
-- Throws 'Stopped' if the region was stopped for an exception that was then
-- withdrawn (its thrower was itself interrupted). Iterations are missing then, so
-- the region cannot end as if they were not.
region :: Maybe Int -> Loop -> (IORef RegionState -> Int -> IO ()) -> IO ()
region = regionOf isCurrentThreadBound (pure ())

-- | The same, with an in-call for every share: an exception to the caller stops
-- the region even where the caller's share is blocked in C.
inCallRegion :: Maybe Int -> Loop -> (IORef RegionState -> Int -> IO ()) -> IO ()
inCallRegion = regionOf (pure False) (pure ())

-- | The same, where threads wait for each other inside of the body. A thread whose
-- body fails, or does not start because the region was stopped, runs the first action,
-- which frees the others.
teamRegion :: IO () -> Maybe Int -> Loop -> (IORef RegionState -> Int -> IO ()) -> IO ()
teamRegion = regionOf (pure False)

-- | The first action says whether the caller runs its own share (Note [Bound
-- callers]), the second one is for threads that leave the region early.
regionOf :: IO Bool -> IO () -> Maybe Int -> Loop -> Act -> IO ()
regionOf direct leave size (Loop k c n) act = do
  state <- newIORef Active
  masking <- getMaskingState
  bound <- direct
  case masking of
    Unmasked
      | bound && rtsSupportsBoundThreads -> mask $ \restore -> do
          let share = restore (act state 0)
          alone <- c_begin_alone threads k' c n
          if alone /= 0
            then share `onException` endAlone >> endAlone
            else withOwnShare masking state share
      | otherwise -> mask_ $ do
          entered <- newEntered
          onInterruptInCall (halt state (enteredThreads entered)) (allInCalls masking state entered)
    _ -> newEntered >>= allInCalls masking state
  -- An exception that was waiting for this thread has been thrown by now.
  throwOutcome state
  where
    threads = maybe 0 fromIntegral size
    k' = fromIntegral k

    -- The region may have C tasks to wait for.
    endAlone = do
      ended <- c_end_at_once
      when (ended == 0) (c_end nullPtr)

    -- Every share is an in-call.
    allInCalls masking state entered = do
      body <- newIORef act
      pointer <- newStablePtr (enter masking state entered leave (Body body 0))
      _ <- c_parallel c_body pointer threads k' c n
      freeStablePtr pointer

    -- The caller runs its own share; the other shares are in-calls.
    withOwnShare masking state share = do
      entered <- newEntered
      body <- (`Body` 1) <$> newIORef act
      pointer <- newStablePtr (enter masking state entered leave body)
      capability <- fromIntegral <$> capabilityNumber
      quick <- c_begin_at_once c_body pointer capability threads k' c n
      begun <-
        if quick /= nullPtr
          then pure quick
          else c_begin c_body pointer capability threads k' c n
      forgetBody body 0
      own <- try share
      case own of
        Left e
          | isAsynchronous e -> halt state (enteredThreads entered) >> leave
          | otherwise -> failWith state e >> leave
        Right () -> pure ()
      onInterruptInCall (halt state (enteredThreads entered)) (c_end begun)
      freeStablePtr pointer
      either (\e -> when (isAsynchronous e) (throwIO e)) pure own
{-# NOINLINE regionOf #-}

-- | Whether the exception is of an asynchronous type.
isAsynchronous :: SomeException -> Bool
isAsynchronous e = case fromException e of
  Just (SomeAsyncException _) -> True
  Nothing -> False

-- | Stops the region: no new chunk starts, and the bodies are interrupted in the
-- threads that are there at that moment. A body that has masked exceptions ends by
-- itself.
halt :: IORef RegionState -> IO [Weak ThreadId] -> IO ()
halt state threads = do
  -- With a fence. 'enter' adds its thread and then reads the state, so either it
  -- sees this change or its thread is seen below.
  atomicModifyIORef' state $ \now -> case now of
    Active -> (Halted, ())
    Concluded -> (Halted, ())
    _ -> (now, ())
  threads >>= interrupt

-- | Throws 'Stopped' to the threads, without waiting until they have received it.
interrupt :: [Weak ThreadId] -> IO ()
interrupt threads = forM_ threads $ \thread ->
  deRefWeak thread >>= mapM_ (\found -> forkIO (throwTo found Stopped))

-- | A chunk of a loop, in three words: its first iteration and the one after its
-- last, counted from 0, and the number to add to them. The chunks of a thread use
-- the same memory one after the other, and are not boxed, so taking one allocates
-- nothing. Collections stop all threads, and would cost more than the rest.
type Chunk = MutableByteArray# RealWorld

-- | Where the words of a chunk lie; @ghcomp_hs_next@ writes the first two.
startWord, endWord, offsetWord :: Int
startWord = 0
endWord = 1
offsetWord = 2

-- | The size of a chunk in bytes: three words.
chunkBytes :: Int
chunkBytes = 24

-- | The first iteration of the chunk at hand.
chunkStart :: Chunk -> IO Int
chunkStart = iterationAt startWord
{-# INLINE chunkStart #-}

-- | The iteration after its last.
chunkEnd :: Chunk -> IO Int
chunkEnd = iterationAt endWord
{-# INLINE chunkEnd #-}

iterationAt :: Int -> Chunk -> IO Int
iterationAt (I# which) chunk = IO $ \s -> case readIntArray# chunk which s of
  (# s', i #) -> case readIntArray# chunk offset s' of
    (# s'', first #) -> (# s'', I# (first +# i) #)
  where
    !(I# offset) = offsetWord
{-# INLINE iterationAt #-}

-- | Takes the calling thread's chunks of the loop that it is in, each of at most so
-- many iterations, until none is left or the region was stopped. The iterations
-- are counted from the number given.
chunks :: Word64 -> Int -> IORef RegionState -> (Chunk -> IO ()) -> IO ()
chunks most first state act = chunksUntil most first state (\chunk -> False <$ act chunk)
{-# INLINE chunks #-}

-- | The same, with an action that says whether the thread is done.
chunksUntil :: Word64 -> Int -> IORef RegionState -> (Chunk -> IO Bool) -> IO ()
chunksUntil most (I# first) state act = IO $ \s0 -> case newByteArray# bytes s0 of
  (# s1, chunk #) ->
    let loop = do
          stopped <- isStopped state
          got <- if stopped then pure 0 else c_next chunk most
          unless (got == 0) $ act chunk >>= \done -> unless done loop
     in case loop of IO run -> run (writeIntArray# chunk offset first s1)
  where
    !(I# bytes) = chunkBytes
    !(I# offset) = offsetWord
{-# NOINLINE chunksUntil #-}

-- | As 'chunks', with another way to take a chunk, which says whether there was one.
chunksBy :: (Chunk -> IO Bool) -> Int -> IORef RegionState -> (Chunk -> IO ()) -> IO ()
chunksBy next (I# first) state act = IO $ \s0 -> case newByteArray# bytes s0 of
  (# s1, chunk #) ->
    let loop = do
          stopped <- isStopped state
          got <- if stopped then pure False else next chunk
          when got (act chunk >> loop)
     in case loop of IO run -> run (writeIntArray# chunk offset first s1)
  where
    !(I# bytes) = chunkBytes
    !(I# offset) = offsetWord
{-# INLINE chunksBy #-}

-- | The iterations from the one number up to the other, as chunks of at most so many,
-- until the region is stopped. They are counted from the last number.
pieces :: Word64 -> Word64 -> Word64 -> Int -> IORef RegionState -> (Chunk -> IO ()) -> IO ()
pieces most from to (I# first) state act = IO $ \s0 -> case newByteArray# bytes s0 of
  (# s1, chunk #) ->
    let loop !a = when (a < to) $ do
          stopped <- isStopped state
          unless stopped $ do
            let b = a + min most (to - a)
            put chunk startWord a
            put chunk endWord b
            act chunk
            loop b
     in case loop from of IO run -> run (writeIntArray# chunk offset first s1)
  where
    !(I# bytes) = chunkBytes
    !(I# offset) = offsetWord
    put :: Chunk -> Int -> Word64 -> IO ()
    put chunk (I# i) x = case fromIntegral x of
      I# n -> IO $ \s -> (# writeIntArray# chunk i n s, () #)
{-# NOINLINE pieces #-}
