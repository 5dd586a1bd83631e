{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- How far a long loop is. A body counts what it has done, and another Haskell thread
-- reads the count. Loops that do not count pay nothing.
--
-- >>> import System.IO (stderr)
-- >>> let slow i = when (i * i == -1) (fail "never")
-- >>> withProgress 500000 (percentTo stderr "squares" 1000) (\p -> parallelFor defaults (Range 0 1000) (counted p slow))
--
-- On a terminal this writes @squares: 42 %@ twice a second, on one line. (indicatif's
-- @ProgressBar@ for rayon.)
--
-- The count is kept in a cache line for each capability, so threads do not disturb each
-- other: a count costs some nanoseconds. For bodies as short as that, use
-- 'Control.Parallel.OpenMP.parallelForChunks' and count once a chunk. It works in every
-- loop, in tasks, in 'Control.Parallel.OpenMP.Team.team's and in closures that C calls.
module Control.Parallel.OpenMP.Progress
  ( -- * Counting
    Progress
  , newProgress
  , advance
  , counted
  , progressDone

    -- * Reporting
  , withProgress
  , percentTo
  ) where

import Control.Concurrent (forkIOWithUnmask, killThread, threadDelay)
import Control.Concurrent.MVar (newEmptyMVar, putMVar, takeMVar)
import Control.Exception
  ( AsyncException (ThreadKilled)
  , SomeException
  , fromException
  , mask
  , onException
  , throwIO
  , try
  , uninterruptibleMask_
  )
import Control.Monad (forever, when)
import Data.Bits ((.&.))
import Data.Primitive.ByteArray
  ( MutableByteArray (..)
  , newByteArray
  , readByteArray
  , setByteArray
  )
import GHC.Exts (Int (..), RealWorld, fetchAddIntArray#)
import GHC.IO (IO (..))
import System.IO (Handle, hFlush, hIsTerminalDevice, hPutStr)

import Control.Parallel.OpenMP.Internal.Loops (InvalidArgument (..))
import Control.Parallel.OpenMP.Prim (capabilityCount, capabilityNumber)

-- | How much of a piece of work has been done: a number that only grows.
--
-- @since 0.1.0.0
data Progress = Progress !Int !(MutableByteArray RealWorld)

-- | The words from one counter to the next: two cache lines, because processors fetch
-- lines in pairs.
stride :: Int
stride = 16

-- | A count of 0.
--
-- >>> newProgress >>= progressDone
-- 0
--
-- @since 0.1.0.0
newProgress :: IO Progress
newProgress = do
  count <- capabilityCount
  -- A power of two, with room for capabilities that are added later. If there are more,
  -- some share a counter.
  let slots = head' (dropWhile (< max 16 count) (iterate (* 2) 1))
      wordsOf = (slots + 1) * stride
  counters <- newByteArray (8 * wordsOf)
  setByteArray counters 0 wordsOf (0 :: Int)
  pure (Progress slots counters)
  where
    head' = foldr const 1

-- | Counts so many more. Any thread may do so, at any time.
--
-- >>> p <- newProgress
-- >>> parallelForChunks defaults (Range 0 1000) (\from to -> advance p (to - from))
-- >>> progressDone p
-- 1000
--
-- @since 0.1.0.0
advance :: Progress -> Int -> IO ()
advance (Progress slots (MutableByteArray counters)) (I# n) = do
  capability <- capabilityNumber
  let !(I# at) = (1 + capability .&. (slots - 1)) * stride
  -- Atomic, because the thread may have changed capabilities since.
  IO $ \s -> case fetchAddIntArray# counters at n s of (# s', _ #) -> (# s', () #)
{-# INLINE advance #-}

-- | A body that also counts 1 when it has ended. If it throws an exception it counts
-- nothing.
--
-- >>> p <- newProgress
-- >>> parallelReduce defaults (Range 1 101) (+) 0 (counted p pure)
-- 5050
-- >>> progressDone p
-- 100
--
-- @since 0.1.0.0
counted :: Progress -> (i -> IO a) -> i -> IO a
counted progress body i = do
  x <- body i
  advance progress 1
  pure x
{-# INLINE counted #-}

-- | How much has been done so far. If one thread asks again, the answer is not smaller.
-- When the loop has returned, the answer is exact.
--
-- @since 0.1.0.0
progressDone :: Progress -> IO Int
progressDone (Progress slots counters) = go 0 1
  where
    go :: Int -> Int -> IO Int
    go !total !slot
      | slot > slots = pure total
      | otherwise = do
          n <- readByteArray counters (slot * stride)
          go (total + n) (slot + 1)

-- | Runs the action with a new count. Another Haskell thread runs the report with the
-- count so far, each time that so many microseconds have passed. When the action has
-- returned, the caller runs the report once more, with the last count.
--
-- If the action throws an exception, that is thrown here, and the last report is left out.
-- An exception of a report ends the reports. It is thrown when the action has returned.
-- When 'withProgress' returns, no report runs any more. Throws
-- t'Control.Parallel.OpenMP.InvalidArgument' for an interval below 1.
--
-- >>> withProgress 60000000 print (\p -> parallelFor defaults (Range 0 100) (counted p (\_ -> pure ())))
-- 100
--
-- @since 0.1.0.0
withProgress :: Int -> (Int -> IO ()) -> (Progress -> IO a) -> IO a
withProgress interval report act = do
  when (interval < 1) $
    throwIO (InvalidArgument "withProgress" ("the interval " ++ show interval ++ " is not positive"))
  progress <- newProgress
  ended <- newEmptyMVar
  mask $ \restore -> do
    reporter <- forkIOWithUnmask $ \unmask -> do
      end <- try (unmask (forever (threadDelay interval >> progressDone progress >>= report)))
      putMVar ended (either id id (end :: Either SomeException SomeException))
    let stop = uninterruptibleMask_ (killThread reporter >> takeMVar ended)
    result <- restore (act progress) `onException` stop
    end <- stop
    case fromException end of
      Just ThreadKilled -> restore (progressDone progress >>= report)
      _ -> throwIO end
    pure result

-- | A report for 'withProgress': writes the label and how many per cent of the number are
-- done, over what it wrote before, and ends the line at 100 %. It writes nothing if the
-- handle is not a terminal, so a program can always ask for it.
--
-- >>> import System.IO (stdout)
-- >>> percentTo stdout "nothing, in a test" 10 5
--
-- @since 0.1.0.0
percentTo :: Handle -> String -> Int -> Int -> IO ()
percentTo handle label total done = do
  terminal <- hIsTerminalDevice handle
  when terminal $ do
    let part = if total <= 0 then 100 else (100 * toInteger done) `div` toInteger total
    hPutStr handle ("\r" ++ label ++ ": " ++ show part ++ " %" ++ ['\n' | part >= 100])
    hFlush handle

-- $setup
-- >>> import Control.Monad (when)
-- >>> import Control.Parallel.OpenMP
-- >>> import Control.Parallel.OpenMP.Progress
