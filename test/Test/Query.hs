-- | The answers of the queries outside of regions, in regions and in nested regions,
-- and the settings, which hold for the regions of all Haskell threads.
module Test.Query (tests) where

import Control.Concurrent (forkIO, getNumCapabilities, newEmptyMVar, putMVar, runInBoundThread, takeMVar)
import Control.Exception (bracket, try)
import Control.Monad (forM_)
import Data.IORef
import Data.List (sort)
import Foreign.C.String (castCharToCChar)
import Foreign.C.Types (CChar (..), CInt (..))
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query

foreign import ccall safe "kernel_has_schedule" c_hasSchedule :: CChar -> IO CInt

-- | Runs the action under a setting, and then restores the setting.
with :: IO a -> (a -> IO ()) -> a -> IO b -> IO b
with get set value action = bracket (get <* set value) set (const action)

-- | Regions in the action get the team size that they ask for.
exactly :: IO a -> IO a
exactly = with dynamic setDynamic False

-- | The answers of the threads of a team of this size.
each :: Int -> IO a -> IO [a]
each n = each' defaults {numThreads = Just n}

-- | The same, for a team with these options.
each' :: Options -> IO a -> IO [a]
each' options ask = do
  said <- newIORef []
  parallel options $ \_ -> do
    answer <- ask
    atomicModifyIORef' said (\others -> (answer : others, ()))
  readIORef said

-- | A thread's place: number, team size, whether in parallel, level, active level.
place :: IO (Int, Int, Bool, Int, Int)
place = (,,,,) <$> threadNum <*> teamSize <*> inParallel <*> level <*> activeLevel

refuses :: String -> IO () -> Assertion
refuses name action = do
  result <- try action
  case result of
    Left (InvalidArgument function _) -> function @?= name
    Right () -> assertFailure (name ++ " accepted it")

tests :: TestTree
tests =
  testGroup
    "queries"
    [ testCase "outside of regions" $ do
        forM_ [id, runInBoundThread] $ \by -> do
          here <- by place
          here @?= (0, 1, False, 0, 0)
        forM_ [(-1, Nothing), (0, Just 0), (1, Nothing), (maxBound, Nothing), (minBound, Nothing)] $ \(n, answer) -> do
          ancestor <- ancestorThreadNum n
          ancestor @?= answer
          size <- teamSizeAt n
          size @?= (1 <$ answer)
    , testCase "in a region" $ exactly $ forM_ [1, 2, 3, 8, 16] $ \n -> do
        places <- each n place
        let active = if n > 1 then 1 else 0
        sort places @?= [(i, n, n > 1, 1, active) | i <- [0 .. n - 1]]
        above <- each n $ do
          me <- threadNum
          numbers <- mapM ancestorThreadNum [-1 .. 2]
          sizes <- mapM teamSizeAt [-1 .. 2]
          pure (numbers == [Nothing, Just 0, Just me, Nothing], sizes == [Nothing, Just 1, Just n, Nothing])
        above @?= replicate n (True, True)
    , testCase "in nested regions" $ exactly $ with maxActiveLevels setMaxActiveLevels 2 $ do
        inner <- each 2 $ do
          outside <- threadNum
          each 3 $ do
            here <- place
            up <- mapM ancestorThreadNum [1, 2]
            sizes <- mapM teamSizeAt [0 .. 3]
            pure (here, up == [Just outside, (\(n, _, _, _, _) -> Just n) here], sizes)
        sort (concat inner)
          @?= [((n, 3, True, 2, 2), True, [Just 1, Just 2, Just 3, Nothing]) | n <- [0 .. 2], _ <- [0, 1 :: Int]]
    , testCase "one active level" $ exactly $ with maxActiveLevels setMaxActiveLevels 1 $ do
        inner <- each 2 (each 3 place)
        concat inner @?= replicate 2 (0, 1, True, 2, 1)
    , testCase "setNumThreads, for all Haskell threads" $ exactly $ do
        capabilities <- getNumCapabilities
        asked <- maxThreads
        asked @?= capabilities
        forM_ [1, 3, 8] $ \n -> with maxThreads setNumThreads n $ do
          forM_ [id, runInBoundThread] $ \by -> by maxThreads >>= (@?= n)
          there <- newEmptyMVar
          _ <- forkIO (each' defaults teamSize >>= putMVar there)
          here <- each' defaults teamSize
          here @?= replicate n n
          takeMVar there >>= (@?= replicate n n)
    , testCase "settings come back as they were set" $ do
        forM_ [True, False] $ \on -> with dynamic setDynamic on (dynamic >>= (@?= on))
        forM_ [Static, StaticChunk 7, Dynamic 1, Dynamic 5, Guided 3, Guided 2147483647, Auto] $ \kind ->
          with runSchedule setSchedule kind (runSchedule >>= (@?= kind))
        most <- supportedActiveLevels
        forM_ [0, 1, 5, most] $ \n -> with maxActiveLevels setMaxActiveLevels n (maxActiveLevels >>= (@?= n))
        with maxActiveLevels setMaxActiveLevels maxBound (maxActiveLevels >>= (@?= most))
    , testCase "schedules have the numbers of omp.h" $
        forM_ [('s', Static), ('s', StaticChunk 7), ('d', Dynamic 5), ('g', Guided 3), ('a', Auto)] $ \(name, kind) -> do
          seen <- with runSchedule setSchedule kind (c_hasSchedule (castCharToCChar name))
          assertBool (show kind) (seen /= 0)
    , testCase "bad settings are refused" $ do
        before <- (,,) <$> maxThreads <*> maxActiveLevels <*> runSchedule
        forM_ [0, -1, 65536, minBound, maxBound] $ refuses "setNumThreads" . setNumThreads
        forM_ [-1, minBound] $ refuses "setMaxActiveLevels" . setMaxActiveLevels
        forM_ [Runtime, Dynamic 0, Guided (-1), StaticChunk 0, Dynamic 2147483648, Guided minBound] $
          refuses "setSchedule" . setSchedule
        after' <- (,,) <$> maxThreads <*> maxActiveLevels <*> runSchedule
        after' @?= before
    , testCase "the machine" $ do
        processors <- numProcs
        assertBool (show processors) (processors >= 1)
        limit <- threadLimit
        assertBool (show limit) (limit >= 16)
        tick <- wtick
        assertBool (show tick) (tick > 0 && tick < 1)
        times <- mapM (const wtime) [1 :: Int .. 1000]
        assertBool "wtime goes back" (and (zipWith (<=) times (drop 1 times)))
    ]
