{-# LANGUAGE ScopedTypeVariables #-}

-- | Vectors for C without a copy.
module Test.Pinned (tests) where

import Control.Concurrent (forkIO, killThread, yield)
import Control.Exception
import Control.Monad (forM_, forever)
import Data.Int (Int16, Int8)
import qualified Data.Vector.Primitive as P
import qualified Data.Vector.Primitive.Mutable as PM
import qualified Data.Vector.Storable as S
import qualified Data.Vector.Unboxed as U
import qualified Data.Vector.Unboxed.Mutable as UM
import Data.Word (Word16)
import Foreign (Ptr, Storable, advancePtr, nullPtr, peekArray, poke, pokeArray)
import System.Mem (performMajorGC)
import Test.Tasty (TestTree, testGroup)
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck (Arbitrary, Property, ioProperty, testProperty, (.&&.), (===))

import Control.Parallel.OpenMP (InvalidArgument (..))
import Control.Parallel.OpenMP.Pinned

-- | C sees these elements, in each kind of memory and in slices.
sees :: (OneArray a, Storable a, Show a, Eq a) => [a] -> Int -> Property
sees xs k = same (U.fromList xs) .&&. same (pin (U.fromList xs)) .&&. same (U.slice cut (length xs - cut) large)
  where
    cut = abs k `mod` (length xs + 1)
    large = U.fromList xs U.++ U.concatMap (U.replicate 3500) (U.fromList (take 1 xs))
    same v = ioProperty $ do
      ys <- withUnboxed v (peekArray (U.length v))
      zs <- S.unsafeWith (toStorable v) (peekArray (U.length v))
      pure (ys === U.toList v .&&. zs === U.toList v .&&. U.toList (pin v) === U.toList v)

type Sees a = [a] -> Int -> Property

law :: forall a. (Arbitrary a, OneArray a, Storable a, Show a, Eq a) => String -> a -> TestTree
law name _ = testProperty name (sees :: Sees a)

address :: U.Vector Int -> IO (Ptr Int)
address v = withUnboxed v pure

tests :: TestTree
tests =
  testGroup
    "pinned vectors"
    [ testGroup
        "C sees the elements"
        [ law "Int" (0 :: Int)
        , law "Int8" (0 :: Int8)
        , law "Int16" (0 :: Int16)
        , law "Word16" (0 :: Word16)
        , law "Float" (0 :: Float)
        , law "Double" (0 :: Double)
        , law "Char" 'x'
        ]
    , testGroup
        "no copy"
        [ testCase "a pinned vector has one address, and a slice lies in it" $ do
            let v = generatePinned 10 id
            assertBool "pinned" (isPinned v)
            p <- address v
            performMajorGC
            p' <- address v
            p' @?= p
            q <- address (U.slice 3 4 v)
            q @?= p `advancePtr` 3
            r <- S.unsafeWith (toStorable v) pure
            r @?= p
            address (pin v) >>= (@?= p)
        , testCase "C writes into a pinned vector itself" $ do
            v <- newPinned 4 :: IO (UM.IOVector Int)
            withMutableUnboxed v $ \p -> do
              UM.write v 1 7
              xs <- peekArray 4 p
              xs @?= [0, 7, 0, 0]
              poke p 5
              UM.read v 0 >>= (@?= 5)
        , testCase "a large vector is pinned" $ do
            let v = U.enumFromN 0 1000 :: U.Vector Int
            assertBool "pinned" (isPinned v)
            p <- address v
            address v >>= (@?= p)
            xs <- withUnboxed v (peekArray 1000)
            xs @?= [0 .. 999]
        ]
    , testGroup
        "a copy"
        [ testCase "what C wrote comes back, in the slice alone" $ do
            v <- U.thaw (U.enumFromN 0 10) :: IO (UM.IOVector Int)
            withMutableUnboxed (UM.slice 3 2 v) (`pokeArray` [100, 200])
            U.freeze v >>= (@?= U.fromList [0, 1, 2, 100, 200, 5, 6, 7, 8, 9])
        , testCase "also after an exception" $ do
            v <- U.thaw (U.enumFromN 0 3) :: IO (UM.IOVector Int)
            r <- try (withMutableUnboxed v (\p -> poke p 9 >> throwIO Overflow))
            r @?= (Left Overflow :: Either ArithException ())
            U.freeze v >>= (@?= U.fromList [9, 1, 2])
        , testCase "the vector that was copied stays as it was" $ do
            let v = U.fromList [1, 2, 3 :: Int]
            p <- withUnboxed v $ \p -> p <$ pokeArray p [7, 8, 9]
            assertBool "an address" (p /= nullPtr)
            v @?= U.fromList [1, 2, 3]
        ]
    , testCase "primitive vectors and byte arrays" $ do
        let v = P.enumFromN 0 5 :: P.Vector Double
        withPrimitive (P.drop 2 v) (peekArray 3) >>= (@?= [2, 3, 4])
        m <- P.thaw v
        withMutablePrimitive (PM.drop 4 m) (`poke` 10)
        P.freeze m >>= (@?= P.fromList [0, 1, 2, 3, 10])
        P.Vector _ _ array <- pure (P.fromList "abc")
        bytes <- withByteArray array (peekArray 12)
        filter (/= 0) bytes @?= [97, 98, 99]
        PM.MVector _ _ mutable <- P.thaw (P.fromList "abc")
        withMutableByteArray mutable $ \p -> peekArray 12 p >>= (@?= bytes)
    , testCase "empty vectors" $ do
        withUnboxed (U.empty :: U.Vector Int) (peekArray 0) >>= (@?= [])
        toStorable (U.empty :: U.Vector Int) @?= S.empty
        generatePinned (-1) id @?= U.empty
        v <- newPinned 0 :: IO (UM.IOVector Int)
        withMutableUnboxed v (const (pure ()))
        r <- try (newPinned (-1) :: IO (UM.IOVector Int))
        either id (const (error "no exception")) r @?= InvalidArgument "newPinned" "the length -1 is negative"
    , testCase "the memory stays alive under collections" $ do
        other <- forkIO (forever (performMajorGC >> yield))
        forM_ [1 .. 20 :: Int] $ \k -> do
          xs <- withUnboxed (U.enumFromN k 20) (\p -> performMajorGC >> peekArray 20 p)
          xs @?= [k .. k + 19]
          S.toList (toStorable (U.enumFromN k 20)) @?= [k .. k + 19]
        killThread other
    ]
