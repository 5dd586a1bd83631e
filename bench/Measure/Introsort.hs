-- | The introsort of vector-algorithms.
module Measure.Introsort (introsorted) where

import qualified Data.Vector.Algorithms.Intro as Intro
import qualified Data.Vector.Unboxed as U
import System.IO.Unsafe (unsafePerformIO)

-- | The numbers in order. In IO and not by 'U.modify', for which GHC does not specialise
-- the sort, and then it takes twenty times as long.
introsorted :: U.Vector Int -> U.Vector Int
introsorted v = unsafePerformIO $ do
  copy <- U.thaw v
  Intro.sort copy
  U.unsafeFreeze copy
{-# NOINLINE introsorted #-}
