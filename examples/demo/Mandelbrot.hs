{-# LANGUAGE BangPatterns #-}

-- | The Mandelbrot set as a Haskell closure, step for step as in
-- cbits/kernels.c.
module Mandelbrot (escape, pixel, colour) where

import Codec.Picture (PixelRGB8 (..))
import Foreign.C.Types (CInt)

-- | Steps until the point leaves the circle of radius 2, at most @most@.
escape :: CInt -> Double -> Double -> CInt
escape !most !cx !cy = go 0 0 0
  where
    go :: Double -> Double -> CInt -> CInt
    go !x !y !steps
      | steps >= most || x * x + y * y > 4 = steps
      | otherwise = go (x * x - y * y + cx) (2 * x * y + cy) (steps + 1)

-- | The pixel in this column and row of a picture of this width and height.
pixel :: Int -> Int -> CInt -> Int -> Int -> CInt
pixel width height most row column =
  escape most
    (-2.2 + 3.2 * fromIntegral column / fromIntegral width)
    (-1.2 + 2.4 * fromIntegral row / fromIntegral height)
{-# INLINE pixel #-}

colour :: CInt -> CInt -> PixelRGB8
colour most steps
  | steps >= most = PixelRGB8 0 0 0
  | otherwise = PixelRGB8 (wave 0) (wave 2) (wave 4)
  where
    t = sqrt (fromIntegral steps) :: Double
    wave phase = round (127.5 * (1 + sin (0.6 * t + phase)))
