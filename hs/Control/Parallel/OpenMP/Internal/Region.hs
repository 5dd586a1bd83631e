{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
-- The chunk loop below is where other threads' collections and timers get in
-- while a body does not allocate.
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Regions whose body is Haskell.
--
-- Note [One in-call per worker and region]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The region's body in C is @ghcomp_ghc_body@ (cbits/ghc_host.c), which applies
-- a Haskell function, given by a stable pointer, to the thread's number. So
-- each thread of the team enters Haskell once, without a stub to be made per
-- region, and takes chunks by an unsafe call. The in-call's Haskell thread is
-- bound to its OS thread, so OpenMP's idea of "this thread" holds inside the
-- body, in unsafe and safe calls too.
--
-- Note [Bound callers]
-- ~~~~~~~~~~~~~~~~~~~~
-- A bound thread (@main@, 'Control.Concurrent.forkOS', a body of an outer
-- region) stays on its OS thread by itself, so it needs no in-call: it begins
-- the region by an unsafe call, runs its own share, and waits for the others in
-- a safe call. If the team has one thread, it waits for nobody. Exceptions that
-- are thrown to it while it runs its share arrive there and then; while it
-- waits, the watcher sees them. An asynchronous one interrupts the others.
--
-- Without @-threaded@ all Haskell threads share an OS thread, and none is
-- bound; nor is a caller treated so that has masked exceptions, because its
-- share could be interrupted where it blocks.
--
-- Note [Masking in a body]
-- ~~~~~~~~~~~~~~~~~~~~~~~~
-- An exception that leaves an in-call ends the process. So the in-call starts
-- and ends masked, uninterruptibly (@ghcomp_ghc_body@ sees to that), but for the
-- user's part, and 'Stopped' can only arrive there, or never.
--
-- The user's part runs in the masking state of the region's caller, as a thread
-- of 'forkIO' does. A caller that has masked exceptions is not watched, so its
-- bodies are not interrupted either, not even where they block: the region is
-- like one foreign call.
module Control.Parallel.OpenMP.Internal.Region
  ( Loop (..)
  , noLoop
  , region
  , inCallRegion
  , State (..)
  , isStopped
  , failed
  , halt
  , throwEnd
  , isAsynchronous
  , masked
  , Chunk
  , chunkStart
  , chunkEnd
  , chunks
  , Failure
  , firstFailure
  , newFailure
  , throwFailure
  , Stopped (..)
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
import Data.Word (Word32, Word64)
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (FunPtr, Ptr, nullPtr)
import Foreign.StablePtr (StablePtr, freeStablePtr, newStablePtr)
import GHC.Exts
  ( Int (..)
  , Int#
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

import Control.Parallel.OpenMP.Internal.Watch (watched)
import Control.Parallel.OpenMP.Prim (capabilityNumber)

-- | The loop of a region, in the runtime's terms.
data Loop = Loop
  { kind :: !Word32
  -- ^ 0 runtime, 1 static, 2 dynamic, 3 guided, 4 auto
  , chunkSize :: !Word64
  -- ^ 0: the kind's default
  , tripCount :: !Word64
  }

-- | A region without a loop.
noLoop :: Loop
noLoop = Loop 1 0 0

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

-- | How a region stands. No new chunk starts but while it is running.
data State = Running | Halted | Failed SomeException

-- | Whether no new chunk or task is to be started.
isStopped :: IORef State -> IO Bool
isStopped state = do
  now <- readIORef state
  case now of
    Running -> pure False
    _ -> pure True

-- | When all has ended: throws the first exception, or 'Stopped' if there was
-- none but the region was halted.
throwEnd :: IORef State -> IO ()
throwEnd state = do
  end <- readIORef state
  case end of
    Running -> pure ()
    Failed e -> throwIO e
    Halted -> throwIO Stopped

-- | Ends the body of a region that was stopped.
data Stopped = Stopped

instance Show Stopped where
  show Stopped = "the OpenMP region was stopped"

-- Asynchronous, so that handlers of synchronous exceptions let it pass.
instance Exception Stopped where
  toException = asyncExceptionToException
  fromException = asyncExceptionFromException

-- | A function of this library was given something that has no meaning.
--
-- >>> import Control.Exception
-- >>> import Control.Parallel.OpenMP
-- >>> try (parallelFor defaults {schedule = Dynamic 0} (Range 0 9) print) :: IO (Either InvalidArgument ())
-- Left parallelFor: schedule = Dynamic 0: the chunk size is not positive
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

-- | A region of the runtime.
data Begun

-- In the object that registers GHC as the host, so every program with a region
-- links that.
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

-- Unsafe: a few nanoseconds, and they never block. Those that begin and end
-- regions say so where they would have to (Note [Unsafe calls] in
-- rust/src/haskell/mod.rs).
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
masked :: MaskingState -> IO a -> IO a
masked Unmasked act = unsafeUnmask act
masked MaskedInterruptible (IO act) = IO (maskAsyncExceptions# act)
masked MaskedUninterruptible (IO act) = IO (maskUninterruptible# act)
{-# INLINE masked #-}

-- | The threads that have entered, how many they are and which.
data Entered = Entered !Int [Weak ThreadId]

type Members = IORef Entered

noMembers :: IO Members
noMembers = newIORef (Entered 0 [])

entered :: Members -> IO [Weak ThreadId]
entered members = (\(Entered _ threads) -> threads) <$> readIORef members

-- | What each thread does: given the state, and the thread's number.
type Act = IORef State -> Int -> IO ()

-- | The body of a region, of which so many threads of the team do not enter.
data Body = Body !(IORef Act) !Int

-- | So many have entered: whether others will need the body.
forgetBody :: Body -> Int -> IO ()
forgetBody (Body act others) count = do
  size <- c_size
  when (count + others == fromIntegral size) (writeIORef act (\_ _ -> pure ()))

-- Note [Blocked for ever]
-- ~~~~~~~~~~~~~~~~~~~~~~~
-- GHC throws BlockedIndefinitelyOnMVar (or STM) to a thread that nothing leads to
-- any more. So nothing of ours may lead to the threads of a region, nor to what
-- its body has: threads are known by weak pointers, the body is forgotten when the
-- last thread has entered, and what stops a region does not lead to the body. And
-- GHC looks only when it is idle: Note [The watcher is no activity] in
-- "Control.Parallel.OpenMP.Internal.Watch".

-- | One thread's part: Note [Masking in a body], Note [Blocked for ever].
enter :: MaskingState -> IORef State -> Members -> Body -> Int -> IO ()
enter masking state members body@(Body ref _) num = do
  act <- readIORef ref
  me <- myThreadId >>= mkWeakThreadId
  count <- atomicModifyIORef' members $ \(Entered n before) ->
    (Entered (n + 1) (me : before), n + 1)
  forgetBody body count
  -- A stop may have come before this thread could be told.
  stopped <- isStopped state
  unless stopped (masked masking (act state num) `catch` failed state)

-- | The body ended with this exception.
failed :: IORef State -> SomeException -> IO ()
failed state e = atomicModifyIORef' state $ \now -> case (now, fromException e) of
  -- A region inside the body throws it too: that is a failure of the body.
  (Running, _) -> (Failed e, ())
  (Halted, Just Stopped) -> (Halted, ())
  (Halted, _) -> (Failed e, ())
  (Failed _, _) -> (now, ())

-- | Runs the body on each thread of a team; it gets the region's state, for
-- 'chunks', and its thread number. Throws the first exception of a body when
-- all have ended.
--
-- Throws 'Stopped' if the region was stopped for an exception that was then
-- withdrawn (its thrower was itself interrupted): iterations are missing, so it
-- cannot end as if they were not.
region :: Maybe Int -> Loop -> (IORef State -> Int -> IO ()) -> IO ()
region = regionOf isCurrentThreadBound

-- | The same, and all shares are in-calls: an exception to the caller stops the
-- region even where the caller's share is blocked in C.
inCallRegion :: Maybe Int -> Loop -> (IORef State -> Int -> IO ()) -> IO ()
inCallRegion = regionOf (pure False)

-- | The first action says whether the caller runs its own share.
regionOf :: IO Bool -> Maybe Int -> Loop -> Act -> IO ()
regionOf direct size (Loop k c n) act = do
  state <- newIORef Running
  masking <- getMaskingState
  bound <- direct
  case masking of
    Unmasked
      | bound && rtsSupportsBoundThreads -> mask $ \restore -> do
          let share = restore (act state 0)
          alone <- c_begin_alone threads kind' c n
          if alone /= 0
            then share `onException` endAlone >> endAlone
            else together masking state share
      | otherwise -> mask_ $ do
          members <- noMembers
          watched (halt state (entered members)) (inCalls masking state members)
    _ -> noMembers >>= inCalls masking state
  -- An exception that waited has been thrown by now.
  throwEnd state
  where
    threads = maybe 0 fromIntegral size
    kind' = fromIntegral k

    -- Tasks of C are perhaps to be waited for.
    endAlone = do
      ended <- c_end_at_once
      when (ended == 0) (c_end nullPtr)

    -- All shares are in-calls.
    inCalls masking state members = do
      body <- newIORef act
      pointer <- newStablePtr (enter masking state members (Body body 0))
      _ <- c_parallel c_body pointer threads kind' c n
      freeStablePtr pointer

    -- The caller runs its own share.
    together masking state share = do
      members <- noMembers
      body <- (`Body` 1) <$> newIORef act
      pointer <- newStablePtr (enter masking state members body)
      capability <- fromIntegral <$> capabilityNumber
      quick <- c_begin_at_once c_body pointer capability threads kind' c n
      begun <-
        if quick /= nullPtr
          then pure quick
          else c_begin c_body pointer capability threads kind' c n
      forgetBody body 0
      own <- try share
      case own of
        Left e
          | isAsynchronous e -> halt state (entered members)
          | otherwise -> failed state e
        Right () -> pure ()
      watched (halt state (entered members)) (c_end begun)
      freeStablePtr pointer
      either (\e -> when (isAsynchronous e) (throwIO e)) pure own
{-# NOINLINE regionOf #-}

-- | Whether the exception is of an asynchronous type.
isAsynchronous :: SomeException -> Bool
isAsynchronous e = case fromException e of
  Just (SomeAsyncException _) -> True
  Nothing -> False

-- | No new chunk starts, and the bodies are interrupted, in the threads that are
-- there then. A body that has masked exceptions is left to end by itself.
halt :: IORef State -> IO [Weak ThreadId] -> IO ()
halt state threads = do
  -- With a fence: 'enter' adds itself and then reads the state, and either it
  -- sees the change here or it is seen below.
  atomicModifyIORef' state $ \now -> case now of
    Running -> (Halted, ())
    _ -> (now, ())
  threads >>= interrupt

-- | Throws 'Stopped' to the threads; does not wait until they have it.
interrupt :: [Weak ThreadId] -> IO ()
interrupt threads = forM_ threads $ \thread ->
  deRefWeak thread >>= mapM_ (\found -> forkIO (throwTo found Stopped))

-- | A chunk of a loop, in three words: its first iteration and the one after its
-- last, counted from 0, and the number that they are counted from. A thread's
-- chunks lie in the same memory, one after the other, and no box holds them, so
-- taking one allocates nothing: collections, which stop all threads, would cost
-- more than the rest.
type Chunk = MutableByteArray# RealWorld

-- | The first iteration of the chunk at hand.
chunkStart :: Chunk -> IO Int
chunkStart = iterationAt 0#
{-# INLINE chunkStart #-}

-- | The one after its last.
chunkEnd :: Chunk -> IO Int
chunkEnd = iterationAt 1#
{-# INLINE chunkEnd #-}

iterationAt :: Int# -> Chunk -> IO Int
iterationAt which chunk = IO $ \s -> case readIntArray# chunk which s of
  (# s', i #) -> case readIntArray# chunk 2# s' of
    (# s'', first #) -> (# s'', I# (first +# i) #)
{-# INLINE iterationAt #-}

-- | Takes the calling thread's chunks of the region's loop, at most so many
-- iterations at a time, until none is left or the region was stopped. The
-- iterations are counted from the number given.
chunks :: Word64 -> Int -> IORef State -> (Chunk -> IO ()) -> IO ()
chunks most (I# first) state act = IO $ \s0 -> case newByteArray# 24# s0 of
  (# s1, chunk #) ->
    let loop = do
          stopped <- isStopped state
          got <- if stopped then pure 0 else c_next chunk most
          unless (got == 0) $ act chunk >> loop
     in case loop of IO run -> run (writeIntArray# chunk 2# first s1)
{-# NOINLINE chunks #-}
