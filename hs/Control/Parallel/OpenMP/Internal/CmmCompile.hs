{-# OPTIONS_HADDOCK hide #-}

-- |
-- Compiles Cmm while GHC compiles a Haskell module, and writes the result as C.
--
-- Note [Cmm as C]
-- ~~~~~~~~~~~~~~~
-- Template Haskell takes foreign sources in C, but not in Cmm. It also takes an object
-- file, but then that object has to fit every way in which GHC compiles the module, and
-- a splice cannot ask for the way. So GHC translates the Cmm to assembly, twice, and
-- the C source holds both texts:
--
-- * without profiling. Macros of Cmm.h (the size of a closure's header, for example)
--   depend on that, and GHC defines PROFILING for the C sources of a profiled module;
-- * with profiling, if that makes a difference.
--
-- Both are position independent and reach other libraries through tables of the linker.
-- That code fits static and shared libraries, and programs, and GHCi.
module Control.Parallel.OpenMP.Internal.CmmCompile
  ( Outcome (..)
  , compileCmm
  , perhapsByteCode
  ) where

import Control.Exception (IOException, try)
import Data.Char (isDigit, isSpace)
import Data.List (dropWhileEnd, isInfixOf, isPrefixOf, isSuffixOf, stripPrefix)
import Data.Maybe (catMaybes, mapMaybe)
import Data.Version (showVersion, versionBranch)
import System.Directory (findExecutable)
import System.Environment (getArgs, getExecutablePath)
import System.Exit (ExitCode (..))
import System.FilePath (takeDirectory, takeFileName, (</>))
import System.IO
import System.Info (fullCompilerVersion)
import System.Process (readProcessWithExitCode)

data Outcome
  = -- | The C source, and the warnings.
    Compiled String String
  | -- | GHC's messages.
    Refused String
  | -- | No GHC was found. The sentence says which one.
    NoCompiler String

-- | Compiles a text with these options, by files with these names.
compileCmm :: [String] -> FilePath -> FilePath -> String -> IO Outcome
compileCmm options source assembly text = do
  found <- findCompiler
  case found of
    Nothing -> pure (NoCompiler ("Cmm needs ghc " ++ version ++ ", and it is not on the PATH"))
    Just ghc -> do
      writeUtf8 source text
      plain <- translate ghc []
      case plain of
        Left message -> pure (Refused message)
        Right (code, warnings) -> do
          profiled <- translate ghc ["-prof"]
          pure $ case profiled of
            Left message -> Refused message
            Right (other, _) -> Compiled (asC code other) warnings
  where
    translate (ghc, libdir) way = do
      (status, out, err) <-
        readProcessWithExitCode
          ghc
          (libdir ++ constant ++ way ++ options ++ [source, "-o", assembly])
          ""
      case status of
        ExitSuccess -> do
          code <- readUtf8 assembly
          pure (Right (code, err))
        ExitFailure _ -> pure (Left (explained (out ++ err)))
    constant = ["-package-env", "-", "-v1", "-S", "-O", "-fPIC", "-dynamic", "-dcmm-lint"]

asC :: String -> String -> String
asC plain profiled
  | plain == profiled = assembly plain
  | otherwise = unlines ["#ifdef PROFILING", assembly profiled, "#else", assembly plain, "#endif"]
  where
    assembly code =
      unlines (["__asm__("] ++ map quoted (filter (not . note) (lines code) ++ ["\t.text"]) ++ [");"])
    -- The C compiler writes its own.
    note l = any (`isPrefixOf` dropWhile isSpace l) [".section .note.GNU-stack", ".ident"]
    quoted l = "\"" ++ concatMap escaped l ++ "\\n\""
    escaped c = case c of
      '"' -> "\\\""
      '\\' -> "\\\\"
      '\t' -> "\\t"
      _ -> [c]

-- * The compiler

-- | The running compiler, or its like, with the options that tell it where its files
-- are. The running process may also be haddock, a server of Template Haskell, or a
-- program that has GHC as a library.
findCompiler :: IO (Maybe (FilePath, [String]))
findCompiler = do
  self <- getExecutablePath
  libdir <- filter (\a -> "-B" `isPrefixOf` a && length a > 2) <$> getArgs
  if isCompiler (takeFileName self)
    then pure (Just (self, libdir))
    else do
      onPath <- catMaybes <$> mapM findExecutable ["ghc-" ++ version, "ghc"]
      firstOf ((takeDirectory self </> "ghc", libdir) : [(ghc, []) | ghc <- onPath])
  where
    -- ghc, ghc-9.0.2, x86_64-linux-gnu-ghc-9.0.2, but not ghc-iserv-dyn-ghc-9.10.3
    isCompiler file = not ("iserv" `isInfixOf` file) && "-ghc" `isSuffixOf` ('-' : withoutVersion file)
    withoutVersion = dropWhileEnd (`elem` "-.0123456789")
    firstOf [] = pure Nothing
    firstOf (candidate@(ghc, options) : others) = do
      -- It answers only if it finds its files.
      asked <- try (readProcessWithExitCode ghc (options ++ ["--info"]) "")
      case asked :: Either IOException (ExitCode, String, String) of
        Right (ExitSuccess, answer, _)
          | show ("Project version", version) `isInfixOf` answer -> pure (Just candidate)
        _ -> firstOf others

version :: String
version = showVersion fullCompilerVersion

-- | Whether GHC may be compiling the file to byte code, which cannot find the symbols of C
-- sources. A splice cannot ask, so this looks at the command line and the file. GHC 9.0
-- makes machine code of each module with UnboxedTuples.
perhapsByteCode :: FilePath -> IO Bool
perhapsByteCode file = do
  options <- getArgs
  if versionBranch fullCompilerVersion < [9, 2]
    || "--interactive" `notElem` options
    || machineCode `elem` options
    then pure False
    else do
      text <- try (readUtf8 file)
      pure (either (const True :: IOException -> Bool) (not . isInfixOf machineCode) text)
  where
    machineCode = "-fobject-code"

-- * Messages

-- | GHC's messages. If GHC's check of the types in Cmm complains, it names no place, but
-- prints the whole program with places as comments.
explained :: String -> String
explained output
  | any ("Cmm lint error" `isPrefixOf`) complaint, not (null program) =
      unlines (place ++ map ("  " ++) complaint)
  | otherwise = output
  where
    (complaint, program) = break ("Program was" `isPrefixOf`) (dropWhile blank (lines output))
    blank = all isSpace
    quotedCode = filter ((> 3) . length) (map trim complaint)
    place = case break (\l -> any (`isInfixOf` l) quotedCode) program of
      (before, _ : _) ->
        take 1 (map (++ ": error: the types do not agree") (mapMaybe tick (reverse before)))
      _ -> []
    -- //tick src<Foo.hs:47:7-21>, or, of several lines, //tick src<Foo.hs:(43,1)-(49,1)>.
    -- The columns are those of operators, or of code that we added.
    tick l = start . takeWhile (/= '>') <$> stripPrefix "//tick src<" (trim l)
    start l = case break (== ':') (reverse l) of
      (end, before) | '(' : numbers <- reverse end -> reverse before ++ takeWhile isDigit numbers
      (_, before) -> reverse (drop 1 before)

trim :: String -> String
trim = dropWhileEnd isSpace . dropWhile isSpace

writeUtf8 :: FilePath -> String -> IO ()
writeUtf8 file text = withFile file WriteMode $ \h -> hSetEncoding h utf8 >> hPutStr h text

readUtf8 :: FilePath -> IO String
readUtf8 file = withFile file ReadMode $ \h -> do
  hSetEncoding h utf8
  text <- hGetContents h
  length text `seq` pure text
