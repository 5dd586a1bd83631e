{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE RankNTypes #-}
{-# LANGUAGE RoleAnnotations #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TypeFamilies #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- Parts of one mutable vector for different actions at the same time. Some of the actions
-- may be C kernels. Types keep the parts apart.
--
-- A /side/ is an action that works on a part. Its type, @'Side' s b@, has a variable that
-- stands for this part alone: 'borrow' lends a vector as the first part, and 'halves',
-- 'blocks' and 'eachBlock' divide a part among other sides. While those run, only they can reach their
-- parts. No part can leave its side, be mixed up with another one, or be used where its
-- sides have it. GHC refuses such programs. So two sides never write the same element.
--
-- This reverses the first half of a vector in C, while Haskell doubles the second half:
--
-- > /* reverse.c */
-- > void reverse(long n, double *a)
-- > {
-- >     for (long i = 0; i < n / 2; i++) {
-- >         double x = a[i];
-- >         a[i] = a[n - 1 - i];
-- >         a[n - 1 - i] = x;
-- >     }
-- > }
--
-- >>> foreign import ccall safe "reverse" c_reverse :: Int -> Ptr Double -> IO ()
-- >>> v <- V.thaw (V.fromList [1 .. 6])
-- >>> :{
-- borrow defaults v $ \whole ->
--   halves 3 whole
--     (\a -> kernel a (\p n -> c_reverse n p))
--     (\b -> forM_ [0 .. VM.length b - 1] (VM.modify b (* 2)))
-- :}
-- ((),())
--
-- >>> V.freeze v
-- [3.0,2.0,1.0,8.0,10.0,12.0]
--
-- Sides use the functions of @Data.Vector.Generic.Mutable@ and its relatives, which run in
-- every 'PrimMonad'. 'Control.Monad.Primitive.stToPrim' makes a side of an action in
-- 'Control.Monad.ST.ST'. A side cannot do other things in 'IO', as it could write to the
-- whole vector there. 'kernel' is the door for C.
--
-- /How they run./ 'borrow' opens a region of "Control.Parallel.OpenMP.Task", and each
-- side but the last of its division becomes a task. So sides may divide their parts
-- again, to any depth: a division costs about 0.1 µs. In a team of one the sides run in
-- order. A C kernel in a side is a part of a team's work, so its own @parallel@ regions
-- have one thread, unless 'Control.Parallel.OpenMP.Query.setMaxActiveLevels' allows more
-- levels. Its C tasks run on the team.
--
-- /Exceptions./ The first exception of a side ends the region: sides that have not started
-- are dropped, and when the running ones have ended, 'borrow' throws it. A @timeout@ or
-- 'Control.Concurrent.killThread' interrupts the sides. The vector then has what was
-- written so far.
--
-- (rayon has @join@ and @split_at_mut@. Linear types can keep parts apart too. Here a part
-- is a plain mutable vector, which all libraries know.)
module Control.Parallel.OpenMP.Split
  ( Side
  , borrow

    -- * Divisions
  , halves
  , Block (..)
  , blocks
  , eachBlock

    -- * C kernels
  , kernel
  ) where

import Control.Exception (throwIO)
import Control.Monad (unless)
import Control.Monad.Primitive (PrimMonad (..))
import Control.Monad.ST (RealWorld)
import Control.Monad.ST.Unsafe (unsafeSTToIO)
import qualified Data.Vector.Generic.Mutable as M
import qualified Data.Vector.Storable.Mutable as SM
import Foreign.ForeignPtr (withForeignPtr)
import Foreign.Ptr (Ptr)
import Foreign.Storable (Storable)
import GHC.ST (ST (..))

import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..), Options, check)
import Control.Parallel.OpenMP.Task (spawn, tasks, wait)

-- | An action on the part that @s@ stands for.
--
-- @since 0.1.0.0
newtype Side s a = Side (IO a)

-- Without this, 'Data.Coerce.coerce' could take a side for that of another part.
type role Side nominal representational

instance Functor (Side s) where
  fmap f (Side act) = Side (fmap f act)
  {-# INLINE fmap #-}

instance Applicative (Side s) where
  pure x = Side (pure x)
  {-# INLINE pure #-}
  Side f <*> Side x = Side (f <*> x)
  {-# INLINE (<*>) #-}

instance Monad (Side s) where
  Side act >>= f = Side (act >>= run . f)
  {-# INLINE (>>=) #-}

instance PrimMonad (Side s) where
  type PrimState (Side s) = s
  primitive f = Side (unsafeSTToIO (ST f))
  {-# INLINE primitive #-}

run :: Side s a -> IO a
run (Side act) = act
{-# INLINE run #-}

-- | Lends the vector to a side, as its first part, and opens the region of tasks in which
-- its sides run. Returns the side's result. While it runs, nobody else may use the
-- vector. (Haskell threads that have it could, as with every mutable vector.)
--
-- Throws t'Control.Parallel.OpenMP.InvalidArgument' for a team size below 1. The schedule
-- is not used.
--
-- >>> v <- V.thaw (V.fromList "abc")
-- >>> borrow defaults v (\part -> VM.read part 1)
-- 'b'
--
-- @since 0.1.0.0
borrow :: Options -> v RealWorld a -> (forall s. v s a -> Side s b) -> IO b
borrow options v side = do
  _ <- check "Split.borrow" options
  tasks options (run (side v))

-- | Divides a part into its first elements, this many, and the rest. One side gets the
-- first half, and the other side the second half. They run at the same time. Returns their
-- results when both have ended, evaluated to weak head normal form. (rayon's @join@ with
-- @split_at_mut@.)
--
-- Throws t'Control.Parallel.OpenMP.InvalidArgument' for a number below 0 or above the
-- length.
--
-- Merge sort and quicksort divide in this way until the parts are small:
--
-- >>> :{
-- let negateAll :: VM.MVector s Int -> Side s ()
--     negateAll part
--       | n < 100 = forM_ [0 .. n - 1] (VM.modify part negate)
--       | otherwise = () <$ halves (n `div` 2) part negateAll negateAll
--       where n = VM.length part
-- :}
--
-- >>> v <- V.thaw (V.enumFromTo 1 (10000 :: Int))
-- >>> borrow defaults v negateAll
-- >>> V.sum <$> V.freeze v
-- -50005000
--
-- @since 0.1.0.0
halves
  :: M.MVector v a
  => Int
  -> v s a
  -> (forall t. v t a -> Side t b)
  -> (forall t. v t a -> Side t c)
  -> Side s (b, c)
halves k part first second = Side $ do
  unless (k >= 0 && k <= n) $
    throwIO (InvalidArgument "Split.halves" ("the number " ++ show k ++ " is not from 0 to the length, " ++ show n))
  one <- spawn (strictly (first (M.unsafeTake k part)))
  y <- strictly (second (M.unsafeDrop k part))
  x <- wait one
  pure (x, y)
  where
    n = M.length part
{-# INLINE halves #-}

-- | The length of a block, and the side that works on it.
--
-- @since 0.1.0.0
data Block v a b = Block !Int (forall s. v s a -> Side s b)

-- | Divides a part into blocks, from its first element on. The sides of all blocks run at
-- the same time. Returns their results in the order of the blocks, evaluated to weak head
-- normal form. What the blocks leave over at the end of the part stays as it is.
--
-- Throws t'Control.Parallel.OpenMP.InvalidArgument' for a length below 0, and if the
-- blocks are longer than the part.
--
-- >>> v <- V.thaw (V.fromList [1 .. 6 :: Int])
-- >>> :{
-- borrow defaults v $ \part -> blocks part
--   [ Block 2 (\a -> VM.read a 0)
--   , Block 1 (\b -> 0 <$ VM.write b 0 30)
--   , Block 2 (\c -> VM.read c 1)
--   ]
-- :}
-- [1,0,5]
--
-- >>> V.freeze v
-- [1,2,30,4,5,6]
--
-- @since 0.1.0.0
blocks :: M.MVector v a => v s a -> [Block v a b] -> Side s [b]
blocks part list = Side $ do
  unless (all (\(Block k _) -> k >= 0) list && sum [toInteger k | Block k _ <- list] <= toInteger n) $
    throwIO (InvalidArgument "Split.blocks" ("blocks of " ++ show [k | Block k _ <- list] ++ " do not fit into " ++ show n))
  go 0 list
  where
    n = M.length part
    go !from rest = case rest of
      [] -> pure []
      [Block k side] -> pure <$> strictly (side (M.unsafeSlice from k part))
      Block k side : others -> do
        one <- spawn (strictly (side (M.unsafeSlice from k part)))
        xs <- go (from + k) others
        x <- wait one
        pure (x : xs)

-- | Divides a part into blocks of this size (the last one may be smaller), and runs a side
-- on each of them at the same time. The side also gets the index of the block's first
-- element in the part. If the size is that of a row, the blocks are rows.
--
-- Throws t'Control.Parallel.OpenMP.InvalidArgument' for a size below 1.
--
-- >>> v <- V.thaw (V.replicate 7 (0 :: Int))
-- >>> borrow defaults v (\part -> eachBlock 3 part (\from block -> VM.set block from))
-- >>> V.freeze v
-- [0,0,0,3,3,3,6]
--
-- @since 0.1.0.0
eachBlock
  :: forall v s a. M.MVector v a
  => Int -> v s a -> (forall t. Int -> v t a -> Side t ()) -> Side s ()
eachBlock size whole side
  | size < 1 = Side (throwIO (InvalidArgument "Split.eachBlock" ("the block size " ++ show size ++ " is not positive")))
  | otherwise = go 0 whole
  where
    go :: forall t. Int -> v t a -> Side t ()
    go !from part
      | n > size = () <$ halves k part (go from) (go (from + k))
      | n > 0 = side from part
      | otherwise = pure ()
      where
        n = M.length part
        -- Half of the blocks, and at least one.
        k = size * max 1 (n `quot` size `quot` 2)

-- | Calls a C function with the address of the part's first element and with the number of
-- elements. The function may use the memory of these elements, during the call. This is
-- the place where types cannot help: whatever else the action does, it must not touch
-- other parts.
--
-- Import the function as @safe@ if it takes more than a microsecond.
--
-- >>> v <- V.thaw (V.fromList [1 .. 4 :: Int])
-- >>> foreign import ccall "labs" c_labs :: Int -> IO Int
-- >>> borrow defaults v (\part -> kernel part (\p n -> peekElemOff p (n - 1) >>= c_labs . negate))
-- 4
--
-- @since 0.1.0.0
kernel :: Storable a => SM.MVector s a -> (Ptr a -> Int -> IO b) -> Side s b
kernel part call = Side (withForeignPtr memory (\p -> call p n))
  where
    (memory, n) = SM.unsafeToForeignPtr0 part

-- | The side, with its result evaluated.
strictly :: Side s a -> IO a
strictly (Side act) = do
  !x <- act
  pure x
{-# INLINE strictly #-}

-- $setup
-- >>> import Control.Monad (forM_)
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Split
-- >>> import qualified Data.Vector.Storable as V
-- >>> import qualified Data.Vector.Storable.Mutable as VM
-- >>> import Foreign
