{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- How asynchronous exceptions reach a region.
--
-- One Haskell thread of the process, the /monitor/, looks for exceptions that
-- wait for the callers of regions, and stops those regions.
-- "Control.Parallel.OpenMP.Internal.Region" and
-- "Control.Parallel.OpenMP.Internal.Serve" register what can be stopped, by
-- 'onInterruptInCall' and 'onInterrupt'.
--
-- Note [Asynchronous exceptions reach a region]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The thread that starts a region sits in a @safe@ foreign call until the
-- region ends. GHC throws nothing into a thread there: the exception waits in
-- the thread's queue, and the thrower (@killThread@, @timeout@) waits too.
-- Meanwhile the bodies run in other Haskell threads, those of the in-calls.
--
-- So the monitor looks every 10 ms at the queues of all threads that are in
-- regions. If it finds an exception it stops the region: no new chunk starts,
-- and a private exception interrupts the bodies, which counts as a normal end
-- of the body. The region joins, the foreign call returns, and GHC throws the
-- exception that waited.
--
-- The monitor leaves out a caller that has masked exceptions, because that
-- caller asked not to be interrupted.
--
-- Note [The monitor does not count as activity]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- GHC looks for threads that are blocked for ever when no Haskell thread has been
-- scheduled for 0.3 s (@+RTS -I@). A thread that 'threadDelay' wakes every 10 ms
-- would prevent that for as long as there is a region. So the monitor sleeps
-- in a safe foreign call: a thread that returns from one takes a capability and
-- goes on, and the scheduler does not notice. The scheduler would notice if the
-- thread ran out of memory to allocate from. So a round that finds nothing
-- allocates nothing.
--
-- For the same reason nothing stops such a thread at the end of the program, and
-- @hs_exit@ waits for it. But first the scheduler kills all threads that are not
-- in foreign calls. One thread exists only to be killed then (the /canary/). When
-- the monitor finds the canary dead, it enters the scheduler by 'yield' and is
-- killed too.
--
-- Without @-threaded@ a safe call would stop all threads, and GHC looks for
-- blocked threads when none is asleep. There the monitor uses 'threadDelay', and
-- it makes the collection that finds blocked threads itself: when there have been
-- regions for 0.3 s, and again each time when that time has doubled.
--
-- Note [The list of regions]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~
-- Every region registers itself, so the list is cut into stripes, each in cache
-- lines of its own. A region goes on the stripe of the capability on which it
-- starts, so callers on different capabilities write to nothing in common.
--
-- A region that ends is marked as over. If it is the head of its stripe it is
-- removed, with all regions directly below it that are over too. Otherwise it
-- stays, and the monitor drops it at its next round. So a removal never tries an
-- exchange twice, and an exchange that fails spuriously does no harm.
--
-- The monitor sleeps on an 'MVar' when a round finds no region. It sets
-- @asleep@ first and then looks once more. A region registers itself and then
-- reads @asleep@. Both sides have a fence between the two steps, so one of them
-- sees the other. While regions come and go, @asleep@ is only read.
--
-- Note [Batches]
-- ~~~~~~~~~~~~~~
-- A batch ("Control.Parallel.OpenMP.Batch") is stopped between two of its calls as Note
-- [A batch stops between calls] in @rust\/src\/haskell\/batch.rs@ says. The monitor
-- makes the ticks. When it finds that no batch wants one, it may sleep. A batch that
-- wants one says so first and then reads @asleep@, with a fence between, as a region
-- does.
module Control.Parallel.OpenMP.Internal.Interrupt
  ( onInterruptInCall
  , onInterrupt
  , inCalls
  ) where

import Control.Concurrent
  ( ThreadId
  , forkIO
  , forkOn
  , mkWeakThreadId
  , myThreadId
  , rtsSupportsBoundThreads
  , threadDelay
  , yield
  )
import Control.Concurrent.MVar (MVar, newEmptyMVar, takeMVar, tryPutMVar)
import Control.Exception (MaskingState (Unmasked), bracket, getMaskingState, mask_)
import Control.Monad (filterM, replicateM, unless, void, when)
import Data.Bits ((.&.))
import Data.IORef (IORef, atomicModifyIORef', atomicWriteIORef, newIORef, readIORef, writeIORef)
import Data.Primitive.SmallArray
  ( SmallArray
  , SmallMutableArray (..)
  , indexSmallArray
  , newSmallArray
  , readSmallArray
  , smallArrayFromList
  )
import Data.Word (Word64)
import Foreign.C.Types (CBool (..), CInt (..), CUInt (..))
import Foreign.StablePtr (StablePtr, newStablePtr)
import GHC.Conc (ThreadId (..), ThreadStatus (..), threadStatus)
import GHC.Exts
  ( Int (..)
  , Int#
  , RealWorld
  , State#
  , ThreadId#
  , casSmallArray#
  , deRefWeak#
  , isTrue#
  , (/=#)
  , (==#)
  )
import GHC.IO (IO (..))
import GHC.Weak (Weak (..))
import System.IO.Unsafe (unsafePerformIO)
import System.Mem (performMajorGC)
import System.Mem.Weak (deRefWeak)

import Control.Parallel.OpenMP.Internal.Imports (ghcomp_hs_fork_generation)
import Control.Parallel.OpenMP.Prim (capabilityNumber)

-- | A region that can be stopped.
data Entry = Entry
  { caller :: !Caller
  -- ^ The thread that started it.
  , over :: !(IORef Bool)
  -- ^ Whether the monitor may forget it: it has ended or was stopped. Also its
  -- identity.
  , stop :: IO ()
  -- ^ Stops it. Called at most once; must not block.
  }

data Caller
  = -- | In a safe call, where it cannot be blocked for ever.
    InCall !ThreadId
  | -- | Anywhere: Note [Blocked for ever] in
    -- "Control.Parallel.OpenMP.Internal.Region".
    Anywhere !(Weak ThreadId)

-- | A list of regions, at 'stripeIndex' of the array. The other elements keep
-- other stripes out of its cache lines.
type Stripe = SmallMutableArray RealWorld [Entry]

data Monitor = Monitor
  { stripes :: !(SmallArray Stripe)
  , generation :: !(IORef CUInt)
  -- ^ The fork generation, plus 1, in which 'start' has begun: @forkProcess@ leaves
  -- all threads behind.
  , started :: !(IORef CUInt)
  -- ^ The same, for where it has ended.
  , asleep :: !(IORef Bool)
  , wake :: !(MVar ())
  }

stripeCount, stripeWords, stripeIndex :: Int
stripeCount = 64 -- a power of two
stripeWords = 14 -- 128 bytes with the header
stripeIndex = 6

-- | How long the monitor sleeps between rounds, in microseconds.
roundMicroseconds :: Int
roundMicroseconds = 10000

-- | Without @-threaded@: rounds with regions before the first collection that
-- looks for blocked threads (0.3 s).
roundsToCollection :: Int
roundsToCollection = 30

theMonitor :: Monitor
theMonitor = unsafePerformIO $ do
  lists <- replicateM stripeCount (newSmallArray stripeWords [])
  Monitor (smallArrayFromList lists) <$> newIORef 0 <*> newIORef 0 <*> newIORef False <*> newEmptyMVar
{-# NOINLINE theMonitor #-}

-- | The monitor's thread. The canary is there to be killed: Note [The monitor
-- does not count as activity].
monitor :: ThreadId -> IO ()
monitor canary = nextRound (0 :: Int) roundsToCollection
  where
    -- Without -threaded: for how many rounds there have been regions, and at
    -- which count to look for blocked threads.
    nextRound !rounds !limit = do
      if rtsSupportsBoundThreads then sleepFor roundMicroseconds else threadDelay roundMicroseconds
      ticked <- c_tick
      found <- survey
      end <- threadStatus canary
      case found of
        _ | end == ThreadDied || end == ThreadFinished -> yield >> nextRound rounds limit
        Quiet
          | rtsSupportsBoundThreads -> nextRound rounds limit
          | rounds < limit -> nextRound (rounds + 1) limit
          | otherwise -> performMajorGC >> nextRound rounds (2 * limit)
        NoRegion
          | ticked /= 0 -> nextRound rounds limit
          | otherwise -> rest
        Changed -> do
          active <- scan
          if active || ticked /= 0 then nextRound rounds limit else rest
    rest = do
      atomicWriteIORef (asleep theMonitor) True
      late <- scan
      wanted <- c_tickIsWanted
      unless (late || wanted /= 0) (takeMVar (wake theMonitor))
      writeIORef (asleep theMonitor) False
      nextRound 0 roundsToCollection

-- Safe: it sleeps for so many microseconds.
foreign import ccall safe "usleep" c_usleep :: CUInt -> IO CInt

sleepFor :: Int -> IO ()
sleepFor microseconds = c_usleep (fromIntegral microseconds) >> pure ()

-- | What there is to do.
data Survey
  = -- | There is no region.
    NoRegion
  | -- | No region needs anything.
    Quiet
  | -- | A region has ended, or an exception waits for its caller.
    Changed

-- | Looks at all regions without allocating.
survey :: IO Survey
survey = from 0 NoRegion
  where
    from :: Int -> Survey -> IO Survey
    from i !found
      | i == stripeCount = pure found
      | otherwise = readSmallArray (indexSmallArray (stripes theMonitor) i) stripeIndex >>= through i found
    through !i !found [] = from (i + 1) found
    through !i !_ (region : others) = do
      quiet <- isQuiet region
      if quiet then through i Quiet others else pure Changed

-- | Whether the region is running and no exception waits for its caller.
isQuiet :: Entry -> IO Bool
isQuiet region = do
  ended <- readIORef (over region)
  if ended then pure False else ask
  where
    ask = case caller region of
      InCall thread -> quiet thread
      Anywhere (Weak weak) -> IO $ \s -> case deRefWeak# weak s of
        (# s', 0#, _ #) -> (# s', False #)
        (# s', _, thread #) -> case quiet thread of IO go -> go s'
    quiet thread = do
      pending <- exceptionPending thread
      if pending then pure False else isAlive <$> threadStatus thread
    isAlive status = status /= ThreadFinished && status /= ThreadDied
{-# INLINE isQuiet #-}

-- | Looks at all regions, stops those whose callers have exceptions waiting,
-- and drops those that are over. Whether any are left.
scan :: IO Bool
scan = or <$> mapM scanStripe (stripes theMonitor)
  where
    scanStripe stripe = do
      regions <- exchange stripe (const [])
      active <- filterM stays regions
      unless (null active) (void (exchange stripe (active ++)))
      pure (not (null active))
    stays region = do
      ended <- readIORef (over region)
      found <- case caller region of
        InCall thread -> pure (Just thread)
        Anywhere weak -> deRefWeak weak
      case found of
        Just thread | not ended -> do
          status <- threadStatus thread
          pending <- exceptionPending thread
          if status `elem` [ThreadFinished, ThreadDied]
            then pure False -- dead: left behind by a forkProcess
            else not pending <$ when pending (writeIORef (over region) True >> stop region)
        _ -> pure False

-- | Replaces the old list of the stripe by the new one if it is still there.
-- Returns whether it was, and the list that is there now.
compareAndSwap :: Stripe -> [Entry] -> [Entry] -> IO (Bool, [Entry])
compareAndSwap (SmallMutableArray lists) old new = IO $ \s ->
  case casSmallArray# lists i old new s of
    (# s', failed, now #) -> (# s', (isTrue# (failed ==# 0#), now) #)
  where
    !(I# i) = stripeIndex

-- | Changes a stripe, and returns what it was. Nothing evaluates the old list
-- before the swap, so the compared pointer is the one that was read.
exchange :: Stripe -> ([Entry] -> [Entry]) -> IO [Entry]
exchange stripe change = readSmallArray stripe stripeIndex >>= try
  where
    try old = do
      (done, now) <- compareAndSwap stripe old (change old)
      if done then pure old else try now
{-# INLINE exchange #-}

-- | @onInterruptInCall stopping act@ runs @act@, a safe call that must not throw.
-- If an exception waits in the calling thread meanwhile, @stopping@ runs; it must
-- not block. Exceptions must be masked.
onInterruptInCall :: IO () -> IO a -> IO a
onInterruptInCall stopping act = do
  me <- myThreadId
  (stripe, region) <- register (InCall me) stopping
  x <- act
  x <$ unregister stripe region
{-# INLINE onInterruptInCall #-}

-- | The same for any action, if the calling thread can be interrupted at all.
onInterrupt :: IO () -> IO a -> IO a
onInterrupt stopping act = do
  masking <- getMaskingState
  case masking of
    Unmasked -> do
      me <- myThreadId >>= mkWeakThreadId
      bracket (register (Anywhere me) stopping) (uncurry unregister) (const act)
    _ -> ready >> act

-- | @inCalls step from to@ makes the calls of a batch, from one number to another. Each
-- @step seen at@ makes calls in C from @at@ on, until it is stopped, and returns the first
-- number that is not done. An exception for the calling thread is thrown between two
-- calls. (Without @-threaded@ nobody can throw one meanwhile.)
inCalls :: (Word64 -> Int -> IO Int) -> Int -> Int -> IO ()
inCalls step from to = do
  ticks <- c_ticks
  seen <- if ticks /= 0 then pure ticks else wantTick
  at <- step seen from
  when (at /= to) (inLongBatch step at to)
{-# INLINE inCalls #-}

-- | 'inCalls' after the first tick.
inLongBatch :: (Word64 -> Int -> IO Int) -> Int -> Int -> IO ()
inLongBatch step from to = do
  masking <- getMaskingState
  go (case masking of Unmasked -> mask_ . onInterruptInCall c_stop; _ -> id) from
  where
    go monitored at = when (at /= to) $ do
      seen <- c_stops
      -- Behind this line an exception that has waited is thrown.
      monitored (step seen at) >>= go monitored
{-# NOINLINE inLongBatch #-}

-- | Makes the monitor tick once. Returns the ticks so far.
wantTick :: IO Word64
wantTick
  | rtsSupportsBoundThreads = mask_ $ do
      ready
      c_wantTick <* wakeMonitor
  | otherwise = c_stops
{-# NOINLINE wantTick #-}

-- Note [Unsafe calls] in rust/src/haskell/mod.rs: they take no lock.
foreign import ccall unsafe "ghcomp_hs_batch_ticks" c_ticks :: IO Word64
foreign import ccall unsafe "ghcomp_hs_batch_want_tick" c_wantTick :: IO Word64
foreign import ccall unsafe "ghcomp_hs_batch_tick" c_tick :: IO CUInt
foreign import ccall unsafe "ghcomp_hs_batch_tick_is_wanted" c_tickIsWanted :: IO CUInt
foreign import ccall unsafe "ghcomp_hs_batch_stops" c_stops :: IO Word64
foreign import ccall unsafe "ghcomp_hs_batch_stop" c_stop :: IO ()

-- | Registers a region. Returns the stripe that holds it, and its entry.
register :: Caller -> IO () -> IO (Stripe, Entry)
register who stopping = do
  ready
  region <- Entry who <$> newIORef False <*> pure stopping
  number <- capabilityNumber
  let stripe = indexSmallArray (stripes theMonitor) (number .&. (stripeCount - 1))
  void (exchange stripe (region :))
  wakeMonitor
  pure (stripe, region)

-- | The region is over.
unregister :: Stripe -> Entry -> IO ()
unregister stripe region = do
  writeIORef (over region) True
  regions <- readSmallArray stripe stripeIndex
  case regions of
    first : others | over first == over region -> do
      left <- active others
      void (compareAndSwap stripe regions left)
    _ -> pure ()
  where
    active regions@(first : others) = do
      ended <- readIORef (over first)
      if ended then active others else pure regions
    active [] = pure []

-- | The threads that regions need are there.
ready :: IO ()
ready = do
  here <- (+ 1) <$> ghcomp_hs_fork_generation
  there <- readIORef (started theMonitor)
  when (there /= here) (start here)
{-# INLINE ready #-}

wakeMonitor :: IO ()
wakeMonitor = do
  sleeping <- readIORef (asleep theMonitor)
  when sleeping (void (tryPutMVar (wake theMonitor) ()))
{-# INLINE wakeMonitor #-}

-- | Starts these threads in this process, once.
start :: CUInt -> IO ()
start here = do
  first <- atomicModifyIORef' (generation theMonitor) (\was -> (here, was /= here))
  when first $ do
    writeIORef (asleep theMonitor) False
    canary <- forkIO (newEmptyMVar >>= takeMVar)
    void (forkIO (monitor canary))
    newStablePtr watcher >>= c_watch
  awaitKeeper
  writeIORef (started theMonitor) here
  where
    awaitKeeper = do
      kept <- c_isKept
      when (kept == 0) (yield >> awaitKeeper)
{-# NOINLINE start #-}

-- | What the watcher does: Note [No in-call meets a dead capability] in
-- cbits/ghc_end.c. The stable pointer leads to the 'MVar' for ever, so that the thread is
-- not found to be blocked for ever.
watcher :: Int -> IO ()
watcher _ = do
  never <- newEmptyMVar
  void (newStablePtr never)
  void (forkOn 0 c_keep)
  takeMVar never

foreign import ccall unsafe "ghcomp_ghc_watch" c_watch :: StablePtr (Int -> IO ()) -> IO ()
foreign import ccall unsafe "ghcomp_ghc_is_kept" c_isKept :: IO CBool
-- Safe: it returns when the RTS ends.
foreign import ccall safe "ghcomp_ghc_keep" c_keep :: IO ()

-- | Whether an exception waits to be thrown in the thread.
exceptionPending :: ThreadId -> IO Bool
exceptionPending (ThreadId thread) = IO $ \s -> case exceptionPending# thread s of
  (# s', answer #) -> (# s', isTrue# (answer /=# 0#) #)

foreign import prim "ghcomp_exception_pendingzh"
  exceptionPending# :: ThreadId# -> State# RealWorld -> (# State# RealWorld, Int# #)
