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
-- Note [Masking in a body]
-- ~~~~~~~~~~~~~~~~~~~~~~~~
-- An exception that leaves an in-call ends the process. So the in-call is
-- masked, uninterruptibly, but for the user's part. A thread makes itself
-- known to the watcher after masking, and then 'Stopped' can only arrive in
-- the user's part, or never.
module Control.Parallel.OpenMP.Internal.Region
  ( Loop (..)
  , noLoop
  , region
  , chunks
  , Failure
  , firstFailure
  , newFailure
  , throwFailure
  , Stopped (..)
  , interrupt
  , InvalidArgument (..)
  ) where

import Control.Concurrent (ThreadId, forkIO, myThreadId, throwTo)
import Control.Exception
  ( Exception (..)
  , SomeException
  , asyncExceptionFromException
  , asyncExceptionToException
  , bracket
  , catch
  , throwIO
  , uninterruptibleMask_
  )
import Control.Monad (forM_, unless, void, when)
import Data.IORef (IORef, atomicModifyIORef', atomicWriteIORef, newIORef, readIORef, writeIORef)
import Data.Word (Word32, Word64)
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (FunPtr)
import Foreign.StablePtr (StablePtr, freeStablePtr, newStablePtr)
import GHC.Exts
  ( Int (..)
  , MutableByteArray#
  , RealWorld
  , newByteArray#
  , readIntArray#
  )
import GHC.IO (IO (..), unsafeUnmask)

import Control.Parallel.OpenMP.Internal.Watch (Watched (..), watching)

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

-- | What the threads of a region share.
data Region = Region
  !(IORef Bool) -- it was stopped
  !Failure
  !(IORef [ThreadId]) -- the threads in it
  !(IORef Bool -> Int -> IO ()) -- the body

-- | Ends the body of a region that was stopped.
data Stopped = Stopped

instance Show Stopped where
  show Stopped = "the OpenMP region was stopped"

-- Asynchronous, so that handlers of synchronous exceptions let it pass.
instance Exception Stopped where
  toException = asyncExceptionToException
  fromException = asyncExceptionFromException

-- | A function of this library was given something that has no meaning.
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

type Body = StablePtr (Int -> IO ()) -> CUInt -> CUInt -> IO ()

-- In the object that registers GHC as the host, so every program with a region
-- links that.
foreign import ccall "&ghcomp_ghc_body" c_body :: FunPtr Body

-- Safe: it lasts as long as the region, and calls back.
foreign import ccall safe "ghcomp_hs_parallel"
  c_parallel
    :: FunPtr Body -> StablePtr (Int -> IO ()) -> CUInt -> CUInt -> Word64 -> Word64 -> IO CUInt

-- Unsafe: a few nanoseconds, and it never blocks.
foreign import ccall unsafe "ghcomp_hs_next"
  c_next :: MutableByteArray# RealWorld -> Word64 -> IO CInt

-- | One thread's part: Note [Masking in a body].
enter :: Region -> Int -> IO ()
enter (Region stopFlag failure members act) num = uninterruptibleMask_ $ do
  me <- myThreadId
  atomicModifyIORef' members (\others -> (me : others, ()))
  -- A stop may have come before this thread could be told.
  already <- readIORef stopFlag
  unless already $
    unsafeUnmask (act stopFlag num) `catch` \e -> do
      -- A region inside the body throws it too: that is a failure of the body.
      stopped <- readIORef stopFlag
      case fromException e of
        Just Stopped | stopped -> pure ()
        _ -> firstFailure failure e >> writeIORef stopFlag True

-- | Runs the body on each thread of a team; it gets the flag that says that
-- the region was stopped, and its thread number. Throws the first exception of
-- a body when all have ended.
--
-- Throws 'Stopped' if the region was stopped for an exception that was then
-- withdrawn (its thrower was itself interrupted): iterations are missing, so it
-- cannot end as if they were not.
region :: Maybe Int -> Loop -> (IORef Bool -> Int -> IO ()) -> IO ()
region size (Loop k c n) act = do
  stopFlag <- newIORef False
  failure <- newFailure
  members <- newIORef []
  let watched me = Watched {caller = me, mark = stopFlag, stop = halt stopFlag members}
      requested = maybe 0 fromIntegral size
  watching watched $
    bracket (newStablePtr (enter (Region stopFlag failure members act))) freeStablePtr $ \pointer ->
      void (c_parallel c_body pointer requested (fromIntegral k) c n)
  throwFailure failure
  stopped <- readIORef stopFlag
  when stopped (throwIO Stopped)
{-# NOINLINE region #-}

-- | No new chunk starts, and the bodies are interrupted. A body that has
-- masked exceptions is left to end by itself.
halt :: IORef Bool -> IORef [ThreadId] -> IO ()
halt stopFlag members = do
  -- With a fence: 'enter' adds itself and then reads the flag, and either it
  -- sees the flag here or it is seen below.
  atomicWriteIORef stopFlag True
  readIORef members >>= interrupt

-- | Throws 'Stopped' to the threads; does not wait until they have it.
interrupt :: [ThreadId] -> IO ()
interrupt threads = forM_ threads $ \thread -> forkIO (throwTo thread Stopped)

-- | Takes the calling thread's chunks of the region's loop, at most so many
-- iterations at a time, until none is left or the region was stopped. Chunks
-- are iterations from 0, the last one excluded.
chunks :: Word64 -> IORef Bool -> (Int -> Int -> IO ()) -> IO ()
chunks most stopFlag act = IO $ \s0 -> case newByteArray# 16# s0 of
  (# s1, buffer #) ->
    let loop = do
          isStopped <- readIORef stopFlag
          got <- if isStopped then pure 0 else c_next buffer most
          unless (got == 0) $ do
            from <- at buffer 0
            to <- at buffer 1
            act from to
            loop
     in case loop of IO run -> run s1
  where
    at buffer (I# i) = IO $ \s -> case readIntArray# buffer i s of
      (# s', value #) -> (# s', I# value #)
{-# NOINLINE chunks #-}
