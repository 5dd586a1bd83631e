{-# LANGUAGE BangPatterns #-}
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
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Generic.Mutable as M
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
build :: G.Vector v a => String -> Options -> Int -> (Int -> IO a) -> IO (v a)
build function options n f = do
  target <- M.unsafeNew (max 0 n)
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = do
                !x <- f i
                M.unsafeWrite target i x
                go (i + 1)
  overChunks function piece options (Range 0 n) sweep
  G.unsafeFreeze target
{-# INLINE build #-}

-- | @build@ with a state for each thread.
buildWith :: G.Vector v a => String -> Options -> Int -> IO s -> (s -> Int -> IO a) -> IO (v a)
buildWith function options n new f = do
  target <- M.unsafeNew (max 0 n)
  let sweep s !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = do
                !x <- f s i
                M.unsafeWrite target i x
                go (i + 1)
  _ <- overChunksWith function piece options (Range 0 n) new sweep
  G.unsafeFreeze target
{-# INLINE buildWith #-}

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
