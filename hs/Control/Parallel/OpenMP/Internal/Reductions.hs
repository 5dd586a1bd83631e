{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}
{-# OPTIONS_HADDOCK hide #-}

-- |
-- Reductions and folds, which "Control.Parallel.OpenMP" exports.
--
-- Note [The tree of a reduction]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The range is cut into a grid of n cells. The range and the options alone decide it.
-- The cells' values are the leaves of a binary tree. A node of level l covers the cells
-- from i * 2^l on, 2^l of them, or those that there are: it combines its two children,
-- or is its only child. So n alone decides which values are combined with which, and
-- in which order, and the result has the same bits for any team.
--
-- A thread cuts its own block of cells into the largest nodes that lie in it. It computes
-- each by recursion, so it holds one value for each level, however many cells it has, on its
-- stack. These nodes it hands to the tree ('Tree'). There a node is known by the first cell
-- of its right child. Of two siblings the one that comes second combines both and goes
-- on with their parent, so nobody waits, and threads combine at the same time.
--
-- The protocol: a thread writes its node's value at the node's first cell (nodes that
-- exist at the same time cover different cells) and then sets the parent's bit, with a
-- full fence. A thread that finds it clear leaves. A thread that finds it set reads the
-- sibling's value, which nobody else reads, and removes it.
module Control.Parallel.OpenMP.Internal.Reductions
  ( parallelReduce
  , parallelReduceNF
  , parallelReduceWith
  , parallelFoldMap
  , parallelFoldMapWith
  , parallelFold
  , parallelFoldWith
  , reduce
  , reduceCheap
  ) where

import Control.DeepSeq (NFData, rnf)
import Control.Exception (evaluate)
import Data.Bits
  ( countLeadingZeros
  , countTrailingZeros
  , finiteBitSize
  , testBit
  , unsafeShiftL
  , unsafeShiftR
  , (.&.)
  )
import Data.Word (Word64)
import GHC.Exts
  ( Int (..)
  , MutableArray#
  , MutableByteArray#
  , RealWorld
  , fetchOrIntArray#
  , newArray#
  , newByteArray#
  , readArray#
  , setByteArray#
  , writeArray#
  )
import GHC.IO (IO (..))

import Control.Parallel.OpenMP.Internal.Loops
  ( Options
  , Range (..)
  , check
  , newOwn
  , own
  )
import Control.Parallel.OpenMP.Internal.Region
  ( Loop (..)
  , chunkEnd
  , chunkStart
  , chunks
  , isStopped
  , region
  )

-- | Combines the bodies' results for all indices of the range, in iteration order. The
-- function must be associative, with the value as its unit. It need not be
-- commutative. Exceptions are those of 'Control.Parallel.OpenMP.parallelFor'.
--
-- The range is cut into cells, at most 1024, each of at least the schedule's chunk
-- size. Each cell is combined from the left on one thread, and the cells' results in
-- a binary tree, on all threads. Only the range and the schedule decide the cells and
-- the tree, so the result has the same bits for any team size.
--
-- >>> parallelReduce defaults (Range 1 11) (+) 0 pure
-- 55
-- >>> parallelReduce defaults (Range 0 5) (++) "" (pure . show)
-- "01234"
--
-- Values are evaluated to weak head normal form. For a tuple that is the tuple
-- itself and not its components. So this builds a chain of a million unevaluated
-- additions, which needs memory and is evaluated on one thread at the end:
--
-- > parallelReduce defaults (Range 0 1000000) (\(a, b) (c, d) -> (a + c, b + d)) (0, 0) body
--
-- Evaluate the components where you make the tuple, or use a type with strict fields, or
-- 'parallelReduceNF':
--
-- >>> :set -XBangPatterns
-- >>> let both (a, b) (c, d) = let { !x = a + c; !y = b + d } in (x, y)
-- >>> parallelReduce defaults (Range 0 1000) both (0, 0) (\i -> pure (i, i * i))
-- (499500,332833500)
--
-- @since 0.1.0.0
parallelReduce :: Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
parallelReduce = reduce "parallelReduce"
{-# INLINE parallelReduce #-}

-- | 'parallelReduce' for values that are evaluated to normal form: those of the bodies,
-- and each combination. It is right for small tuples and records. For large structures
-- it is expensive, because each combination walks through the whole value.
--
-- >>> let both (a, b) (c, d) = (a + c, b + d)
-- >>> parallelReduceNF defaults (Range 0 1000) both (0, 0) (\i -> pure (i, i * i))
-- (499500,332833500)
--
-- @since 0.1.0.0
parallelReduceNF :: NFData a => Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
parallelReduceNF options range f z body =
  reduce "parallelReduceNF" options range (\x y -> forced (f x y)) (forced z) (fmap forced . body)
  where
    forced x = rnf x `seq` x
{-# INLINE parallelReduceNF #-}

-- | 'parallelReduce' with a state for each thread, for what a body needs besides its
-- index: a workspace, a buffer. The states are made as in
-- 'Control.Parallel.OpenMP.parallelForWith', and given up at the end.
--
-- The result has the same bits for any team size only if the body's results do not
-- depend on what other iterations left in the state.
--
-- >>> import Data.IORef
-- >>> parallelReduceWith defaults (Range 0 5) (++) "" (newIORef 0) (\s i -> writeIORef s i >> show <$> readIORef s)
-- "01234"
--
-- @since 0.1.0.0
parallelReduceWith
  :: Options -> Range -> (a -> a -> a) -> a -> IO s -> (s -> Int -> IO a) -> IO a
parallelReduceWith = reduceWith "parallelReduceWith"
{-# INLINE parallelReduceWith #-}

-- | Combines the bodies' results for all indices of the range by '<>', in
-- iteration order; see 'parallelReduce'.
--
-- >>> parallelFoldMap defaults (Range 0 4) (\i -> pure [i])
-- [0,1,2,3]
--
-- @since 0.1.0.0
parallelFoldMap :: Monoid m => Options -> Range -> (Int -> IO m) -> IO m
parallelFoldMap options range = reduce "parallelFoldMap" options range (<>) mempty
{-# INLINE parallelFoldMap #-}

-- | 'parallelFoldMap' with a state for each thread; see 'parallelReduceWith'.
--
-- >>> parallelFoldMapWith defaults (Range 0 3) (pure 'x') (\s i -> pure [(s, i)])
-- [('x',0),('x',1),('x',2)]
--
-- @since 0.1.0.0
parallelFoldMapWith :: Monoid m => Options -> Range -> IO s -> (s -> Int -> IO m) -> IO m
parallelFoldMapWith options range = reduceWith "parallelFoldMapWith" options range (<>) mempty
{-# INLINE parallelFoldMapWith #-}

-- | Folds the indices of the range into accumulators, and merges those.
--
-- @parallelFold options range new step merge@ cuts the range into cells, as
-- 'parallelReduce' does. For each cell it makes an accumulator by @new@ and gives it
-- and each index of the cell, in order, to @step@. It merges the accumulators in
-- iteration order, in a binary tree, on all threads. Only the range and the schedule
-- decide the cells and the tree, so the result has the same bits for any team size.
--
-- Law: if @merge@ is associative, @new@ makes units of it, and merging with an
-- accumulator after steps is the same as merging before them, then the result is that
-- of one accumulator that takes all steps in order.
--
-- An accumulator may be mutable (a histogram), and @step@ and @merge@ may change
-- and return what they are given. Each accumulator is used by one thread at a time,
-- and by nobody after it was merged. Accumulators are evaluated to weak head normal
-- form after each step and merge. An empty range gives what @new@ makes. Exceptions
-- are those of 'Control.Parallel.OpenMP.parallelFor'.
--
-- There are at most 1024 cells. If accumulators are large, have fewer: a chunk size of
-- a 32nd of the range makes 32. (rayon's @fold@ and @reduce@.)
--
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
-- >>> let count h i = h <$ UM.modify h (+ 1) (i * i `mod` 10)
-- >>> let add g h = g <$ UM.imapM_ (\i n -> UM.modify g (+ n) i) h
-- >>> let new = UM.replicate 10 (0 :: Int)
-- >>> h <- parallelFold defaults {schedule = StaticChunk 64} (Range 0 1000) new count add
-- >>> U.freeze h
-- [100,200,0,0,200,100,200,0,0,200]
--
-- @since 0.1.0.0
parallelFold
  :: Options -> Range -> IO acc -> (acc -> Int -> IO acc) -> (acc -> acc -> IO acc) -> IO acc
parallelFold options range new step merge =
  foldWith "parallelFold" options range (pure ()) new (\_ acc i -> step acc i) merge
{-# INLINE parallelFold #-}

-- | 'parallelFold' with a state for each thread besides the accumulators; see
-- 'parallelReduceWith'.
--
-- >>> parallelFoldWith defaults (Range 0 5) (pure 2) (pure 0) (\s acc i -> pure (acc + s * i)) (\a b -> pure (a + b))
-- 20
--
-- @since 0.1.0.0
parallelFoldWith
  :: Options
  -> Range
  -> IO s
  -> IO acc
  -> (s -> acc -> Int -> IO acc)
  -> (acc -> acc -> IO acc)
  -> IO acc
parallelFoldWith = foldWith "parallelFoldWith"
{-# INLINE parallelFoldWith #-}

-- | 'parallelReduce', with the name of the function for errors.
reduce :: String -> Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
reduce function options range f z body =
  reduceOf 1 function options range f z (pure ()) (\_ i -> body i)
{-# INLINE reduce #-}

-- | The same for bodies and combinations that take some nanoseconds: the cells are larger, so
-- that they cost little.
reduceCheap :: String -> Options -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
reduceCheap function options range f z body =
  reduceOf 2048 function options range f z (pure ()) (\_ i -> body i)
{-# INLINE reduceCheap #-}

reduceWith
  :: String -> Options -> Range -> (a -> a -> a) -> a -> IO s -> (s -> Int -> IO a) -> IO a
reduceWith = reduceOf 1
{-# INLINE reduceWith #-}

-- | The number is that of the least size of a cell.
reduceOf
  :: Word64 -> String -> Options -> Range -> (a -> a -> a) -> a -> IO s -> (s -> Int -> IO a) -> IO a
reduceOf least function options range f z new body = do
  result <- overCells least function options range new (\x y -> pure $! f x y) cell
  evaluate (maybe z (f z) result)
  where
    -- Never empty.
    cell s !from !to = do
      first <- body s from
      first `seq` go first (from + 1)
      where
        go !acc !i
          | i == to = pure acc
          | otherwise = do
              x <- body s i
              go (f acc x) (i + 1)
{-# INLINE reduceOf #-}

foldWith
  :: String
  -> Options
  -> Range
  -> IO s
  -> IO acc
  -> (s -> acc -> Int -> IO acc)
  -> (acc -> acc -> IO acc)
  -> IO acc
foldWith function options range newState new step merge = do
  result <- overCells 1 function options range newState merge cell
  maybe (new >>= evaluate) pure result
  where
    cell s !from !to = new >>= \acc -> go acc from
      where
        go !acc !i
          | i == to = pure acc
          | otherwise = step s acc i >>= \next -> go next (i + 1)
{-# INLINE foldWith #-}

-- | The most cells of a reduction.
maxCells :: Word64
maxCells = 1024

-- | Computes each cell on one thread, which gives it its state, and merges the values
-- (Note [The tree of a reduction]). Nothing if the range is empty. The first argument is the
-- least size of a cell. If it is more than 1, the work is cheap, and a single cell needs no
-- region.
overCells
  :: Word64
  -> String
  -> Options
  -> Range
  -> IO s
  -> (a -> a -> IO a)
  -> (s -> Int -> Int -> IO a)
  -> IO (Maybe a)
overCells least function options (Range from to) new merge cell = do
  (threads, k, c) <- check function options
  let trip = fromIntegral to - fromIntegral from :: Word64
      size = least `max` fromIntegral c `max` ((trip - 1) `div` maxCells + 1)
      count = (trip - 1) `div` size + 1
      n = fromIntegral count :: Int
      start i = from + fromIntegral (fromIntegral i * size)
      end i = if i + 1 == n then to else start (i + 1)
      inRegion = do
        tree <- newTree n
        region threads (Loop k (if c > 0 then 1 else 0) count) $ \state _ -> do
          mine <- newOwn
          chunks maxCells 0 state $ \chunk -> do
            s <- own mine new
            past <- chunkEnd chunk
            let sweep !i
                  | i == past = pure ()
                  | otherwise = do
                      let !level = largestNode i past
                      x <- node level i
                      stopped <- isStopped state
                      if stopped
                        then pure ()
                        else hand merge tree i level x >> sweep (i + 1 `unsafeShiftL` level)
                -- The value is there only if the region was not stopped.
                node 0 !i = do
                  stopped <- isStopped state
                  if stopped then pure absent else cell s (start i) (end i) >>= forced
                node level i = do
                  let !below = level - 1
                  x <- node below i
                  y <- node below (i + 1 `unsafeShiftL` below)
                  stopped <- isStopped state
                  if stopped then pure absent else merge x y >>= forced
                forced !x = pure x
            chunkStart chunk >>= sweep
        Just <$> readCell tree 0
  if to <= from
    then pure Nothing
    else
      if least > 1 && n == 1
        then new >>= \s -> Just <$> (cell s from to >>= evaluate)
        else inRegion
{-# NOINLINE overCells #-}

-- | The level of the largest node that begins with this cell and ends before the other.
largestNode :: Int -> Int -> Int
largestNode from past
  | from == 0 = fits
  | otherwise = min fits (countTrailingZeros from)
  where
    fits = finiteBitSize from - 1 - countLeadingZeros (past - from)

-- | How many cells there are, their nodes' values, and for each inner node a bit: whether
-- one of its children has come.
data Tree a = Tree !Int (MutableArray# RealWorld a) (MutableByteArray# RealWorld)

newTree :: Int -> IO (Tree a)
newTree n@(I# n#) = IO $ \s0 -> case newArray# n# absent s0 of
  (# s1, values #) -> case newByteArray# bytes s1 of
    (# s2, bits #) -> case setByteArray# bits 0# bytes 0# s2 of
      s3 -> (# s3, Tree n values bits #)
  where
    !(I# bytes) = 8 * (n `unsafeShiftR` 6 + 1)

absent :: a
absent = error "a cell of a reduction was not computed"

-- | Hands the node's value to the tree: first cell, level, value.
hand :: (a -> a -> IO a) -> Tree a -> Int -> Int -> a -> IO ()
hand merge tree@(Tree n _ _) = go
  where
    go !first !level !x
      | first == 0 && width >= n = writeCell tree 0 x
      | testBit first level = do
          let left = first - width
          second <- meet first first x
          if second
            then takeCell tree left >>= \y -> merge y x >>= go left (level + 1)
            else pure ()
      | right >= n = go first (level + 1) x
      | otherwise = do
          second <- meet right first x
          if second
            then takeCell tree right >>= \y -> merge x y >>= go first (level + 1)
            else pure ()
      where
        width = 1 `unsafeShiftL` level
        right = first + width

    -- Leaves the value for the sibling, unless that one came before (True).
    meet !parent !first x = do
      writeCell tree first x
      second <- setBitOf tree parent
      if second then True <$ writeCell tree first absent else pure False

-- | Sets the node's bit. Whether it was set before.
setBitOf :: Tree a -> Int -> IO Bool
setBitOf (Tree _ _ bits) i = IO $ \s -> case fetchOrIntArray# bits word mask s of
  (# s', before #) -> (# s', testBit (I# before) bit' #)
  where
    bit' = i .&. 63
    !(I# word) = i `unsafeShiftR` 6
    !(I# mask) = 1 `unsafeShiftL` bit'

writeCell :: Tree a -> Int -> a -> IO ()
writeCell (Tree _ values _) (I# i) x = IO $ \s -> (# writeArray# values i x s, () #)

readCell :: Tree a -> Int -> IO a
readCell (Tree _ values _) (I# i) = IO (readArray# values i)

-- | Reads the value and removes it.
takeCell :: Tree a -> Int -> IO a
takeCell tree i = do
  x <- readCell tree i
  writeCell tree i absent
  pure x

-- $setup
-- >>> import Control.Parallel.OpenMP
