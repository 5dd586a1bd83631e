{-# LANGUAGE CPP #-}
{-# LANGUAGE RankNTypes #-}

-- | Uses of a team's handle. With each of the macros it does something forbidden, and
-- GHC refuses the program. The script run compiles them all.
module Teams (phases) where

#ifdef COERCED
import Data.Coerce (coerce)
#endif
#ifdef OUT_BY_REFERENCE
import Data.IORef
#endif

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Team

phases :: IO [Int]
#if defined(OUT_AS_RESULT)
phases = length <$> team defaults pure >>= \n -> pure [n]
#elif defined(OUT_BY_REFERENCE)
phases = do
  leak <- newIORef undefined
  team defaults (\t -> memberNum t <$ writeIORef leak t)
#elif defined(OUT_AS_ACTION)
phases = do
  later <- team defaults (\t -> pure (t, barrier t))
  mapM_ snd later
  pure []
#elif defined(OF_ANOTHER)
phases = concat <$> team defaults (\t -> team defaults (\u -> memberNum u <$ both t u))

both :: Team s -> Team s -> IO ()
both t u = barrier t >> barrier u
#elif defined(COERCED)
phases = concat <$> team defaults (\t -> team defaults (\u -> memberNum (same t (coerce u)) <$ barrier t))

same :: Team s -> Team s -> Team s
same _ u = u
#else
phases = team defaults $ \t -> do
  barrier t
  teamReduce t Static (Range 0 10) (+) 0 pure
#endif
