{-# LANGUAGE TemplateHaskell #-}

-- | Calls C kernels and runs closures, and looks for libgomp in its own process. The
-- script that built it checks the line that it prints.
module Main (main) where

import Control.Parallel.OpenMP
import Data.List (isInfixOf)
import Kernels (team, total)
import Splice (sumOfSquares)

main :: IO ()
main = do
  size <- team 2
  c <- total 1000
  h <- parallelReduce defaults (Range 0 1000) (+) 0 pure
  mapped <- filter ("libgomp" `isInfixOf`) . lines <$> readFile "/proc/self/maps"
  putStrLn ("team " ++ show size ++ ", C " ++ show c ++ ", Haskell " ++ show h ++ ", spliced " ++ show spliced
            ++ ", " ++ if null mapped then "no libgomp" else unlines mapped)
  where
    spliced = $(sumOfSquares 100) :: Integer
