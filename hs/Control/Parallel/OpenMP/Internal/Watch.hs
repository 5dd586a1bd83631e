{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Asynchronous exceptions reach a region.
--
-- Note [Asynchronous exceptions reach a region]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The thread that starts a region sits in a @safe@ foreign call until the
-- region ends, and GHC throws nothing into a thread there: the exception waits
-- in the thread's queue, and the thrower (@killThread@, @timeout@) waits too.
-- The bodies run meanwhile in other Haskell threads, those of the in-calls.
--
-- So one Haskell thread of the process, the watcher, looks every 10 ms at the
-- queues of all threads that are in regions. Where it finds an exception it
-- stops the region: no new chunk starts, and the bodies are interrupted by a
-- private exception, which counts as a normal end of the body. The region
-- joins, the foreign call returns, and GHC throws the exception that waited.
--
-- While no region is active the watcher sleeps on an 'MVar'. A region costs
-- two changes of an 'IORef' for it. A caller that has masked exceptions is not
-- watched: it asked not to be interrupted.
module Control.Parallel.OpenMP.Internal.Watch
  ( Watched (..)
  , watching
  ) where

import Control.Concurrent (ThreadId, forkIO, myThreadId, threadDelay)
import Control.Concurrent.MVar (MVar, newEmptyMVar, takeMVar, tryPutMVar)
import Control.Exception (MaskingState (Unmasked), bracket, getMaskingState, mask_)
import Control.Monad (forM_, void, when)
import Foreign.C.Types (CUInt)
import Data.IORef (IORef, atomicModifyIORef', newIORef, readIORef)
import GHC.Conc (ThreadId (..))
import GHC.Exts (Int#, RealWorld, State#, ThreadId#, isTrue#, (/=#))
import GHC.IO (IO (..))
import System.IO.Unsafe (unsafePerformIO)

import Control.Parallel.OpenMP.Internal.Imports (ghcomp_hs_fork_generation)

-- | A region that can be stopped.
data Watched = Watched
  { caller :: !ThreadId
  -- ^ Who started it.
  , mark :: !(IORef Bool)
  -- ^ Its own stop flag; also its identity.
  , stop :: IO ()
  -- ^ Stops it; called at most once, and must not block.
  }

-- | The active regions, and the process (its fork generation, plus 1) in which
-- the watcher's thread was started: @forkProcess@ leaves that thread behind.
data Watcher = Watcher !(IORef (CUInt, [Watched])) !(MVar ())

theWatcher :: Watcher
theWatcher = unsafePerformIO (Watcher <$> newIORef (0, []) <*> newEmptyMVar)
{-# NOINLINE theWatcher #-}

watch :: Watcher -> IO ()
watch watcher@(Watcher active wake) = takeMVar wake >> patrol
  where
    patrol = do
      threadDelay 10000
      (_, regions) <- readIORef active
      if null regions
        then watch watcher
        else forM_ regions look >> patrol
    look region = do
      pending <- exceptionPending (caller region)
      stopped <- readIORef (mark region)
      when (pending && not stopped) (stop region)

-- | Runs the action with the region under watch, if the calling thread can be
-- interrupted.
watching :: (ThreadId -> Watched) -> IO a -> IO a
watching make act = do
  state <- getMaskingState
  if state /= Unmasked
    then act
    else do
      region <- make <$> myThreadId
      bracket (enter region) (const (leave region)) (const act)
  where
    Watcher active wake = theWatcher
    enter region = do
      process <- (+ 1) <$> ghcomp_hs_fork_generation
      (first, fresh) <- atomicModifyIORef' active $ \(started, regions) ->
        if started == process
          then ((started, region : regions), (null regions, False))
          else ((process, [region]), (True, True))
      when fresh (void (mask_ (forkIO (watch theWatcher))))
      when first (void (tryPutMVar wake ()))
    leave region =
      atomicModifyIORef' active (\(started, regions) -> ((started, without (mark region) regions), ()))
    without _ [] = []
    without key (region : regions)
      | mark region == key = regions
      | otherwise = region : without key regions

exceptionPending :: ThreadId -> IO Bool
exceptionPending (ThreadId thread) = IO $ \s -> case exceptionPending# thread s of
  (# s', answer #) -> (# s', isTrue# (answer /=# 0#) #)

foreign import prim "ghcomp_exception_pendingzh"
  exceptionPending# :: ThreadId# -> State# RealWorld -> (# State# RealWorld, Int# #)
