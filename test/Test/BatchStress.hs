-- | Batches while other threads build structures and collect. A batch must not lose
-- or overwrite anything on the Haskell heap.
--
-- The threads that make batches and those that only build structures keep maps, and
-- check them. Three faults would show there or end the program: a nursery that two
-- threads wrote to, a stack that a collection did not find, or registers of the wrong
-- capability.
module Test.BatchStress (stress) where

import Control.Concurrent
import Control.Exception
import Control.Monad (forM, forM_, forever, replicateM_)
import Data.Bits (shiftR)
import Data.IORef
import qualified Data.Map.Strict as Map
import qualified Data.Vector.Storable as V
import Data.Word (Word64)
import Foreign.C.Types (CLong (..))
import Foreign.Ptr (FunPtr)
import GHC.IO (unsafeUnmask)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP.Batch
import Control.Parallel.OpenMP.Query (wtime)

import Test.Load (below, builder, changeCapabilities, next)

foreign import ccall "&batch_long" p_negate :: FunPtr (Int -> IO Int)
foreign import ccall "&batch_fma" p_fma :: FunPtr (Double -> Double -> Double -> IO Double)
foreign import ccall "&batch_tick" p_tick :: FunPtr (IO ())
foreign import ccall "&batch_spin" p_spin :: FunPtr (CLong -> IO CLong)
foreign import ccall "&batch_sleep" p_sleep :: FunPtr (CLong -> IO CLong)

-- | The stress, with the number of runs of each part.
stress :: Int -> TestTree
stress runs =
  testGroup
    "under load"
    [ part "threads of one capability" $ do
        capabilities <- getNumCapabilities
        load [(forkOn (k `mod` capabilities), k) | k <- [0 .. 2 * capabilities - 1]] nothing
    , part "threads that move, and capabilities that come and go" $ do
        capabilities <- getNumCapabilities
        load [(forkIO, k) | k <- [0 .. 3]] (\_ -> changeCapabilities capabilities 7) `finally` setNumCapabilities capabilities
    , part "bound threads" $ load [(forkOS, k) | k <- [0 .. 1]] nothing
    , part "asynchronous exceptions" $ do
        let shoot targets seed = do
              throwTo (targets !! below (length targets) seed) Shot
              threadDelay (below 2000 (next seed))
              shoot targets (next (next seed))
        load [(forkIO, k) | k <- [0 .. 2]] (`shoot` 5)
    ]
  where
    part name = testCase name . replicateM_ runs
    nothing _ = forever (threadDelay 1000000)

data Shot = Shot deriving (Show)

instance Exception Shot

-- | For each way of making a thread, one thread that makes batches and one that
-- builds structures. Beside them runs a disturber, which gets the batch threads.
load :: [(IO () -> IO ThreadId, Int)] -> ([ThreadId] -> IO ()) -> IO ()
load ways disturber = do
  end <- (+ 0.2) <$> wtime
  started <- forM ways $ \(fork, k) -> do
    built <- newEmptyMVar
    batched <- newEmptyMVar
    let seed = fromIntegral (k + 1) * 0x9e3779b97f4a7c15
    _ <- mask_ (fork (try (builder end seed) >>= putMVar built))
    thread <- mask_ (fork (batcher end seed batched))
    pure (thread, [built, batched])
  other <- forkIO (disturber (map fst started))
  results <- forM (concatMap snd started) takeMVar
  killThread other
  forM_ results $ either (\e -> throwIO (e :: SomeException)) pure

-- | Makes batches until the end, and keeps a map of their results. An exception can
-- arrive only inside a step.
batcher :: Double -> Word64 -> MVar (Either SomeException ()) -> IO ()
batcher end start done = newIORef (Kept start Map.empty) >>= mask_ . loop
  where
    loop kept = do
      r <- try (unsafeUnmask (step kept) `catch` \Shot -> pure ())
      now <- wtime
      case r of
        Right () | now < end -> loop kept
        _ -> putMVar done r

-- | A seed, and the numbers that followed earlier seeds.
data Kept = Kept !Word64 !(Map.Map Word64 [Word64])

step :: IORef Kept -> IO ()
step kept = do
  Kept seed answers <- readIORef kept
  let seeds = take 20 (iterate next seed)
      ints = map (fromIntegral . (`shiftR` 1)) seeds :: [Int]
      doubles = map (fromIntegral . below 1000000) seeds
      pause = durations !! below (length durations) seed
      wait = if even (below 1000 seed) then p_spin else p_sleep
  negated <- batchMap p_negate (V.fromList ints)
  V.toList negated @?= map negate ints
  batchRepeat 10 p_tick
  (scaled, waited) <- runBatch ((,) <$> traverse (\x -> batchCall p_fma x 2 1) doubles <*> batchCall wait pause)
  scaled @?= map (\x -> x * 2 + 1) doubles
  waited @?= pause
  forM_ (Map.toList answers) $ \(k, followers) -> followers @?= take 5 (iterate next k)
  let oldest = if Map.size answers < 300 then answers else Map.deleteMin answers
      -- Evaluated, so that the numbers are on the heap.
      followers = take 5 (iterate next seed)
  sum followers `seq` writeIORef kept (Kept (next (last seeds)) (Map.insert seed followers oldest))
  where
    -- Microseconds.
    durations = [10, 10, 10, 10, 20, 20, 50, 50, 100, 100, 200, 500, 1000, 2000, 5000, 50000]
