{-# LANGUAGE BangPatterns #-}
-- A server that answers closures which do not allocate must still let other
-- threads' collections in.
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- The Haskell side of closures that C calls: rust/src/callback tells how a
-- call gets here.
--
-- Note [A server's Haskell thread]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- 'serve' is one in-call. Its thread runs on the server's second stack, and
-- whenever it calls @ghcomp_callback_resume@, the kernel runs on the first
-- stack until that call returns. A safe call leaves the capability to others
-- meanwhile; an unsafe one, for dense callbacks, keeps it, and the runtime
-- returns from it (with 'block') before it blocks.
--
-- Exceptions may strike anywhere in the loop, so what the kernel waits for is
-- read from memory: unless the status is 'end', it waits for an answer. The
-- handler gives it 0, and the loop goes on. So there is one handler per region
-- and not one per call. The calls of one pointer are answered in the masking state
-- in which it was made. All else is masked, as in a region's body: see Note
-- [Masking in a body] in "Control.Parallel.OpenMP.Internal.Region".
--
-- Note [Program exit]
-- ~~~~~~~~~~~~~~~~~~~
-- When the program exits, the RTS makes a major collection that kills all
-- Haskell threads but those in foreign calls. A server that comes back later
-- would go on, and if its closure then blocked, nothing would end it, nor the
-- program (the RTS waits for bound threads). In the scheduler it is killed: so
-- a server that finds that there was a major collection meanwhile yields.
module Control.Parallel.OpenMP.Internal.Serve
  ( Frame
  , integerArgument
  , doubleArgument
  , integerResult
  , doubleResult
  , Signature (..)
  , Mode (..)
  , serving
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
  , uninterruptibleMask_
  )
import Control.Monad (forM_, unless, when)
import Data.IORef
  ( IORef
  , atomicModifyIORef'
  , atomicWriteIORef
  , modifyIORef'
  , newIORef
  , readIORef
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
import System.IO.Unsafe (unsafePerformIO)
import System.Mem.Weak (Weak)

import Control.Parallel.OpenMP.Internal.Region
  ( InvalidArgument (..)
  , State (..)
  , Stopped (..)
  , failed
  , halt
  , isStopped
  , masked
  , throwEnd
  )
import Control.Parallel.OpenMP.Internal.Watch (watching)

-- | One call of C: @rust\/src\/callback\/mod.rs@ has the layout.
data Frame

-- | Where the nth argument of the integer class lies, in bytes.
integerArgument :: Int -> Int
integerArgument n = 24 + 8 * n

-- | Where the nth double lies.
doubleArgument :: Int -> Int
doubleArgument n = 72 + 8 * n

-- | Where a result of the integer class goes.
integerResult :: Int
integerResult = 8

-- | Where a double goes as the result.
doubleResult :: Int
doubleResult = 16

-- | Its bytes; in a server's frame the status follows.
frameSize :: Int
frameSize = 136

-- | What C passes and gets.
data Signature = Signature
  { integers :: !Int
  -- ^ Arguments of the integer class.
  , doubles :: !Int
  -- ^ Arguments that are doubles.
  , isDouble :: !Bool
  -- ^ Whether the result is a double.
  }

-- | What becomes of the capability while C runs between two calls.
data Mode
  = -- | It is left to other Haskell threads.
    Safe
  | -- | It stays, unless the runtime blocks.
    Dense
  deriving (Eq)

-- | A closure that C can call.
data Target = Target
  { apply :: Ptr Frame -> IO ()
  -- ^ Reads the arguments and writes the result.
  , mode :: !Mode
  , masking :: !MaskingState
  -- ^ In which it runs: that of the caller of 'serving'.
  , control :: !Control
  }

-- | What stops a closure. It does not lead to the closure itself: see Note
-- [Blocked for ever] in "Control.Parallel.OpenMP.Internal.Region".
data Control = Control
  { state :: !(IORef State)
  , members :: !(IORef [Member])
  -- ^ The Haskell threads that may be evaluating it.
  , pointer :: !(MVar (Ptr Target))
  -- ^ Its function pointer; null when that was given back, or is a stub of
  -- GHC's.
  }

-- | A thread, and what tells it from others.
data Member = Member !(IORef ()) !(Weak ThreadId)

foreign import ccall unsafe "ghcomp_callback_new"
  c_new :: Ptr () -> CInt -> IO (Ptr Target)
foreign import ccall unsafe "ghcomp_callback_stop" c_stop :: Ptr Target -> IO ()
foreign import ccall unsafe "ghcomp_callback_free" c_free :: Ptr Target -> IO CInt
foreign import ccall unsafe "ghcomp_callback_cut" c_cut :: IO ()
foreign import ccall unsafe "ghcomp_ghc_answer_with"
  c_answerWith :: StablePtr (Ptr Frame -> IO ()) -> StablePtr (Ptr Frame -> IO ()) -> IO ()

-- The kernel runs until this returns, with the capability or without it.
foreign import ccall unsafe "ghcomp_callback_resume"
  c_resumeDense :: Ptr Frame -> Word32 -> IO Word32
foreign import ccall safe "ghcomp_callback_resume"
  c_resumeSafe :: Ptr Frame -> Word32 -> IO Word32

foreign import ccall unsafe "ghcomp_ghc_collections" c_collections :: IO (Ptr Word32)

-- Why the kernel left (rust/src/callback/server.rs).
call, block, end :: Word32
call = 1
block = 2
end = 3

targetOf :: Ptr Frame -> IO Target
targetOf frame = peekByteOff frame 0 >>= deRefStablePtr . castPtrToStablePtr

-- | Answers the calls of a kernel until its region is over.
serve :: Ptr Frame -> IO ()
serve frame = do
  known <- newIORef []
  collections <- c_collections
  let
    begin = do
      word <- peekByteOff frame 0 :: IO (Ptr ())
      target <- deRefStablePtr (castPtrToStablePtr word)
      meet target
      let answers = case mode target of
            Dense -> answer (c_resumeDense frame 1) word (apply target)
            Safe -> answer resumeSafe word (apply target)
      masked (masking target) answers >>= next

    -- Answers calls of the one pointer. Inlined twice.
    answer resume !word act = go
      where
        go = do
          () <- act frame
          status <- resume
          if status == call
            then do
              called <- peekByteOff frame 0
              if called == word then go else pure status
            else pure status
    {-# INLINE answer #-}

    -- Note [Program exit]
    resumeSafe = do
      before <- peek collections
      status <- c_resumeSafe frame 0
      after <- peek collections
      when (before /= after) yield
      pure status
    {-# INLINE resumeSafe #-}

    next status
      | status == call = begin
      | status == block = resumeSafe >>= next
      | otherwise = pure ()

    meet target = do
      met <- readIORef known
      unless (any ((== state (control target)) . state . fst) met) $ do
        member <- enrol (control target)
        modifyIORef' known ((control target, member) :)
      stopped <- isStopped (state (control target))
      when stopped (throwIO Stopped)

    guarded act = act `catch` \e -> do
      status <- peekByteOff frame frameSize
      unless (status == end) $ do
        target <- targetOf frame
        threw target frame e
        guarded (resumeSafe >>= next)
  guarded begin
  readIORef known >>= mapM_ (uncurry leave)

-- | Answers one call.
answerOne :: Ptr Frame -> IO ()
answerOne frame = targetOf frame >>= \target -> answerFor target frame

-- | The same for a stub of GHC's.
answerFor :: Target -> Ptr Frame -> IO ()
answerFor target frame = uninterruptibleMask_ $ do
  member <- enrol (control target)
  masked (masking target) (go target) `catch` threw target frame
  leave (control target) member
  where
    go Target {control = Control {state = now}, apply = act} = do
      stopped <- isStopped now
      if stopped then throwIO Stopped else act frame

enrol :: Control -> IO Member
enrol target = do
  member <- Member <$> newIORef () <*> (myThreadId >>= mkWeakThreadId)
  atomicModifyIORef' (members target) (\others -> (member : others, ()))
  pure member

leave :: Control -> Member -> IO ()
leave target (Member me _) = atomicModifyIORef' (members target) (\all' -> (filter other all', ()))
  where
    other (Member one _) = one /= me

-- | The closure threw: this call and all to come get 0.
threw :: Target -> Ptr Frame -> SomeException -> IO ()
threw target frame e = do
  failed (state (control target)) e
  silence (control target)
  c_cut
  pokeByteOff frame integerResult (0 :: Word64)
  pokeByteOff frame doubleResult (0 :: Double)

-- | The pointer's calls do not reach Haskell any more.
silence :: Control -> IO ()
silence target =
  withMVar (pointer target) $ \stub -> unless (stub == nullPtr) (c_stop stub)

-- | Tells the runtime once who answers.
introduced :: ()
introduced = unsafePerformIO $ do
  forServers <- newStablePtr serve
  forOne <- newStablePtr answerOne
  c_answerWith forServers forOne
{-# NOINLINE introduced #-}

-- | Runs the action with a function pointer for the closure.
serving :: String -> Mode -> Signature -> (Ptr Frame -> IO ()) -> (FunPtr f -> IO a) -> IO a
serving function how signature act use = do
  checked "integer or pointer" (integers signature) 6
  checked "floating-point" (doubles signature) 8
  evaluate introduced
  current <- getMaskingState
  stops <- Control <$> newIORef Running <*> newIORef [] <*> newMVar nullPtr
  refused <- newIORef False
  let stop = do
        silence stops
        halt (state stops) (map (\(Member _ thread) -> thread) <$> readIORef (members stops))
  result <- watching stop (withPointer (Target act how current stops) refused)
  throwEnd (state stops)
  wasRefused <- readIORef refused
  when wasRefused (throwIO (InvalidArgument function "the closure was called from a second OS thread: link the program with -threaded"))
  pure result
  where
    checked what n most =
      when (n > most) . throwIO . InvalidArgument function $
        "the closure has " ++ show n ++ " " ++ what ++ " arguments; " ++ show most ++ " are possible"
    wide = if integers signature > 3 || doubles signature > 1 then 1 else 0

    withPointer target refused =
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
      | isDouble signature = castFunPtr <$> c_wrapDouble (through target doubleResult)
      | otherwise = castFunPtr <$> c_wrapInteger (through target integerResult)

    through target result a b c d e f r s t u v w x y = allocaBytes frameSize $ \frame -> do
      forM_ (zip [0 ..] [a, b, c, d, e, f]) $ \(n, value) -> pokeByteOff frame (integerArgument n) value
      forM_ (zip [0 ..] [r, s, t, u, v, w, x, y]) $ \(n, value) -> pokeByteOff frame (doubleArgument n) value
      -- Above a Float: see Result's toRegister.
      pokeByteOff frame result (maxBound :: Word64)
      answerFor target frame
      peekByteOff frame result
{-# NOINLINE serving #-}

-- Note [Stubs of GHC's]
-- ~~~~~~~~~~~~~~~~~~~~~
-- Where the runtime has no pointer (all in use, or a machine without the
-- assembly), GHC's "wrapper" makes one, and each call is an in-call. One type
-- serves all signatures: calling conventions give integers and doubles
-- registers independently (System V x86-64, AAPCS64, RISC-V, LoongArch), and
-- all of these are passed in registers; those that the caller did not set are
-- not looked at.
type Any result =
  Word64 -> Word64 -> Word64 -> Word64 -> Word64 -> Word64 ->
  Double -> Double -> Double -> Double -> Double -> Double -> Double -> Double ->
  IO result

foreign import ccall "wrapper" c_wrapInteger :: Any Word64 -> IO (FunPtr (Any Word64))
foreign import ccall "wrapper" c_wrapDouble :: Any Double -> IO (FunPtr (Any Double))
