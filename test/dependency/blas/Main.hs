-- | OpenBLAS and regions of the program: one team serves both, so calls of OpenBLAS
-- start no further OS threads.
module Main (main) where

import Control.Monad (replicateM)
import Foreign.C.Types (CInt (..))

foreign import ccall safe "blas_right" right :: CInt -> IO CInt
foreign import ccall safe "blas_team" team :: CInt -> IO CInt
foreign import ccall unsafe "blas_threads" threads :: IO CInt

main :: IO ()
main = do
  size <- team 2
  before <- threads
  rights <- replicateM 5 (right 300)
  after <- threads
  putStrLn ("product " ++ (if all (== 1) rights then "right" else "wrong")
            ++ ", team " ++ show size ++ ", OS threads +" ++ show (after - before))
