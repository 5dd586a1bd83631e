{-# OPTIONS_GHC -O2 #-}

-- |
-- "Control.Parallel.OpenMP" for monads above 'IO': those that are instances of
-- 'MonadUnliftIO', such as @ReaderT@ over 'IO', and application monads that are
-- newtypes of it. Import this module instead of "Control.Parallel.OpenMP". It has the
-- same names and the same options.
--
-- >>> import Control.Monad.Trans.Class (lift)
-- >>> import Control.Monad.Trans.Reader (ReaderT (..), ask)
-- >>> import Control.Parallel.OpenMP.Unlift
-- >>> :{
-- let scaled :: Int -> ReaderT Int IO Int
--     scaled i = (* i) <$> ask
-- :}
--
-- >>> runReaderT (parallelReduce defaults (Range 0 5) (+) 0 scaled) 10
-- 100
--
-- Each function is that of "Control.Parallel.OpenMP", whose bodies run in the monad of
-- the caller, with the caller's environment:
--
-- > parallelFor options range body = withRunInIO (\run -> IO.parallelFor options range (run . body))
--
-- So everything holds that is said there: exceptions, the masking state, the order of
-- combinations, the evaluation of results. The functions inline, so a body in
-- @ReaderT r IO@ becomes the same native loop as one in 'IO'.
--
-- 'MonadUnliftIO' has no instances for @StateT@, @ExceptT@ or @WriterT@. Threads that run
-- at the same time have no order in which one could pass its state to the next. Take
-- 'parallelForWith' or 'parallelFold' for states, and exceptions for errors.
--
-- Other functions of this library that take actions are lifted in the same way, by
-- 'withRunInIO':
--
-- > withRunInIO (\run -> P.mapM defaults (run . f) v)                      -- Control.Parallel.OpenMP.Vector
-- > withRunInIO (\run -> Team.team defaults (\t -> run (body t)))          -- Control.Parallel.OpenMP.Team
-- > withRunInIO (\run -> withCallback (\x -> run (f x)) (\p -> run (g p))) -- a closure in the monad
--
-- Tasks are in "Control.Parallel.OpenMP.Unlift.Task".
--
-- @since 0.1.0.0
module Control.Parallel.OpenMP.Unlift
  ( -- * Regions and loops
    parallel
  , parallelFor
  , parallelForChunks

    -- * Reductions and folds
  , parallelReduce
  , parallelReduceNF
  , parallelFoldMap
  , parallelFold

    -- * State of each thread
  , parallelForWith
  , parallelForChunksWith
  , parallelReduceWith
  , parallelFoldMapWith
  , parallelFoldWith
  , parallelTraverseWith

    -- * Searches
  , parallelFind
  , parallelFindFirst
  , parallelAny
  , parallelAll

    -- * Lists, maps and other structures
  , parallelTraverse
  , parallelTraverse_

    -- * Two and three dimensions
  , parallelFor2
  , parallelFor3
  , parallelForTiles
  , forRange

    -- * Options
  , IO.Range (..)
  , IO.Schedule (..)
  , IO.Options (..)
  , IO.defaults

    -- * Errors
  , IO.InvalidArgument (..)

    -- * Closures for C kernels
  , withCallback
  , withCallbackDense
  , IO.served

    -- * The class
  , MonadUnliftIO (..)
  ) where

import Control.DeepSeq (NFData)
import Control.Monad.IO.Unlift (MonadUnliftIO (..))
import Foreign.Ptr (FunPtr)

import qualified Control.Parallel.OpenMP as IO
import Control.Parallel.OpenMP (Options, Range)
import Control.Parallel.OpenMP.Callback (Callback)

-- | 'IO.parallel'.
--
-- >>> runReaderT (parallel defaults {numThreads = Just 1} (\num -> ask >>= \r -> lift (print (num, r)))) 'r'
-- (0,'r')
--
-- @since 0.1.0.0
parallel :: MonadUnliftIO m => Options -> (Int -> m ()) -> m ()
parallel options body = withRunInIO $ \run -> IO.parallel options (run . body)
{-# INLINE parallel #-}

-- | 'IO.parallelFor'.
--
-- >>> total <- newIORef (0 :: Int)
-- >>> runReaderT (parallelFor defaults (Range 0 101) (\i -> ask >>= \r -> lift (atomicModifyIORef' r (\t -> (t + i, ()))))) total
-- >>> readIORef total
-- 5050
--
-- @since 0.1.0.0
parallelFor :: MonadUnliftIO m => Options -> Range -> (Int -> m ()) -> m ()
parallelFor options range body = withRunInIO $ \run -> IO.parallelFor options range (\i -> run (body i))
{-# INLINE parallelFor #-}

-- | 'IO.parallelForChunks'.
--
-- >>> runReaderT (parallelForChunks defaults {numThreads = Just 1} (Range 3 9) (\from to -> lift (print (from, to)))) ()
-- (3,9)
--
-- @since 0.1.0.0
parallelForChunks :: MonadUnliftIO m => Options -> Range -> (Int -> Int -> m ()) -> m ()
parallelForChunks options range body =
  withRunInIO $ \run -> IO.parallelForChunks options range (\from to -> run (body from to))
{-# INLINE parallelForChunks #-}

-- | 'IO.parallelReduce'.
--
-- >>> runReaderT (parallelReduce defaults (Range 0 3) (++) "" (\i -> (++ show i) <$> ask)) "x"
-- "x0x1x2"
--
-- @since 0.1.0.0
parallelReduce :: MonadUnliftIO m => Options -> Range -> (a -> a -> a) -> a -> (Int -> m a) -> m a
parallelReduce options range f z body =
  withRunInIO $ \run -> IO.parallelReduce options range f z (\i -> run (body i))
{-# INLINE parallelReduce #-}

-- | 'IO.parallelReduceNF'.
--
-- >>> let both (a, b) (c, d) = (a + c, b + d)
-- >>> runReaderT (parallelReduceNF defaults (Range 0 10) both (0, 0) (\i -> (,) i <$> ask)) 2
-- (45,20)
--
-- @since 0.1.0.0
parallelReduceNF
  :: (MonadUnliftIO m, NFData a) => Options -> Range -> (a -> a -> a) -> a -> (Int -> m a) -> m a
parallelReduceNF options range f z body =
  withRunInIO $ \run -> IO.parallelReduceNF options range f z (\i -> run (body i))
{-# INLINE parallelReduceNF #-}

-- | 'IO.parallelFoldMap'.
--
-- >>> runReaderT (parallelFoldMap defaults (Range 0 4) (\i -> (\r -> [r + i]) <$> ask)) 10
-- [10,11,12,13]
--
-- @since 0.1.0.0
parallelFoldMap :: (MonadUnliftIO m, Monoid a) => Options -> Range -> (Int -> m a) -> m a
parallelFoldMap options range body =
  withRunInIO $ \run -> IO.parallelFoldMap options range (\i -> run (body i))
{-# INLINE parallelFoldMap #-}

-- | 'IO.parallelFold'.
--
-- >>> runReaderT (parallelFold defaults (Range 0 5) (pure 0) (\acc i -> (\r -> acc + r * i) <$> ask) (\a b -> pure (a + b))) 2
-- 20
--
-- @since 0.1.0.0
parallelFold
  :: MonadUnliftIO m => Options -> Range -> m acc -> (acc -> Int -> m acc) -> (acc -> acc -> m acc) -> m acc
parallelFold options range new step merge =
  withRunInIO $ \run ->
    IO.parallelFold options range (run new) (\acc i -> run (step acc i)) (\a b -> run (merge a b))
{-# INLINE parallelFold #-}

-- | 'IO.parallelForWith'.
--
-- >>> counts <- runReaderT (parallelForWith defaults (Range 0 1000) (lift (newIORef (0 :: Int))) (\s _ -> lift (modifyIORef' s (+ 1)))) ()
-- >>> sum <$> mapM readIORef counts
-- 1000
--
-- @since 0.1.0.0
parallelForWith :: MonadUnliftIO m => Options -> Range -> m s -> (s -> Int -> m ()) -> m [s]
parallelForWith options range new body =
  withRunInIO $ \run -> IO.parallelForWith options range (run new) (\s i -> run (body s i))
{-# INLINE parallelForWith #-}

-- | 'IO.parallelForChunksWith'.
--
-- >>> runReaderT (parallelForChunksWith defaults {numThreads = Just 1} (Range 3 9) ask (\s from to -> lift (print (s, from, to)))) 'x'
-- ('x',3,9)
-- "x"
--
-- @since 0.1.0.0
parallelForChunksWith
  :: MonadUnliftIO m => Options -> Range -> m s -> (s -> Int -> Int -> m ()) -> m [s]
parallelForChunksWith options range new body =
  withRunInIO $ \run ->
    IO.parallelForChunksWith options range (run new) (\s from to -> run (body s from to))
{-# INLINE parallelForChunksWith #-}

-- | 'IO.parallelReduceWith'.
--
-- >>> runReaderT (parallelReduceWith defaults (Range 0 5) (+) 0 ask (\s i -> pure (s * i))) 3
-- 30
--
-- @since 0.1.0.0
parallelReduceWith
  :: MonadUnliftIO m => Options -> Range -> (a -> a -> a) -> a -> m s -> (s -> Int -> m a) -> m a
parallelReduceWith options range f z new body =
  withRunInIO $ \run -> IO.parallelReduceWith options range f z (run new) (\s i -> run (body s i))
{-# INLINE parallelReduceWith #-}

-- | 'IO.parallelFoldMapWith'.
--
-- >>> runReaderT (parallelFoldMapWith defaults (Range 0 3) ask (\s i -> pure [(s, i)])) 'x'
-- [('x',0),('x',1),('x',2)]
--
-- @since 0.1.0.0
parallelFoldMapWith
  :: (MonadUnliftIO m, Monoid a) => Options -> Range -> m s -> (s -> Int -> m a) -> m a
parallelFoldMapWith options range new body =
  withRunInIO $ \run -> IO.parallelFoldMapWith options range (run new) (\s i -> run (body s i))
{-# INLINE parallelFoldMapWith #-}

-- | 'IO.parallelFoldWith'.
--
-- >>> runReaderT (parallelFoldWith defaults (Range 0 5) ask (pure 0) (\s acc i -> pure (acc + s * i)) (\a b -> pure (a + b))) 2
-- 20
--
-- @since 0.1.0.0
parallelFoldWith
  :: MonadUnliftIO m
  => Options
  -> Range
  -> m s
  -> m acc
  -> (s -> acc -> Int -> m acc)
  -> (acc -> acc -> m acc)
  -> m acc
parallelFoldWith options range newState new step merge =
  withRunInIO $ \run ->
    IO.parallelFoldWith
      options
      range
      (run newState)
      (run new)
      (\s acc i -> run (step s acc i))
      (\a b -> run (merge a b))
{-# INLINE parallelFoldWith #-}

-- | 'IO.parallelTraverseWith'.
--
-- >>> runReaderT (parallelTraverseWith defaults ask (\s x -> pure (s : x)) ["a", "b"]) '-'
-- ["-a","-b"]
--
-- @since 0.1.0.0
parallelTraverseWith
  :: (MonadUnliftIO m, Traversable t) => Options -> m s -> (s -> a -> m b) -> t a -> m (t b)
parallelTraverseWith options new f structure =
  withRunInIO $ \run -> IO.parallelTraverseWith options (run new) (\s x -> run (f s x)) structure
{-# INLINE parallelTraverseWith #-}

-- | 'IO.parallelFind'.
--
-- >>> runReaderT (parallelFind defaults (Range 0 100) (\i -> (\r -> if i == r then Just (i * i) else Nothing) <$> ask)) 7
-- Just 49
--
-- @since 0.1.0.0
parallelFind :: MonadUnliftIO m => Options -> Range -> (Int -> m (Maybe a)) -> m (Maybe a)
parallelFind options range body = withRunInIO $ \run -> IO.parallelFind options range (\i -> run (body i))
{-# INLINE parallelFind #-}

-- | 'IO.parallelFindFirst'.
--
-- >>> runReaderT (parallelFindFirst defaults (Range 0 100) (\i -> (\r -> if i * i > r then Just i else Nothing) <$> ask)) 50
-- Just 8
--
-- @since 0.1.0.0
parallelFindFirst :: MonadUnliftIO m => Options -> Range -> (Int -> m (Maybe a)) -> m (Maybe a)
parallelFindFirst options range body =
  withRunInIO $ \run -> IO.parallelFindFirst options range (\i -> run (body i))
{-# INLINE parallelFindFirst #-}

-- | 'IO.parallelAny'.
--
-- >>> runReaderT (parallelAny defaults (Range 0 100) (\i -> (== i) <$> ask)) 100
-- False
--
-- @since 0.1.0.0
parallelAny :: MonadUnliftIO m => Options -> Range -> (Int -> m Bool) -> m Bool
parallelAny options range body = withRunInIO $ \run -> IO.parallelAny options range (\i -> run (body i))
{-# INLINE parallelAny #-}

-- | 'IO.parallelAll'.
--
-- >>> runReaderT (parallelAll defaults (Range 0 100) (\i -> (> i) <$> ask)) 100
-- True
--
-- @since 0.1.0.0
parallelAll :: MonadUnliftIO m => Options -> Range -> (Int -> m Bool) -> m Bool
parallelAll options range body = withRunInIO $ \run -> IO.parallelAll options range (\i -> run (body i))
{-# INLINE parallelAll #-}

-- | 'IO.parallelTraverse'.
--
-- >>> runReaderT (parallelTraverse defaults (\x -> (+ x) <$> ask) [1, 2, 3]) 10
-- [11,12,13]
--
-- @since 0.1.0.0
parallelTraverse :: (MonadUnliftIO m, Traversable t) => Options -> (a -> m b) -> t a -> m (t b)
parallelTraverse options f structure =
  withRunInIO $ \run -> IO.parallelTraverse options (\x -> run (f x)) structure
{-# INLINE parallelTraverse #-}

-- | 'IO.parallelTraverse_'.
--
-- >>> runReaderT (parallelTraverse_ defaults (\x -> ask >>= \r -> lift (print (r, x))) (Just 'x')) 1
-- (1,'x')
--
-- @since 0.1.0.0
parallelTraverse_ :: (MonadUnliftIO m, Foldable t) => Options -> (a -> m b) -> t a -> m ()
parallelTraverse_ options f structure =
  withRunInIO $ \run -> IO.parallelTraverse_ options (\x -> run (f x)) structure
{-# INLINE parallelTraverse_ #-}

-- | 'IO.parallelFor2'.
--
-- >>> sums <- newIORef (0 :: Int)
-- >>> let add i j = ask >>= \r -> lift (atomicModifyIORef' r (\s -> (s + i * j, ())))
-- >>> runReaderT (parallelFor2 defaults (Range 0 3) (Range 0 4) add) sums
-- >>> readIORef sums
-- 18
--
-- @since 0.1.0.0
parallelFor2 :: MonadUnliftIO m => Options -> Range -> Range -> (Int -> Int -> m ()) -> m ()
parallelFor2 options rows columns body =
  withRunInIO $ \run -> IO.parallelFor2 options rows columns (\i j -> run (body i j))
{-# INLINE parallelFor2 #-}

-- | 'IO.parallelFor3'.
--
-- >>> points <- newIORef (0 :: Int)
-- >>> let count _ _ _ = ask >>= \r -> lift (atomicModifyIORef' r (\s -> (s + 1, ())))
-- >>> runReaderT (parallelFor3 defaults (Range 0 2) (Range 0 3) (Range 0 4) count) points
-- >>> readIORef points
-- 24
--
-- @since 0.1.0.0
parallelFor3
  :: MonadUnliftIO m => Options -> Range -> Range -> Range -> (Int -> Int -> Int -> m ()) -> m ()
parallelFor3 options planes rows columns body =
  withRunInIO $ \run -> IO.parallelFor3 options planes rows columns (\i j k -> run (body i j k))
{-# INLINE parallelFor3 #-}

-- | 'IO.parallelForTiles'.
--
-- >>> runReaderT (parallelForTiles defaults {numThreads = Just 1} (2, 2) (Range 0 2) (Range 0 3) (\rows columns -> lift (print (rows, columns)))) ()
-- (Range 0 2,Range 0 2)
-- (Range 0 2,Range 2 3)
--
-- @since 0.1.0.0
parallelForTiles
  :: MonadUnliftIO m => Options -> (Int, Int) -> Range -> Range -> (Range -> Range -> m ()) -> m ()
parallelForTiles options tile rows columns body =
  withRunInIO $ \run -> IO.parallelForTiles options tile rows columns (\r c -> run (body r c))
{-# INLINE parallelForTiles #-}

-- | 'IO.forRange'.
--
-- >>> runReaderT (forRange (Range 0 2) (\i -> ask >>= \r -> lift (print (r + i)))) 5
-- 5
-- 6
--
-- @since 0.1.0.0
forRange :: MonadUnliftIO m => Range -> (Int -> m ()) -> m ()
forRange range body = withRunInIO $ \run -> IO.forRange range (\i -> run (body i))
{-# INLINE forRange #-}

-- | 'IO.withCallback', where the action is in the monad. The closure is in 'IO', as C
-- calls it. For a closure in the monad see the top of this module.
--
-- > foreign import ccall "dynamic" call :: FunPtr (Int -> IO Int) -> Int -> IO Int
--
-- >>> runReaderT (withCallback (\x -> pure (x + 1 :: Int)) (\f -> ask >>= lift . call f)) 41
-- 42
--
-- @since 0.1.0.0
withCallback :: (MonadUnliftIO m, Callback f) => f -> (FunPtr f -> m a) -> m a
withCallback closure act = withRunInIO $ \run -> IO.withCallback closure (run . act)
{-# INLINE withCallback #-}

-- | 'IO.withCallbackDense', where the action is in the monad.
--
-- >>> runReaderT (withCallbackDense (\x -> pure (x + 1 :: Int)) (\f -> ask >>= lift . call f)) 41
-- 42
--
-- @since 0.1.0.0
withCallbackDense :: (MonadUnliftIO m, Callback f) => f -> (FunPtr f -> m a) -> m a
withCallbackDense closure act = withRunInIO $ \run -> IO.withCallbackDense closure (run . act)
{-# INLINE withCallbackDense #-}

-- $setup
-- >>> import Control.Monad.Trans.Class (lift)
-- >>> import Control.Monad.Trans.Reader (ReaderT (..), ask)
-- >>> import Control.Parallel.OpenMP.Unlift
-- >>> import Data.IORef
-- >>> import Foreign.Ptr (FunPtr)
-- >>> foreign import ccall "dynamic" call :: FunPtr (Int -> IO Int) -> Int -> IO Int
