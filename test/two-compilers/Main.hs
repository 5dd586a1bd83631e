{-# LANGUAGE ScopedTypeVariables #-}

-- | Kernels by GCC and by Clang in one program, with closures between them. The script
-- compiles the kernels twice.
module Main (main) where

import Control.Concurrent (runInBoundThread)
import Control.Exception
import Control.Monad (forM_, replicateM_)
import Data.IORef
import Data.List (isInfixOf)
import Foreign hiding (with)
import System.Directory (listDirectory)
import Test.Tasty (defaultMain, testGroup)
import Test.Tasty.HUnit

import Control.Parallel.OpenMP.Callback

type Function = Int -> IO Int
type Sum = Int -> FunPtr Function -> IO Int
type Around = Int -> Ptr Int -> FunPtr Function -> IO Int

foreign import ccall safe "sum_gcc" sumByGCC :: Sum
foreign import ccall safe "sum_clang" sumByClang :: Sum
foreign import ccall safe "around_gcc" aroundByGCC :: Around
foreign import ccall safe "around_clang" aroundByClang :: Around
foreign import ccall safe "team_gcc" teamByGCC :: IO Int
foreign import ccall safe "team_clang" teamByClang :: IO Int
foreign import ccall safe "ask_gcc" askByGCC :: Int -> IO ()
foreign import ccall safe "ask_clang" askByClang :: Int -> IO ()
foreign import ccall "&level_gcc" levelByGCC :: FunPtr Function
foreign import ccall "&level_clang" levelByClang :: FunPtr Function
foreign import ccall safe "lock_gcc" lockByGCC :: IO (Ptr ())
foreign import ccall safe "lock_clang" lockByClang :: IO (Ptr ())
foreign import ccall safe "unlock_gcc" unlockByGCC :: Ptr () -> IO ()
foreign import ccall safe "unlock_clang" unlockByClang :: Ptr () -> IO ()
foreign import ccall safe "locked_gcc" lockedByGCC :: Int -> Ptr () -> FunPtr Function -> IO ()
foreign import ccall safe "locked_clang" lockedByClang :: Int -> Ptr () -> FunPtr Function -> IO ()
foreign import ccall "wrapper" wrapper :: Function -> IO (FunPtr Function)

-- | The ways to pass a closure.
ways :: [(String, Function -> (FunPtr Function -> IO Int) -> IO Int)]
ways =
  [ ("withCallback", withCallback)
  , ("withCallbackDense", withCallbackDense)
  , ("a wrapper", \f -> bracket (wrapper f) freeHaskellFunPtr)
  ]

-- | Each compiler, with the other one.
pairs :: [(String, a)] -> [(String, a, a)]
pairs [(a, x), (b, y)] = [(a ++ " and " ++ b, x, y), (b ++ " and " ++ a, y, x)]
pairs _ = error "two compilers"

compilers :: a -> a -> [(String, a)]
compilers gcc clang = [("GCC", gcc), ("Clang", clang)]

total :: Int -> Int
total n = n * (n - 1) `div` 2

main :: IO ()
main = defaultMain . testGroup "two compilers" $
  [ testCase (name ++ ": " ++ way ++ " from a region") $
      with pure (f 1000) >>= (@?= total 1000)
  | (name, f) <- compilers sumByGCC sumByClang, (way, with) <- ways ]
  ++
  [ testCase (name ++ ": " ++ way ++ ", which starts the inner region, and is called from it") $
      with (\i -> with (pure . (+ i)) (inner 10)) (outer 40) >>= (@?= 40 * total 10 + 10 * total 40)
  | (name, outer, inner) <- pairs (compilers sumByGCC sumByClang), (way, with) <- ways, way /= "withCallbackDense" ]
  ++
  [ testCase (name ++ ": an exception passes both regions") $ do
      r <- try (withCallback (\i -> withCallback (\j -> if i == 7 && j == 3 then throwIO (userError "seven") else pure 1) (inner 10)) (outer 40))
      either (\(e :: IOException) -> show e) show r @?= show (userError "seven")
  | (name, outer, inner) <- pairs (compilers sumByGCC sumByClang) ]
  ++
  [ testCase (name ++ ": " ++ way ++ " from orphaned constructs of the other compiler") $
      allocaArray 100 $ \a -> with pure (around 100 a) >>= (@?= 2 * total 100)
  | (name, around) <- compilers aroundByGCC aroundByClang, (way, with) <- ways ]
  ++
  [ testCase (name ++ ": the level in a nested region") $
      withCallback (\_ -> sumInner 4 level) (outer 10) >>= (@?= 2 * 4 * 10)
  | (name, (outer, level), (sumInner, _)) <-
      pairs (compilers (sumByGCC, levelByGCC) (sumByClang, levelByClang)) ]
  ++
  [ testCase (name ++ ": omp_set_num_threads") $ forM_ [3, 1, 2] $ \n -> do
      -- On one OS thread, since the setting is that thread's.
      runInBoundThread (ask n >> team) >>= (@?= n)
  | (name, (ask, _), (_, team)) <- pairs (compilers (askByGCC, teamByGCC) (askByClang, teamByClang)) ]
  ++
  [ testCase (name ++ ": a nested lock") $ do
      lock <- make
      count <- newIORef (0 :: Int)
      withCallback (\_ -> 0 <$ (readIORef count >>= writeIORef count . (+ 1))) (locked 500 lock)
      destroy lock
      readIORef count >>= (@?= 500)
  | (name, (make, destroy, _), (_, _, locked)) <-
      pairs (compilers (lockByGCC, unlockByGCC, lockedByGCC) (lockByClang, unlockByClang, lockedByClang)) ]
  ++
  [ testCase "the threads are the same ones" $ do
      let both = sequence_ [withCallback pure (f 100) | f <- [sumByGCC, sumByClang]]
          threads = length <$> listDirectory "/proc/self/task"
      replicateM_ 10 both
      before <- threads
      replicateM_ 200 both
      after <- threads
      assertBool (show (before, after)) (after <= before)
  , testCase "no other runtime in the process" $ do
      mapped <- lines <$> readFile "/proc/self/maps"
      filter (\line -> any (`isInfixOf` line) ["libgomp", "libomp", "libiomp"]) mapped @?= []
  ]
