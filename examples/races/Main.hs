-- | A data race in a C kernel, and the kernel without it: @races racy@ and @races mended@.
-- The README beside this file says how ThreadSanitizer finds the race.
module Main (main) where

import Control.Monad (unless)
import Foreign
import System.Environment (getArgs)
import System.Exit (exitFailure)

import Control.Parallel.OpenMP

foreign import ccall safe "histogram_racy" c_racy :: Ptr Int32 -> Int -> Ptr Int -> IO ()
foreign import ccall safe "histogram" c_histogram :: Ptr Int32 -> Int -> Ptr Int -> Int -> IO ()

bins, size :: Int
bins = 16
size = 100000

main :: IO ()
main = do
  args <- getArgs
  let racy = args == ["racy"]
  allocaArray size $ \values -> withArray (replicate bins 0) $ \counts -> do
    -- Haskell writes what C reads: the threads of this loop, and after them the kernel's.
    parallelFor defaults (Range 0 size) $ \i ->
      pokeElemOff values i (fromIntegral (i * i `mod` bins))
    if racy then c_racy values size counts else c_histogram values size counts bins
    total <- sum <$> peekArray bins counts
    putStrLn (show size ++ " values, " ++ show total ++ " counted")
    -- The kernel with the race may be lucky.
    unless (racy || total == size) exitFailure
