{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | Counters that many threads count on without an atomic instruction: a word of
-- its own for each capability, and a prim operation (cmm/counter.cmm) that adds
-- to the one at hand.
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

-- | The words, and how many capabilities have one. One more word at the end is
-- for those that have none.
data Counter = Counter (MutableByteArray# RealWorld) Int

-- What must be right here, for GHC checks nothing of it: the name (@counter_add#@,
-- with @zh@ for the #), the kinds of the arguments in the order of the Cmm, and a
-- state token on both sides, which keeps GHC from sharing or moving the call.
foreign import prim "counter_addzh"
  counterAdd# :: MutableByteArray# RealWorld -> Word# -> State# RealWorld -> (# State# RealWorld, Int# #)

-- | A counter that stands at 0.
newCounter :: IO Counter
newCounter = do
  counters <- max <$> getNumCapabilities <*> getNumProcessors
  let !(I# bytes) = 128 * (counters + 1)
  IO $ \s -> case newByteArray# bytes s of
    (# s', array #) -> case setByteArray# array 0# bytes 0# s' of
      s'' -> (# s'', Counter array counters #)

-- | One more.
count :: Counter -> IO ()
count counter@(Counter array (I# n)) = do
  counted <- IO $ \s -> case counterAdd# array (int2Word# n) s of
    (# s', done #) -> (# s', isTrue# done #)
  if counted then pure () else countAtomically counter
{-# INLINE count #-}

-- | One more on the word at the end, which all capabilities share: by an atomic
-- instruction, and with a cache line that goes from core to core.
countAtomically :: Counter -> IO ()
countAtomically (Counter array counters) = IO $ \s ->
  case fetchAddIntArray# array (at counters) 1# s of
    (# s', _ #) -> (# s', () #)
{-# INLINE countAtomically #-}

-- | What has been counted: all of it, if those who count are done.
readCounter :: Counter -> IO Int
readCounter (Counter array counters) = sum <$> mapM word [0 .. counters]
  where
    word i = IO $ \s -> case readIntArray# array (at i) s of (# s', n #) -> (# s', I# n #)

at :: Int -> Int#
at i = case 16 * i of I# n -> n
