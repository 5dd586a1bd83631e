-- |
-- OpenMP for Haskell: one thread team in the process, shared by C code that
-- was compiled with @-fopenmp@ and by the loops over Haskell closures here.
--
-- C kernels need nothing from this module: import them with
-- @foreign import ccall safe@ and call them; their regions run on the team.
-- Haskell closures run in 'parallelFor' and the other functions here:
--
-- >>> import Control.Parallel.OpenMP
-- >>> parallelReduce defaults (Range 1 11) (*) 1 pure
-- 3628800
--
-- "Control.Parallel.OpenMP.Guide" goes from topic to topic: kernels, schedules,
-- exceptions, threads and capabilities, garbage collection, debugging.
--
-- The following holds for every function here:
--
-- * The team's size is 'numThreads', else @OMP_NUM_THREADS@, else the number of
--   capabilities in use. When several Haskell threads start regions at once
--   they share the threads. A region then gets the threads that are free, at least
--   one (unless @OMP_DYNAMIC@ is false).
-- * The first exception of a body is thrown in the caller, as itself, after
--   all threads have ended. Nothing leaks, and the next region runs.
-- * 'System.Timeout.timeout' and 'Control.Concurrent.killThread' stop a region
--   within milliseconds, unless its body is in foreign code or has masked
--   exceptions.
-- * Link with @-threaded@. Without it C regions still run in parallel. Regions with
--   Haskell bodies then run on one thread, and a message says so once.
module Control.Parallel.OpenMP
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
    -- $state
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
  , Range (..)
  , Schedule (..)
  , Options (..)
  , defaults

    -- * Errors
  , InvalidArgument (..)

    -- * Closures for C kernels
  , withCallback
  , withCallbackDense
  , served
  ) where

import Control.Parallel.OpenMP.Callback (served, withCallback, withCallbackDense)
import Control.Parallel.OpenMP.Internal.Loops
import Control.Parallel.OpenMP.Internal.Nests
import Control.Parallel.OpenMP.Internal.Reductions
import Control.Parallel.OpenMP.Internal.Search
import Control.Parallel.OpenMP.Internal.Traversals

-- $state
--
-- These functions make a state for each thread of the team: a random generator, a
-- workspace, a histogram. It costs nothing per iteration, and nobody else uses it.
