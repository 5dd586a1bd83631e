-- | Loops meet every index once, reductions give the same bits, bad arguments are
-- refused, and regions nest.
module Test.Loops (tests) where

import Control.Concurrent (runInBoundThread)
import Control.Exception (ArithException (Overflow), throw, try)
import Control.Monad (forM, forM_, replicateM_, void, when)
import Data.IORef
import Data.List (sort)
import Foreign.Marshal.Array (allocaArray, peekArray, pokeArray)
import Foreign.Ptr (Ptr)
import Foreign.Storable (peekElemOff, pokeElemOff)
import System.Mem (getAllocationCounter)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (function, total)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query

import Test.Generators (AnySchedule (..), Bound (..), Span (..), by)

newtype Threads = Threads Int deriving (Show)

instance Arbitrary Threads where
  arbitrary = Threads <$> elements [1, 2, 3, 4, 5, 8, 16]

-- | Does not combine its arguments.
newtype Bad = Bad Int deriving (Eq)

instance Semigroup Bad where
  _ <> _ = throw Overflow

instance Monoid Bad where
  mempty = Bad 0

tests :: TestTree
tests =
  testGroup
    "loops"
    [ testProperty "parallelFor meets every index once" $
        \bound (AnySchedule s) (Threads t) (Span from to) -> ioProperty . by bound $ do
          met <- indices from to $ \hit ->
            parallelFor (Options s (Just t)) (Range from to) hit
          pure (met === replicate (to - from) 1)
    , testProperty "parallelForChunks covers the range in whole chunks" $
        \bound (AnySchedule s) (Threads t) (Span from to) -> ioProperty . by bound $ do
          got <- newIORef []
          parallelForChunks (Options s (Just t)) (Range from to) $ \a b ->
            atomicModifyIORef' got (\l -> ((a, b) : l, ()))
          cells <- sort <$> readIORef got
          pure $
            all (uncurry (<)) cells
              && concatMap (\(a, b) -> take (b - a) [a ..]) cells == take (to - from) [from ..]
    , testProperty "parallelReduce keeps the order, whatever the team" $
        \bound (AnySchedule s) (Span from to) -> ioProperty . by bound $ do
          let expected = take (to - from) [from ..]
          results <- forM [1 .. 4] $ \t ->
            parallelReduce (Options s (Just t)) (Range from to) (.) id (\i -> pure (i :))
          pure (map ($ []) results === replicate 4 expected)
    , testProperty "floating-point sums have the same bits for teams of 1 to 8" $
        \(AnySchedule s) n -> ioProperty $ do
          let to = abs n * 37 :: Int
              term i = pure (sin (fromIntegral i) * 1e3 :: Double)
          sums <- forM [1 .. 8] $ \t ->
            parallelReduce (Options s (Just t)) (Range 0 to) (+) 0 term
          pure (and (zipWith (==) sums (drop 1 sums)))
    , testCase "parallelFoldMap" $ do
        r <- parallelFoldMap defaults (Range 0 1000) (\i -> pure [i])
        r @?= [0 .. 999]
    , testCase "the result of a reduction is evaluated" $ do
        let overflows :: Eq a => String -> IO a -> IO ()
            overflows what act = do
              r <- try act
              assertBool what (r == Left Overflow)
            bad = throw Overflow
        forM_ [1, 2, 10, 5000] $ \n -> do
          overflows "the function" (parallelReduce defaults (Range 0 n) (\_ _ -> bad) (0 :: Int) pure)
          overflows "the last combination" $
            parallelReduce defaults (Range 0 n) (\x y -> if y == n - 1 then bad else x + y) 0 pure
          overflows "the unit" (parallelReduce defaults (Range 0 n) (+) (bad :: Int) pure)
          overflows "a body's result" $
            parallelReduce defaults (Range 0 n) (+) 0 (\i -> pure (if i == n - 1 then bad else i))
          overflows "<>" (parallelFoldMap defaults (Range 0 n) (\_ -> pure (Bad 0)))
        overflows "the unit of no iteration" (parallelReduce defaults (Range 0 0) (+) (bad :: Int) pure)
    , testCase "an empty range runs nothing" $ do
        parallelFor defaults (Range 5 5) (const (assertFailure "ran"))
        parallelFor defaults (Range 5 (-5)) (const (assertFailure "ran"))
        parallelReduce defaults (Range 1 0) (+) (7 :: Int) (const (assertFailure "ran")) >>= (@?= 7)
    , testCase "the widest range is cut right" $ do
        seen <- newIORef []
        parallelForChunks (Options Static (Just 2)) (Range minBound maxBound) $ \a b ->
          atomicModifyIORef' seen (\l -> ((a, b) : l, ()))
        cells <- sort <$> readIORef seen
        map fst (take 1 cells) @?= [minBound]
        map snd (take 1 (reverse cells)) @?= [maxBound]
        and (zipWith (\c d -> snd c == fst d) cells (drop 1 cells)) @?= True
    , testCase "parallel runs once per thread, with its number" $
        forM_ [(t, b) | t <- [1, 2, 4], b <- [False, True]] $ \(t, bound) -> by (Bound bound) . replicateM_ 50 $ do
          setDynamic False
          got <- newIORef []
          parallel defaults {numThreads = Just t} $ \num -> do
            own <- threadNum
            size <- teamSize
            atomicModifyIORef' got (\l -> ((num, own, size) : l, ()))
          setDynamic True
          ran <- sort <$> readIORef got
          ran @?= [(n, n, t) | n <- [0 .. t - 1]]
    , testCase "bad arguments are refused" $ do
        let bad function options = do
              r <- try (parallelFor options (Range 0 10) (const (pure ())))
              case r of
                Left (InvalidArgument f _) -> f @?= function
                Right () -> assertFailure "accepted"
        forM_ [Just 0, Just (-3), Just maxBound] $ \n -> bad "parallelFor" defaults {numThreads = n}
        forM_ [StaticChunk 0, Dynamic (-1), Guided 0] $ \s -> bad "parallelFor" defaults {schedule = s}
    , testCase "a bad argument names the function that got it" $ do
        let none = defaults {numThreads = Just 0}
            names function act = do
              r <- try act
              either (\(InvalidArgument f _) -> f) (const "accepted") r @?= function
        names "parallel" (parallel none (const (pure ())))
        names "parallelForChunks" (parallelForChunks none (Range 0 1) (\_ _ -> pure ()))
        names "parallelReduce" (void (parallelReduce none (Range 0 1) (+) 0 pure))
        names "parallelFoldMap" (void (parallelFoldMap none (Range 0 1) (pure . show)))
    , testCase "a thread's next chunk allocates nothing" . runInBoundThread $ do
        setDynamic False
        before <- getAllocationCounter
        parallelFor (Options (StaticChunk 1) (Just 2)) (Range 0 100000) $ \i -> when (i < 0) (print i)
        after <- getAllocationCounter
        setDynamic True
        -- This thread takes half of the chunks.
        assertBool (show (before - after) ++ " bytes") (before - after < 50000)
    , testCase "a huge team works" $ do
        total <- newIORef (0 :: Int)
        parallelFor (Options (Dynamic 1) (Just 300)) (Range 0 1000) $ \i ->
          atomicModifyIORef' total (\t -> (t + i, ()))
        readIORef total >>= (@?= 499500)
    , testCase "Runtime means what setSchedule says" $ do
        before <- runSchedule
        forM_ [Static, StaticChunk 3, Dynamic 5, Guided 2, Auto] $ \s -> do
          setSchedule s
          runSchedule >>= (@?= s)
        setSchedule (Dynamic 10)
        sizes <- newIORef []
        parallelForChunks (Options Runtime (Just 3)) (Range 0 100) $ \a b ->
          atomicModifyIORef' sizes (\l -> ((b - a) : l, ()))
        setSchedule before
        got <- readIORef sizes
        when (length got > 1) (got @?= replicate 10 10)
    , testCase "regions nest three deep" $ forM_ [False, True] $ \bound -> by (Bound bound) $ do
        levels <- maxActiveLevels
        setMaxActiveLevels 3
        setDynamic False
        count <- newIORef (0 :: Int)
        let two = defaults {numThreads = Just 2}
        parallel two $ \a -> parallel two $ \b -> parallel two $ \c -> do
          l <- level
          nums <- mapM ancestorThreadNum [1, 2, 3, 4]
          sizes <- mapM teamSizeAt [0, 1, 2, 3]
          (l, nums) @?= (3, [Just a, Just b, Just c, Nothing])
          sizes @?= [Just 1, Just 2, Just 2, Just 2]
          atomicModifyIORef' count (\n -> (n + 1, ()))
        setMaxActiveLevels levels
        setDynamic True
        readIORef count >>= (@?= 8)
    , testCase "an inner region beyond the active levels has one thread" $ do
        levels <- maxActiveLevels
        setMaxActiveLevels 1
        -- If the outer region had one thread, the inner one could be active.
        setDynamic False
        parallel defaults {numThreads = Just 2} $ \_ -> parallel defaults {numThreads = Just 4} $ \_ ->
          teamSize >>= (@?= 1)
        setDynamic True
        setMaxActiveLevels levels
    , testCase "loops nest in loops" $ do
        total <- newIORef (0 :: Int)
        parallelFor defaults (Range 0 20) $ \i ->
          parallelFor (Options (Dynamic 3) Nothing) (Range 0 50) $ \j ->
            atomicModifyIORef' total (\t -> (t + i * j, ()))
        readIORef total >>= (@?= sum [i * j | i <- [0 .. 19], j <- [0 .. 49]])
    ]

-- | How often each index was met.
indices :: Int -> Int -> ((Int -> IO ()) -> IO ()) -> IO [Int]
indices from to run = allocaArray (n + 1) $ \counts -> do
  pokeArray counts (replicate n 0)
  -- Different indices are different words, and each index belongs to one
  -- thread, so a plain increment would show a second visit as 2.
  run (\i -> bump counts (i - from))
  peekArray n counts
  where
    n = to - from

bump :: Ptr Int -> Int -> IO ()
bump p i = peekElemOff p i >>= pokeElemOff p i . (+ 1)
