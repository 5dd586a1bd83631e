{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- |
-- Numbers of the running thread, by @foreign import prim@. None of the operations
-- leaves STG code, except the one that asks OpenMP. Each takes and returns the state
-- token, so GHC neither shares nor moves it.
--
-- "Control.Parallel.OpenMP.Cmm" is for prim operations of your own.
module Control.Parallel.OpenMP.Prim
  ( capabilityNumber
  , capabilityCount
  , ompThreadNumber
  ) where

import GHC.Exts (Int (..), Int#, RealWorld, State#)
import GHC.IO (IO (..))

foreign import prim "ghcomp_capability_numberzh"
  capabilityNumber# :: State# RealWorld -> (# State# RealWorld, Int# #)

foreign import prim "ghcomp_capability_countzh"
  capabilityCount# :: State# RealWorld -> (# State# RealWorld, Int# #)

foreign import prim "ghcomp_thread_numberzh"
  ompThreadNumber# :: State# RealWorld -> (# State# RealWorld, Int# #)

-- | The number of the capability that runs the calling thread, from 0. A
-- thread that is not bound may already run on another one when this returns.
--
-- >>> number <- capabilityNumber
-- >>> count <- capabilityCount
-- >>> 0 <= number && number < count
-- True
--
-- @since 0.1.0.0
capabilityNumber :: IO Int
capabilityNumber = IO $ \s -> case capabilityNumber# s of (# s', n #) -> (# s', I# n #)
{-# INLINE capabilityNumber #-}

-- | The number of capabilities in use (@+RTS -N@, 'Control.Concurrent.setNumCapabilities').
--
-- >>> count <- capabilityCount
-- >>> count >= 1
-- True
--
-- @since 0.1.0.0
capabilityCount :: IO Int
capabilityCount = IO $ \s -> case capabilityCount# s of (# s', n #) -> (# s', I# n #)
{-# INLINE capabilityCount #-}

-- | The calling thread's number in the innermost OpenMP team, from 0; 0
-- outside of regions (@omp_get_thread_num@; OpenMP 5.2, 18.2.4).
--
-- >>> ompThreadNumber
-- 0
-- >>> parallel defaults (\number -> ompThreadNumber >>= \same -> when (number /= same) (fail "moved"))
--
-- @since 0.1.0.0
ompThreadNumber :: IO Int
ompThreadNumber = IO $ \s -> case ompThreadNumber# s of (# s', n #) -> (# s', I# n #)
{-# INLINE ompThreadNumber #-}

-- $setup
-- >>> import Control.Monad (when)
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Prim
