{-# LANGUAGE CPP #-}

-- | Monads that loops can run in. With the macro it becomes a program that GHC refuses:
-- states that pass from action to action cannot be passed between threads.
module Unlift where

import Control.Monad.Trans.Class (lift)
import Control.Monad.Trans.Reader (ReaderT, ask)
#ifdef STATE
import Control.Monad.Trans.State.Strict (StateT, modify)
#endif

import Control.Parallel.OpenMP.Unlift

environment :: ReaderT Int IO ()
environment = parallelFor defaults (Range 0 10) (\i -> ask >>= \k -> lift (print (k * i)))

#ifdef STATE
state :: StateT Int IO ()
state = parallelFor defaults (Range 0 10) (\i -> modify (+ i))
#endif
