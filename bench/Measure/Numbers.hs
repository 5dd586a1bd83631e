-- | Vectors of random numbers, the same in each run.
module Measure.Numbers (numbers) where

import Data.Bits (shiftL, unsafeShiftR, xor)
import qualified Data.Vector.Unboxed as U

-- | So many numbers of xorshift (Marsaglia, 2003).
numbers :: Int -> U.Vector Int
numbers n = U.iterateN n step 88172645463325252
  where
    step a = c `xor` (c `shiftL` 17)
      where
        b = a `xor` (a `shiftL` 13)
        c = b `xor` (b `unsafeShiftR` 7)
