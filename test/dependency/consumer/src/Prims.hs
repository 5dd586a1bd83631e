{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | A function in Cmm. The bytes of an array begin further behind in profiled programs.
module Prims (byteAt) where

import Control.Parallel.OpenMP.Cmm (cmm)

[cmm|
  W8 byteAt(ByteArray a, Int i) {
    return (I8[BYTE_ARR_CTS(a) + i]);
  }
|]
