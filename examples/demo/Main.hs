-- | What ghc-openmp does, in one table. Every row is checked against a sequential
-- reference. The program fails if a row differs.
module Main (main) where

import Codec.Picture (generateImage, writePng)
import Control.Concurrent (getNumCapabilities, setNumCapabilities)
import Control.Exception (Exception, throwIO, try)
import Control.Monad (forM_, when)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Data.Version (showVersion)
import Foreign.C.Types
import Foreign.Ptr (FunPtr, Ptr)
import System.Directory (makeAbsolute)
import System.Environment (getArgs, getProgName)
import System.Exit (exitFailure)
import System.IO
import System.Info (arch, fullCompilerVersion, os)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query
import qualified Control.Parallel.OpenMP.Vector as P

import Mandelbrot (colour, pixel)
import Report

foreign import ccall safe "sum_of_sines" c_sines :: CLong -> CDouble -> IO CDouble
foreign import ccall safe "sum_of_sines_sequential" c_sinesSeq :: CLong -> CDouble -> IO CDouble
foreign import ccall safe "dgemm" c_dgemm :: Gemm
foreign import ccall safe "dgemm_sequential" c_dgemmSeq :: Gemm
foreign import ccall safe "map" c_map :: FunPtr (Int -> IO Double) -> CLong -> Ptr Double -> IO ()
foreign import ccall safe "reduce" c_reduce :: FunPtr (Int -> IO Double) -> CLong -> IO Double
foreign import ccall safe "mandelbrot" c_mandelbrot :: CLong -> CLong -> CInt -> Ptr CInt -> IO ()
foreign import ccall safe "blas_load" c_blasLoad :: IO CInt
foreign import ccall safe "blas_dgemm" c_blasDgemm :: Gemm

type Gemm = CLong -> Ptr Double -> Ptr Double -> Ptr Double -> IO ()

newtype Unlucky = Unlucky Int deriving (Eq, Show)

instance Exception Unlucky

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    [] -> demo "mandelbrot.png"
    ["--out", file] -> demo file
    ["--help"] -> getProgName >>= putStr . usage
    _ -> do
      program <- getProgName
      hPutStr stderr ("unknown options: " ++ unwords arguments ++ "\n" ++ usage program)
      exitFailure

usage :: String -> String
usage program =
  unlines
    [ "usage: " ++ program ++ " [--out FILE.png]"
    , "Runs OpenMP kernels and Haskell closures on one team, checks and times them."
    , "The Mandelbrot set is written to FILE.png (mandelbrot.png)."
    ]

demo :: FilePath -> IO ()
demo file = do
  processors <- numProcs
  capabilities <- getNumCapabilities
  team <- maxThreads
  printf "%s %s, %d processors; GHC %s, %d capabilities; OpenMP team of %d\n\n"
    os arch processors (showVersion fullCompilerVersion) capabilities team
  report <- newReport
  sines report
  matrices report
  callbacks report capabilities
  reduction report
  unlucky report
  picture report file
  blas report
  finish report

speedUp :: Double -> Double -> String
speedUp sequential parallel' = printf "%.2f x" (sequential / parallel')

near :: Double -> Double -> Bool
near a b = abs (a - b) <= 1e-9 * max 1 (abs b)

-- | A sum of sines in C, with a pragma.
sines :: Report -> IO ()
sines report = row report "C: sum of sines, 1M" $ do
  let n = 1000000
  _ <- c_sines 1000 0.001
  (sequential, reference) <- timed (c_sinesSeq n 0.001)
  (seconds, result) <- timed (c_sines n 0.001)
  pure
    ( seconds
    , printf "%.6f  %s" (realToFrac result :: Double) (speedUp sequential seconds)
    , near (realToFrac result) (realToFrac reference)
    )

side :: Int
side = 512

operand :: Int -> V.Vector Double
operand salt = V.generate (side * side) (\i -> fromIntegral ((i * 7919 + salt) `mod` 1000) / 1000)

multiply :: Gemm -> IO (Double, V.Vector Double)
multiply gemm =
  V.unsafeWith (operand 1) $ \a -> V.unsafeWith (operand 2) $ \b -> do
    c <- M.replicate (side * side) 0
    (seconds, ()) <- timed (M.unsafeWith c (gemm (fromIntegral side) a b))
    (,) seconds <$> V.unsafeFreeze c

gflops :: Double -> Double
gflops seconds = 2 * fromIntegral side ^ (3 :: Int) / seconds * 1e-9

-- | A matrix product in C, with a pragma.
matrices :: Report -> IO ()
matrices report = row report "C: DGEMM 512" $ do
  (sequential, reference) <- multiply c_dgemmSeq
  (seconds, result) <- multiply c_dgemm
  pure
    ( seconds
    , printf "%.2f GFLOP/s  %s" (gflops seconds) (speedUp sequential seconds)
    , V.and (V.zipWith near result reference)
    )

-- | Kernels that call Haskell closures through a function pointer.
callbacks :: Report -> Int -> IO ()
callbacks report capabilities = do
  forM_ [1, 2, 4] $ \n -> do
    setNumCapabilities n
    let named what = printf "callbacks, N%d: %s" n (what :: String)
        sine i = sin (fromIntegral (i :: Int) * 0.001) :: Double
        square i = let x = fromIntegral (i :: Int) * 0.001 in 3 * x * x + 2 * x + 1 :: Double
    row report (named "map of 1000 sines") $ do
      out <- M.replicate 1000 0
      (seconds, ()) <- timed (withCallback (pure . sine) (\f -> M.unsafeWith out (c_map f 1000)))
      result <- V.unsafeFreeze out
      pure (seconds, printf "%.6f last" (V.last result), result == V.generate 1000 sine)
    row report (named "reduce of 10K sines") $ do
      (seconds, result) <- timed (withCallback (pure . sine) (`c_reduce` 10000))
      pure (seconds, printf "%.6f" result, abs (result - 1839.343386) < 1e-6)
    row report (named "reduce of 100K sines") $ do
      reference <- c_sinesSeq 100000 0.001
      (seconds, result) <- timed (withCallback (pure . sine) (`c_reduce` 100000))
      pure (seconds, printf "%.6f  %.0f ns each" result (seconds * 1e4), near result (realToFrac reference))
    row report (named "polynomial, 10K") $ do
      (seconds, result) <- timed (withCallback (pure . square) (`c_reduce` 10000))
      pure (seconds, printf "%.6f" result, abs (result - 1109840.005) < 1e-5)
  setNumCapabilities capabilities

-- | The same sum as in 'sines', all in Haskell.
reduction :: Report -> IO ()
reduction report = row report "Haskell: parallelReduce, sum of sines, 1M" $ do
  let n = 1000000
      term i = pure (sin (fromIntegral i * 0.001) :: Double)
      total threads = parallelReduce defaults {numThreads = threads} (Range 0 n) (+) 0 term
  (sequential, alone) <- timed (total (Just 1))
  (seconds, result) <- timed (total Nothing)
  reference <- c_sinesSeq (fromIntegral n) 0.001
  pure
    ( seconds
    , printf "%.6f  %s" result (speedUp sequential seconds)
    , result == alone && near result (realToFrac reference)
    )

-- | An exception in one iteration arrives in the caller unchanged.
unlucky :: Report -> IO ()
unlucky report = row report "Haskell: an exception in iteration 137" $ do
  (seconds, result) <- timed . try $
    parallelFor (Options (Dynamic 8) Nothing) (Range 0 1000) $ \i ->
      when (i == 137) (throwIO (Unlucky i))
  pure (seconds, either show (const "none") result, result == Left (Unlucky 137))

-- | The Mandelbrot set by a C kernel and by a Haskell closure.
picture :: Report -> FilePath -> IO ()
picture report file = do
  let (width, height, most) = (1600, 1200, 500)
  inC <- M.replicate (width * height) 0
  inHaskell <- M.replicate (width * height) 0
  row report "C: Mandelbrot set, 1600 x 1200, dynamic" $ do
    (seconds, ()) <- timed $ M.unsafeWith inC $
      c_mandelbrot (fromIntegral width) (fromIntegral height) most
    pure (seconds, "", True)
  row report "Haskell: Mandelbrot set, Dynamic 1" $ do
    (seconds, ()) <- timed $
      P.parallelRows (Options (Dynamic 1) Nothing) width inHaskell $ \r row' ->
        forM_ [0 .. width - 1] (\c -> M.unsafeWrite row' c (pixel width height most r c))
    reference <- V.freeze inC
    result <- V.freeze inHaskell
    let differing = V.length (V.filter id (V.zipWith (/=) reference result))
    pure (seconds, printf "%d pixels differ" differing, differing == 0)
  row report "Haskell: write the picture" $ do
    steps <- V.freeze inHaskell
    path <- makeAbsolute file
    (seconds, ()) <- timed $
      writePng path (generateImage (\x y -> colour most (steps V.! (y * width + x))) width height)
    pure (seconds, path, True)

-- | A library that somebody else compiled, on the same team.
blas :: Report -> IO ()
blas report = do
  there <- c_blasLoad
  if there == 0
    then putStrLn "(OpenBLAS's OpenMP build is not installed; row left out)"
    else row report "OpenBLAS (OpenMP build): DGEMM 512, on our team" $ do
      (_, reference) <- multiply c_dgemmSeq
      before <- osThreads
      _ <- multiply c_blasDgemm
      (seconds, result) <- multiply c_blasDgemm
      after <- osThreads
      pure
        ( seconds
        , printf "%.1f GFLOP/s, OS threads %d -> %d" (gflops seconds) before after
        , V.and (V.zipWith near result reference) && after <= before
        )

-- | OS threads of this process.
osThreads :: IO Int
osThreads = do
  status <- readFile "/proc/self/status"
  pure (sum [read n | ["Threads:", n] <- map words (lines status)])
