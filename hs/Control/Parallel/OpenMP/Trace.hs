{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- |
-- The activity of the OpenMP threads, in GHC's eventlog.
--
-- A program that runs with @+RTS -l@ (before GHC 9.4 it must be linked with
-- @-eventlog@) records what happens to its Haskell threads in the eventlog. With
-- @GHCOMP_TRACE=all@ in its environment, or inside 'withTrace', it also records
-- when OpenMP threads start and end their regions, loops, tasks and waits. These are
-- user events (and user markers where a region forks). Without a trace the cost is
-- too small to measure.
--
-- @GHCOMP_TRACE@ is @none@, @all@, or a comma-separated list of @regions@, @loops@,
-- @tasks@ and @waits@. It needs the threaded RTS.
--
-- An OpenMP thread owns no capability, so it may not write to the eventlog
-- itself. A Haskell thread posts its events some milliseconds later. The text of an
-- event has the time at which it happened:
--
-- > omp 2 71234567890 region begin 1 1 2
--
-- At that time, in nanoseconds of the system's monotonic clock (that of
-- "GHC.Clock"), thread 2 of those that the trace knows began its share of a region
-- of level 1, in which it has number 1 of 2. An event @omp 0 \<time\> clock@ comes
-- before each batch of events and is posted at once. So the difference between its
-- time and that in the eventlog is the distance between the two clocks. The program
-- @examples\/trace@ moves the events to their times: it makes a picture, and an
-- eventlog in which ThreadScope shows the OpenMP threads beside the capabilities.
--
-- The texts, after number and time:
--
-- [@thread \<tid> worker@, @thread \<tid> master@] The thread's first event, with
--   the number that the system has given it.
-- [@fork \<level> \<size>@] (A marker.) The thread is about to start a region.
-- [@region begin \<level> \<number> \<size>@, @region end@] The thread's share of a
--   region. The end also ends a loop that is not over.
-- [@loop begin \<schedule> \<iterations>@, @loop end@] The thread's share of a
--   worksharing loop or of @sections@. There is none if the compiler has dealt out the
--   iterations itself (as GCC does with static schedules). A @loop end@ without its
--   @loop begin@ is possible.
-- [@task create \<id>@, @task begin \<id>@, @task end \<id>@] A task was deferred, or
--   the thread executes a task.
-- [@wait begin \<at>@, @wait end \<at>@] The thread waits at a @barrier@, a
--   @taskwait@, the end of a @taskgroup@, or for the other threads at the end of its
--   region (@join@). It may execute tasks in the meantime.
-- [@park begin@, @park end@] The thread sleeps.
-- [@lost \<count>@] There was no room for this number of its events.
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
--
-- @since 0.1.0.0
data TraceKind
  = -- | Starts and ends of threads' shares of parallel regions.
    Regions
  | -- | The same for worksharing loops and @sections@.
    Loops
  | -- | Creation and execution of tasks.
    Tasks
  | -- | Waits of threads for other threads, and sleep.
    Waits
  deriving (Eq, Ord, Show, Read, Enum, Bounded)

-- | The number of the bit that @ghcomp_hs_trace@ has for a kind: 1 for 'Regions', and
-- so on.
bitOf :: TraceKind -> Int
bitOf kind = fromEnum kind + 1

-- | While the action runs, traces just these kinds in the whole process. Then traces
-- again what was traced before. When it returns, or throws, all events have
-- been written. If the program writes no user events into an eventlog, it
-- only runs the action.
--
-- >>> withTrace [Regions, Waits] (parallelReduce defaults (Range 0 5) (+) 0 pure)
-- 10
--
-- @since 0.1.0.0
withTrace :: [TraceKind] -> IO a -> IO a
withTrace kinds action =
  bracket (traced <* setTrace kinds) (\before -> setTrace before >> flushTrace) (const action)

-- | From now on traces just these kinds in the whole process. If the program
-- writes no user events into an eventlog, it does nothing (as here, in GHCi).
--
-- >>> setTrace [Regions] >> traced
-- []
--
-- @since 0.1.0.0
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
--
-- @since 0.1.0.0
traced :: IO [TraceKind]
traced = do
  kinds <- c_traced
  pure [kind | kind <- [minBound ..], testBit kinds (bitOf kind)]

-- | Writes the events that have happened so far into the eventlog. You need not
-- call it: the library does that a hundred times a second, and at the end of the
-- program. There is one exception: if GHC's runtime system is a shared library,
-- programs that are traced by @GHCOMP_TRACE@, or without 'withTrace', may lose the
-- events of the last moment.
--
-- >>> flushTrace
--
-- @since 0.1.0.0
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

-- | The fork generation of the process in which there is a taker: a Haskell
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
      -- Never freed: the runtime system calls it at the end of the program.
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
      -- Another thread may have started a trace just now, and seen this taker.
      again <- c_traced
      unless (again == 0) startTaker

-- | An OS thread of the runtime calls it when the environment asks for a trace.
takeForEnvironment :: IO ()
takeForEnvironment = startTaker >> c_ready

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Trace
