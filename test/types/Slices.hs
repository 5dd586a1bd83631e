{-# LANGUAGE CPP #-}

-- | Bodies of @parallelSlices@ and its relatives. With each of the macros one does
-- something forbidden, and GHC refuses the program. The script run compiles them all.
module Slices (body, rows, filled) where

#ifdef OUT_BY_REFERENCE
import Control.Monad.ST (RealWorld)
import Control.Monad.ST.Unsafe (unsafeIOToST)
import Data.IORef
#endif
import qualified Data.Vector.Storable.Mutable as SM
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM

import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P

body :: UM.IOVector Int -> IO ()
#if defined(OUT_BY_REFERENCE)
body whole = do
  leak <- newIORef undefined :: IO (IORef (UM.MVector RealWorld Int))
  P.parallelSlices defaults whole (\_ slice -> unsafeIOToST (writeIORef leak slice))
#elif defined(WHOLE_VECTOR)
body whole = P.parallelSlices defaults whole (\from _ -> UM.write whole from 1)
#elif defined(ANY_IO)
body whole = P.parallelSlices defaults whole (\from _ -> print from)
#else
body whole = P.parallelSlices defaults whole (\from slice -> UM.write slice 0 from)
#endif

-- | Two vectors, row by row.
rows :: UM.IOVector Int -> SM.IOVector Double -> IO ()
#if defined(WHOLE_MATRIX)
rows m sums = P.parallelRows2 defaults (3, m) (1, sums) (\i _ s -> UM.read m i >>= SM.write s 0 . fromIntegral)
#elif defined(WHOLE_SUMS)
rows m sums = P.parallelRows2 defaults (3, m) (1, sums) (\i r _ -> UM.read r 0 >>= SM.write sums i . fromIntegral)
#else
rows m sums = P.parallelRows2 defaults (3, m) (1, sums) (\_ r s -> UM.read r 0 >>= SM.write s 0 . fromIntegral)
#endif

-- | A pure result that the team fills.
filled :: U.Vector Int
#if defined(FILL_WHOLE)
filled = U.create (UM.new 5 >>= \v -> v <$ P.fillBlocks defaults 2 v (\from _ -> UM.write v from 1))
#elif defined(FILL_IO)
filled = U.create (UM.new 5 >>= \v -> v <$ P.fillBlocks defaults 2 v (\from _ -> print from))
#else
filled = U.create (UM.new 5 >>= \v -> v <$ P.fillBlocks defaults 2 v (\from b -> UM.write b 0 from))
#endif
