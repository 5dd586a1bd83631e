{-# LANGUAGE CPP #-}

-- | Which unboxed vectors C can have.
module Main (main) where

import qualified Data.Vector.Unboxed as U
import Foreign (peek)

import Control.Parallel.OpenMP.Pinned

main :: IO ()
main = withUnboxed (U.fromList [1.5 :: Double]) peek >>= print

#ifdef BOOLS
refused :: IO ()
refused = withUnboxed (U.fromList [True]) (const (pure ()))
#elif defined(PAIRS)
refused :: IO ()
refused = withUnboxed (U.fromList [(1 :: Int, 2 :: Int)]) (const (pure ()))
#endif
