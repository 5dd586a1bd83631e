{-# LANGUAGE TemplateHaskellQuotes #-}

-- |
-- OpenMP kernels inside Haskell modules, by
-- <https://hackage.haskell.org/package/inline-c inline-c>: C blocks with pragmas,
-- which run on the team, and Haskell closures that these blocks call.
--
-- > {-# LANGUAGE QuasiQuotes, TemplateHaskell #-}
-- > {-# OPTIONS_GHC -optc-fopenmp #-}
-- > import qualified Control.Parallel.OpenMP.Inline as C
-- > import qualified Language.C.Inline as C
-- >
-- > C.openmp
-- >
-- > main :: IO ()
-- > main = print =<< [C.block| double {
-- >     double sum = 0;
-- >     #pragma omp parallel for reduction(+ : sum)
-- >     for (long i = 0; i < 1000000; i++)
-- >       sum += $closure:(double (*weight)(long))(i) / (i + 1.0);
-- >     return sum;
-- >   } |]
-- >   where
-- >     weight i = pure (if even i then 1 else -1)
--
-- = Flags
--
-- GHC compiles the C of a module with the C options of that module. So put
-- @-fopenmp@ into the module, as above, or for all modules of a component
-- into its @ghc-options: -optc-fopenmp@. Cabal's @cc-options@ are for the files of
-- @c-sources@ and do not reach inline C. If the flag is missing, 'openmp' makes
-- the C compiler report an error; otherwise the C compiler would ignore the pragmas.
-- The program needs @-threaded@, and no linker flag.
--
-- GHCi loads such a module as object code only: @:set -fobject-code@.
--
-- = What a block can capture
--
-- [@$(int n)@] the variable @n@, a @CInt@.
-- [@$vec-ptr:(double *v)@, @$vec-len:v@] the elements of a storable vector of
--   @CDouble@, mutable or not, and their number. A slice of a vector is a
--   vector. @Data.Vector.Storable.unsafeCast@ turns a vector of 'Double' into a
--   vector of @CDouble@ without a copy.
-- [@$closure:(double (*f)(long))@] the closure @f@, a @CLong -> IO CDouble@,
--   as a function pointer, by
--   'Control.Parallel.OpenMP.Callback.withCallback'.
-- [@$closure-dense:(double (*f)(long))@] the same by
--   'Control.Parallel.OpenMP.Callback.withCallbackDense', for blocks that spend their
--   time in calls of the closure.
-- [@$fun:(double (*f)(long))@] inline-c's own: a @"wrapper"@, with one in-call for
--   each call. An exception in it ends the program.
-- [@$bs-ptr:b@, @$bs-len:b@, @$bs-cstr:b@, @$fptr-ptr:(int *p)@] byte strings and
--   foreign pointers.
--
-- An antiquotation captures once, at the start of the block, so one with a closure
-- may stand in a loop. Its pointer is valid until the block ends, and is freed then.
-- The first exception of a closure is thrown when the block has ended; until then
-- calls return 0. "Control.Parallel.OpenMP.Callback" has the details.
--
-- inline-c's @pure@ takes expressions without closures only, because GHC may drop such
-- an expression in the middle and would never free them. Do not use the quoters of
-- "Language.C.Inline.Unsafe" for OpenMP: the calling thread keeps its
-- capability, so closures and the collector wait for each other for ever.
--
-- = When the module is available
--
-- This package has the module if inline-c is installed (Cabal sets the flag
-- @inline-c@), so a package that names both in its @build-depends@ has it.
-- @constraints: ghc-openmp +inline-c@ in a @cabal.project@ requires it.
module Control.Parallel.OpenMP.Inline
  ( openmp
  , openmpCtx
  , closureCtx
  ) where

import qualified Data.Map as Map
import Foreign.Ptr (FunPtr)
import Language.C.Inline (context, verbatim)
import Language.C.Inline.Context
import Language.C.Inline.HaskellIdentifier
import qualified Language.C.Types as Types
import Language.Haskell.TH (DecsQ, Name, Type (..), appE, lookupValueName, varE)
import Text.Parser.Token (parens)

import Control.Parallel.OpenMP.Callback

-- | Prepares the module for OpenMP: sets 'openmpCtx' as its context, includes
-- @omp.h@, and makes it an error to compile the module without @-fopenmp@. Put it at
-- the top level, before any other use of this module.
--
-- @since 0.1.0.0
openmp :: DecsQ
openmp = do
  _ <- context openmpCtx
  verbatim $
    unlines
      [ "#ifndef _OPENMP"
      , "#error \"-fopenmp is missing: {-# OPTIONS_GHC -optc-fopenmp #-} in this module, or ghc-options: -optc-fopenmp\""
      , "#endif"
      , "#include <omp.h>"
      ]

-- | The context that 'openmp' sets: 'closureCtx', and everything that inline-c has
-- for C ('baseCtx', 'funCtx', 'vecCtx', 'bsCtx', 'fptrCtx'). A module that needs more
-- writes @'context' ('openmpCtx' <> more)@ and @include "\<omp.h>"@ instead of
-- 'openmp'.
--
-- @since 0.1.0.0
openmpCtx :: Context
openmpCtx = baseCtx <> funCtx <> vecCtx <> bsCtx <> fptrCtx <> closureCtx

-- | Only the antiquoters @$closure:@ and @$closure-dense:@, for contexts of other
-- languages (such as that of inline-c-cpp).
--
-- @since 0.1.0.0
closureCtx :: Context
closureCtx =
  mempty
    { ctxAntiQuoters =
        Map.fromList
          [ ("closure", SomeAntiQuoter (closure 'withCallback))
          , ("closure-dense", SomeAntiQuoter (closure 'withCallbackDense))
          ]
    }

-- Captures a closure by one of the two functions. They have the type that inline-c
-- expects of an antiquoter's expression: @f -> (FunPtr f -> IO a) -> IO a@.
closure :: Name -> AntiQuoter HaskellIdentifier
closure with =
  AntiQuoter
    { aqParser = do
        declaration <- parens Types.parseParameterDeclaration
        cpp <- Types.parseEnableCpp
        cType <- traverse (cIdentifier cpp) (Types.parameterDeclarationType declaration)
        case Types.parameterDeclarationId declaration of
          Nothing -> fail "a closure needs a name: $closure:(double (*f)(long))"
          Just name -> pure (mangleHaskellIdentifier cpp name, cType, name)
    , aqMarshaller = \purity types cType name -> do
        -- In pure code GHC may drop a call in the middle, and run no handlers.
        case purity of
          Pure -> fail "closures are for exp and block: pure cannot free them"
          IO -> pure ()
        found <- lookupValueName (unHaskellIdentifier name)
        variable <- maybe (fail (unHaskellIdentifier name ++ " is not in scope")) pure found
        converted <- convertType purity types cType
        case converted of
          Just hsType@(AppT (ConT pointer) _) | pointer == ''FunPtr -> do
            capture <- varE with `appE` varE variable
            pure (hsType, capture)
          _ -> fail (unHaskellIdentifier name ++ " is not declared as a pointer to a function of known types")
    }
  where
    cIdentifier cpp name =
      either fail pure (Types.cIdentifierFromString cpp (unHaskellIdentifier name))
