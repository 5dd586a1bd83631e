{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | Counters for many threads without atomic instructions. Each capability has its own
-- word, and a function in Cmm adds to the word of the capability that runs it.
module Counter
  ( Counter
  , newCounter
  , count
  , countAtomically
  , readCounter
  ) where

import Control.Concurrent (getNumCapabilities)
import Data.Primitive.ByteArray
import GHC.Conc (getNumProcessors)
import GHC.Exts (Int (..), RealWorld, fetchAddIntArray#)
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Cmm (cmm)

-- | The words, and how many capabilities have one. One more word at the end serves
-- the capabilities that have none.
data Counter = Counter !(MutableByteArray RealWorld) !Int

[cmm|
  /*
   * Adds 1 to the counter of the capability that runs the calling Haskell thread. The
   * counters are 128 bytes apart. Answers 1, or 0 if this capability has none.
   *
   * A Haskell thread loses its capability only at a heap or stack check, and this
   * code has none. So no other thread of this capability runs between the test and the
   * store, and no other capability writes this word. A plain add is enough. Haskell code
   * cannot guarantee that.
   */
  IO Int addToOwn(MutableByteArray words, Word counters) {
    W_ mine, at;
    mine = TO_W_(Capability_no(MyCapability()));
    if (mine >= counters) {
      return (0);
    }
    at = BYTE_ARR_CTS(words) + (mine << 7);
    W_[at] = W_[at] + 1;
    return (1);
  }
|]

-- | A counter with value 0.
newCounter :: IO Counter
newCounter = do
  counters <- max <$> getNumCapabilities <*> getNumProcessors
  array <- newByteArray (128 * (counters + 1))
  fillByteArray array 0 (128 * (counters + 1)) 0
  pure (Counter array counters)

-- | Adds 1.
count :: Counter -> IO ()
count counter@(Counter array counters) = do
  counted <- addToOwn array (fromIntegral counters)
  if counted == 1 then pure () else countAtomically counter
{-# INLINE count #-}

-- | Adds 1 to the word at the end, which all capabilities share. This takes an atomic
-- instruction, and a cache line that moves from core to core.
countAtomically :: Counter -> IO ()
countAtomically (Counter (MutableByteArray array) counters) = IO $ \s ->
  case fetchAddIntArray# array end 1# s of
    (# s', _ #) -> (# s', () #)
  where
    !(I# end) = 16 * counters
{-# INLINE countAtomically #-}

-- | The count. It is complete when all threads have finished counting.
readCounter :: Counter -> IO Int
readCounter (Counter array counters) = sum <$> mapM (readByteArray array . (16 *)) [0 .. counters]
