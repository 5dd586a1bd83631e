{-# OPTIONS_GHC -O2 #-}

-- |
-- "Control.Parallel.OpenMP.Task" for monads that are instances of 'MonadUnliftIO', such as
-- @ReaderT@ over 'IO'. Import this module instead. A task runs in the environment of the
-- 'spawn' that made it.
--
-- >>> import Control.Monad.Trans.Reader (ReaderT (..), ask, local)
-- >>> import Control.Parallel.OpenMP.Unlift
-- >>> import Control.Parallel.OpenMP.Unlift.Task
-- >>> :{
-- let depth :: Int -> ReaderT Int IO [Int]
--     depth 0 = (: []) <$> ask
--     depth n = do
--       task <- local (* 2) (spawn (depth (n - 1)))
--       right <- local (+ 1) (depth (n - 1))
--       left <- wait task
--       pure (left ++ right)
-- :}
--
-- >>> runReaderT (tasks defaults (depth 2)) 1
-- [4,3,4,3]
--
-- @since 0.1.0.0
module Control.Parallel.OpenMP.Unlift.Task
  ( tasks
  , Task
  , spawn
  , wait
  , group
  , TaskError (..)
  , MonadUnliftIO (..)
  ) where

import Control.Monad.IO.Unlift (MonadIO (..), MonadUnliftIO (..))

import Control.Parallel.OpenMP (Options)
import Control.Parallel.OpenMP.Task (Task, TaskError (..))
import qualified Control.Parallel.OpenMP.Task as IO

-- | 'IO.tasks'.
--
-- >>> runReaderT (tasks defaults (spawn ask >>= wait)) 42
-- 42
--
-- @since 0.1.0.0
tasks :: MonadUnliftIO m => Options -> m a -> m a
tasks options action = withRunInIO $ \run -> IO.tasks options (run action)
{-# INLINE tasks #-}

-- | 'IO.spawn'.
--
-- >>> runReaderT (spawn ask >>= wait) 5
-- 5
--
-- @since 0.1.0.0
spawn :: MonadUnliftIO m => m a -> m (Task a)
spawn action = withRunInIO $ \run -> IO.spawn (run action)
{-# INLINE spawn #-}

-- | 'IO.wait'.
--
-- >>> runReaderT (tasks defaults (mapM (spawn . pure) "omp" >>= mapM wait)) ()
-- "omp"
--
-- @since 0.1.0.0
wait :: MonadIO m => Task a -> m a
wait task = liftIO (IO.wait task)
{-# INLINE wait #-}

-- | 'IO.group'.
--
-- >>> runReaderT (group (spawn ask >>= wait)) 7
-- 7
--
-- @since 0.1.0.0
group :: MonadUnliftIO m => m a -> m a
group action = withRunInIO $ \run -> IO.group (run action)
{-# INLINE group #-}

-- $setup
-- >>> import Control.Monad.Trans.Reader (ReaderT (..), ask, local)
-- >>> import Control.Parallel.OpenMP.Unlift
-- >>> import Control.Parallel.OpenMP.Unlift.Task
