-- | Many integrals by the GNU Scientific Library, which knows neither OpenMP nor Haskell.
-- The loop over the integrals is Haskell's, and each integrand is a closure.
--
-- > cabal run quadrature -- INTEGRALS
module Main (main) where

import Control.Exception (bracket)
import Control.Monad (forM, unless)
import Data.IORef (newIORef, readIORef, writeIORef)
import qualified Data.Vector.Unboxed as V
import Foreign
import Foreign.C.Types
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (maxThreads, wtime)
import qualified Control.Parallel.OpenMP.Vector as P

-- | A function of GSL's: the value, and a pointer to parameters. A closure needs no
-- parameters.
type Integrand = Double -> Ptr () -> Double

-- | The memory that an integral needs while it is computed.
data Workspace

-- | @struct gsl_function@: an integrand and its parameters.
data Function

type Integrate =
  Ptr Function -> Double -> Double -> Double -> Double -> CSize -> Ptr Workspace -> Ptr Double ->
  Ptr Double -> IO CInt

foreign import ccall "gsl_integration_workspace_alloc" c_workspace :: CSize -> IO (Ptr Workspace)
foreign import ccall "&gsl_integration_workspace_free" p_free :: FinalizerPtr Workspace
foreign import ccall "wrapper" c_wrap :: Integrand -> IO (FunPtr Integrand)

-- One function, imported twice: to be called as usual, and to be called by 'served'.
foreign import ccall safe "gsl_integration_qags" c_qags :: Integrate
foreign import ccall "&gsl_integration_qags" p_qags :: FunPtr Integrate

-- | The intervals that a workspace has room for.
limit :: CSize
limit = 1000

workspace :: IO (ForeignPtr Workspace)
workspace = c_workspace limit >>= newForeignPtr p_free

-- | The integral of @x ^ a * log (1 / x)@ from 0 to 1, which is @1 / (a + 1) ^ 2@.
integrand :: Double -> Integrand
integrand a x _ = (x ** a) * negate (log x)

-- | The integral over (0, 1), by this import of GSL's function.
integral :: Integrate -> ForeignPtr Workspace -> FunPtr Integrand -> IO Double
integral integrate memory f =
  withForeignPtr memory $ \room -> allocaBytes 16 $ \function -> alloca $ \result -> alloca $ \bound -> do
    pokeByteOff function 0 f
    pokeByteOff function 8 nullPtr
    status <- integrate function 0 1 0 1e-7 limit room result bound
    unless (status == 0) (fail ("gsl_integration_qags: " ++ show status))
    peek result

-- | The ways to pass the closure and to call GSL.
ways :: [(String, ForeignPtr Workspace -> Double -> IO Double)]
ways =
  [ ("wrapper", \room a -> bracket (c_wrap (integrand a)) freeHaskellFunPtr (integral c_qags room))
  , ("withCallback", \room a -> withCallback (integrand a) (integral c_qags room))
  , ("withCallback, served", \room a -> withCallback (integrand a) (integral (served p_qags) room))
  , ("withCallbackDense, served", \room a -> withCallbackDense (integrand a) (integral (served p_qags) room))
  ]

main :: IO ()
main = do
  arguments <- getArgs
  team <- maxThreads
  let count = case arguments of
        [n] -> read n
        _ -> 1000
      parameter i = fromIntegral (i :: Int) / fromIntegral count
  calls <- newIORef (0 :: Int)
  _ <- workspace >>= \room -> withCallback (counting calls) (integral (served p_qags) room . castFunPtr)
  each <- readIORef calls
  printf "%d integrals of some %d evaluations, %d threads\n" count each team
  rights <- forM ways $ \(name, way) -> do
    begin <- wtime
    -- A workspace for each thread.
    values <- P.generateMWith defaults {schedule = Dynamic 4} count workspace (\room i -> way room (parameter i))
    end <- wtime
    let right = V.and (V.imap (\i v -> abs (v - 1 / (parameter i + 1) ^ (2 :: Int)) < 1e-6) values)
    printf "%-26s %8.2f ms  %s\n" name (1000 * (end - begin)) (if right then "ok" else "WRONG")
    pure right
  unless (and rights) exitFailure
  where
    counting calls x p = do
      readIORef calls >>= \n -> writeIORef calls $! n + 1
      pure (integrand 0.5 x p) :: IO Double
