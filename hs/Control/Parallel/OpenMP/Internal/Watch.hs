{-# LANGUAGE BangPatterns #-}
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
-- A caller that has masked exceptions is not watched: it asked not to be
-- interrupted.
--
-- Note [The watcher is no activity]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- GHC looks for threads that are blocked for ever when no Haskell thread has been
-- scheduled for 0.3 s (@+RTS -I@). A thread that 'threadDelay' wakes every 10 ms
-- would keep it from that for as long as there is a region. So the watcher sleeps
-- in a safe foreign call: a thread that comes back from one takes a capability and
-- goes on, and the scheduler does not hear of it. It would if the thread ran out
-- of memory to allocate from; so a round that finds nothing allocates nothing.
--
-- For the same reason nothing stops such a thread at the program's end, and
-- @hs_exit@ waits for it. The scheduler kills all threads first that are not in
-- foreign calls. One that has nothing else to do tells the watcher of that, which
-- then goes to the scheduler.
--
-- Without @-threaded@ a safe call would stop all threads, and GHC looks for
-- blocked ones when none is asleep. There the watcher uses 'threadDelay', and makes
-- the collection that finds them itself: when there have been regions for 0.3 s,
-- and again each time they have been there for twice as long.
--
-- Note [The list of regions]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~
-- Every region enters itself, so the list is cut into stripes, each in cache
-- lines of its own: a region goes on the stripe of the capability it starts
-- on, and callers on different capabilities write nothing in common.
--
-- A region that ends is marked as over. If it is the stripe's head it is taken
-- off, with all below it that are over too; else it stays, and the watcher
-- drops it at its next round. So no exchange is ever tried twice for a
-- removal, and one that fails for no reason does no harm.
--
-- The watcher sleeps on an 'MVar' when a round finds no region. It says so in
-- @asleep@ first and then looks once more; a region enters itself and then
-- reads @asleep@; with a fence between on both sides one of them sees the
-- other. While regions come and go, @asleep@ is only read.
module Control.Parallel.OpenMP.Internal.Watch
  ( watched
  , watching
  ) where

import Control.Concurrent
  ( ThreadId
  , forkIO
  , mkWeakThreadId
  , myThreadId
  , rtsSupportsBoundThreads
  , threadDelay
  , yield
  )
import Control.Concurrent.MVar (MVar, newEmptyMVar, takeMVar, tryPutMVar)
import Control.Exception (MaskingState (Unmasked), bracket, getMaskingState)
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
import Foreign.C.Types (CInt (..), CUInt (..))
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
data Watched = Watched
  { caller :: !Caller
  -- ^ Who started it.
  , over :: !(IORef Bool)
  -- ^ Whether it needs no watching any more: it has ended or was stopped. Also
  -- its identity.
  , stop :: IO ()
  -- ^ Stops it; called at most once, and must not block.
  }

data Caller
  = -- | In a safe call, where it cannot be blocked for ever.
    InCall !ThreadId
  | -- | Anywhere: Note [Blocked for ever] in
    -- "Control.Parallel.OpenMP.Internal.Region".
    Anywhere !(Weak ThreadId)

-- | Regions at the one place that is used of the array; the rest keeps other
-- stripes out of its cache lines.
type Stripe = SmallMutableArray RealWorld [Watched]

data Watcher = Watcher
  { stripes :: !(SmallArray Stripe)
  , process :: !(IORef CUInt)
  -- ^ The fork generation, plus 1, in which the thread was started:
  -- @forkProcess@ leaves that thread behind.
  , asleep :: !(IORef Bool)
  , wake :: !(MVar ())
  }

stripeCount, stripeWords, place :: Int
stripeCount = 64
stripeWords = 14 -- 128 bytes with the header
place = 6

theWatcher :: Watcher
theWatcher = unsafePerformIO $ do
  lists <- replicateM stripeCount (newSmallArray stripeWords [])
  Watcher (smallArrayFromList lists) <$> newIORef 0 <*> newIORef False <*> newEmptyMVar
{-# NOINLINE theWatcher #-}

-- | The watcher's thread. The other one is there to be killed: Note [The watcher
-- is no activity].
watch :: ThreadId -> IO ()
watch other = round' (0 :: Int) (30 :: Int)
  where
    -- Without -threaded: how many rounds there have been regions, and when to look
    -- for blocked threads.
    round' !rounds !limit = do
      if rtsSupportsBoundThreads then c_sleep 10000 else threadDelay 10000
      found <- survey
      end <- threadStatus other
      case found of
        _ | end == ThreadDied || end == ThreadFinished -> yield >> round' rounds limit
        Calm
          | rtsSupportsBoundThreads -> round' rounds limit
          | rounds < limit -> round' (rounds + 1) limit
          | otherwise -> performMajorGC >> round' rounds (2 * limit)
        Empty -> rest
        Changed -> do
          active <- patrol
          if active then round' rounds limit else rest
    rest = do
      atomicWriteIORef (asleep theWatcher) True
      late <- patrol
      unless late (takeMVar (wake theWatcher))
      writeIORef (asleep theWatcher) False
      round' 0 30

-- Safe: it sleeps, so many microseconds.
foreign import ccall safe "usleep" c_usleep :: CUInt -> IO CInt

c_sleep :: CUInt -> IO ()
c_sleep time = c_usleep time >> pure ()

-- | What there is to do.
data Survey
  = -- | There is no region.
    Empty
  | -- | None of them needs anything.
    Calm
  | -- | Some do.
    Changed

-- | Looks, and allocates nothing.
survey :: IO Survey
survey = from 0 Empty
  where
    from :: Int -> Survey -> IO Survey
    from i !found
      | i == stripeCount = pure found
      | otherwise = readSmallArray (indexSmallArray (stripes theWatcher) i) place >>= through i found
    through !i !found [] = from (i + 1) found
    through !i !_ (region : others) = do
      calm <- isCalm region
      if calm then through i Calm others else pure Changed

-- | Whether the region is under way, and no exception waits for it.
isCalm :: Watched -> IO Bool
isCalm region = do
  ended <- readIORef (over region)
  if ended then pure False else ask
  where
    ask = case caller region of
      InCall thread -> calm thread
      Anywhere (Weak weak) -> IO $ \s -> case deRefWeak# weak s of
        (# s', 0#, _ #) -> (# s', False #)
        (# s', _, thread #) -> case calm thread of IO go -> go s'
    calm thread = do
      pending <- exceptionPending thread
      if pending then pure False else lives <$> threadStatus thread
    lives status = status /= ThreadFinished && status /= ThreadDied
{-# INLINE isCalm #-}

-- | Looks at all regions; whether there are any.
patrol :: IO Bool
patrol = or <$> mapM look (stripes theWatcher)
  where
    look stripe = do
      regions <- exchange stripe (const [])
      active <- filterM lookAt regions
      unless (null active) (void (exchange stripe (active ++)))
      pure (not (null active))
    lookAt region = do
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

-- | Replaces this list of the stripe by that one, if it is still there: whether
-- it was, and the list that is there now.
compareAndSwap :: Stripe -> [Watched] -> [Watched] -> IO (Bool, [Watched])
compareAndSwap (SmallMutableArray lists) old new = IO $ \s ->
  case casSmallArray# lists i old new s of
    (# s', failed, now #) -> (# s', (isTrue# (failed ==# 0#), now) #)
  where
    !(I# i) = place

-- | Changes a stripe, and returns what it was. Nothing looks into the old list
-- before the swap, so the pointer that is compared is the one that was read.
exchange :: Stripe -> ([Watched] -> [Watched]) -> IO [Watched]
exchange stripe change = readSmallArray stripe place >>= try
  where
    try old = do
      (done, now) <- compareAndSwap stripe old (change old)
      if done then pure old else try now
{-# INLINE exchange #-}

-- | Runs the action, which must not throw, under watch: if an exception waits
-- in the calling thread, the first action stops the region. It must not block.
-- Exceptions must be masked.
watched :: IO () -> IO () -> IO ()
watched stopping act = do
  me <- myThreadId
  (stripe, region) <- enlist (InCall me) stopping
  act
  delist stripe region
{-# INLINE watched #-}

-- | The same for any action, if the calling thread can be interrupted at all.
watching :: IO () -> IO a -> IO a
watching stopping act = do
  masking <- getMaskingState
  case masking of
    Unmasked -> do
      me <- myThreadId >>= mkWeakThreadId
      bracket (enlist (Anywhere me) stopping) (uncurry delist) (const act)
    _ -> act

-- | Puts a region under watch: the stripe where it stands, and itself.
enlist :: Caller -> IO () -> IO (Stripe, Watched)
enlist who stopping = do
  here <- (+ 1) <$> ghcomp_hs_fork_generation
  started <- readIORef (process theWatcher)
  when (started /= here) (start here)
  region <- Watched who <$> newIORef False <*> pure stopping
  number <- capabilityNumber
  let stripe = indexSmallArray (stripes theWatcher) (number .&. (stripeCount - 1))
  void (exchange stripe (region :))
  sleeping <- readIORef (asleep theWatcher)
  when sleeping (void (tryPutMVar (wake theWatcher) ()))
  pure (stripe, region)

-- | The region is over.
delist :: Stripe -> Watched -> IO ()
delist stripe region = do
  writeIORef (over region) True
  regions <- readSmallArray stripe place
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

-- | Starts the watcher's thread in this process, once.
start :: CUInt -> IO ()
start here = do
  first <- atomicModifyIORef' (process theWatcher) (\was -> (here, was /= here))
  when first $ do
    writeIORef (asleep theWatcher) False
    other <- forkIO (newEmptyMVar >>= takeMVar)
    void (forkIO (watch other))

exceptionPending :: ThreadId -> IO Bool
exceptionPending (ThreadId thread) = IO $ \s -> case exceptionPending# thread s of
  (# s', answer #) -> (# s', isTrue# (answer /=# 0#) #)

foreign import prim "ghcomp_exception_pendingzh"
  exceptionPending# :: ThreadId# -> State# RealWorld -> (# State# RealWorld, Int# #)
