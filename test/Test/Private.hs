-- | Whether the library knows the private parts of GHC's runtime system
-- (cbits/ghc_private.c). Tests that need them ask; where they are off, these tests
-- check what is left, or say that they cannot check anything.
module Test.Private (tests, isPrivateOn) where

import Data.Maybe (isNothing)
import Foreign.C.Types (CInt (..))
import System.Environment (lookupEnv)
import Test.Tasty (TestTree)
import Test.Tasty.HUnit

foreign import ccall unsafe "ghcomp_private_is_on" c_is_on :: IO CInt

isPrivateOn :: IO Bool
isPrivateOn = (/= 0) <$> c_is_on

-- | They are on, unless @test\/public-rts@ says that this program is built without
-- them.
tests :: TestTree
tests = testCase "GHC's private side is on, unless the build leaves it out" $ do
  expected <- isNothing <$> lookupEnv "GHCOMP_TEST_PUBLIC_RTS"
  isPrivateOn >>= (@?= expected)
