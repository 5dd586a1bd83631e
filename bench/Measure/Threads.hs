-- | Haskell threads that run beside a measurement.
module Measure.Threads
  ( beside
  , together
  , onEach
  ) where

import Control.Concurrent (ThreadId, forkIO, forkOn, getNumCapabilities)
import Control.Concurrent.MVar (MVar, newEmptyMVar, putMVar, takeMVar)
import Control.Exception (SomeException, finally, mask, throwIO, try)
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
  ended <- started forkIO loop
  body `finally` (writeIORef stop True >> result ended)

-- | Runs the actions at the same time, each in its own thread, until all have ended.
together :: [IO a] -> IO [a]
together acts = forM acts (started forkIO) >>= mapM result

-- | The same with one thread for each capability, which stays there. If GHC were free
-- to place the threads, two could share a capability for a whole measurement.
onEach :: IO a -> IO [a]
onEach act = do
  capabilities <- getNumCapabilities
  forM [0 .. capabilities - 1] (\number -> started (forkOn number) act) >>= mapM result

started :: (IO () -> IO ThreadId) -> IO a -> IO (MVar (Either SomeException a))
started fork act = do
  ended <- newEmptyMVar
  _ <- mask $ \restore -> fork (try (restore act) >>= putMVar ended)
  pure ended

result :: MVar (Either SomeException a) -> IO a
result ended = takeMVar ended >>= either throwIO pure
