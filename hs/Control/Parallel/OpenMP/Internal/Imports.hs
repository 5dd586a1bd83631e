{-# OPTIONS_HADDOCK hide #-}

-- | Made by the hs-bindgen crate from rust/tests/imports.rs; do not edit.
-- @make imports@ makes it anew.
module Control.Parallel.OpenMP.Internal.Imports
  ( ghcomp_hs_set_num_threads
  , ghcomp_hs_max_threads
  , ghcomp_hs_set_dynamic
  , ghcomp_hs_set_max_active_levels
  , ghcomp_hs_set_schedule
  , ghcomp_hs_fork_generation
  , ghcomp_hs_is_known
  , ghcomp_hs_make_known
  ) where

import Foreign.C.Types (CInt (..), CUInt (..))

foreign import ccall safe "ghcomp_hs_set_num_threads" ghcomp_hs_set_num_threads :: CUInt -> IO (())

foreign import ccall safe "ghcomp_hs_max_threads" ghcomp_hs_max_threads :: IO (CUInt)

foreign import ccall safe "ghcomp_hs_set_dynamic" ghcomp_hs_set_dynamic :: CInt -> IO (())

foreign import ccall safe "ghcomp_hs_set_max_active_levels" ghcomp_hs_set_max_active_levels :: CUInt -> IO (())

foreign import ccall safe "ghcomp_hs_set_schedule" ghcomp_hs_set_schedule :: CUInt -> CUInt -> IO (())

foreign import ccall unsafe "ghcomp_hs_fork_generation" ghcomp_hs_fork_generation :: IO (CUInt)

foreign import ccall unsafe "ghcomp_hs_is_known" ghcomp_hs_is_known :: IO (CInt)

foreign import ccall safe "ghcomp_hs_make_known" ghcomp_hs_make_known :: IO (())
