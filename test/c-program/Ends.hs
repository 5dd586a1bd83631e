{-# LANGUAGE ForeignFunctionInterface #-}

-- | The Haskell part of the program ends.c.
module Ends () where

import Control.Monad (when)
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)

import Control.Parallel.OpenMP

foreign import ccall safe "kernel" c_kernel :: FunPtr (Int -> IO Int) -> IO ()

foreign import ccall unsafe "counted" c_counted :: IO ()

foreign export ccall ends_export :: CLong -> IO CLong
foreign export ccall ends_closure :: IO ()
foreign export ccall ends_dense :: IO ()
foreign export ccall ends_body :: IO ()

ends_export :: CLong -> IO CLong
ends_export n = pure $! fromIntegral (length (show n))

ends_closure, ends_dense, ends_body :: IO ()
ends_closure = withCallback (\i -> pure $! length (show i)) c_kernel
ends_dense = withCallbackDense (\i -> pure $! length (show i)) c_kernel
ends_body = parallelFor defaults (Range 0 100) (\i -> when (length (show i) < 10) c_counted)
