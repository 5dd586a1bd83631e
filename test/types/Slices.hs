{-# LANGUAGE CPP #-}

-- | A body of @parallelSlices@. With each of the macros it does something forbidden,
-- and GHC refuses the program. The script run compiles them all.
module Slices (body) where

#ifdef OUT_BY_REFERENCE
import Control.Monad.ST (RealWorld)
import Control.Monad.ST.Unsafe (unsafeIOToST)
import Data.IORef
#endif
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
