{-# LANGUAGE MagicHash #-}
{-# LANGUAGE TemplateHaskellQuotes #-}

-- |
-- Prim operations in Haskell modules: functions in
-- <https://gitlab.haskell.org/ghc/ghc/-/wikis/commentary/compiler/cmm-type Cmm>, GHC's
-- own low-level language, with Haskell's types.
--
-- > {-# LANGUAGE GHCForeignImportPrim, QuasiQuotes, UnboxedTuples, UnliftedFFITypes #-}
-- > import Control.Parallel.OpenMP.Cmm (cmm)
-- >
-- > [cmm|
-- >   // The next number of the Collatz sequence.
-- >   Int next(Int n) {
-- >     if (n & 1 == 0) {
-- >       return (n >> 1);
-- >     }
-- >     return (3 * n + 1);
-- >   }
-- >
-- >   IO Int capability() {
-- >     return (TO_W_(Capability_no(MyCapability())));
-- >   }
-- > |]
-- >
-- > main :: IO ()
-- > main = print (next 7) >> (print =<< capability)
--
-- A call passes its arguments in registers and jumps. It does not leave Haskell, as
-- @safe@ and @unsafe@ imports of C do. The code may read what the RTS keeps for the
-- running thread, such as the number of its capability.
--
-- = Functions
--
-- A function with a result type becomes two declarations:
--
-- [@next :: Int -> Int@] the function that you call. GHC inlines it.
-- [@next# :: Int# -> Int#@] the @foreign import prim@.
--
-- A plain result type makes a /pure/ function. GHC may call it once for several uses,
-- earlier, later or never. So its result must depend on its arguments alone, and it
-- needs at least one.
--
-- @IO@ before the type makes an /action/. It passes the state token through, which is
-- nothing in Cmm. @void name(...)@ is an action without a result; it ends with
-- @return ();@. @(I64, F64) name(...)@ has several results, and Haskell gets a tuple.
--
-- = Types
--
-- +----------------------------+--------------------------------+----------------------+
-- | in the quotation           | in Haskell                     | in Cmm               |
-- +============================+================================+======================+
-- | @I8@, @I16@, @I32@, @I64@, | 'Int8', 'Int16', 'Int32',      | @bits8@, @bits16@,   |
-- | or @Int8@ to @Int64@       | 'Int64'                        | @bits32@, @bits64@   |
-- +----------------------------+--------------------------------+----------------------+
-- | @W8@, @W16@, @W32@, @W64@, | 'Word8', 'Word16', 'Word32',   | the same             |
-- | or @Word8@ to @Word64@     | 'Word64'                       |                      |
-- +----------------------------+--------------------------------+----------------------+
-- | @Int@                      | 'Int'                          | @W_@                 |
-- +----------------------------+--------------------------------+----------------------+
-- | @Word@ or @W_@             | 'Word'                         | @W_@                 |
-- +----------------------------+--------------------------------+----------------------+
-- | @F32@, @Float@ or @F_@     | 'Float'                        | @float32@            |
-- +----------------------------+--------------------------------+----------------------+
-- | @F64@, @Double@ or @D_@    | 'Double'                       | @float64@            |
-- +----------------------------+--------------------------------+----------------------+
-- | @Ptr@                      | @'Ptr' a@; as a result         | @W_@                 |
-- |                            | @'Ptr' ()@                     |                      |
-- +----------------------------+--------------------------------+----------------------+
-- | @Ptr F64@, @Ptr CInt@      | @'Ptr' 'Double'@; a pointer to | @W_@                 |
-- |                            | any type in scope              |                      |
-- +----------------------------+--------------------------------+----------------------+
-- | @ByteArray@                | 'ByteArray' (of primitive)     | @gcptr@; the bytes   |
-- |                            |                                | begin at             |
-- |                            |                                | @BYTE_ARR_CTS(x)@    |
-- +----------------------------+--------------------------------+----------------------+
-- | @MutableByteArray@         | @'MutableByteArray'            | the same; only for   |
-- |                            | 'RealWorld'@                   | actions              |
-- +----------------------------+--------------------------------+----------------------+
-- | @P_@                       | 'Any', for any lifted value    | @gcptr@, perhaps not |
-- |                            | (@unsafeCoerce@)               | evaluated            |
-- +----------------------------+--------------------------------+----------------------+
--
-- Arguments are evaluated, an action's when it runs; only 'Any' is passed as it is.
-- Results are evaluated in the same way.
--
-- Cmm does not know whether a number has a sign. The operation decides: @%lt(a, b)@ and
-- @%quot(a, b)@ go by signs, @a < b@ and @a \/ b@ do not. Numbers of different sizes do
-- not mix: @%sx64(a)@ and @%zx64(a)@ extend a smaller one by its sign or by zeros.
-- Widen 8-bit numbers before you compute with them, because GHC 9.0 cannot add them. A
-- result of 8, 16 or 32 bits may be given as a wider number, and is cut.
--
-- GHC checks the sizes of operands, and the types of assignments and results. It does
-- not notice a 'Double' among 64-bit integers in one expression: @%fadd@, @%fmul@ and
-- so on are for floating-point numbers, and @+@ and @*@ are for integers.
--
-- = What else a quotation may contain
--
-- Comments, lines for the preprocessor, and all other definitions of Cmm: functions
-- without a result type (@helper (W_ a) { ... }@), low-level procedures, data, imports.
-- GHC gets them as they are, after @#include "Cmm.h"@. Their names are symbols of the
-- whole program.
--
-- A function with a type has a symbol that contains the package and the module. So two
-- modules may have functions of the same name. From its quotation on, Cmm in the same
-- module uses the plain name: @(W_ m) = call next(n);@
--
-- While a function in Cmm runs, no collection starts, and no exception or other thread
-- interrupts it (unless it allocates, or calls what does). So long loops belong into C,
-- called @safe@. @ccall@ calls C as an @unsafe@ import does.
--
-- With the extension @CPP@, Haskell's preprocessor sees the quotation first.
--
-- = Compiling
--
-- The module needs the four extensions above. As with all top-level splices, functions
-- are in scope only below their quotation.
--
-- GHC compiles the Cmm while it compiles the module. The code fits static, dynamic and
-- profiled programs, shared libraries, and GHCi. It needs no option and no entry in the
-- package description. Messages name the line of the Haskell file.
--
-- GHCi runs Cmm only in modules that it compiles to machine code. Write @{-\#
-- OPTIONS_GHC -fobject-code \#-}@ into the module, or start GHCi with @-fobject-code@.
-- (GHC 9.0 does so by itself for all modules with @UnboxedTuples@. Without that
-- extension it says: @bytecode compiler can't handle some foreign calling
-- conventions@.)
--
-- The compiler of the Cmm is the running one. If another program runs Template Haskell
-- (haddock, a language server, @-fexternal-interpreter@), it is the @ghc@ of the same
-- version beside that program or on the @PATH@. If there is none, the module can be
-- checked and documented, but not compiled to machine code.
module Control.Parallel.OpenMP.Cmm
  ( cmm
  , cmmWith
  ) where

import Control.Monad (filterM, unless, when, zipWithM)
import Data.Int (Int16, Int32, Int64, Int8)
import Data.List (intercalate)
import Data.Maybe (fromMaybe)
import Data.Primitive.ByteArray (ByteArray (..), MutableByteArray (..))
import Data.Word (Word16, Word32, Word64, Word8)
import GHC.Exts
import GHC.IO (IO (..))
import Language.Haskell.TH
import Language.Haskell.TH.Quote (QuasiQuoter (..))
import Language.Haskell.TH.Syntax
  (ForeignSrcLang (LangC), addForeignSource, addTempFile, getQ, putQ)

import Control.Parallel.OpenMP.Internal.CmmCompile
import Control.Parallel.OpenMP.Internal.CmmSource

-- | Declares the functions of a quotation, at a module's top level.
--
-- @since 0.1.0.0
cmm :: QuasiQuoter
cmm = cmmWith []

-- | A quoter that passes more options to the GHC that compiles the Cmm, such as
-- @-Iinclude@ or @-optP-DSIZE=8@. A quoter has to be defined in another module than
-- where it is used.
--
-- > cmmHere :: QuasiQuoter
-- > cmmHere = cmmWith ["-Iinclude"]
--
-- @since 0.1.0.0
cmmWith :: [String] -> QuasiQuoter
cmmWith options =
  QuasiQuoter
    { quoteDec = declare options
    , quoteExp = elsewhere
    , quotePat = elsewhere
    , quoteType = elsewhere
    }
  where
    elsewhere _ = fail "Cmm stands at the top level of a module, where declarations stand"

-- | The functions of the module's earlier quotations, with their symbols.
newtype Declared = Declared [(String, String)]

declare :: [String] -> String -> Q [Dec]
declare options written = do
  here <- location
  let file = loc_filename here
      start = uncurry Place (loc_start here)
      orFail = either (\(Problem place why) -> fail (shown file place ++ why)) pure
  source <- orFail (readSource start written)
  let found = functions source
  required (any (\f -> effects f || length (results f) > 1) found)
  Declared earlier <- fromMaybe (Declared []) <$> getQ
  let symbol f = symbolOf (loc_package here) (loc_module here) (name f)
      symbols = [(name f, symbol f) | f <- found] ++ earlier
  text <- orFail (writeSource file symbols source)
  putQ (Declared symbols)
  byteCode <- runIO (perhapsByteCode file)
  when byteCode . reportWarning $
    "GHCi cannot run Cmm in a module that it compiles to byte code.\n\
    \Write {-# OPTIONS_GHC -fobject-code #-} into the module, or start GHCi with -fobject-code.\n\
    \(After :set -fobject-code this warning means nothing.)"
  sourceFile <- addTempFile "cmm"
  assembly <- addTempFile "s"
  outcome <- runIO (compileCmm options sourceFile assembly text)
  case outcome of
    -- See Note [Cmm as C] in CmmCompile.
    Compiled code warnings -> do
      unless (null warnings) (reportWarning warnings)
      addForeignSource LangC code
    -- Documentation and editors need no code.
    NoCompiler why -> addForeignSource LangC ("#error \"" ++ why ++ "\"\n")
    Refused messages -> fail ("the Cmm does not compile\n" ++ messages)
  concat <$> mapM (\f -> import' f (symbol f)) found

shown :: FilePath -> Place -> String
shown file place = file ++ ":" ++ show (line place) ++ ":" ++ show (column place) ++ ": error: "

-- | Stops if the module lacks an extension.
required :: Bool -> Q ()
required tuples = do
  lacking <- filterOff ([GHCForeignImportPrim, UnliftedFFITypes] ++ [UnboxedTuples | tuples])
  unless (null lacking) . fail $
    "Cmm needs more extensions: {-# LANGUAGE " ++ intercalate ", " (map show lacking) ++ " #-}"
  where
    filterOff = filterM (fmap not . isExtEnabled)

-- | The import of a function, and the function with Haskell's types.
import' :: Function -> String -> Q [Dec]
import' f symbol = do
  let own = mkName (name f)
      raw = mkName (name f ++ "#")
      registers = map fst (arguments f)
  variables <- mapM (const (newName "a")) registers
  let free = [a | (a, Pointer Nothing) <- zip variables registers]
  taken <- zipWithM (\a r -> haskellType (VarT a) r) variables registers
  answers <- mapM (haskellType (TupleT 0)) (results f)
  xs <- mapM (newName . snd) (arguments f)
  us <- mapM (newName . snd) (arguments f)
  rs <- mapM (const (newName "r")) (results f)
  vs <- mapM (const (newName "v")) (results f)
  s <- newName "s"
  s' <- newName "s"
  let token = AppT (ConT ''State#) (ConT ''RealWorld)
      passed = map unliftedType registers
      unlifted = map unliftedType (results f)
      rawType
        | effects f = function (passed ++ [token]) (unboxed (token : unlifted))
        | otherwise = function passed (one unlifted unboxed)
      type'
        | effects f = function taken (AppT (ConT ''IO) (one answers boxed))
        | otherwise = function taken (one answers boxed)
      call = foldl appE (varE raw) (map varE us)
      values = one (map varE vs) tupE
      withRegisters inner = foldr toRegister inner (zip3 registers xs us)
      withValues inner = foldr fromRegister inner (zip3 (results f) rs vs)
      body
        | effects f =
            conE 'IO
              `appE` lamE
                [varP s]
                ( withRegisters
                    . caseOf (call `appE` varE s) (unboxedTupP (varP s' : map varP rs))
                    $ withValues (unboxedTupE [varE s', values])
                )
        | otherwise =
            withRegisters . caseOf call (one (map varP rs) unboxedTupP) $ withValues values
      forAll t = if null free then t else ForallT [PlainTV a SpecifiedSpec | a <- free] [] t
  signature <- sigD own (pure (forAll type'))
  definition <- funD own [clause (map varP xs) (normalB body) []]
  inlined <- pragInlD own Inline FunLike AllPhases
  pure [ForeignD (ImportF Prim Safe symbol raw rawType), signature, definition, inlined]
  where
    function ts t = foldr (AppT . AppT ArrowT) t ts
    boxed ts = foldl AppT (TupleT (length ts)) ts
    unboxed ts = foldl AppT (UnboxedTupleT (length ts)) ts
    one ts whole = case ts of
      [t] -> t
      _ -> whole ts

-- | An expression in which the content of a register is a variable.
toRegister :: (Register, Name, Name) -> Q Exp -> Q Exp
toRegister (t, x, u) = case constructorOf t of
  Just con -> caseOf (converted t (varE x)) (conP con [varP u])
  Nothing -> caseOf (varE x) (varP u)

-- | An expression in which the value of a register is a variable. The value is
-- evaluated, except an 'Any'.
fromRegister :: (Register, Name, Name) -> Q Exp -> Q Exp
fromRegister (t, r, v) = case constructorOf t of
  Just con -> caseOf (converted t (conE con `appE` varE r)) (bangP (varP v))
  Nothing -> caseOf (varE r) (varP v)

caseOf :: Q Exp -> Q Pat -> Q Exp -> Q Exp
caseOf e p inner = caseE e [match p (normalB inner) []]

-- Numbers of a given width travel as machine numbers.
converted :: Register -> Q Exp -> Q Exp
converted t e = case t of
  Signed _ -> varE 'fromIntegral `appE` e
  Unsigned _ -> varE 'fromIntegral `appE` e
  _ -> e

-- | The constructor of the boxed type whose field a register is.
constructorOf :: Register -> Maybe Name
constructorOf t = case t of
  Signed _ -> Just 'I#
  Unsigned _ -> Just 'W#
  Machine -> Just 'I#
  MachineWord -> Just 'W#
  Single -> Just 'F#
  Twice -> Just 'D#
  Pointer _ -> Just 'Ptr
  Bytes -> Just 'ByteArray
  MutableBytes -> Just 'MutableByteArray
  Value -> Nothing

unliftedType :: Register -> Type
unliftedType t = case t of
  Signed _ -> ConT ''Int#
  Unsigned _ -> ConT ''Word#
  Machine -> ConT ''Int#
  MachineWord -> ConT ''Word#
  Single -> ConT ''Float#
  Twice -> ConT ''Double#
  Pointer _ -> ConT ''Addr#
  Bytes -> ConT ''ByteArray#
  MutableBytes -> AppT (ConT ''MutableByteArray#) (ConT ''RealWorld)
  Value -> ConT ''Any

-- | The type in Haskell. The first argument is what a plain @Ptr@ points to.
haskellType :: Type -> Register -> Q Type
haskellType pointee t = case t of
  Signed bits -> conT (width bits (''Int8, ''Int16, ''Int32, ''Int64))
  Unsigned bits -> conT (width bits (''Word8, ''Word16, ''Word32, ''Word64))
  Machine -> conT ''Int
  MachineWord -> conT ''Word
  Single -> conT ''Float
  Twice -> conT ''Double
  Pointer Nothing -> pure (AppT (ConT ''Ptr) pointee)
  Pointer (Just element) -> AppT (ConT ''Ptr) <$> elementType element
  Bytes -> conT ''ByteArray
  MutableBytes -> pure (AppT (ConT ''MutableByteArray) (ConT ''RealWorld))
  Value -> conT ''Any
  where
    width bits (a, b, c, d) = case bits of
      8 -> a
      16 -> b
      32 -> c
      _ -> d
    elementType element = case registerNamed element of
      Just r -> haskellType (TupleT 0) r
      Nothing ->
        lookupTypeName element
          >>= maybe (fail ("the type " ++ element ++ ", of a Ptr, is not in scope")) conT
