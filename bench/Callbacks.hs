{-# LANGUAGE CPP #-}

-- | What crossing between C and Haskell costs, beside GHC's own calls: region
-- entry, iterations of loops over closures, callbacks of C kernels.
module Main (main) where

import Data.IORef
import Foreign.C.Types
import Foreign.Ptr (FunPtr)

#ifdef TASTY_BENCH
import Test.Tasty.Bench
#else
import Criterion.Main
#endif

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Prim
import Control.Parallel.OpenMP.Query (maxThreads)

foreign import ccall safe "kernel_default_threads" c_region :: IO CInt
foreign import ccall safe "kernel_sinsum" c_sinsum :: CLong -> IO CDouble
foreign import ccall safe "kernel_reduce" c_reduce :: FunPtr (Int -> IO Double) -> CLong -> IO Double
foreign import ccall safe "omp_get_thread_num" c_safe :: IO CInt
foreign import ccall unsafe "omp_get_thread_num" c_unsafe :: IO CInt

main :: IO ()
main = do
  team <- maxThreads
  let sizes = if team > 1 then [1, team] else [1]
      on n = "team of " ++ show n
      with n s = Options s (Just n)
  defaultMain
    [ bgroup
        "one call"
        [ bench "unsafe" (whnfIO c_unsafe)
        , bench "prim" (whnfIO ompThreadNumber)
        , bench "safe" (whnfIO c_safe)
        ]
    , bgroup
        "empty region"
        ( bench "in C" (whnfIO c_region)
            : [ bench ("with a Haskell body, " ++ on n) (whnfIO (parallel (with n Static) (\_ -> pure ())))
              | n <- sizes
              ]
        )
    , bgroup
        "1M iterations"
        [ bench (name ++ ", " ++ on n) (whnfIO (total (with n s)))
        | n <- sizes
        , (name, s) <- [("Static", Static), ("Dynamic 64", Dynamic 64), ("Dynamic 1", Dynamic 1)]
        ]
    , bgroup
        "sum of 100K sines"
        [ bench "C kernel" (whnfIO (c_sinsum 100000))
        , bench "parallelReduce" (whnfIO (parallelReduce defaults (Range 0 100000) (+) 0 (pure . sine)))
        , bench "C kernel calling a closure" (whnfIO (withCallback (pure . sine) (`c_reduce` 100000)))
        ]
    ]

sine :: Int -> Double
sine i = sin (fromIntegral i * 0.001)

-- | A loop whose body does next to nothing: every 65536th index counts.
total :: Options -> IO Int
total options = do
  count <- newIORef 0
  parallelFor options (Range 0 1000000) $ \i ->
    if i `rem` 65536 == 65535 then atomicModifyIORef' count (\n -> (n + 1, ())) else pure ()
  readIORef count
