-- |
-- OpenMP's queries and settings (OpenMP 5.2, 18.2 to 18.5, 18.10).
--
-- The settings belong to the whole process: they apply to regions that any
-- Haskell thread starts from then on, outside of other regions. (In C they
-- belong to the task of the calling OS thread, which a Haskell thread does not
-- control.) Inside a body the queries are about the calling thread's team.
module Control.Parallel.OpenMP.Query
  ( -- * The calling thread's team
    threadNum
  , teamSize
  , inParallel
  , level
  , activeLevel
  , ancestorThreadNum
  , teamSizeAt

    -- * Settings
  , maxThreads
  , setNumThreads
  , dynamic
  , setDynamic
  , maxActiveLevels
  , setMaxActiveLevels
  , runSchedule
  , setSchedule

    -- * The machine
  , numProcs
  , threadLimit
  , supportedActiveLevels
  , wtime
  , wtick
  ) where

import Control.Exception (ErrorCall (..), throwIO)
import Control.Monad (when)
import Foreign.C.Types (CDouble (..), CInt (..), CUInt (..))
import Foreign.Marshal.Alloc (alloca)
import Foreign.Ptr (Ptr)
import Foreign.Storable (peek)

import Control.Parallel.OpenMP.Internal.Imports
import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..), Schedule (..))
import Control.Parallel.OpenMP.Internal.Schedule (fromKind, maxChunk, maxLevel, maxTeamSize, toKind)

-- Unsafe: on a thread that the runtime knows ('asked') they read a few words.
foreign import ccall unsafe "omp_get_thread_num" c_thread_num :: IO CInt
foreign import ccall unsafe "omp_get_num_threads" c_num_threads :: IO CInt
foreign import ccall unsafe "omp_in_parallel" c_in_parallel :: IO CInt
foreign import ccall unsafe "omp_get_level" c_level :: IO CInt
foreign import ccall unsafe "omp_get_active_level" c_active_level :: IO CInt
foreign import ccall unsafe "omp_get_ancestor_thread_num" c_ancestor :: CInt -> IO CInt
foreign import ccall unsafe "omp_get_team_size" c_team_size :: CInt -> IO CInt
foreign import ccall unsafe "omp_get_dynamic" c_dynamic :: IO CInt
foreign import ccall unsafe "omp_get_max_active_levels" c_max_levels :: IO CInt
foreign import ccall unsafe "omp_get_schedule" c_schedule :: Ptr CUInt -> Ptr CInt -> IO ()
-- Safe: it may read files.
foreign import ccall safe "omp_get_num_procs" c_num_procs :: IO CInt
foreign import ccall unsafe "omp_get_thread_limit" c_thread_limit :: IO CInt
foreign import ccall unsafe "omp_get_supported_active_levels" c_supported :: IO CInt
foreign import ccall unsafe "omp_get_wtime" c_wtime :: IO CDouble
foreign import ccall unsafe "omp_get_wtick" c_wtick :: IO CDouble

-- | Asks on a thread that the runtime knows. Making a thread known takes locks, so
-- that is a safe call.
asked :: IO a -> IO a
asked ask = do
  known <- ghcomp_hs_is_known
  when (known == 0) ghcomp_hs_make_known
  ask
{-# INLINE asked #-}

-- | The calling thread's number in its team, from 0; 0 outside of regions.
--
-- >>> threadNum
-- 0
--
-- @since 0.1.0.0
threadNum :: IO Int
threadNum = fromIntegral <$> asked c_thread_num

-- | The number of threads in the calling thread's team; 1 outside of regions.
--
-- >>> teamSize
-- 1
-- >>> parallel defaults (\number -> teamSize >>= \size -> when (number >= size) (fail "no such thread"))
--
-- @since 0.1.0.0
teamSize :: IO Int
teamSize = fromIntegral <$> asked c_num_threads

-- | Whether the calling thread is in a region of more than one thread.
--
-- >>> inParallel
-- False
--
-- @since 0.1.0.0
inParallel :: IO Bool
inParallel = (/= 0) <$> asked c_in_parallel

-- | The number of regions around the calling thread.
--
-- >>> level
-- 0
-- >>> parallel defaults {numThreads = Just 1} (const (level >>= print))
-- 1
--
-- @since 0.1.0.0
level :: IO Int
level = fromIntegral <$> asked c_level

-- | The number of regions around the calling thread that have more than one thread.
--
-- >>> parallel defaults {numThreads = Just 1} (const (activeLevel >>= print))
-- 0
--
-- @since 0.1.0.0
activeLevel :: IO Int
activeLevel = fromIntegral <$> asked c_active_level

-- | The thread number, in the team at this nesting level, of the calling thread or
-- of the ancestor that started the regions around it. 'Nothing' if there is no
-- such level. Level 0 is the program outside of regions.
--
-- >>> ancestorThreadNum 0
-- Just 0
-- >>> ancestorThreadNum 1
-- Nothing
--
-- @since 0.1.0.0
ancestorThreadNum :: Int -> IO (Maybe Int)
ancestorThreadNum = at c_ancestor

-- | The size of the team at this nesting level. 'Nothing' if there is no such level.
--
-- >>> teamSizeAt 0
-- Just 1
--
-- @since 0.1.0.0
teamSizeAt :: Int -> IO (Maybe Int)
teamSizeAt = at c_team_size

at :: (CInt -> IO CInt) -> Int -> IO (Maybe Int)
at ask n
  | n < 0 || n > maxLevel = pure Nothing
  | otherwise = (\answer -> if answer < 0 then Nothing else Just (fromIntegral answer)) <$> asked (ask (fromIntegral n))

-- | The team size that a region without 'Control.Parallel.OpenMP.numThreads'
-- asks for (@nthreads-var@).
--
-- >>> most <- maxThreads
-- >>> most >= 1
-- True
--
-- @since 0.1.0.0
maxThreads :: IO Int
maxThreads = fromIntegral <$> ghcomp_hs_max_threads

-- | Sets 'maxThreads', to 1 up to 65535. Throws 'InvalidArgument' for other numbers.
--
-- >>> before <- maxThreads
-- >>> setNumThreads 3 >> maxThreads
-- 3
-- >>> setNumThreads before
--
-- @since 0.1.0.0
setNumThreads :: Int -> IO ()
setNumThreads n = do
  when (n < 1 || n > maxTeamSize) $
    throwIO (InvalidArgument "setNumThreads" (show n ++ " is not between 1 and " ++ show maxTeamSize))
  ghcomp_hs_set_num_threads (fromIntegral n)

-- | Whether a region may get fewer threads than it asks for when threads are
-- scarce (@dyn-var@). True in a Haskell program unless @OMP_DYNAMIC@ says
-- otherwise.
--
-- >>> dynamic
-- True
--
-- @since 0.1.0.0
dynamic :: IO Bool
dynamic = (/= 0) <$> asked c_dynamic

-- | Sets 'dynamic'.
--
-- >>> setDynamic False >> dynamic
-- False
-- >>> setDynamic True
--
-- @since 0.1.0.0
setDynamic :: Bool -> IO ()
setDynamic on = ghcomp_hs_set_dynamic (if on then 1 else 0)

-- | How many nested regions may have more than one thread
-- (@max-active-levels-var@). At 1, which is the default, a region in a region has
-- one thread.
--
-- >>> maxActiveLevels
-- 1
--
-- @since 0.1.0.0
maxActiveLevels :: IO Int
maxActiveLevels = fromIntegral <$> asked c_max_levels

-- | Sets 'maxActiveLevels'. Throws 'InvalidArgument' for a negative number. A number
-- above 'supportedActiveLevels' means 'supportedActiveLevels'.
--
-- >>> setMaxActiveLevels 2 >> maxActiveLevels
-- 2
-- >>> setMaxActiveLevels 1
--
-- @since 0.1.0.0
setMaxActiveLevels :: Int -> IO ()
setMaxActiveLevels n = do
  when (n < 0) $
    throwIO (InvalidArgument "setMaxActiveLevels" (show n ++ " is negative"))
  most <- supportedActiveLevels
  ghcomp_hs_set_max_active_levels (fromIntegral (min n most))

-- | What 'Runtime' means now (@run-sched-var@): the schedule of @OMP_SCHEDULE@ or
-- 'setSchedule', else @'Dynamic' 1@. (Throws an 'ErrorCall' if the runtime has a
-- schedule that this library does not know.)
--
-- >>> setSchedule (StaticChunk 4) >> runSchedule
-- StaticChunk 4
--
-- @since 0.1.0.0
runSchedule :: IO Schedule
runSchedule = alloca $ \kindPtr -> alloca $ \chunkPtr -> do
  asked (c_schedule kindPtr chunkPtr)
  kind <- fromIntegral <$> peek kindPtr
  chunk <- fromIntegral <$> peek chunkPtr
  either (throwIO . ErrorCall . ("runSchedule: " ++)) pure (fromKind kind chunk)

-- | Sets what 'Runtime' means. Throws 'InvalidArgument' for 'Runtime' itself, and for
-- chunk sizes below 1 or above 2147483647.
--
-- >>> setSchedule (Guided 8) >> runSchedule
-- Guided 8
--
-- @since 0.1.0.0
setSchedule :: Schedule -> IO ()
setSchedule schedule = do
  when (schedule == Runtime) $
    throwIO (InvalidArgument "setSchedule" "Runtime cannot mean itself")
  let (kind, size) = toKind schedule
  chunk <- case size of
    Nothing -> pure 0 -- the kind's default
    Just c
      | c < 1 || c > maxChunk ->
          throwIO (InvalidArgument "setSchedule" (show schedule ++ ": not a chunk size"))
      | otherwise -> pure c
  ghcomp_hs_set_schedule (fromIntegral kind) (fromIntegral chunk)

-- | The number of processors that the calling thread may use: those of its affinity
-- mask, or fewer if the process is limited to a share of the machine.
--
-- >>> processors <- numProcs
-- >>> processors >= 1
-- True
--
-- @since 0.1.0.0
numProcs :: IO Int
numProcs = fromIntegral <$> c_num_procs

-- | The most threads that may work under one initial thread
-- (@OMP_THREAD_LIMIT@). 2147483647 if there is no limit.
--
-- >>> limit <- threadLimit
-- >>> limit >= 1
-- True
--
-- @since 0.1.0.0
threadLimit :: IO Int
threadLimit = fromIntegral <$> asked c_thread_limit

-- | The largest number that 'setMaxActiveLevels' can set.
--
-- >>> supportedActiveLevels
-- 255
--
-- @since 0.1.0.0
supportedActiveLevels :: IO Int
supportedActiveLevels = fromIntegral <$> c_supported

-- | Seconds since some fixed time in the past, by a clock that never goes back.
--
-- >>> start <- wtime
-- >>> end <- wtime
-- >>> end >= start
-- True
--
-- @since 0.1.0.0
wtime :: IO Double
wtime = realToFrac <$> c_wtime

-- | Seconds between two ticks of 'wtime'.
--
-- >>> tick <- wtick
-- >>> 0 < tick && tick < 1
-- True
--
-- @since 0.1.0.0
wtick :: IO Double
wtick = realToFrac <$> c_wtick

-- $setup
-- >>> import Control.Monad (when)
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Query
