{-# LANGUAGE CPP #-}
{-# LANGUAGE RankNTypes #-}

-- | Sides that work on parts of one vector. With each of the macros one does something
-- forbidden, and GHC refuses the program. The script run compiles them all.
module Splits (work) where

#ifdef COERCED
import Data.Coerce (coerce)
#endif
#ifdef OUT_BY_REFERENCE
import Control.Monad.ST (RealWorld)
import Data.IORef
#endif
import qualified Data.Vector.Storable.Mutable as VM

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Split

clear :: Int -> VM.MVector s Int -> Side s ()
clear k part = mapM_ (\i -> VM.write part i k) [0 .. VM.length part - 1]

work :: VM.IOVector Int -> IO ()
#if defined(OUTSIDE_VECTOR)
work v = borrow defaults v (\_ -> VM.write v 0 1)
#elif defined(WHOLE_IN_HALF)
work v = borrow defaults v $ \whole -> () <$ halves 3 whole (clear 1) (\_ -> clear 2 whole)
#elif defined(WHOLE_IN_BLOCK)
work v = borrow defaults v $ \whole -> () <$ blocks whole [Block 3 (clear 1), Block 2 (\_ -> clear 2 whole)]
#elif defined(WHOLE_IN_EACH)
work v = borrow defaults v $ \whole -> eachBlock 2 whole (\_ _ -> clear 2 whole)
#elif defined(HALF_OF_ANOTHER)
work v = borrow defaults v $ \whole ->
  () <$ halves 3 whole (\a -> halves 1 a (clear 1) (\_ -> clear 2 a)) (clear 3)
#elif defined(MIXED)
work v = borrow defaults v $ \whole ->
  () <$ halves 3 whole (clear 1) (\b -> () <$ halves 1 b (clear 2) (\c -> both b c))
  where
    both :: VM.MVector s Int -> VM.MVector s Int -> Side s ()
    both b c = VM.unsafeCopy b c
#elif defined(OUT_AS_RESULT)
work v = borrow defaults v pure >>= \part -> VM.write part 0 1
#elif defined(HALF_AS_RESULT)
work v = borrow defaults v $ \whole -> halves 3 whole (clear 1) pure >>= \(_, b) -> clear 2 b
#elif defined(OUT_AS_ACTION)
work v = borrow defaults v $ \whole -> halves 3 whole (\a -> pure (clear 1 a)) (clear 2) >>= fst
#elif defined(OUT_BY_REFERENCE)
work v = do
  leak <- newIORef v :: IO (IORef (VM.MVector RealWorld Int))
  borrow defaults v $ \whole -> kernel whole (\_ _ -> writeIORef leak whole)
#elif defined(OTHER_IN_KERNEL)
work v = borrow defaults v $ \whole ->
  () <$ halves 3 whole (\a -> kernel a (\_ _ -> VM.write whole 4 1)) (clear 2)
#elif defined(ANY_IO)
work v = borrow defaults v (\part -> print (VM.length part))
#elif defined(COERCED)
work v = borrow defaults v $ \whole -> () <$ halves 3 whole (clear 1) (\_ -> same (clear 2 whole))

same :: Side s () -> Side t ()
same = coerce
#else
work v = borrow defaults v $ \whole -> do
  _ <- halves 3 whole (clear 1) (\b -> halves 1 b (clear 2) (\c -> kernel c (\_ _ -> pure ())))
  _ <- blocks whole [Block 1 (clear 1), Block 2 (\_ -> pure ())]
  eachBlock 2 whole (\from -> clear from)
  clear 4 whole
#endif
