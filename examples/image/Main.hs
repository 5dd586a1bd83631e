{-# LANGUAGE BangPatterns #-}

-- | A filter for pictures, from PNG to PNG: a blur by a Haskell closure and by
-- a C kernel.
--
-- What to learn here:
--
-- * JuicyPixels holds a picture in a Storable vector. C gets its address
--   ('V.unsafeWith') and a Haskell loop gets its elements. Neither copies it.
-- * 'P.parallelRows' runs over the rows of the result. Each body writes its own row; the
--   type keeps it away from the others. It reads the neighbouring rows of the picture. All
--   rows cost the same, so the schedule is the default, 'Static'.
-- * The pragma in cbits/blur.c runs on the same team, without any set-up.
--
-- Run it: @cabal run image -- [IN.png [OUT.png]]@. Without a picture it first paints
-- picture.png. The default name of the result is blurred.png.
--
-- It prints the times, and whether closure and kernel made the same picture.
module Main (main) where

import Codec.Picture
import Control.Monad (unless)
import Data.Bits (shiftR)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Data.Word (Word8)
import Foreign.Ptr (Ptr)
import System.Environment (getArgs)
import System.Exit (die)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import qualified Control.Parallel.OpenMP.Vector as P

foreign import ccall safe "blur" c_blur :: Int -> Int -> Int -> Ptr Word8 -> Ptr Word8 -> IO ()

-- | By the C kernel.
blurInC :: Image PixelRGB8 -> IO (Image PixelRGB8)
blurInC (Image width height values) = do
  out <- M.unsafeNew (V.length values)
  V.unsafeWith values (M.unsafeWith out . c_blur width height 3)
  Image width height <$> V.unsafeFreeze out

-- | By a closure, with these options. The weights are those of cbits/blur.c.
blurInHaskell :: Options -> Image PixelRGB8 -> IO (Image PixelRGB8)
blurInHaskell options (Image width height values) = do
  out <- M.unsafeNew (V.length values)
  P.parallelRows options (width * 3) out $ \y target ->
    let row v = within (y + v) height * width * 3
        rows = (row (-2), row (-1), row 0, row 1, row 2)
        go !i
          | i == width * 3 = pure ()
          | otherwise = do
              let (x, c) = i `quotRem` 3
                  column u = within (x + u) width * 3 + c
              M.unsafeWrite target i (mean rows (column (-2)) (column (-1)) i (column 1) (column 2))
              go (i + 1)
     in go 0
  Image width height <$> V.unsafeFreeze out
  where
    within i n = max 0 (min (n - 1) i)
    mean (!r0, !r1, !r2, !r3, !r4) !c0 !c1 !c2 !c3 !c4 =
      let at r c = fromIntegral (V.unsafeIndex values (r + c)) :: Int
          across r = at r c0 + 4 * at r c1 + 6 * at r c2 + 4 * at r c3 + at r c4
          total = across r0 + 4 * across r1 + 6 * across r2 + 4 * across r3 + across r4
       in fromIntegral ((total + 128) `shiftR` 8) :: Word8

-- | Rings and a grid, with edges to blur.
painted :: Image PixelRGB8
painted = generateImage colour 480 320
  where
    colour x y =
      let (dx, dy) = (x - 240, y - 160)
          ring = fromIntegral ((dx * dx + dy * dy) `div` 900 `mod` 2) * 160
          grid = if x `mod` 40 < 2 || y `mod` 40 < 2 then 255 else ring
       in PixelRGB8 grid ring (fromIntegral (x * 255 `div` 480))

timed :: String -> IO (Image PixelRGB8) -> IO (Image PixelRGB8)
timed name action = do
  start <- wtime
  result <- action
  end <- wtime
  result <$ printf "%-28s %10.2f ms\n" name ((end - start) * 1000)

main :: IO ()
main = do
  arguments <- getArgs
  (from, to) <- case arguments of
    [] -> ("picture.png", "blurred.png") <$ writePng "picture.png" painted
    [file] -> pure (file, "blurred.png")
    file : result : _ -> pure (file, result)
  picture <- readPng from >>= either (die . ((from ++ ": ") ++)) (pure . convertRGB8)
  threads <- maxThreads
  printf "%s, %d x %d, %d threads\n" from (imageWidth picture) (imageHeight picture) threads
  expected <- timed "Haskell, one thread" (blurInHaskell defaults {numThreads = Just 1} picture)
  inHaskell <- timed "Haskell, parallelRows" (blurInHaskell defaults picture)
  inC <- timed "C, omp parallel for" (blurInC picture)
  writePng to inC
  unless (all ((== imageData expected) . imageData) [inHaskell, inC]) $
    die "WRONG: the pictures differ"
  putStrLn (to ++ ": ok, the same picture from Haskell and C")
