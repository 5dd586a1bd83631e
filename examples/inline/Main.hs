-- | Heat in a rod, and an exception inside an OpenMP loop.
module Main (main) where

import Control.Exception (ArithException (..), throwIO, try)
import Control.Monad (forM_, when)
import qualified Data.Vector.Storable as V
import Text.Printf (printf)

import Kernels

main :: IO ()
main = do
  rod <- start 500 (\x -> pure (if x > 0.4 && x < 0.6 then 100 else 20))
  forM_ [0, 1000, 10000 :: Int] $ \steps -> do
    spread (fromIntegral steps) rod
    now <- V.freeze rod
    middle <- energy (V.slice 225 50 now)
    whole <- energy now
    printf "%5d steps more: %.3f degrees, %.3f in the middle\n" steps (number whole) (number middle)
  -- The closure throws on some thread of the team; it arrives here.
  broken <- try (start 1000 (\x -> when (x == 0.5) (throwIO Underflow) >> pure x))
  putStrLn (either (\e -> "no rod: " ++ show (e :: ArithException)) (const "a rod") broken)
  where
    number = realToFrac :: Real a => a -> Double
