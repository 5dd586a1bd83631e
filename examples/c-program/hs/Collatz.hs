{-# LANGUAGE ForeignFunctionInterface #-}

-- | Haskell that a C program calls from its parallel loops.
module Collatz () where

import Control.Concurrent (myThreadId, threadCapability)
import Foreign.C.Types (CInt (..), CLong (..))

foreign export ccall collatz_steps :: CLong -> IO CLong

foreign export ccall capability_number :: IO CInt

-- | The steps from a positive number to 1.
collatz_steps :: CLong -> IO CLong
collatz_steps = pure . fromIntegral . length . takeWhile (/= 1) . iterate next
  where
    next n
      | even n = n `quot` 2
      | otherwise = 3 * n + 1

-- | The capability on which the calling thread runs Haskell.
capability_number :: IO CInt
capability_number = fromIntegral . fst <$> (threadCapability =<< myThreadId)
