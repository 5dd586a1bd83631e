-- | Helpers of the stresses: threads that use the heap, and random numbers.
module Test.Load (builder, changeCapabilities, next, below) where

import Control.Concurrent (setNumCapabilities, threadDelay)
import Control.Exception (mask_)
import Control.Monad (unless, when)
import Data.Bits (shiftL, shiftR, xor)
import qualified Data.Map.Strict as Map
import Data.Word (Word64)
import System.Mem (performMajorGC, performMinorGC)
import Test.Tasty.HUnit (assertFailure)

import Control.Parallel.OpenMP.Query (wtime)

-- | Builds maps, checks and drops them, and collects, until the time given.
builder :: Double -> Word64 -> IO ()
builder end = go
  where
    go seed = do
      let keys = take 2000 (iterate next seed)
          built = Map.fromList (zip keys [0 :: Int ..])
      unless (Map.valid built && sum (Map.elems built) == 1999000) $
        assertFailure "a map that was just built is wrong"
      case below 16 seed of
        0 -> performMajorGC
        1 -> performMinorGC
        _ -> pure ()
      now <- wtime
      when (now < end) (go (next (last keys)))

-- | Sets a random number of capabilities every 20 ms, for ever: up to one more than
-- the number given.
--
-- If that happens every 2 ms, and is interrupted, GHC 9.0 loses a wake-up once in a
-- hundred runs, even with plain safe calls instead of batches.
changeCapabilities :: Int -> Word64 -> IO ()
changeCapabilities most seed = do
  mask_ (setNumCapabilities (1 + below (most + 1) seed))
  threadDelay 20000
  changeCapabilities most (next seed)

-- | The next pseudo-random number (xorshift), and a number below n derived from one.
next :: Word64 -> Word64
next = shifted (`shiftL` 17) . shifted (`shiftR` 7) . shifted (`shiftL` 13)
  where
    shifted f x = x `xor` f x

below :: Int -> Word64 -> Int
below n x = fromIntegral ((x `shiftR` 33) `mod` fromIntegral n)
