{-# LANGUAGE BangPatterns #-}
-- The inner loop takes a tenth longer if it lies across two cache lines, and it lies
-- at a different place in each program.
{-# OPTIONS_GHC -fproc-alignment=64 #-}

-- | The pieces of work of the loops, the same as in bench/kernels.c.
module Measure.Work
  ( work
  , sequentially
  , eachBy
  ) where

import Data.Bits (unsafeShiftR)
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as M

-- | The ith piece, of so many steps. Each step is a multiplication that needs the
-- result of the step before.
work :: Int -> Int -> Double
work steps i = go (fromIntegral i) steps
  where
    go :: Word -> Int -> Double
    go !x 0 = fromIntegral (x `unsafeShiftR` 40)
    go x s = go (x * 6364136223846793005 + 1442695040888963407) (s - 1)
{-# NOINLINE work #-}

-- | All pieces, one after another.
sequentially :: Int -> Int -> IO (U.Vector Double)
sequentially = eachBy $ \n body ->
  let go i
        | i == n = pure ()
        | otherwise = body i >> go (i + 1)
   in go 0

-- | All pieces, by a loop that runs its body for each index below a number.
eachBy :: (Int -> (Int -> IO ()) -> IO ()) -> Int -> Int -> IO (U.Vector Double)
eachBy loop steps n = do
  out <- M.unsafeNew n
  loop n (\i -> M.unsafeWrite out i (work steps i))
  U.unsafeFreeze out
{-# INLINE eachBy #-}
