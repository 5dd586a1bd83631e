{-# LANGUAGE BangPatterns #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Loops over the elements of data structures, which "Control.Parallel.OpenMP" exports.
-- The caller puts the elements into an array, the team runs over that, and the caller
-- builds the structure again.
module Control.Parallel.OpenMP.Internal.Traversals
  ( parallelTraverse
  , parallelTraverseWith
  , parallelTraverse_
  ) where

import Control.Monad (void)
import Control.Monad.ST (RealWorld)
import Data.Primitive.Array (MutableArray, newArray, readArray, writeArray)
import Data.Primitive.ByteArray (newByteArray, readByteArray, writeByteArray)
import qualified Data.Vector.Generic.Mutable as M
import qualified Data.Vector.Mutable as B

import Control.Parallel.OpenMP.Internal.Build (writeChunk)
import Control.Parallel.OpenMP.Internal.Loops
  ( Options
  , Range (..)
  , overChunks
  , overChunksWith
  , piece
  )

-- | Runs the action for each element of a structure, and gives the structure of the
-- results: lists, @Map@s, trees, 'Maybe', arrays. Each result stands where its element
-- stood, whatever the schedule.
--
-- It is 'traverse' for actions that do not depend on each other's order. Results are
-- evaluated to weak head normal form, on the threads of the team, so an action may be
-- @pure (f x)@. The elements are not: the structure may have elements that are
-- expensive to evaluate. The structure itself must be finite. Exceptions are those of
-- 'Control.Parallel.OpenMP.parallelFor'. (async's @mapConcurrently@, without a thread
-- for each element; @parTraversable@ of Strategies; rayon's @par_iter().map(f).collect()@.)
--
-- The caller walks through the structure, alone, before and after the loop. For large
-- structures of cheap elements take "Control.Parallel.OpenMP.Vector".
--
-- >>> parallelTraverse defaults (\x -> pure (x * x)) [1, 2, 3]
-- [1,4,9]
--
-- @since 0.1.0.0
parallelTraverse :: Traversable t => Options -> (a -> IO b) -> t a -> IO (t b)
parallelTraverse options f structure = do
  (n, elements) <- arrayOf structure
  results <- M.unsafeNew n
  let sweep !from !to = writeChunk True results from to (\i -> readArray elements i >>= f)
  overChunks "parallelTraverse" piece options (Range 0 n) sweep
  refill results structure
{-# INLINE parallelTraverse #-}

-- | 'parallelTraverse' with a state for each thread, made as in
-- 'Control.Parallel.OpenMP.parallelForWith' and given up at the end. (rayon's
-- @map_init@.)
--
-- >>> import Data.IORef
-- >>> parallelTraverseWith defaults (newIORef "") (\s x -> writeIORef s (show x) >> readIORef s) [1, 2, 3]
-- ["1","2","3"]
--
-- @since 0.1.0.0
parallelTraverseWith
  :: Traversable t => Options -> IO s -> (s -> a -> IO b) -> t a -> IO (t b)
parallelTraverseWith options new f structure = do
  (n, elements) <- arrayOf structure
  results <- M.unsafeNew n
  let sweep s !from !to = writeChunk True results from to (\i -> readArray elements i >>= f s)
  _ <- overChunksWith "parallelTraverseWith" piece options (Range 0 n) new sweep
  refill results structure
{-# INLINE parallelTraverseWith #-}

-- | Runs the action for each element of a structure, and drops the results, which are
-- not evaluated. (async's @mapConcurrently_@.)
--
-- >>> parallelTraverse_ defaults {numThreads = Just 1} print (Just 'x')
-- 'x'
--
-- @since 0.1.0.0
parallelTraverse_ :: Foldable t => Options -> (a -> IO b) -> t a -> IO ()
parallelTraverse_ options f structure = do
  (n, elements) <- arrayOf structure
  let sweep !from !to = go from
        where
          go !i
            | i == to = pure ()
            | otherwise = (readArray elements i >>= void . f) >> go (i + 1)
  overChunks "parallelTraverse_" piece options (Range 0 n) sweep
{-# INLINE parallelTraverse_ #-}

-- | The elements, and how many there are.
arrayOf :: Foldable t => t a -> IO (Int, MutableArray RealWorld a)
arrayOf structure = do
  let n = length structure
  elements <- newArray n absent
  foldr (\x others !i -> writeArray elements i x >> others (i + 1)) (\_ -> pure ()) structure 0
  pure (n, elements)
{-# INLINE arrayOf #-}

-- | The structure with these elements.
refill :: Traversable t => B.MVector RealWorld b -> t a -> IO (t b)
refill results structure = do
  -- An unboxed counter.
  next <- newByteArray 8
  writeByteArray next 0 (0 :: Int)
  traverse
    ( \_ -> do
        i <- readByteArray next 0
        writeByteArray next 0 (i + 1)
        M.unsafeRead results i
    )
    structure
{-# INLINE refill #-}

absent :: a
absent = error "an element is missing"

-- $setup
-- >>> import Control.Parallel.OpenMP
