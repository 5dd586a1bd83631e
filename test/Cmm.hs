{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE TemplateHaskell #-}

-- | Functions in Cmm in Haskell modules: each type, pure functions and actions, on
-- many threads.
module Main (main) where

import Control.Concurrent (getNumCapabilities)
import Control.Exception
import Control.Monad (forM_)
import Data.IORef
import Data.Int
import Data.Primitive.ByteArray (byteArrayFromList)
import Data.Word
import Foreign
import Language.Haskell.TH.Syntax (lift)
import Test.Tasty (TestTree, defaultMain, testGroup)
import Test.Tasty.HUnit
import Unsafe.Coerce (unsafeCoerce)

import Control.Parallel.OpenMP

import Test.CmmKernels
import qualified Test.CmmNamesake as Namesake

main :: IO ()
main = defaultMain (testGroup "cmm" [testGroup "types" types, testGroup "calls" calls])

types :: [TestTree]
types =
  [ testCase "I64" $ agree add (+) [(a, b) | a <- edges, b <- edges]
  , testCase "I8" $ forM_ [minBound ..] $ \a -> signed8 a @?= a + 1
  , testCase "I16" $ forM_ [minBound ..] $ \a -> signed16 a @?= a + 1
  , testCase "I32" $ forM_ (edges :: [Int32]) $ \a -> signed32 a @?= a * 3
  , testCase "W8" $ forM_ [minBound ..] $ \a -> unsigned8 a @?= a + 1
  , testCase "W16" $ forM_ [minBound ..] $ \a -> unsigned16 a @?= a + 1
  , testCase "W32" $ forM_ (edges :: [Word32]) $ \a -> unsigned32 a @?= a * 3
  , testCase "W64" $ forM_ (edges :: [Word64]) $ \a -> unsigned64 a @?= a - 1
  , testCase "Word" $ agree words' (\a b -> a .&. complement b) [(a, b) | a <- edges, b <- edges]
  , testCase "Int" $ agree larger max [(a, b) | a <- edges, b <- edges]
  , testCase "F32 and F64" $ do
      halved 3 @?= 1.5
      floats 0.25 (-1.5) (-7) @?= -8.25
  , testCase "several results" $ do
      agree divide quotRem [(a, b) | a <- [-7, 0, 7, maxBound], b <- [-2, 2, 3]]
      r <- narrow 1000
      r @?= (1000, 1000, 232)
  , testCase "more arguments than registers" $
      many 1 0.5 2 0.25 3 0.25 4 5 6 (-7) 200 1.5 (-1) 2.5 3 @?= 654321 - 7000000 + 2000000000 + 700000000
  , testCase "pointers" $
      with 40 $ \p -> with (-2) $ \q -> do
        pointed (p :: Ptr Int) q >>= (@?= 38)
        withArray [1 .. 100] $ \xs -> do
          sumOf xs 100 >>= (@?= 5050)
          poke' xs 51
          peek xs >>= (@?= 51)
  , testCase "byte arrays" $ firstByte (byteArrayFromList [200, 1, 2 :: Word8]) @?= 200
  , testCase "lifted values, not evaluated" $ do
      unsafeCoerce (same (unsafeCoerce (Just 'x'))) @?= Just 'x'
      r <- keep (unsafeCoerce (throw Overflow :: Int))
      again <- try (evaluate (unsafeCoerce r :: Int))
      again @?= Left Overflow
  ]
  where
    agree f g cases = forM_ cases $ \(a, b) -> f a b @?= g a b

edges :: forall a. (Bounded a, Num a) => [a]
edges = [minBound, minBound + 1, maxBound, maxBound - 1, 0, 1, 2, -1, 77]

calls :: [TestTree]
calls =
  [ testCase "Cmm calls Cmm, of earlier quotations too" $ do
      map collatz [1, 2, 3, 27] @?= [0, 1, 7, 111]
      passed 27 @?= 222
  , testCase "C" $ root 2 @?= sqrt 2
  , testCase "two modules with the same names" $ do
      (add 1 2, Namesake.add 1.5 2) @?= (3, 3.5)
      (next 7, Namesake.next 7) @?= (22, 8)
  , testCase "the import itself" $ (Namesake.plus 40 2, Namesake.rawAdd 40 2) @?= (42, 42)
  , testCase "at compile time" $ $(lift (collatz 27)) @?= (111 :: Int)
  , testCase "actions are not shared" $ do
      first <- count
      second <- count
      second @?= first + 1
  , testCase "actions evaluate their arguments when they run" $ do
      evaluate (poke' (error "early") 1 `seq` ())
      r <- try (poke' (throw Overflow) 1)
      r @?= Left Overflow
  , testCase "in loops on several threads" $ do
      capabilities <- getNumCapabilities
      wrong <- newIORef (0 :: Int)
      steps <- parallelReduce defaults {schedule = Dynamic 50} (Range 1 10001) (+) 0 $ \i -> do
        number <- capability
        if 0 <= number && number < capabilities
          then pure (collatz i)
          else atomicModifyIORef' wrong (\n -> (n + 1, collatz i))
      steps @?= 849666
      readIORef wrong >>= (@?= 0)
  ]
