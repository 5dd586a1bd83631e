-- | Parts of one vector: each side has its own elements, whatever the divisions.
module Test.Split (tests) where

import Control.Concurrent (runInBoundThread, threadDelay)
import Control.Exception (throw, throwIO, try)
import Control.Monad (forM_, void, when)
import qualified Data.Vector as B
import qualified Data.Vector.Mutable as BM
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Storable.Mutable as SM
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import Foreign (Ptr, peek, plusPtr, poke)
import Foreign.Marshal.Utils (moveBytes)
import System.Timeout (timeout)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Split
import Test.Generators

foreign import ccall safe "kernel_dgemm"
  c_dgemm :: Int -> Ptr Double -> Ptr Double -> Ptr Double -> IO ()

-- | A plan for a part: what to do with it, or where to divide it. The numbers are taken
-- modulo the length.
data Plan = Add Int | Negate | InC | Halves Int Plan Plan | Blocks [(Int, Plan)]
  deriving (Show)

instance Arbitrary Plan where
  arbitrary = sized plan
    where
      plan n
        | n < 2 = oneof [Add <$> arbitrary, pure Negate, pure InC]
        | otherwise =
            oneof
              [ Halves <$> choose (0, 1000) <*> plan (n `div` 2) <*> plan (n `div` 2)
              , Halves <$> choose (0, 1000) <*> plan (n - 1) <*> plan 1
              , do
                  k <- choose (0, 4)
                  Blocks <$> vectorOf k ((,) <$> choose (0, 1000) <*> plan (n `div` 4))
              ]
  shrink p = case p of
    Halves k a b -> [a, b] ++ [Halves k a' b | a' <- shrink a] ++ [Halves k a b' | b' <- shrink b]
    Blocks ps -> map snd ps ++ [Blocks qs | qs <- shrinkList (const []) ps]
    _ -> []

-- | The lengths of the blocks in a part of this length.
cut :: Int -> [(Int, Plan)] -> [(Int, Plan)]
cut left plans = case plans of
  [] -> []
  (k, p) : others -> let size = k `mod` (left + 1) in (size, p) : cut (left - size) others

-- | The plan, carried out by sides. Counts the elements that were worked on.
worked :: Plan -> SM.MVector s Int -> Side s Int
worked plan part = case plan of
  Add k -> n <$ forM_ [0 .. n - 1] (SM.modify part (+ k))
  Negate -> n <$ forM_ [0 .. n - 1] (SM.modify part negate)
  InC -> kernel part (\p len -> len <$ when (len > 0) (moveBytes p (p `plusPtr` 8) (8 * (len - 1))))
  Halves k a b -> uncurry (+) <$> halves (k `mod` (n + 1)) part (worked a) (worked b)
  Blocks ps -> sum <$> blocks part [Block size (worked p) | (size, p) <- cut n ps]
  where
    n = SM.length part

-- | The same for a list.
expected :: Plan -> [Int] -> ([Int], Int)
expected plan xs = case plan of
  Add k -> (map (+ k) xs, n)
  Negate -> (map negate xs, n)
  InC -> (drop 1 xs ++ [last xs | n > 0], n)
  Halves k a b ->
    let (ys, zs) = splitAt (k `mod` (n + 1)) xs
        (ys', i) = expected a ys
        (zs', j) = expected b zs
     in (ys' ++ zs', i + j)
  Blocks ps -> go (cut n ps) xs
  where
    n = length xs
    go [] rest = (rest, 0)
    go ((size, p) : others) rest =
      let (ys, i) = expected p (take size rest)
          (zs, j) = go others (drop size rest)
       in (ys ++ zs, i + j)

tests :: TestTree
tests =
  testGroup
    "parts of vectors"
    [ testProperty "sides do to their parts what the plan says" $ \bound (AnyOptions o) plan (NonNegative k) ->
        ioProperty . by bound . full $ do
          let xs = take (7 * k) [1 ..]
          v <- S.thaw (S.fromList xs)
          n <- borrow o v (worked plan)
          got <- S.toList <$> S.freeze v
          pure ((got, n) === expected plan xs)
    , testProperty "quicksort in place, unboxed and boxed" $ \(AnyOptions o) (NonNegative size) -> ioProperty . full $ do
        let xs = take (20 * size) (iterate (\x -> (x * 1103515245 + 12345) `mod` 2147483648) 42) :: [Int]
        v <- U.thaw (U.fromList xs)
        borrow o v quicksortU
        got <- U.toList <$> U.freeze v
        b <- B.thaw (B.fromList (map show xs))
        n <- borrow o b (\part -> halves (BM.length part `div` 2) part (pure . BM.length) (pure . BM.length))
        pure (and (zipWith (<=) got (drop 1 got)) && sum got == sum xs && uncurry (+) n == length xs)
    , testProperty "eachBlock meets every block once" $ \(AnyOptions o) (NonNegative n) (Positive size) ->
        ioProperty . full $ do
          v <- BM.replicate n []
          borrow o v (\part -> eachBlock size part (\from b -> forM_ [0 .. BM.length b - 1] (BM.modify b ((from, BM.length b) :))))
          got <- B.toList <$> B.freeze v
          pure (got === [[(from, min size (n - from))] | i <- [0 .. n - 1], let from = i - i `mod` size])
    , testCase "a kernel with a pragma on one half, beside a closure on the other" $ full $ forM_ [1, 2, 4] $ \t -> do
        let n = 16
            a = S.generate (n * n) (\i -> fromIntegral (i `mod` 7)) :: S.Vector Double
            at i j = sum [a S.! (i * n + k) * a S.! (k * n + j) | k <- [0 .. n - 1]]
        v <- SM.replicate (n * n + 100) 0
        r <- borrow defaults {numThreads = Just t} v $ \whole ->
          halves (n * n) whole
            (`kernel` \c _ -> S.unsafeWith a (\p -> c_dgemm n p p c))
            (\b -> SM.set b 1 >> SM.read b 99)
        r @?= ((), 1)
        got <- S.freeze v
        got @?= S.generate (n * n) (\i -> at (i `div` n) (i `mod` n)) S.++ S.replicate 100 1
    , testCase "exceptions of sides" $ full $ forM_ [1, 2, 4] $ \t -> do
        let o = defaults {numThreads = Just t}
            booms act = try act >>= either (@?= Boom 7) (const (assertFailure "no exception"))
            boom = kernel `flip` \_ _ -> throwIO (Boom 7)
        v <- SM.replicate 100 'a'
        booms (borrow o v boom)
        booms (borrow o v (\p -> halves 50 p boom pure'))
        booms (borrow o v (\p -> halves 50 p pure' boom))
        booms (borrow o v (\p -> halves 50 p (\_ -> pure ()) (\_ -> pure (throw (Boom 7)))))
        booms (borrow o v (\p -> halves 50 p (\_ -> pure (throw (Boom 7))) (\_ -> pure ())))
        forM_ [0 .. 4] $ \k ->
          booms (borrow o v (\p -> blocks p [Block 20 (if i == k then boom else pure') | i <- [0 .. 4 :: Int]]))
        healthy
    , testCase "bad arguments name the function" $ do
        v <- SM.replicate 10 'a'
        let refused name act = try act >>= either ((@?= name) . inFunction) (const (assertFailure name))
        refused "Split.borrow" (borrow defaults {numThreads = Just 0} v pure')
        forM_ [-1, 11] $ \k -> refused "Split.halves" (borrow defaults v (\p -> halves k p pure' pure'))
        forM_ [[-1], [11], [6, 5], [maxBound, maxBound], [5, -1, 5]] $ \sizes ->
          refused "Split.blocks" (borrow defaults v (\p -> blocks p [Block k pure' | k <- sizes]))
        forM_ [0, -1] $ \k -> refused "Split.eachBlock" (borrow defaults v (\p -> eachBlock k p (\_ _ -> pure ())))
        borrow defaults v (\p -> blocks p []) >>= \none -> length (none :: [()]) @?= 0
    , testCase "timeout interrupts sides" $ full $ forM_ [1, 2, 4] $ \t ->
        forM_ [id, runInBoundThread] $ \caller -> caller $ do
          v <- SM.replicate 100 'a'
          let slow part = kernel part (\_ _ -> threadDelay 20000000)
          soon Nothing . timeout 20000 . void $
            borrow defaults {numThreads = Just t} v (\p -> halves 30 p slow (\q -> halves 20 q slow slow))
          healthy
    , testCase "two sides run at the same time" $ full $ do
        v <- SM.replicate 2 (0 :: Int)
        -- Each side waits for the other one. A kernel may do anything.
        r <- SM.unsafeWith v $ \cells -> timeout 20000000 $ do
          let meet mine other = poke (cells `plusPtr` mine) (1 :: Int) >> waitFor (cells `plusPtr` other)
              waitFor p = peek p >>= \x -> when (x == (0 :: Int)) (threadDelay 100 >> waitFor p)
          w <- SM.replicate 2 'a'
          borrow defaults {numThreads = Just 2} w $ \p ->
            halves 1 p (`kernel` \_ _ -> meet 0 8) (`kernel` \_ _ -> meet 8 0)
        r @?= Just ((), ())
    ]
  where
    pure' :: SM.MVector s Char -> Side s ()
    pure' _ = pure ()

quicksortU :: UM.MVector s Int -> Side s ()
quicksortU part
  | n < 2 = pure ()
  | otherwise = do
      pivot <- UM.read part (n `div` 2)
      UM.swap part 0 (n `div` 2)
      let go at i
            | i == n = pure at
            | otherwise = do
                x <- UM.read part i
                if x < pivot then UM.swap part (at + 1) i >> go (at + 1) (i + 1) else go at (i + 1)
      at <- go 0 1
      UM.swap part 0 at
      void (halves at part quicksortU (\rest -> halves 1 rest (\_ -> pure ()) quicksortU))
  where
    n = UM.length part
