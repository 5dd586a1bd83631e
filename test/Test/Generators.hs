-- | What the tests of loops draw at random, and the callers that they run by.
module Test.Generators
  ( AnySchedule (..)
  , AnyOptions (..)
  , Span (..)
  , Bound (..)
  , by
  , full
  , Boom (..)
  , soon
  , healthy
  ) where

import Control.Concurrent (runInBoundThread)
import Control.Exception (Exception, finally)
import Data.IORef
import Test.Tasty.HUnit
import Test.Tasty.QuickCheck

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (setDynamic, wtime)

newtype AnySchedule = AnySchedule Schedule deriving (Show)

instance Arbitrary AnySchedule where
  arbitrary =
    AnySchedule
      <$> oneof
        [ pure Static
        , StaticChunk <$> size
        , Dynamic <$> size
        , Guided <$> size
        , pure Auto
        , pure Runtime
        ]
    where
      size = oneof [choose (1, 9), choose (1, 5000), pure maxBound]

newtype AnyOptions = AnyOptions Options deriving (Show)

instance Arbitrary AnyOptions where
  arbitrary = do
    AnySchedule s <- arbitrary
    t <- elements [1, 2, 3, 4, 8]
    pure (AnyOptions (Options s (Just t)))

-- | A range of at most 3000 indices.
data Span = Span Int Int deriving (Show)

instance Arbitrary Span where
  arbitrary = do
    from <- oneof [choose (-50, 50), pure minBound, pure (maxBound - 3000)]
    n <- oneof [choose (0, 5), choose (0, 3000)]
    pure (Span from (from + n))

-- | Whether the caller is a bound thread. Bound callers run their own share of a
-- region.
newtype Bound = Bound Bool deriving (Show)

instance Arbitrary Bound where
  arbitrary = Bound <$> arbitrary

by :: Bound -> IO a -> IO a
by (Bound bound) = if bound then runInBoundThread else id

-- | Teams have the size asked for.
full :: IO a -> IO a
full act = (setDynamic False >> act) `finally` setDynamic True

newtype Boom = Boom Int deriving (Eq, Show)

instance Exception Boom

-- | Checks that the action ends with this result in less than half a second. One of
-- three attempts is enough, because the machine may be busy with other things.
soon :: (Eq a, Show a) => a -> IO a -> Assertion
soon expected act = go (3 :: Int) []
  where
    go 0 times = assertFailure ("seconds: " ++ show times)
    go n times = do
      start <- wtime
      r <- act
      end <- wtime
      r @?= expected
      if end - start < 0.5 then pure () else go (n - 1) (end - start : times)

-- | The next region works as before.
healthy :: Assertion
healthy = do
  n <- newIORef (0 :: Int)
  parallelFor defaults (Range 0 100) $ \_ -> atomicModifyIORef' n (\k -> (k + 1, ()))
  readIORef n >>= (@?= 100)
