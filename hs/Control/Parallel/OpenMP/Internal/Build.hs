{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE ScopedTypeVariables #-}
-- A long stretch of a body that does not allocate must not keep exceptions and
-- collections waiting.
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- What the functions of "Control.Parallel.OpenMP.Vector" share: vectors that the team
-- fills, grids of blocks, and effects as pure values.
module Control.Parallel.OpenMP.Internal.Build
  ( build
  , buildWith
  , built
  , writeChunk
  , purely

    -- * Blocks
  , Grid (..)
  , grid
  , blockFrom
  , blockTo
  , overBlocks
  , overShares
  , inStretches
  , outOfBounds
  ) where

import Control.Concurrent (myThreadId)
import Control.Exception (ErrorCall (..), throwIO, throwTo, try)
import Control.Monad.ST (RealWorld)
import Data.Proxy (Proxy (..))
import qualified Data.Vector as B
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
import Foreign.C.Types (CInt (..))
import System.IO.Unsafe (unsafePerformIO)

import Control.Parallel.OpenMP.Internal.Loops
  ( Options (..)
  , Range (..)
  , Schedule (..)
  , check
  , overChunks
  , overChunksWith
  , piece
  )
import Control.Parallel.OpenMP.Internal.Region (isAsynchronous)

-- | A vector of the action's results for the indices from 0.
build :: forall v a. G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> IO (v a)
build function options n f = do
  target <- M.unsafeNew (max 0 n)
  overChunks function piece options (Range 0 n) (\from to -> writeChunk boxes target from to f)
  G.unsafeFreeze target
  where
    boxes = isOfBoxes (Proxy :: Proxy (v a))
{-# INLINE build #-}

-- | @build@ with a state for each thread.
buildWith :: forall v a s. G.Vector v a => String -> Options -> Int -> IO s -> (s -> Int -> IO a) -> IO (v a)
buildWith function options n new f = do
  target <- M.unsafeNew (max 0 n)
  _ <- overChunksWith function piece options (Range 0 n) new (\s from to -> writeChunk boxes target from to (f s))
  G.unsafeFreeze target
  where
    boxes = isOfBoxes (Proxy :: Proxy (v a))
{-# INLINE buildWith #-}

-- | Writes the action's results for these indices, evaluated. Whether the vector is an array
-- of boxes, is said before.
--
-- A write into an array of boxes also writes into its header and into a table with a byte
-- for 128 elements. Threads that write into one array would pass these cache lines to each
-- other for each element. So there, in a team, a chunk of some length has an array of its
-- own, which is copied at the end.
writeChunk :: M.MVector v a => Bool -> v RealWorld a -> Int -> Int -> (Int -> IO a) -> IO ()
writeChunk boxes target !from !to f
  | boxes && to - from >= 8 = do
      team <- c_num_threads
      if team == 1
        then each target 0
        else do
          own <- M.unsafeNew (to - from)
          each own from
          M.unsafeCopy (M.unsafeSlice from (to - from) target) own
  | otherwise = each target 0
  where
    -- The vector begins with the element of the first index.
    each !vector !first = go from
      where
        go !i
          | i == to = pure ()
          | otherwise = do
              !x <- f i
              M.unsafeWrite vector (i - first) x
              go (i + 1)
{-# INLINE writeChunk #-}

foreign import ccall unsafe "omp_get_num_threads" c_num_threads :: IO CInt

-- | Whether vectors of this type are known to be arrays of boxes. (Where GHC does not know
-- the type when it compiles the loop, they are not.)
isOfBoxes :: Proxy (v a) -> Bool
isOfBoxes _ = False
{-# NOINLINE [0] isOfBoxes #-}

{-# RULES "isOfBoxes" forall (v :: Proxy (B.Vector a)). isOfBoxes v = True #-}

-- | @build@ as a pure function.
built :: G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> v a
built function options n f = purely (build function options n f)
{-# INLINE built #-}

-- | The result of an action that only computes it.
--
-- After an asynchronous exception it must be possible to evaluate the value again.
-- GHC ensures that for exceptions that are thrown to the thread, but not for those
-- that an action throws, as a region does when it was interrupted. So the exception
-- is thrown to the thread once more. A later evaluation of the value continues after
-- that point, and starts again.
purely :: IO a -> a
purely act = unsafePerformIO attempt
  where
    attempt = try act >>= either rethrow pure
    rethrow e
      | isAsynchronous e = do
          me <- myThreadId
          throwTo me e
          attempt
      | otherwise = throwIO e
{-# NOINLINE purely #-}

-- | How many elements a block has (the last one may have fewer), how many blocks
-- there are, and how many elements.
data Grid = Grid !Int !Int !Int

-- | At most so many blocks, each of at least so many elements. The length alone
-- decides the grid, so results that depend on the blocks do not depend on the team.
grid :: Int -> Int -> Int -> Grid
grid most least n = Grid size ((n + size - 1) `quot` size) n
  where
    size = max least ((n + most - 1) `quot` most)

-- | The first element of a block.
blockFrom :: Grid -> Int -> Int
blockFrom (Grid size _ _) b = b * size
{-# INLINE blockFrom #-}

-- | The element after its last.
blockTo :: Grid -> Int -> Int
blockTo (Grid size _ n) b = min n ((b + 1) * size)
{-# INLINE blockTo #-}

-- | Runs the body for each number from 0 to the count less 1. The schedule's chunk size
-- counts elements and not blocks, so each chunk is one block. A single block needs
-- no region.
overBlocks :: String -> Options -> Int -> (Int -> IO ()) -> IO ()
overBlocks function options count body = do
  _ <- check function options
  if count == 1
    then body 0
    else overChunks function 1 options {schedule = single} (Range 0 count) (\b _ -> body b)
  where
    single = case schedule options of
      StaticChunk _ -> StaticChunk 1
      Dynamic _ -> Dynamic 1
      Guided _ -> Guided 1
      Static -> Static
      Auto -> Auto
      Runtime -> Runtime
{-# NOINLINE overBlocks #-}

-- | Cuts the indices below the number into one share per thread, whatever the
-- schedule. The body gets a share's first index and the one after its last.
overShares :: String -> Options -> Int -> (Int -> Int -> IO ()) -> IO ()
overShares function options n body = do
  _ <- check function options
  overChunks function maxBound options {schedule = Static} (Range 0 n) body
{-# NOINLINE overShares #-}

-- | The body for stretches of the indices below the number, in order.
inStretches :: Int -> (Int -> Int -> IO ()) -> IO ()
inStretches n body = go 0
  where
    go !from
      | from >= n = pure ()
      | otherwise = do
          let to = min n (from + stretch)
          body from to
          go to
    stretch = 65536
{-# NOINLINE inStretches #-}

-- | The error for an index, and the length of the vector.
outOfBounds :: String -> Int -> Int -> IO a
outOfBounds function i n =
  throwIO (ErrorCall (function ++ ": index out of bounds " ++ show (i, n)))
{-# NOINLINE outOfBounds #-}
