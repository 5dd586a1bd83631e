{-# LANGUAGE TemplateHaskell #-}

-- | Calls C kernels and runs closures; the numbers are checked by the script
-- that built it.
module Main (main) where

import Control.Parallel.OpenMP
import Kernels (team, total)
import Splice (sumOfSquares)

main :: IO ()
main = do
  size <- team 2
  c <- total 1000
  h <- parallelReduce defaults (Range 0 1000) (+) 0 pure
  putStrLn ("team " ++ show size ++ ", C " ++ show c ++ ", Haskell " ++ show h ++ ", spliced " ++ show spliced)
  where
    spliced = $(sumOfSquares 100) :: Integer
