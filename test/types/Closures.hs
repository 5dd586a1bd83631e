{-# LANGUAGE CPP #-}
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE GeneralizedNewtypeDeriving #-}
{-# LANGUAGE RankNTypes #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | Closures and calls that are possible. With each of the macros, it becomes a
-- program that GHC refuses, for the reason that follows the macro.
module Closures where

import qualified Data.Vector.Storable as V
import Foreign.C.Types
import Foreign.Ptr
import Foreign.Storable (Storable)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Batch
import Control.Parallel.OpenMP.Callback

-- | Types that the program defines.
newtype Metres = Metres Double
  deriving newtype (Num, Storable, Result, Argument)

newtype Index = Index CInt
  deriving newtype (Storable, Result, Argument)

type Seven a = a -> a -> a -> a -> a -> a -> a -> IO a

-- | Functions that are polymorphic in the closure, with a type and without.
type With = forall f a. Callback f => f -> (FunPtr f -> IO a) -> IO a

with :: Bool -> With
with dense f act = if dense then withCallbackDense f act else withCallback f act

withInferred f act = withCallback f act

twice :: (Argument a, Result r) => (a -> IO r) -> (FunPtr (a -> IO r) -> IO ()) -> IO ()
twice f act = withCallback f act >> withCallbackDense f act

oneMore :: (Argument a, Callback r) => (a -> r) -> (FunPtr (a -> r) -> IO b) -> IO b
oneMore f act = withCallback f act

-- | In an instance GHC is quicker to choose instances for type variables.
class Counts f where
  counts :: f -> IO Bool

newtype Of f = Of f

instance Callback f => Counts (Of f) where
  counts (Of f) = withCallback f (\p -> pure (p == nullFunPtr))

instance (Argument a, Result r) => Counts (a -> IO r) where
  counts f = withCallbackDense f (\p -> pure (p == nullFunPtr))

instance (Argument a, Result b) => Counts (FunPtr (a -> b), V.Vector a, V.Vector b) where
  counts (f, xs, _) = (== 0) . V.length <$> batchMap (castFunPtr f :: FunPtr (a -> IO b)) xs

type Six f = CInt -> CInt -> CInt -> CInt -> CInt -> CInt -> f

type TwentyFour f = Six (Six (Six (Six f)))

-- | A function that is polymorphic in the arguments of a C function.
asked :: (Argument a, Result r, Callback r) => FunPtr (FunPtr (a -> r) -> a -> IO r) -> (a -> r) -> a -> IO r
asked function f x = withCallback f (\p -> served function p x)

inMonad :: Callback (m Int) => m Int -> IO ()
inMonad act = withCallback act (const (pure ()))

mapped :: (Argument a, Result b) => FunPtr (a -> IO b) -> V.Vector a -> IO (V.Vector b)
mapped = batchMap

called :: (Argument a, Result b) => FunPtr (a -> IO b) -> a -> IO b
called f x = runBatch (batchCall f x)

-- | Uses them at these types.
io :: a -> IO a
io = pure

uses :: IO ()
uses = do
  with True (\x -> io (x + 1 :: Metres)) (const (pure ()))
  with False (\(Index i) -> io (fromIntegral i :: Double)) (const (pure ()))
  withInferred (\p -> io (p `plusPtr` 1 :: Ptr Int)) (\f -> print (castFunPtrToPtr f :: Ptr ()) >> twice p' (const (pure ())))
  oneMore (\x y -> io (x * y :: Double)) (const (pure ()))
  mapped (nullFunPtr :: FunPtr (Metres -> IO Index)) V.empty >>= print . V.length
  Index i <- called (nullFunPtr :: FunPtr (Index -> IO Index)) (Index 1)
  print i
  inMonad (pure 1 :: IO Int)
  withCallback (\x -> x + 1 :: CInt) (const (pure ()))
  withCallbackDense (\x y -> x * y :: Double) (const (pure ()))
  withCallback (\n c -> n > (0 :: Int) && c < 'x') (const (pure ()))
  _ <- asked nullFunPtr (\x -> x * 2 :: Double) 1
  served (nullFunPtr :: FunPtr (TwentyFour (IO ()))) 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24
  _ <- counts (Of (\x -> io (x + 1 :: Int)))
  -- Not counted by GHC: an exception says so when the program runs.
  withCallback (\a b c d e f (Index g) -> io (sum [a, b, c, d, e, f, g])) (const (pure ()))
  where
    p' p = io (p :: Ptr ())

most ::
  (Int -> Double -> Int -> Double -> Int -> Double -> Int -> Double -> Int -> Double -> Int -> Double -> Float -> CDouble -> IO ()) ->
  IO ()
most f = withCallback f (const (pure ()))

refused :: IO ()
#if defined(STRING)
refused = withCallback (\s -> putStrLn s) (const (pure ()))
#elif defined(INTEGER)
refused = withCallback (\n -> print (n :: Integer)) (const (pure ()))
#elif defined(ORDERING_RESULT)
refused = withCallback (\n -> io (compare n (0 :: Int))) (const (pure ()))
#elif defined(FUNCTION)
refused = withCallback (\f -> f (1 :: Int) :: IO ()) (const (pure ()))
#elif defined(UNIT)
refused = withCallback (\() -> io (1 :: Int)) (const (pure ()))
#elif defined(PURE_LIST)
refused = withCallback (\x -> [x :: Int]) (const (pure ()))
#elif defined(SEVEN_INTEGERS)
refused = withCallback ((\_ _ _ _ _ _ _ -> pure 1) :: Seven Int) (const (pure ()))
#elif defined(SEVEN_AND_FLOATS)
refused = withCallback ((\_ _ -> mixed) :: Double -> CInt -> Ptr () -> FunPtr () -> Float -> CLong -> CSize -> Int -> Int -> IO ()) (const (pure ()))
  where
    mixed _ _ _ _ _ _ _ = pure ()
#elif defined(NINE_FLOATS)
refused = withCallback ((\_ _ -> seven) :: Double -> Float -> Seven Double) (const (pure ()))
  where
    seven _ _ _ _ _ _ _ = pure 1
#elif defined(BATCH_STRING)
refused = batchMap (nullFunPtr :: FunPtr (String -> IO Int)) undefined >>= print
#elif defined(BATCH_MAYBE)
refused = batchMap (nullFunPtr :: FunPtr (CInt -> IO (Maybe Int))) undefined >>= print
#elif defined(CALL_PURE)
refused = runBatch (batchCall (nullFunPtr :: FunPtr (CInt -> CInt)) 1) >>= print
#elif defined(CALL_STRING)
refused = runBatch (batchCall (nullFunPtr :: FunPtr (String -> IO CInt)) "1") >>= print
#elif defined(CALL_SEVEN)
refused = runBatch (batchCall (nullFunPtr :: FunPtr (Seven CInt)) 1 2 3 4 5 6 7) >>= print
#elif defined(SERVED_PURE)
refused = print (served (nullFunPtr :: FunPtr (CInt -> CInt)) 1)
#elif defined(SERVED_STRING)
refused = served (nullFunPtr :: FunPtr (String -> IO CInt)) "1" >>= print
#elif defined(SERVED_CLOSURE)
refused = served (nullFunPtr :: FunPtr ((Int -> IO Int) -> IO CInt)) pure >>= print
#elif defined(SERVED_25)
refused = served (nullFunPtr :: FunPtr (TwentyFour (CInt -> IO ()))) 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
#else
refused = pure ()
#endif
