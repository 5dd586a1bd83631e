-- | Haskell threads that run beside a measurement.
module Measure.Threads
  ( beside
  , together
  ) where

import Control.Concurrent (forkFinally)
import Control.Concurrent.MVar (MVar, newEmptyMVar, putMVar, takeMVar)
import Control.Exception (SomeException, finally, throwIO)
import Control.Monad (forM, unless)
import Data.IORef (newIORef, readIORef, writeIORef)

-- | Repeats the first action in another thread while the second runs.
beside :: IO () -> IO a -> IO a
beside act body = do
  stop <- newIORef False
  let loop = do
        act
        stopped <- readIORef stop
        unless stopped loop
  ended <- started loop
  body `finally` (writeIORef stop True >> result ended)

-- | Runs the actions in threads of their own, at once, up to the last one's end.
together :: [IO a] -> IO [a]
together acts = forM acts started >>= mapM result

started :: IO a -> IO (MVar (Either SomeException a))
started act = do
  ended <- newEmptyMVar
  _ <- forkFinally act (putMVar ended)
  pure ended

result :: MVar (Either SomeException a) -> IO a
result ended = takeMVar ended >>= either throwIO pure
