-- | A C kernel that finds the words of a text on all threads and calls a Haskell
-- closure for each, which counts them in a 'Map'.
--
-- What to learn here:
--
-- * 'withCallback' makes a function pointer of a closure. The kernel does not change.
--   The closure runs on many threads at once.
-- * The slow way is one map that all share. Threads wait for each other ('MVar'), or
--   repeat their work ('atomicModifyIORef'').
-- * The right way is a map for each thread. 'ompThreadNumber' finds it without a lock,
--   and one 'Map.unionsWith' combines the maps when the kernel has ended.
-- * Without C the loop makes the maps itself: 'parallelForWith' has a state for each
--   thread, 'parallelFold' an accumulator for each cell of the range.
-- * Sharing costs nothing if nobody changes the map: the last row looks words up.
--
-- Run it: @cabal run words -- [FILE]@ (without a file it makes its own text).
--
-- It prints a row for each way with its time, and whether the result equals that of a
-- plain fold.
module Main (main) where

import Control.Concurrent.MVar (modifyMVar_, newMVar, readMVar)
import Control.Exception (evaluate)
import Control.Monad (replicateM, unless)
import qualified Data.ByteString.Char8 as B
import qualified Data.ByteString.Unsafe as B
import Data.Char (isAscii, isLetter)
import Data.IORef (atomicModifyIORef', modifyIORef', newIORef, readIORef)
import qualified Data.List as List
import Data.Map.Strict (Map)
import qualified Data.Map.Strict as Map
import qualified Data.Vector as V
import Foreign.C.Types (CChar)
import Foreign.Ptr (FunPtr, Ptr)
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Prim (ompThreadNumber)
import Control.Parallel.OpenMP.Query (maxThreads, wtime)

type Text = (Ptr CChar, Int)

foreign import ccall safe "each_word" eachWord
  :: Ptr CChar -> Int -> FunPtr (Ptr CChar -> Int -> IO ()) -> IO ()

foreign import ccall safe "sum_of_words" sumOfWords
  :: Ptr CChar -> Int -> FunPtr (Ptr CChar -> Int -> IO Int) -> IO Int

type Counts = Map B.ByteString Int

count :: Counts -> B.ByteString -> Counts
count counts word = Map.insertWith (+) word 1 counts

-- | One map behind a lock.
behindLock :: Text -> IO Counts
behindLock (text, size) = do
  shared <- newMVar Map.empty
  withCallback
    (\word n -> B.packCStringLen (word, n) >>= \w -> modifyMVar_ shared (\m -> evaluate (count m w)))
    (eachWord text size)
  readMVar shared

-- | One map, exchanged by compare-and-swap.
swapped :: Text -> IO Counts
swapped (text, size) = do
  shared <- newIORef Map.empty
  withCallback
    (\word n -> B.packCStringLen (word, n) >>= \w -> atomicModifyIORef' shared (\m -> (count m w, ())))
    (eachWord text size)
  readIORef shared

-- | A map for each thread.
perThread :: Text -> IO Counts
perThread (text, size) = do
  threads <- maxThreads
  own <- V.replicateM threads (newIORef Map.empty)
  withCallback
    ( \word n -> do
        me <- ompThreadNumber
        w <- B.packCStringLen (word, n)
        modifyIORef' (own V.! me) (`count` w)
    )
    (eachWord text size)
  Map.unionsWith (+) <$> mapM readIORef (V.toList own)

-- | The same without C: each thread's state is a map.
withStates :: V.Vector B.ByteString -> IO Counts
withStates allWords = do
  own <- parallelForWith defaults (Range 0 (V.length allWords)) (newIORef Map.empty) $ \mine i ->
    modifyIORef' mine (`count` (allWords V.! i))
  Map.unionsWith (+) <$> mapM readIORef own

-- | A map for each cell of 4096 words. The threads unite the maps, too.
folded :: V.Vector B.ByteString -> IO Counts
folded allWords =
  parallelFold
    defaults {schedule = StaticChunk 4096}
    (Range 0 (V.length allWords))
    (pure Map.empty)
    (\counts i -> pure (count counts (allWords V.! i)))
    (\a b -> pure (Map.unionWith (+) a b))

-- | Adds up, over all words of a text, how often each word occurs in it. It copies no
-- word, because a key is needed only during the call.
lookedUp :: Counts -> Text -> IO Int
lookedUp counts (text, size) =
  withCallback
    (\word n -> B.unsafePackCStringLen (word, n) >>= \w -> evaluate (Map.findWithDefault 0 w counts))
    (sumOfWords text size)

-- | About 30000 words, the same ones each time. A few of them are frequent.
ownText :: B.ByteString
ownText = B.unwords (map name (take 30000 (iterate next 12345)))
  where
    next x = (x * 1103515245 + 12345) `mod` 2147483648 :: Int
    name x = let r = x `div` 1024 in B.pack (List.unfoldr digit (1 + r `mod` (1 + r `div` 64 `mod` 3000)))
    digit 0 = Nothing
    digit r = Just (toEnum (fromEnum 'a' + r `mod` 26), r `div` 26)

-- | Prints the best time of three, and answers whether all results are as expected.
row :: Eq a => String -> a -> IO a -> IO Bool
row name expected run = do
  runs <- replicateM 3 $ do
    start <- wtime
    result <- run >>= evaluate
    end <- wtime
    pure (end - start, result == expected)
  let ok = all snd runs
  printf "%-34s %10.2f  %s\n" name (1000 * minimum (map fst runs)) (if ok then "ok" else "WRONG")
  pure ok

main :: IO ()
main = do
  arguments <- getArgs
  text <- case arguments of
    file : _ -> B.readFile file
    [] -> pure ownText
  threads <- maxThreads
  let allWords = filter (not . B.null) (B.splitWith (\c -> isAscii c && not (isLetter c)) text)
      expected = List.foldl' count Map.empty allWords
  printf "%d words, %d different, %d threads\n%-34s %10s\n" (length allWords) (Map.size expected) threads "" "ms"
  oks <- B.unsafeUseAsCStringLen text $ \bytes ->
    sequence
      [ row "a shared map behind an MVar" expected (behindLock bytes)
      , row "a shared map in an IORef" expected (swapped bytes)
      , row "a map per thread" expected (perThread bytes)
      , row "parallelForWith, without C" expected (withStates (V.fromList allWords))
      , row "parallelFold, without C" expected (folded (V.fromList allWords))
      , row "lookups in a map that stays" (sum (map (^ (2 :: Int)) (Map.elems expected))) (lookedUp expected bytes)
      ]
  unless (and oks) exitFailure
