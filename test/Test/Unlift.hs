-- | The functions for monads above 'IO', in a @ReaderT@ and in a newtype as programs
-- have it. They are those of "Control.Parallel.OpenMP", so here only the environment,
-- exceptions and the masking state are tried.
module Test.Unlift (tests) where

import Control.Exception (MaskingState (..), getMaskingState, mask_, throwIO, try)
import Control.Monad (when)
import Control.Monad.IO.Class (MonadIO (..))
import Control.Monad.Trans.Class (lift)
import Control.Monad.Trans.Reader (ReaderT (..), ask, local)
import Data.IORef
import qualified Data.Map as Map
import qualified Data.Vector.Unboxed as U
import Foreign.Ptr (FunPtr)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (total)

import Control.Parallel.OpenMP.Team (team, teamReduce)
import Control.Parallel.OpenMP.Unlift
import Control.Parallel.OpenMP.Unlift.Task
import qualified Control.Parallel.OpenMP.Vector as P
import Test.Generators
import Test.Lifted (missing, plain)

-- | A program's environment: a number, and a log that the bodies write.
data World = World {factor :: Int, written :: IORef [Int]}

newtype App a = App {unApp :: ReaderT World IO a}

instance Functor App where
  fmap f (App m) = App (fmap f m)

instance Applicative App where
  pure = App . pure
  App f <*> App m = App (f <*> m)

instance Monad App where
  App m >>= f = App (m >>= unApp . f)

instance MonadIO App where
  liftIO = App . lift

instance MonadUnliftIO App where
  withRunInIO act = App (withRunInIO (\run -> act (run . unApp)))

runApp :: Int -> App a -> IO (a, [Int])
runApp k (App m) = do
  log' <- newIORef []
  result <- runReaderT m (World k log')
  (,) result <$> readIORef log'

scaled :: Int -> App Int
scaled i = App ((\w -> factor w * i) <$> ask)

write :: Int -> App ()
write i = App (ask >>= \w -> lift (atomicModifyIORef' (written w) (\l -> (i : l, ()))))

-- | The sum of what the loop's bodies wrote.
logged :: App () -> IO Int
logged app = sum . snd <$> runApp 3 app

fib :: Int -> App Int
fib n
  | n < 2 = scaled n
  | otherwise = do
      task <- spawn (fib (n - 1))
      y <- fib (n - 2)
      x <- wait task
      x `seq` pure (x + y)

tests :: TestTree
tests =
  testGroup
    "monads above IO"
    [ testProperty "reductions and folds" $ \(AnyOptions options) (Small n) k -> ioProperty . full $ do
        let range = Range 0 n
            expected = sum [k * i | i <- [0 .. n - 1]]
        (got, _) <- runApp k $ do
          a <- parallelReduce options range (+) 0 scaled
          b <- parallelReduceNF options range (+) 0 scaled
          c <- sum <$> parallelFoldMap options range (fmap (: []) . scaled)
          d <- parallelFold options range (pure 0) (\acc i -> (acc +) <$> scaled i) (\x y -> pure (x + y))
          e <- parallelReduceWith options range (+) 0 (scaled 1) (\s i -> pure (s * i))
          f <- sum <$> parallelFoldMapWith options range (scaled 1) (\s i -> pure [s * i])
          g <- parallelFoldWith options range (scaled 1) (pure 0) (\s acc i -> pure (acc + s * i)) (\x y -> pure (x + y))
          pure [a, b, c, d, e, f, g]
        pure (got === map (const expected) got)
    , testProperty "loops" $ \(AnyOptions options) (Small n) -> ioProperty . full $ do
        let range = Range 0 n
            total = sum [0 .. n - 1]
        sums <-
          mapM
            logged
            [ parallelFor options range write
            , parallelForChunks options range (\from to -> mapM_ write [from .. to - 1])
            , () <$ parallelForWith options range (pure ()) (const write)
            , () <$ parallelForChunksWith options range (pure ()) (\_ from to -> mapM_ write [from .. to - 1])
            , parallelTraverse_ options write [0 .. n - 1]
            , forRange range write
            , parallelFor2 options (Range 0 1) range (const write)
            , parallelFor3 options (Range 0 1) range (Range 0 1) (\_ i _ -> write i)
            , parallelForTiles options (3, 3) (Range 0 1) range (\_ columns -> forRange columns write)
            ]
        pure (sums === map (const total) sums)
    , testProperty "searches" $ \(AnyOptions options) (Small n) -> ioProperty . full $ do
        let range = Range 0 100
            hit i = (== 2 * n) <$> scaled i
            found = 0 <= n && n < 100
        (got, _) <- runApp 2 $ do
          a <- parallelFind options range (\i -> (\h -> if h then Just i else Nothing) <$> hit i)
          b <- parallelFindFirst options range (\i -> (\h -> if h then Just i else Nothing) <$> hit i)
          c <- parallelAny options range hit
          d <- parallelAll options range (fmap not . hit)
          pure (a, b, c, d)
        let expected = if found then Just n else Nothing
        pure (got === (expected, expected, found, not found))
    , testProperty "structures" $ \(AnyOptions options) xs -> ioProperty . full $ do
        let m = Map.fromList (zip [0 :: Int ..] xs)
        (got, _) <- runApp 5 $ do
          a <- parallelTraverse options scaled m
          b <- parallelTraverseWith options (scaled 1) (\s x -> pure (s * x)) m
          pure (a, b)
        pure (got === (fmap (* 5) m, fmap (* 5) m))
    , testCase "tasks, groups, and tasks in another environment" $ do
        (r, _) <- runApp 3 (tasks defaults {numThreads = Just 2} (group (fib 15)))
        r @?= 3 * 610
        other <- runReaderT (tasks defaults (local (+ 1) (spawn ask) >>= wait)) (41 :: Int)
        other @?= 42
    , testCase "a closure in the monad" $ do
        (r, l) <-
          runApp 3 $ withRunInIO $ \run ->
            run (withCallback (\x -> run (write x) >> run (scaled x)) (\f -> liftIO (call f 14)))
        (r, l) @?= (42, [14])
        dense <- runReaderT (withCallbackDense (\x -> pure (x + 1)) (\f -> ask >>= lift . call f)) 41
        dense @?= 42
    , testCase "every function that takes an action has a form here" $ do
        missing @?= []
        filter (`elem` plain) ["parallelFor", "withCallback", "served", "defaults", "Range"]
          @?= ["parallelFor", "withCallback"]
    , testCase "vectors and teams by withRunInIO" $ do
        (v, _) <- runApp 3 (withRunInIO (\run -> P.mapM defaults (run . scaled) (U.fromList [1, 2, 3])))
        v @?= U.fromList [3, 6, 9]
        (sums, _) <-
          runApp 3 $ withRunInIO $ \run -> team defaults {numThreads = Just 2} $ \t ->
            teamReduce t Static (Range 0 10) (+) 0 (run . scaled)
        take 1 sums @?= [135]
    , testCase "an exception is thrown as itself" $ do
        r <- try . runApp 3 $ parallelFor defaults (Range 0 1000) (\i -> when (i == 77) (liftIO (throwIO (Boom i))))
        either id (const (Boom 0)) r @?= Boom 77
        t <- try (runApp 3 (tasks defaults (spawn (liftIO (throwIO (Boom 5))) >>= wait)))
        either id (const (Boom 0)) (() <$ t) @?= Boom 5
    , testCase "a timeout arrives" $ do
        r <- timeout 20000 (runApp 3 (parallelFor defaults (Range 0 maxBound) (\i -> scaled i >>= \x -> x `seq` pure ())))
        fmap (const ()) r @?= Nothing
    , testCase "the masking state is the caller's" $ do
        states <- newIORef []
        let note = liftIO (getMaskingState >>= \s -> atomicModifyIORef' states (\l -> (s : l, ())))
        _ <- runApp 3 (parallel defaults {numThreads = Just 2} (const note))
        _ <- mask_ (runApp 3 (parallel defaults {numThreads = Just 1} (const note)))
        got <- readIORef states
        take 1 got @?= [MaskedInterruptible]
        drop 1 got @?= map (const Unmasked) (drop 1 got)
    ]

foreign import ccall "dynamic" call :: FunPtr (Int -> IO Int) -> Int -> IO Int
