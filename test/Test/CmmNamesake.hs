{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | Functions with the names of those in "Test.CmmKernels", and the import itself.
module Test.CmmNamesake (add, next, plus, rawAdd) where

import GHC.Exts (Int (..))

import Control.Parallel.OpenMP.Cmm (cmm)

[cmm|
  F64 add(F64 a, F64 b) { return (%fadd(a, b)); }
  Int next(Int n) { return (n + 1); }
  Int plus(Int a, Int b) { return (a + b); }
|]

rawAdd :: Int -> Int -> Int
rawAdd (I# a) (I# b) = I# (plus# a b)
