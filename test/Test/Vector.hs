-- | Vectors on the team, compared with "Data.Vector": the same elements for any team,
-- exceptions, and results that are evaluated again after an interruption.
module Test.Vector (tests, Any (..), Ints (..), double, full, like) where

import Control.Concurrent (runInBoundThread, threadDelay)
import Control.Exception (ArithException (..), evaluate, throw, try)
import Control.Monad (forM_, void, when)
import Data.Bits (xor)
import Data.IORef
import qualified Data.Vector as B
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Storable.Mutable as SM
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import System.IO.Unsafe (unsafePerformIO)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (again, function, generate)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic)
import qualified Control.Parallel.OpenMP.Vector as P

newtype Any = Any Options deriving (Show)

instance Arbitrary Any where
  arbitrary = do
    s <-
      oneof
        [ pure Static
        , StaticChunk <$> choose (1, 9)
        , Dynamic <$> choose (1, 300)
        , Guided <$> choose (1, 9)
        , pure Auto
        ]
    t <- elements [1, 2, 3, 4, 8]
    pure (Any (Options s (Just t)))

-- | Longer than QuickCheck's own.
newtype Ints = Ints [Int] deriving (Show)

instance Arbitrary Ints where
  arbitrary = Ints <$> (choose (0, 3000) >>= vector)

-- | Teams have the size asked for.
full :: IO a -> IO a
full act = setDynamic False *> act <* setDynamic True

-- | Whether the value, evaluated by a bound thread, is the other one.
like :: (Eq a, Show a) => a -> a -> Property
like got expected = ioProperty . full $ do
  r <- runInBoundThread (evaluate got)
  pure (r === expected)

double :: Int -> Double
double = sin . fromIntegral

tests :: TestTree
tests =
  testGroup
    "vectors"
    [ testProperty "map, unboxed" $ \(Any o) (Ints l) ->
        P.map o double (U.fromList l) `like` U.map double (U.fromList l)
    , testProperty "map, storable" $ \(Any o) (Ints l) ->
        P.map o double (S.fromList l) `like` S.map double (S.fromList l)
    , testProperty "map, to Bool, to pairs, to ()" $ \(Any o) (Ints l) ->
        let v = U.fromList l
         in (P.map o even v, P.map o (\x -> (x, odd x)) v, P.map o (const ()) v)
              `like` (U.map even v, U.map (\x -> (x, odd x)) v, U.map (const ()) v)
    , testProperty "map, boxed" $ \(Any o) (Ints l) ->
        P.map o show (B.fromList l) `like` B.map show (B.fromList l)
    , testProperty "imap" $ \(Any o) (Ints l) ->
        P.imap o (,) (U.fromList l) `like` U.imap (,) (U.fromList l)
    , testProperty "zipWith" $ \(Any o) (Ints l) (Ints k) ->
        P.zipWith o (-) (S.fromList l) (S.fromList k) `like` S.zipWith (-) (S.fromList l) (S.fromList k)
    , testProperty "generate" $ \(Any o) n ->
        P.generate o n double `like` U.generate n double
    , testProperty "fold, in order" $ \(Any o) (Ints l) ->
        P.fold o (++) "" (B.fromList (map show l)) `like` concatMap show l
    , testProperty "fold has the same bits for all teams" $ \(Any o) (Ints l) ->
        let v = U.fromList (map double l)
            sums = [P.fold o {numThreads = Just t} (+) 0 v | t <- [1 .. 8]]
         in sums `like` replicate 8 (P.fold o {numThreads = Just 1} (+) 0 v)
    , testProperty "foldMap" $ \(Any o) (Ints l) ->
        P.foldMap o (: []) (U.fromList l) `like` l
    , testProperty "mapM and generateM" $ \(Any o) (Ints l) -> ioProperty . full $ do
        let v = U.fromList l
        a <- P.mapM o (pure . double) v
        b <- P.generateM o (length l) (pure . U.unsafeIndex v)
        pure ((a, b) === (U.map double v, v))
    , testProperty "iforM_ meets every element once" $ \(Any o) (Ints l) -> ioProperty . full $ do
        seen <- UM.replicate (length l) 0
        P.iforM_ o (U.fromList l) (\i x -> UM.modify seen (+ (1 + (x `xor` i))) i)
        got <- U.freeze seen
        pure (got === U.imap (\i x -> 1 + (x `xor` i)) (U.fromList l))
    , testProperty "parallelSlices covers the vector" $ \(Any o) (Ints l) -> ioProperty . full $ do
        v <- S.thaw (S.fromList l)
        P.parallelSlices o v $ \from slice ->
          forM_ [0 .. SM.length slice - 1] $ \i -> SM.modify slice (\x -> 2 * x + from + i) i
        got <- S.freeze v
        pure (got === S.imap (\i x -> 2 * x + i) (S.fromList l))
    , testCase "one slice per thread under Static" $ full $ do
        v <- UM.replicate 1000 0
        P.parallelSlices defaults {numThreads = Just 4} v $ \from slice -> UM.set slice (from + 1)
        got <- U.freeze v
        U.toList (U.uniq got) @?= [1, 251, 501, 751]
    , testCase "exceptions of functions arrive as themselves at each evaluation" $ do
        let v = P.map defaults (\x -> if x == 777 then throw Overflow else x) (U.enumFromTo 0 (1000 :: Int))
        forM_ [1, 2 :: Int] $ \_ -> try (evaluate v) >>= (@?= Left Overflow)
        r <- try (P.mapM defaults (\x -> evaluate (10 `div` x)) (U.enumFromTo 0 (1000 :: Int)))
        r @?= Left DivideByZero
    , testCase "an interrupted result can be evaluated again" $
        forM_ [(id, Just 1), (id, Just 2), (runInBoundThread, Just 1), (runInBoundThread, Just 2)] $
          \(by, threads) -> full . by $ do
            slow <- newIORef True
            let wait x = unsafePerformIO $ do
                  delay <- readIORef slow
                  when delay (threadDelay 20000000)
                  pure (x + 1)
                v = P.map (Options Static threads) wait (U.enumFromTo 1 (10 :: Int))
            r <- timeout 50000 (evaluate v)
            r @?= Nothing
            writeIORef slow False
            again <- timeout 10000000 (evaluate v)
            again @?= Just (U.enumFromTo 2 11)
    , testCase "bad arguments name the function" $ do
        let none = defaults {numThreads = Just 0}
            v = U.fromList [1, 2, 3 :: Int]
            names function act = do
              r <- try act
              either inFunction (const "accepted") r @?= function
        names "Vector.map" (void (evaluate (P.map none (+ 1) v)))
        names "Vector.imap" (void (evaluate (P.imap none (+) v)))
        names "Vector.zipWith" (void (evaluate (P.zipWith none (+) v v)))
        names "Vector.generate" (void (evaluate (P.generate none 3 id :: U.Vector Int)))
        names "Vector.fold" (void (evaluate (P.fold none (+) 0 v)))
        names "Vector.foldMap" (void (evaluate (P.foldMap none show v)))
        names "Vector.mapM" (void (P.mapM none pure v))
        names "Vector.generateM" (void (P.generateM none 3 pure :: IO (U.Vector Int)))
        names "Vector.iforM_" (P.iforM_ none v (\_ _ -> pure ()))
        w <- U.thaw v
        names "Vector.parallelSlices" (P.parallelSlices none w (\_ _ -> pure ()))
    ]
