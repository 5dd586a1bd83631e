{-# LANGUAGE TemplateHaskell #-}

-- | Calls C kernels and Cmm and runs closures, and looks for libgomp in its own process. The
-- script that built it checks the line that it prints.
module Main (main) where

import Control.Parallel.OpenMP
import Data.List (isInfixOf)
import Data.Primitive.ByteArray (byteArrayFromList)
import Data.Word (Word8)
import Kernels (team, total)
import Prims (byteAt)
import Splice (sumOfSquares)

main :: IO ()
main = do
  size <- team 2
  c <- total 1000
  h <- parallelReduce defaults (Range 0 1000) (+) 0 pure
  mapped <- filter ("libgomp" `isInfixOf`) . lines <$> readFile "/proc/self/maps"
  putStrLn ("team " ++ show size ++ ", C " ++ show c ++ ", Haskell " ++ show h ++ ", spliced " ++ show spliced
            ++ ", Cmm " ++ show (byteAt (byteArrayFromList [0, 1, 42, 3 :: Word8]) 2)
            ++ ", " ++ if null mapped then "no libgomp" else unlines mapped)
  where
    spliced = $(sumOfSquares 100) :: Integer
