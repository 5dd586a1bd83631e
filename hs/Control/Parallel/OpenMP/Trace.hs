{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | What the OpenMP threads do, in GHC's eventlog.
--
-- A program that runs with @+RTS -l@ (before GHC 9.4 it must be linked with
-- @-eventlog@) writes there what happens to its Haskell threads. With
-- @GHCOMP_TRACE=all@ in its environment, or inside 'withTrace', it also writes
-- when OpenMP threads start and end their regions, loops, tasks and waits, as
-- user events (and, where a region forks, user markers). Otherwise tracing costs
-- nothing that can be measured.
--
-- @GHCOMP_TRACE@ is @none@, @all@, or a list of @regions@, @loops@, @tasks@ and
-- @waits@ with commas between them; it needs the threaded RTS.
--
-- An OpenMP thread owns no capability, and so may not write to the eventlog
-- itself. Its events are posted by a Haskell thread, some milliseconds later;
-- their texts have the time at which they happened:
--
-- > omp 2 71234567890 region begin 1 1 2
--
-- Thread 2 of those that the trace knows, at that time in nanoseconds of the
-- system's monotonic clock (that of "GHC.Clock"), began its share of a region of
-- level 1, in which it has number 1 of 2. Each batch of events follows an event
-- @omp 0 \<time\> clock@ that is posted at once, so the difference of its time to
-- that in the eventlog is the distance between the two clocks. The program
-- @examples\/trace@ puts the events where they belong: it makes an eventlog in
-- which ThreadScope shows the OpenMP threads beside the capabilities, and a
-- picture.
--
-- The texts, after number and time:
--
-- [@thread \<tid> worker@, @thread \<tid> master@] The thread's first event, with
--   the number that the system has given it.
-- [@fork \<level> \<size>@] (A marker.) The thread is about to start a region.
-- [@region begin \<level> \<number> \<size>@, @region end@] Its share of a region.
--   The end also ends a loop that is not over.
-- [@loop begin \<schedule> \<iterations>@, @loop end@] Its share of a worksharing
--   loop or @sections@, unless the compiler has dealt out the iterations itself
--   (as GCC does with static schedules). @loop end@ without begin is possible.
-- [@task create \<id>@, @task begin \<id>@, @task end \<id>@] A task was deferred; a
--   task is executed.
-- [@wait begin \<at>@, @wait end \<at>@] It waits at a @barrier@, a @taskwait@, the
--   end of a @taskgroup@, or for the others at the end of its region (@join@).
--   It may execute tasks meanwhile.
-- [@park begin@, @park end@] It sleeps.
-- [@lost \<count>@] So many of its events did not fit.
module Control.Parallel.OpenMP.Trace
  ( TraceKind (..)
  , withTrace
  , setTrace
  , traced
  , flushTrace
  ) where

import Control.Concurrent (forkIO, threadDelay)
import Control.Exception (bracket, mask_)
import Control.Monad (unless, when)
import Data.Bits (shiftL, testBit)
import Data.IORef
import Foreign.C.Types (CChar, CInt (..), CSize (..), CUInt (..))
import Foreign.ForeignPtr (FinalizerPtr, newForeignPtr)
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.StablePtr (castStablePtrToPtr, newStablePtr)
import GHC.Conc (labelThread)
import GHC.Exts (Addr#, RealWorld, State#, traceEvent#, traceMarker#)
import GHC.IO (IO (..))
import GHC.Ptr (Ptr (..))
import System.IO.Unsafe (unsafePerformIO)

import Control.Parallel.OpenMP.Internal.Imports (ghcomp_hs_fork_generation)

foreign import ccall unsafe "ghcomp_hs_trace" c_trace :: CUInt -> IO ()
foreign import ccall unsafe "ghcomp_hs_traced" c_traced :: IO CUInt
-- Safe: it takes the lock of the buffers.
foreign import ccall safe "ghcomp_hs_trace_next" c_next :: Ptr CChar -> CSize -> IO CInt
foreign import ccall unsafe "ghcomp_ghc_logs" c_logs :: IO CInt
foreign import ccall unsafe "ghcomp_ghc_trace_here" c_here :: IO ()
foreign import ccall unsafe "ghcomp_ghc_taker_is_ready" c_ready :: IO ()
foreign import ccall "&ghcomp_ghc_trace_rest" p_rest :: FinalizerPtr ()
foreign export ccall "ghcomp_trace_taker" takeForEnvironment :: IO ()

-- | What can be traced.
data TraceKind
  = -- | When threads start and end their shares of parallel regions.
    Regions
  | -- | The same for worksharing loops and @sections@.
    Loops
  | -- | When tasks are created, and when they are executed.
    Tasks
  | -- | When threads wait for others, and when they sleep.
    Waits
  deriving (Eq, Ord, Show, Read, Enum, Bounded)

-- | The door's bit for a kind.
bitOf :: TraceKind -> Int
bitOf kind = fromEnum kind + 1

-- | Traces, while the action runs, just these kinds in the whole process; then
-- again what was traced before. When it returns, or throws, all events have
-- been written. Where the program writes no user events into an eventlog, it
-- only runs the action.
--
-- >>> withTrace [Regions, Waits] (parallelReduce defaults (Range 0 5) (+) 0 pure)
-- 10
withTrace :: [TraceKind] -> IO a -> IO a
withTrace kinds action =
  bracket (traced <* setTrace kinds) (\before -> setTrace before >> flushTrace) (const action)

-- | From now on traces just these kinds in the whole process. Where the program
-- writes no user events into an eventlog, it does nothing (so here, in GHCi).
--
-- >>> setTrace [Regions] >> traced
-- []
setTrace :: [TraceKind] -> IO ()
setTrace [] = c_trace 0 >> flushTrace
setTrace kinds = do
  logs <- c_logs
  when (logs /= 0) $ do
    startTaker
    c_trace (sum [1 `shiftL` bitOf kind | kind <- [minBound ..], kind `elem` kinds])

-- | The kinds that are traced now.
--
-- >>> traced
-- []
traced :: IO [TraceKind]
traced = do
  kinds <- c_traced
  pure [kind | kind <- [minBound ..], testBit kinds (bitOf kind)]

-- | Writes the events that have happened so far into the eventlog. It need not
-- be called: that is done a hundred times a second, and at the program's end
-- (unless GHC's runtime system is a shared library: then programs that are traced
-- by @GHCOMP_TRACE@, or without 'withTrace', may lose the last moment's).
--
-- >>> flushTrace
flushTrace :: IO ()
flushTrace = allocaBytes size go
  where
    size = 128
    go text@(Ptr address) = do
      kind <- c_next text (fromIntegral size)
      case kind of
        0 -> pure ()
        1 -> IO (post traceEvent# address) >> go text
        _ -> IO (post traceMarker# address) >> go text

post :: (Addr# -> State# RealWorld -> State# RealWorld) -> Addr# -> State# RealWorld -> (# State# RealWorld, () #)
post write text s = (# write text s, () #)

-- | The process, as its fork generation, in which there is a taker: a Haskell
-- thread that posts events (Note [Who may write to the eventlog] in
-- cbits/ghc_trace.c).
taker :: IORef (Maybe CUInt)
taker = unsafePerformIO (newIORef Nothing)
{-# NOINLINE taker #-}

-- | Whether the finalizer that posts the last events was made.
finalizer :: IORef Bool
finalizer = unsafePerformIO (newIORef False)
{-# NOINLINE finalizer #-}

startTaker :: IO ()
startTaker = mask_ $ do
  here <- ghcomp_hs_fork_generation
  before <- atomicModifyIORef' taker (\before -> (Just here, before))
  unless (before == Just here) $ do
    c_here
    made <- atomicModifyIORef' finalizer (\made -> (True, made))
    unless made $ do
      -- For ever: the runtime system calls it at the program's end.
      word <- castStablePtrToPtr <$> newStablePtr ()
      _ <- newStablePtr =<< newForeignPtr p_rest word
      pure ()
    thread <- forkIO takeOn
    labelThread thread "OpenMP trace"

takeOn :: IO ()
takeOn = do
  threadDelay 10000
  flushTrace
  kinds <- c_traced
  if kinds /= 0
    then takeOn
    else do
      atomicWriteIORef taker Nothing
      -- Unless somebody has just started tracing, and saw a taker.
      again <- c_traced
      unless (again == 0) startTaker

-- | What an OS thread of the runtime calls when the environment asks for a trace.
takeForEnvironment :: IO ()
takeForEnvironment = startTaker >> c_ready

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Trace
