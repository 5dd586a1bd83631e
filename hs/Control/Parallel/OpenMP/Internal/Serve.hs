{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
-- A server must let other threads' collections in, even if its closures do not
-- allocate.
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- The Haskell side of closures that C calls: function pointers for closures, and
-- the servers that answer their calls. "Control.Parallel.OpenMP.Callback" makes the
-- pointers by 'withPointerTo', and the runtime calls 'serve' and 'answerOne'.
-- rust/src/callback says how a call gets here.
--
-- Note [A server's Haskell thread]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- 'serve' is one in-call. Its thread runs on the server's second stack. Whenever
-- it calls @ghcomp_callback_resume@, the kernel runs on the first stack until
-- that call returns. A safe call leaves the capability to other threads in the
-- meantime. An unsafe call, for dense callbacks, keeps it, and the runtime
-- returns from it (with 'block') before it blocks.
--
-- Exceptions may arrive anywhere in the loop, so the status in memory says whether
-- the kernel waits for an answer: it does unless the status is 'end'. The
-- handler answers 0, and the loop goes on. So there is one handler per region
-- and not one per call. The calls of one pointer are answered in the masking state
-- in which it was made. Everything else is masked, as in a region's body: see Note
-- [Masking in a body] in "Control.Parallel.OpenMP.Internal.Region".
--
-- Note [Program exit]
-- ~~~~~~~~~~~~~~~~~~~
-- When the program exits, the RTS makes a major collection and kills all Haskell
-- threads that are not in foreign calls. A server that returned from its foreign
-- call later would continue. If its closure then blocked, nothing would end the
-- server, nor the program (the RTS waits for bound threads). But the scheduler
-- kills such a thread. So a server yields when it finds that there was a major
-- collection in the meantime.
--
-- Note [Evaluators]
-- ~~~~~~~~~~~~~~~~~
-- What stops a closure must find the Haskell threads that evaluate it, but must not keep
-- them reachable (Note [Blocked for ever] in "Control.Parallel.OpenMP.Internal.Region").
-- A server's thread registers once, with a weak pointer of its own.
--
-- A thread that answers one call would pay too much for a weak pointer. So these threads
-- write themselves into a table ('Seats'), and the table is known by a weak pointer whose
-- key is the table. Each of these threads has the table on its stack while it evaluates.
-- So the table lives as long as one of them is reachable, and a collection between calls
-- drops it. The next call makes another one.
--
-- A thread takes a seat by one atomic exchange, with a fence. Then it looks whether the
-- closure was stopped. Whoever stops the closure changes its state, with a fence, and then
-- looks at the seats. So either the thread sees that the closure was stopped, or it is seen
-- itself.
--
-- If one of these threads blocks for ever while another one lives, GHC notices it only when
-- the other one has ended.
module Control.Parallel.OpenMP.Internal.Serve
  ( -- * The layout of a call
    Frame
  , integerArgument
  , doubleArgument
  , integerResult
  , doubleResult

    -- * Pointers to closures
  , Signature (..)
  , Mode (..)
  , withPointerTo
  ) where

import Control.Concurrent (ThreadId, mkWeakThreadId, myThreadId, yield)
import Control.Concurrent.MVar (MVar, modifyMVar_, newMVar, withMVar)
import Control.Exception
  ( MaskingState (..)
  , SomeException
  , bracket
  , catch
  , evaluate
  , getMaskingState
  , throwIO
  , try
  , uninterruptibleMask_
  )
import Control.Monad (forM, forM_, unless, when)
import Data.Bits ((.&.))
import Data.IORef
  ( IORef
  , atomicModifyIORef'
  , atomicWriteIORef
  , modifyIORef'
  , newIORef
  , readIORef
  )
import Data.Primitive.SmallArray
  ( SmallMutableArray (..)
  , newSmallArray
  , readSmallArray
  , writeSmallArray
  )
import Data.Word (Word32, Word64)
import Foreign.C.Types (CInt (..))
import Foreign.Marshal.Alloc (allocaBytes)
import Foreign.Ptr (FunPtr, Ptr, castFunPtr, castPtrToFunPtr, freeHaskellFunPtr, nullPtr)
import Foreign.StablePtr
  ( StablePtr
  , castPtrToStablePtr
  , castStablePtrToPtr
  , deRefStablePtr
  , freeStablePtr
  , newStablePtr
  )
import Foreign.Storable (peek, peekByteOff, pokeByteOff)
import GHC.Exts
  ( Int (..)
  , RealWorld
  , casSmallArray#
  , isTrue#
  , mkWeakNoFinalizer#
  , reallyUnsafePtrEquality#
  )
import GHC.IO (IO (..))
import GHC.Weak (Weak (..))
import System.IO.Unsafe (unsafePerformIO)
import System.Mem.Weak (deRefWeak)

import Control.Parallel.OpenMP.Internal.Interrupt (onInterrupt)
import Control.Parallel.OpenMP.Internal.Region
  ( InvalidArgument (..)
  , RegionState (..)
  , Stopped (..)
  , failWith
  , halt
  , inMaskingState
  , isAsynchronous
  , isStopped
  , throwOutcome
  )
import Control.Parallel.OpenMP.Internal.Scalars (maxDoubles, maxIntegers)
import Control.Parallel.OpenMP.Prim (capabilityNumber)

-- | The arguments and the result of one call from C. The offsets below, in bytes,
-- are those of @Frame@ in @rust\/src\/host\/frame.rs@.
--
-- @since 0.1.0.0
data Frame

-- | The offset of the closure's 'Target', a stable pointer.
targetWord :: Int
targetWord = 0

-- | The offset of a result of the integer class.
integerResult :: Int
integerResult = 8

-- | The offset of a result that is a double.
doubleResult :: Int
doubleResult = 16

-- | The offset of the nth argument of the integer class.
integerArgument :: Int -> Int
integerArgument n = 24 + 8 * n

-- | The offset of the nth argument that is a double.
doubleArgument :: Int -> Int
doubleArgument n = 72 + 8 * n

-- | The size of a frame in bytes. In a server's frame the status follows.
frameSize :: Int
frameSize = 136

-- | How many arguments C passes, and what it gets.
--
-- @since 0.1.0.0
data Signature = Signature
  { integers :: !Int
  -- ^ Arguments of the integer class.
  , doubles :: !Int
  -- ^ Arguments that are doubles.
  , isDouble :: !Bool
  -- ^ Whether the result is a double.
  }

-- | What happens to the capability while C runs between two calls.
data Mode
  = -- | Other Haskell threads may have it.
    Safe
  | -- | The thread keeps it, unless the runtime blocks.
    Dense
  deriving (Eq)

-- | A closure that C can call.
data Target = Target
  { apply :: Ptr Frame -> IO ()
  -- ^ Reads the arguments and writes the result.
  , mode :: !Mode
  , masking :: !MaskingState
  -- ^ The masking state in which it runs: that of the caller of 'withPointerTo'.
  , control :: !Control
  }

-- | What stops a closure. It does not lead to the closure itself: see Note
-- [Blocked for ever] in "Control.Parallel.OpenMP.Internal.Region".
data Control = Control
  { state :: !(IORef RegionState)
  , evaluators :: !(IORef [Evaluator])
  , seatsOfCalls :: !(IORef (Maybe (Weak Seats)))
  , pointer :: !(MVar (Ptr Target))
  -- ^ Its function pointer. Null after that was given back, and if it is one of
  -- GHC's stubs.
  }

-- | A Haskell thread that may be evaluating the closure, and an identity that
-- tells it from others.
data Evaluator = Evaluator !(IORef ()) !(Weak ThreadId)

-- | The Haskell threads that answer one call each: Note [Evaluators]. Each seat has a
-- thread, or what is at 'emptySeat'. These elements are only compared as pointers before
-- they are known to be threads. The seats are far from each other.
newtype Seats = Seats (SmallMutableArray RealWorld ThreadId)

seatCount, elementsApart, emptySeat :: Int
seatCount = 8 -- a power of two
elementsApart = 16
emptySeat = seatCount * elementsApart

foreign import ccall unsafe "ghcomp_callback_new"
  c_new :: Ptr () -> CInt -> IO (Ptr Target)
foreign import ccall unsafe "ghcomp_callback_stop" c_stop :: Ptr Target -> IO ()
foreign import ccall unsafe "ghcomp_callback_free" c_free :: Ptr Target -> IO CInt
foreign import ccall unsafe "ghcomp_callback_cut" c_cut :: IO ()
foreign import ccall unsafe "ghcomp_ghc_answer_with"
  c_answerWith :: StablePtr (Ptr Frame -> IO ()) -> StablePtr (Ptr Frame -> IO ()) -> IO ()

-- The kernel runs until this returns; the unsafe import keeps the capability, the
-- safe one does not. The second argument says which (1: it is kept).
foreign import ccall unsafe "ghcomp_callback_resume"
  c_resumeDense :: Ptr Frame -> Word32 -> IO Word32
foreign import ccall safe "ghcomp_callback_resume"
  c_resumeSafe :: Ptr Frame -> Word32 -> IO Word32

-- Where to read a number before (0) and after (1) a call: the two differ if there
-- was a major collection between, or if that is unknown (cbits/ghc_private.c).
foreign import ccall unsafe "ghcomp_ghc_collections" c_collections :: CInt -> IO (Ptr Word32)

-- | Why the kernel switched to the server (rust/src/team/servers.rs).
call, block, end :: Word32
call = 1
block = 2
end = 3

targetOf :: Ptr Frame -> IO Target
targetOf frame = peekByteOff frame targetWord >>= deRefStablePtr . castPtrToStablePtr

-- | Answers the calls of a kernel until its region is over.
serve :: Ptr Frame -> IO ()
serve frame = do
  known <- newIORef []
  collectionsBefore <- c_collections 0
  collectionsAfter <- c_collections 1
  let
    begin = do
      word <- peekByteOff frame targetWord :: IO (Ptr ())
      target <- deRefStablePtr (castPtrToStablePtr word)
      meet target
      let answers = case mode target of
            Dense -> answer (c_resumeDense frame 1) word (apply target)
            Safe -> answer resumeSafe word (apply target)
      inMaskingState (masking target) answers >>= next

    -- Answers calls of this one pointer. Inlined twice.
    answer resume !word act = go
      where
        go = do
          () <- act frame
          status <- resume
          if status == call
            then do
              called <- peekByteOff frame targetWord
              if called == word then go else pure status
            else pure status
    {-# INLINE answer #-}

    -- Note [Program exit]
    resumeSafe = do
      before <- peek collectionsBefore
      status <- c_resumeSafe frame 0
      after <- peek collectionsAfter
      when (before /= after) yield
      pure status
    {-# INLINE resumeSafe #-}

    next status
      | status == call = begin
      | status == block = resumeSafe >>= next
      | otherwise = pure ()

    -- Registers this thread with the closure at its first call here.
    meet target = do
      met <- readIORef known
      unless (any ((== state (control target)) . state . fst) met) $ do
        evaluator <- register (control target)
        modifyIORef' known ((control target, evaluator) :)
      stopped <- isStopped (state (control target))
      when stopped (throwIO Stopped)

    guarded act = act `catch` \e -> do
      status <- peekByteOff frame frameSize
      unless (status == end) $ do
        target <- targetOf frame
        failCall target frame e
        guarded (resumeSafe >>= next)
  guarded begin
  readIORef known >>= mapM_ (uncurry unregister)

-- | Answers one call. The in-call's thread starts masked.
answerOne :: Ptr Frame -> IO ()
answerOne frame = targetOf frame >>= \target -> answerFor target frame

-- | Answers one call of this closure, by a thread that is masked uninterruptibly.
answerFor :: Target -> Ptr Frame -> IO ()
answerFor target frame = case masking target of
  Unmasked -> do
    table <- seatsFor (control target)
    seat <- capabilityNumber >>= takeSeat table
    if seat >= 0
      then evaluated >> leaveSeat table seat
      else bracket (register (control target)) (unregister (control target)) (const evaluated)
  _ -> evaluated -- Nothing stops it.
  where
    evaluated = inMaskingState (masking target) unlessStopped `catch` failCall target frame
    unlessStopped = do
      stopped <- isStopped (state (control target))
      if stopped then throwIO Stopped else apply target frame

-- | The present seats of the closure, or new ones.
seatsFor :: Control -> IO Seats
seatsFor target = present >>= maybe (withMVar (pointer target) (const again)) pure
  where
    present = readIORef (seatsOfCalls target) >>= maybe (pure Nothing) deRefWeak
    -- Another thread may have made them while this one waited.
    again = present >>= maybe new pure
    new = do
      -- The thread that makes them stands for nobody.
      table@(SmallMutableArray key) <- myThreadId >>= newSmallArray (emptySeat + 1)
      weak <- IO $ \s -> case mkWeakNoFinalizer# key (Seats table) s of (# s', w #) -> (# s', Weak w #)
      atomicWriteIORef (seatsOfCalls target) (Just weak)
      pure (Seats table)

-- | Takes a seat for the calling thread, the one of this number if possible. Returns its
-- place, or -1 if all are taken.
takeSeat :: Seats -> Int -> IO Int
takeSeat (Seats table@(SmallMutableArray elements)) wish = from 0
  where
    from :: Int -> IO Int
    from n
      | n == seatCount = pure (-1)
      | otherwise = do
          let !seat = elementsApart * ((wish + n) .&. (seatCount - 1))
              !(I# i) = seat
          empty <- readSmallArray table emptySeat
          was <- readSmallArray table seat
          me <- myThreadId
          failed <-
            if same was empty
              then IO $ \s -> case casSmallArray# elements i was me s of (# s', x, _ #) -> (# s', isTrue# x #)
              else pure True
          if failed then from (n + 1) else pure seat

-- | The thread stands up.
leaveSeat :: Seats -> Int -> IO ()
leaveSeat (Seats table) seat = readSmallArray table emptySeat >>= writeSmallArray table seat

same :: a -> a -> Bool
same x y = isTrue# (reallyUnsafePtrEquality# x y)
{-# INLINE same #-}

-- | The threads that may be evaluating the closure.
evaluatorsOf :: Control -> IO [Weak ThreadId]
evaluatorsOf target = do
  servers <- map (\(Evaluator _ thread) -> thread) <$> readIORef (evaluators target)
  table <- readIORef (seatsOfCalls target) >>= maybe (pure Nothing) deRefWeak
  (servers ++) <$> maybe (pure []) seated table
  where
    seated (Seats table) = do
      empty <- readSmallArray table emptySeat
      fmap concat . forM [0 .. seatCount - 1] $ \seat -> do
        thread <- readSmallArray table (seat * elementsApart)
        if same thread empty then pure [] else pure <$> mkWeakThreadId thread

-- | Registers the calling thread as one that may be evaluating the closure.
register :: Control -> IO Evaluator
register target = do
  evaluator <- Evaluator <$> newIORef () <*> (myThreadId >>= mkWeakThreadId)
  atomicModifyIORef' (evaluators target) (\others -> (evaluator : others, ()))
  pure evaluator

unregister :: Control -> Evaluator -> IO ()
unregister target (Evaluator me _) = atomicModifyIORef' (evaluators target) (\all' -> (filter other all', ()))
  where
    other (Evaluator one _) = one /= me

-- | The closure threw: this call and all later ones answer 0.
failCall :: Target -> Ptr Frame -> SomeException -> IO ()
failCall target frame e = do
  failWith (state (control target)) e
  stopCalls (control target)
  c_cut
  pokeByteOff frame integerResult (0 :: Word64)
  pokeByteOff frame doubleResult (0 :: Double)

-- | From now on calls of the pointer do not reach Haskell.
stopCalls :: Control -> IO ()
stopCalls target =
  withMVar (pointer target) $ \stub -> unless (stub == nullPtr) (c_stop stub)

-- | Tells the runtime, once, which Haskell functions answer calls.
registerAnswers :: ()
registerAnswers = unsafePerformIO $ do
  forServers <- newStablePtr serve
  forOne <- newStablePtr answerOne
  c_answerWith forServers forOne
{-# NOINLINE registerAnswers #-}

-- | Runs the action with a function pointer for the closure. The name is that of
-- the function in errors.
withPointerTo :: String -> Mode -> Signature -> (Ptr Frame -> IO ()) -> (FunPtr f -> IO a) -> IO a
withPointerTo function how signature act use = do
  checkCount "integer or pointer" (integers signature) maxIntegers
  checkCount "floating-point" (doubles signature) maxDoubles
  evaluate registerAnswers
  current <- getMaskingState
  stops <- Control <$> newIORef Active <*> newIORef [] <*> newIORef Nothing <*> newMVar nullPtr
  refused <- newIORef False
  let stop = do
        stopCalls stops
        halt (state stops) (evaluatorsOf stops)
  outcome <- try (onInterrupt stop (withStub (Target act how current stops) refused))
  result <- either (failed (state stops)) pure outcome
  throwOutcome (state stops)
  wasRefused <- readIORef refused
  when wasRefused (throwIO (InvalidArgument function "the closure was called from a second OS thread: link the program with -threaded"))
  pure result
  where
    -- The closure's exception came first, and may be why the action failed.
    failed now e = do
      was <- readIORef now
      case was of
        Failed first | not (isAsynchronous e) -> throwIO first
        _ -> throwIO e

    checkCount what n most =
      when (n > most) . throwIO . InvalidArgument function $
        "the closure has " ++ show n ++ " " ++ what ++ " arguments; " ++ show most ++ " are possible"
    -- Whether a call has more arguments than the stub's short form saves
    -- (ghcomp_callback_new).
    wide = if integers signature > 3 || doubles signature > 1 then 1 else 0

    withStub target refused =
      bracket (newStablePtr target) freeStablePtr $ \stable ->
        bracket (c_new (castStablePtrToPtr stable) wide) (giveBack target refused) $ \stub ->
          if stub /= nullPtr
            then do
              modifyMVar_ (pointer (control target)) (const (pure stub))
              use (castPtrToFunPtr stub)
            else bracket (stubOfGHC target) freeHaskellFunPtr (use . castFunPtr)

    giveBack target refused stub =
      unless (stub == nullPtr) . modifyMVar_ (pointer (control target)) $ \_ -> do
        was <- c_free stub
        when (was /= 0) (atomicWriteIORef refused True)
        pure nullPtr

    stubOfGHC target
      | isDouble signature = castFunPtr <$> c_wrapDouble (answerIn target doubleResult)
      | otherwise = castFunPtr <$> c_wrapInteger (answerIn target integerResult)

    answerIn target result a b c d e f r s t u v w x y = allocaBytes frameSize $ \frame -> do
      forM_ (zip [0 ..] [a, b, c, d, e, f]) $ \(n, value) -> pokeByteOff frame (integerArgument n) value
      forM_ (zip [0 ..] [r, s, t, u, v, w, x, y]) $ \(n, value) -> pokeByteOff frame (doubleArgument n) value
      -- A Float fills the low 32 bits. The upper bits stay 1: see toRegister.
      pokeByteOff frame result (maxBound :: Word64)
      uninterruptibleMask_ (answerFor target frame)
      peekByteOff frame result
{-# NOINLINE withPointerTo #-}

-- Note [GHC's own stubs]
-- ~~~~~~~~~~~~~~~~~~~~~~
-- Where the runtime has no pointer (all are in use, or the machine has no
-- assembly), GHC's "wrapper" makes one, and each call is an in-call. One type
-- serves all signatures, because calling conventions give integers and doubles
-- registers independently (System V x86-64, AAPCS64, RISC-V, LoongArch), and
-- all of these arguments are passed in registers. Registers that the caller did
-- not set are ignored.
type Any result =
  Word64 -> Word64 -> Word64 -> Word64 -> Word64 -> Word64 ->
  Double -> Double -> Double -> Double -> Double -> Double -> Double -> Double ->
  IO result

foreign import ccall "wrapper" c_wrapInteger :: Any Word64 -> IO (FunPtr (Any Word64))
foreign import ccall "wrapper" c_wrapDouble :: Any Double -> IO (FunPtr (Any Double))
