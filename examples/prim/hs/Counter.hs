{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | Counters for many threads without atomic instructions. Each capability has its own
-- word, and a prim operation (cmm/counter.cmm) adds to the word of the capability that
-- runs it.
module Counter
  ( Counter
  , newCounter
  , count
  , countAtomically
  , readCounter
  ) where

import Control.Concurrent (getNumCapabilities)
import GHC.Conc (getNumProcessors)
import GHC.Exts
import GHC.IO (IO (..))

-- | The words, and how many capabilities have one. One more word at the end serves
-- the capabilities that have none.
data Counter = Counter (MutableByteArray# RealWorld) Int

-- GHC checks nothing of this import. Three things must be right: the name
-- (@counter_add#@, with @zh@ for the #), the kinds of the arguments in the order of the
-- Cmm, and a state token on both sides, which keeps GHC from sharing or moving the call.
foreign import prim "counter_addzh"
  counterAdd# :: MutableByteArray# RealWorld -> Word# -> State# RealWorld -> (# State# RealWorld, Int# #)

-- | A counter with value 0.
newCounter :: IO Counter
newCounter = do
  counters <- max <$> getNumCapabilities <*> getNumProcessors
  let !(I# bytes) = 128 * (counters + 1)
  IO $ \s -> case newByteArray# bytes s of
    (# s', array #) -> case setByteArray# array 0# bytes 0# s' of
      s'' -> (# s'', Counter array counters #)

-- | Adds 1.
count :: Counter -> IO ()
count counter@(Counter array (I# n)) = do
  counted <- IO $ \s -> case counterAdd# array (int2Word# n) s of
    (# s', done #) -> (# s', isTrue# done #)
  if counted then pure () else countAtomically counter
{-# INLINE count #-}

-- | Adds 1 to the word at the end, which all capabilities share. This takes an atomic
-- instruction, and a cache line that moves from core to core.
countAtomically :: Counter -> IO ()
countAtomically (Counter array counters) = IO $ \s ->
  case fetchAddIntArray# array (at counters) 1# s of
    (# s', _ #) -> (# s', () #)
{-# INLINE countAtomically #-}

-- | The count. It is complete when all threads have finished counting.
readCounter :: Counter -> IO Int
readCounter (Counter array counters) = sum <$> mapM word [0 .. counters]
  where
    word i = IO $ \s -> case readIntArray# array (at i) s of (# s', n #) -> (# s', I# n #)

at :: Int -> Int#
at i = case 16 * i of I# n -> n
