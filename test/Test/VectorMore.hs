{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE RankNTypes #-}

-- | The vector functions that are more than a loop over the elements: folds by index,
-- scans, sorts, selections and histograms. "Data.Vector" says what they should give.
module Test.VectorMore (tests) where

import Control.Concurrent (runInBoundThread, threadDelay)
import Control.Exception (ArithException (..), ErrorCall (..), evaluate, throw, try)
import Control.Monad (forM_, when)
import Data.IORef (newIORef, readIORef, writeIORef)
import Data.List (sort, sortBy)
import Data.Ord (Down (..), comparing)
import qualified Data.Vector as B
import qualified Data.Vector.Generic as G
import qualified Data.Vector.Primitive as Prim
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import System.IO.Unsafe (unsafePerformIO)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck hiding (again, function, generate)

import Control.Parallel.OpenMP
import qualified Control.Parallel.OpenMP.Vector as P
import Test.Vector (Any (..), Ints (..), double, full, like)

-- | Lengths at the borders of blocks, and some others.
newtype Length = Length Int deriving (Show)

instance Arbitrary Length where
  arbitrary = Length <$> oneof [choose (0, 40), border, choose (0, 6000)]
    where
      border = do
        k <- choose (4, 13) :: Gen Int
        (2 ^ k +) <$> choose (-1, 1)
  shrink (Length n) = [Length k | k <- [n `div` 2, n - 1], k >= 0, k < n]

-- | A vector of this many numbers below the bound.
ints :: G.Vector v Int => Int -> Int -> v Int
ints bound n = G.fromListN n (map (`mod` bound) (iterate step 42))
  where
    step x = (x * 1103515245 + 12345) `mod` 2147483648

-- | The maps x -> a x + b, composed: associative, and not commutative.
type Affine = (Int, Int)

after :: Affine -> Affine -> Affine
after (a, b) (c, d) = (a * c, c * b + d)

teams :: [Maybe Int]
teams = map Just [1, 2, 4]

tests :: TestTree
tests = testGroup "more vectors" [kinds, folds, scans, sorts, selections]

-- | The functions give the same for all kinds of vectors.
kinds :: TestTree
kinds =
  testGroup
    "unboxed, storable, primitive and boxed"
    [ same "zips" (\o v -> G.toList (P.izipWith o (\i x y -> i + x * y) v (P.zipWith3 o (\x y z -> x - y * z) v v v)))
        (\l -> zipWith3 (\i x y -> i + x * y) [0 ..] l (map (\x -> x - x * x) l))
    , same "maximumIndex and minimumIndex"
        (\o v -> if G.null v then [] else [P.maximumIndex o v, P.minimumIndex o v])
        (\l -> let u = U.fromList l in if null l then [] else [U.maxIndex (firsts u), U.minIndex u])
    , same "backpermute" (\o v -> G.toList (P.backpermute o v (P.imap o (\i _ -> G.length v - 1 - i) v))) reverse
    , same "accumulate_ and histogram"
        ( \o v ->
            let bins = P.map o (`mod` 10) v
             in G.toList (P.accumulate_ o (\x y -> 7 * x + y) (G.enumFromN 0 10 `asTypeOf` v) bins v)
                  ++ G.toList (P.histogram o 10 (`mod` 10) v `asTypeOf` v)
        )
        ( \l ->
            [foldl (\x y -> 7 * x + y) b [y | y <- l, y `mod` 10 == b] | b <- [0 .. 9]]
              ++ [length [y | y <- l, y `mod` 10 == b] | b <- [0 .. 9]]
        )
    , same "sorts" (\o v -> concatMap G.toList [P.sort o v, P.sortBy o (\x y -> compare y x) v, P.sortOn o (`mod` 10) v])
        (\l -> concat [sort l, sortBy (\x y -> compare y x) l, sortBy (comparing (`mod` 10)) l])
    , same "scans with seeds"
        (\o v -> concatMap G.toList ([f o (\x y -> x * y + x + y) 1 v | f <- [P.prescanl', P.postscanl', P.scanl']] ++ [f o max 3 v | f <- [P.prescanr', P.postscanr', P.scanr']]))
        ( \l ->
            let up = scanl (\x y -> x * y + x + y) 1 l
                down = scanr max 3 l
             in concat [init up, drop 1 up, up, drop 1 down, init down, down]
        )
    , same "selections" (\o v -> let (a, b) = P.partition o even v in concatMap G.toList [a, b, P.filter o odd v, P.ifilter o (\i _ -> even i) v])
        (\l -> filter even l ++ filter odd l ++ filter odd l ++ [x | (i, x) <- zip [0 :: Int ..] l, even i])
    , testCase "replicateM" $ full $ do
        P.replicateM defaults 99 (pure 'x') >>= (@?= U.replicate 99 'x')
        P.replicateM defaults 99 (pure 'x') >>= (@?= S.replicate 99 'x')
        P.replicateM defaults 99 (pure 'x') >>= (@?= Prim.replicate 99 'x')
        P.replicateM defaults 99 (pure 'x') >>= (@?= B.replicate 99 'x')
    ]
  where
    -- vector 0.12's maxIndex gives the last of equal ones.
    firsts u = U.imap (\i x -> (x, negate i)) u
    same
      :: String
      -> (forall v. G.Vector v Int => Options -> v Int -> [Int])
      -> ([Int] -> [Int])
      -> TestTree
    same name ours expected = testProperty name . withMaxSuccess 25 $ \(Any o) (Length n) ->
      let l = U.toList (ints 1000 n)
       in [ours o (U.fromList l), ours o (S.fromList l), ours o (Prim.fromList l), ours o (B.fromList l)]
            `like` replicate 4 (expected l)

folds :: TestTree
folds =
  testGroup
    "folds and zips"
    [ testProperty "sum and product, unboxed" $ \(Any o) (Ints l) ->
        let v = U.fromList l in (P.sum o v, P.product o v) `like` (U.sum v, U.product v)
    , testProperty "sum, primitive" $ \(Any o) (Ints l) ->
        P.sum o (Prim.fromList l) `like` sum l
    , testProperty "sum, boxed" $ \(Any o) (Ints l) ->
        P.sum o (B.fromList (map toInteger l)) `like` sum (map toInteger l)
    , testProperty "sum of doubles has the same bits for all teams" $ \(Any o) (Ints l) ->
        let v = S.fromList (map double l)
         in [P.sum o {numThreads = t} v | t <- teams] `like` replicate 3 (P.sum o {numThreads = Just 1} v)
    , testProperty "maximum, minimum and their first indices" $ \(Any o) (Length n) (Positive k) ->
        let v = ints k (n + 1) :: S.Vector Int
            greatest = S.maximum v
            least = S.minimum v
         in (P.maximum o v, P.minimum o v, Just (P.maximumIndex o v), Just (P.minimumIndex o v))
              `like` (greatest, least, S.elemIndex greatest v, S.elemIndex least v)
    , testProperty "maximumIndexBy and minimumIndexBy" $ \(Any o) (Length n) ->
        let v = B.map show (ints 50 (n + 1) :: B.Vector Int)
            by x y = compare (length x) (length y)
            lengths = B.map length v
         in (Just (P.maximumIndexBy o by v), Just (P.minimumIndexBy o by v))
              `like` (B.elemIndex (B.maximum lengths) lengths, B.elemIndex (B.minimum lengths) lengths)
    , testProperty "izipWith, zipWith3, izipWith3" $ \(Any o) (Ints l) (Ints k) ->
        let v = U.fromList l
            w = U.fromList k
            u = U.map (* 3) w
         in (P.izipWith o (\i x y -> i + x - y) v w, P.zipWith3 o (,,) v w u, P.izipWith3 o (,,,) u v w)
              `like` (U.izipWith (\i x y -> i + x - y) v w, U.zipWith3 (,,) v w u, U.izipWith3 (,,,) u v w)
    , testProperty "unzip" $ \(Any o) (Ints l) ->
        let pairs = map (\x -> (x, even x)) l
         in (P.unzip o (U.fromList pairs), P.unzip o (B.fromList pairs))
              `like` (U.unzip (U.fromList pairs), B.unzip (B.fromList pairs))
    , testProperty "backpermute" $ \(Any o) (Length n) (Length k) ->
        let v = U.generate (n + 1) double
            is = ints (n + 1) k
         in P.backpermute o v is `like` U.backpermute v is
    , testProperty "createBlocks" $ \(Any o) (Length n) (Positive size) -> do
        let odds from b = forM_ [i | i <- [from .. from + UM.length b - 1], odd i] $ \i -> UM.write b (i - from) i
        P.createBlocks o size n odds `like` U.generate n (\i -> if odd i then i else 0)
    , testCase "createBlocks says what it refuses, and throws what its body throws" $ full $ do
        r <- try (evaluate (P.createBlocks defaults 0 5 (\_ _ -> pure ()) :: U.Vector Int))
        either inFunction (const "accepted") r @?= "Vector.createBlocks"
        forM_ teams $ \t -> do
          let body from b = if from == 770 then throw Overflow else UM.set b (from :: Int)
          x <- try (evaluate (P.createBlocks defaults {numThreads = t} 10 1000 body :: U.Vector Int))
          fmap U.length x @?= Left Overflow
    , testProperty "replicateM" $ \(Any o) (Length n) -> ioProperty . full $ do
        v <- P.replicateM o n (pure 'x')
        pure (v === U.replicate n 'x')
    , testCase "what is not there" $ do
        errs "Vector.maximumIndex: empty vector" (P.maximumIndex defaults (U.empty :: U.Vector Int))
        errs "Vector.minimum: empty vector" (P.minimum defaults (B.empty :: B.Vector Int))
        forM_ [-1, 3] $ \i ->
          errs ("Vector.backpermute: index out of bounds " ++ show (i, 3 :: Int)) $
            P.backpermute defaults (U.fromList "abc") (U.fromList [0, i])
    , testCase "exceptions of functions" $ full $ forM_ teams $ \t -> do
        let o = defaults {numThreads = t}
            v = U.enumFromTo 1 (5000 :: Int)
            bad x = if x == 777 then throw Overflow else x
            overflows x = try (evaluate x) >>= either (@?= Overflow) (const (assertFailure "no exception"))
        overflows (P.izipWith o (\_ x y -> bad x + y) v v)
        overflows (P.zipWith3 o (\x y z -> bad x + y + z) v v v)
        overflows (P.maximumIndexBy o (\x y -> compare (bad x) (bad y)) v)
        overflows (P.sum o (B.map bad (B.convert v)))
    ]

errs :: String -> a -> Assertion
errs expected x = do
  r <- try (evaluate x)
  case r of
    Left (ErrorCall said) -> said @?= expected
    Right _ -> assertFailure "no exception"

-- | In vector 0.12 some scans of nothing are errors.
ifAny :: G.Vector v a => (v a -> v a) -> v a -> v a
ifAny f v = if G.null v then v else f v

scans :: TestTree
scans =
  testGroup
    "scans"
    [ testProperty "from the left, unboxed" $ \(Any o) (Length n) ->
        let v = U.zip (ints 1000 n) (ints 7 n)
            z = (3, 1)
         in (P.prescanl' o after z v, P.postscanl' o after z v, P.scanl' o after z v, P.scanl1' o after v)
              `like` (U.prescanl' after z v, U.postscanl' after z v, U.scanl' after z v, ifAny (U.scanl1' after) v)
    , testProperty "from the right, unboxed" $ \(Any o) (Length n) ->
        let v = U.zip (ints 1000 n) (ints 7 n)
            z = (3, 1)
         in (P.prescanr' o after z v, P.postscanr' o after z v, P.scanr' o after z v, P.scanr1' o after v)
              `like` (U.prescanr' after z v, U.postscanr' after z v, U.scanr' after z v, ifAny (U.scanr1' after) v)
    , testProperty "boxed, storable and primitive" $ \(Any o) (Length n) ->
        ( P.prescanl' o (++) "z" (B.map show (ints 10 (n `div` 8) :: B.Vector Int))
        , P.postscanl' o (+) 1 (ints 1000 n :: S.Vector Int)
        , P.scanr1' o max (ints 1000 n :: Prim.Vector Int)
        )
          `like` ( B.prescanl' (++) "z" (B.map show (ints 10 (n `div` 8) :: B.Vector Int))
                 , S.postscanl' (+) 1 (ints 1000 n)
                 , ifAny (Prim.scanr1' max) (ints 1000 n)
                 )
    , testProperty "sums of doubles have the same bits for all teams" $ \(Any o) (Length n) ->
        let v = U.map double (ints 100000 n)
            of' t = (P.scanl' o {numThreads = t} (+) 0.1 v, P.prescanr' o {numThreads = t} (+) 0.1 v, P.sum o {numThreads = t} v)
         in map of' teams `like` replicate 3 (of' (Just 1))
    , testCase "exceptions of functions" $ full $ forM_ teams $ \t -> do
        let v = U.enumFromTo 1 (5000 :: Int)
            bad x y = if y == 777 then throw Overflow else max x y
            o = defaults {numThreads = t}
        forM_ [P.prescanl' o bad 0 v, P.postscanl' o bad 0 v, P.scanl1' o bad v] $ \w ->
          try (evaluate w) >>= either (@?= Overflow) (const (assertFailure "no exception"))
    ]

-- | Numbers in the shapes that sorts meet: random with few or many equal ones, in
-- order, in reverse order, in order but for one, and up and down.
newtype Shaped = Shaped [Int] deriving (Show)

instance Arbitrary Shaped where
  arbitrary = do
    Length n <- arbitrary
    bound <- elements [1, 2, 10, 1000000]
    let random = U.toList (ints bound n)
    Shaped
      <$> elements
        [random, random, [1 .. n], [n, n - 1 .. 1], drop 1 [1 .. n] ++ [0 | n > 0], zipWith min [0 ..] (reverse [1 .. n])]

sorts :: TestTree
sorts =
  testGroup
    "sorts"
    [ testProperty "sort, unboxed, storable, primitive, boxed" $ \(Any o) (Shaped l) ->
        ( U.toList (P.sort o (U.fromList l))
        , S.toList (P.sort o (S.fromList l))
        , Prim.toList (P.sort o (Prim.fromList l))
        , B.toList (P.sort o (B.fromList (map toInteger l)))
        )
          `like` (sort l, sort l, sort l, map toInteger (sort l))
    , testProperty "sortBy and sortOn are stable" $ \(Any o) (Shaped l) ->
        let v = U.fromList (zip l [0 ..]) :: U.Vector (Int, Int)
            expected = sortBy (comparing (Down . fst)) (zip l [0 ..])
         in (U.toList (P.sortBy o (comparing (Down . fst)) v), U.toList (P.sortOn o (Down . fst) v))
              `like` (expected, expected)
    , testProperty "sort of doubles, and all elements where some are no numbers" $ \(Any o) (Shaped l) ->
        let v = U.fromList (map double l)
            holes = U.map (\x -> if x > 0.5 then 0 / 0 else x) v
            bits = sort . map show . U.toList
         in (U.toList (P.sort o v), bits (P.sort o holes)) `like` (sort (U.toList v), bits holes)
    , testProperty "a comparison that is no order loses no element" $ \(Any o) (Shaped l) (Fun _ f) ->
        let v = U.fromList (zip l [0 ..]) :: U.Vector (Int, Int)
            cmp (x, i) (y, j) = f (x `mod` 5, i `mod` 7, y `mod` 5, j `mod` 7)
         in sort (U.toList (P.sortBy o cmp v)) `like` sort (zip l [0 ..])
    , testCase "exceptions of comparisons" $ full $ forM_ teams $ \t ->
        forM_ [0, 2500, 4999] $ \k -> do
          let v = ints 1000000 5000 :: U.Vector Int
              bad x y = if v U.! k `elem` [x, y] then throw Overflow else compare x y
          r <- try (evaluate (P.sortBy defaults {numThreads = t} bad v))
          fmap U.length r @?= Left Overflow
    ]

selections :: TestTree
selections =
  testGroup
    "selections and accumulations"
    [ testProperty "filter, ifilter, mapMaybe, partition" $ \(Any o) (Length n) (Fun _ p) ->
        let v = ints 100 n :: U.Vector Int
            w = B.convert v :: B.Vector Int
            half x = if p x then Just (show x) else Nothing
         in ( (P.filter o p v, P.ifilter o (\i x -> p (i `mod` 100) /= p x) v, P.partition o p v)
            , (P.filter o p w, P.mapMaybe o half w, P.partition o p w)
            )
              `like` ( (U.filter p v, U.ifilter (\i x -> p (i `mod` 100) /= p x) v, U.partition p v)
                     , (B.filter p w, B.mapMaybe half w, B.partition p w)
                     )
    , testProperty "accumulate, with a function that cares for the order" $ \(Any o) (Length n) (Length k) ->
        let v = U.generate (n + 1) (* 3)
            is = ints (n + 1) k
            xs = ints 10 k :: U.Vector Int
            f x y = x * 31 + y
         in (P.accumulate o f v (U.zip is xs), S.toList (P.accumulate_ o f (U.convert v) (U.convert is) (U.convert xs)))
              `like` (U.accumulate f v (U.zip is xs), U.toList (U.accumulate f v (U.zip is xs)))
    , testProperty "histogram" $ \(Any o) (Length n) (Positive k) ->
        forAll (elements [1, 3, k, 100 * k]) $ \bins ->
          P.histogram o bins (`mod` bins) (ints 1000000 n :: U.Vector Int)
            `like` U.accumulate (+) (U.replicate bins 0) (U.map (\x -> (x `mod` bins, 1)) (ints 1000000 n))
    , testCase "indices outside" $ full $ forM_ teams $ \t -> forM_ [-1, 10] $ \i -> do
        let o = defaults {numThreads = t}
            is = U.fromList (replicate 2000 3 ++ [i])
        errs ("Vector.accumulate: index out of bounds " ++ show (i, 10 :: Int)) $
          P.accumulate o (+) (U.replicate 10 0) (U.map (\j -> (j, 1 :: Int)) is)
        errs ("Vector.histogram: index out of bounds " ++ show (i, 10 :: Int)) (P.histogram o 10 id is)
        errs "Vector.histogram: index out of bounds (3,0)" (P.histogram o 0 id is)
        errs "Vector.accumulate_: index out of bounds (3,0)" (P.accumulate_ o (+) U.empty is is)
    , testCase "exceptions of functions" $ full $ forM_ teams $ \t -> do
        let o = defaults {numThreads = t}
            v = U.enumFromTo 1 (5000 :: Int)
            bad x = if x == 777 then throw Overflow else x
            overflows x = try (evaluate x) >>= either (@?= Overflow) (const (assertFailure "no exception"))
        overflows (P.filter o (even . bad) v)
        overflows (P.partition o (even . bad) v)
        overflows (P.histogram o 5001 bad v)
        overflows (P.histogram o 10 ((`mod` 10) . bad) v)
        overflows (P.accumulate_ o (\x y -> x + bad y) v (U.map (subtract 1) v) v)
    , testCase "interrupted results can be evaluated again" $ full $ forM_ teams $ \t ->
        forM_ [True, False] $ \bound -> (if bound then runInBoundThread else id) $ do
          slow <- newIORef True
          let o = defaults {numThreads = t}
              wait x = unsafePerformIO $ do
                delay <- readIORef slow
                when delay (threadDelay 20000000)
                pure x
              v = U.enumFromTo 1 (200 :: Int)
              again w = do
                writeIORef slow True
                r <- timeout 20000 (evaluate w)
                r @?= Nothing
                writeIORef slow False
                timeout 10000000 (evaluate w)
          again (P.sortBy o (\x y -> compare (wait y) x) v) >>= (@?= Just (U.reverse v))
          again (P.scanl1' o (\x y -> wait x + y) v) >>= (@?= Just (U.scanl1 (+) v))
          again (P.filter o (even . wait) v) >>= (@?= Just (U.filter even v))
          again (P.accumulate_ o (\x y -> wait x + y) v (U.map (subtract 1) v) v) >>= (@?= Just (U.map (* 2) v))
    ]
