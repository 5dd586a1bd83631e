-- | Runs loops while GHC compiles.
module Splice (sumOfSquares) where

import Language.Haskell.TH (Exp, Q, runIO)
import Language.Haskell.TH.Syntax (lift)

import Control.Parallel.OpenMP
import Kernels (total)

-- | The sum of the squares below the number, plus the sum of the numbers (in
-- C), as a literal.
sumOfSquares :: Int -> Q Exp
sumOfSquares n = runIO work >>= lift
  where
    work = do
      squares <- parallelReduce defaults {numThreads = Just 2} (Range 0 n) (+) 0 (\i -> pure (i * i))
      numbers <- total (fromIntegral n)
      pure (toInteger squares + toInteger numbers)
