-- |
-- Builds the Rust core and puts it into the Haskell library.
--
-- The core becomes the object file of the stub @cbits/ghcomp_core.c@. Cabal
-- compiles a C source only when it is newer than its object, and packs that
-- object into every form of the library. So the static, the shared and the
-- profiling library contain the core, and nothing else has to be installed.
--
-- `configure` looks for the tools that the build and the users of the library
-- need, and says in one sentence what is missing. `build` and `repl` run cargo,
-- which knows what is new. They also drop C objects that are older than a header,
-- because Cabal compares an object only with its source.
module Main (main) where

import Control.Monad (filterM, forM_, unless, when)
import qualified Data.ByteString as B
import Data.Char (isDigit)
import Data.List (isInfixOf, isPrefixOf, nub)
import Data.Maybe (fromMaybe, isNothing)
import Data.Time.Clock (addUTCTime)
import Distribution.PackageDescription
import Distribution.Simple
import Distribution.Simple.LocalBuildInfo
import Distribution.Simple.Program (gccProgram, lookupProgram, programPath)
import Distribution.Simple.Setup
  (buildVerbosity, configVerbosity, fromFlagOrDefault, replVerbosity)
import Distribution.Simple.Utils (die', notice)
import Distribution.System (OS (..), Platform (..))
import Distribution.Verbosity (Verbosity, normal)
import System.Directory
import System.Environment (getEnvironment, lookupEnv)
import System.Exit (ExitCode (..))
import System.FilePath
import System.IO.Error (catchIOError)
import System.Process

main :: IO ()
main =
  defaultMainWithHooks
    simpleUserHooks
      { confHook = \described flags -> do
          info <- confHook simpleUserHooks described flags
          lookAround (fromFlagOrDefault normal (configVerbosity flags)) info
          exporting info
      , buildHook = \described info hooks flags -> do
          provide (fromFlagOrDefault normal (buildVerbosity flags)) info
          buildHook simpleUserHooks described info hooks flags
      , replHook = \described info hooks flags arguments -> do
          let verbosity = fromFlagOrDefault normal (replVerbosity flags)
          provide verbosity info
          (described', info') <- forRepl verbosity described info arguments
          replHook simpleUserHooks described' info' hooks flags arguments
      }
  where
    provide verbosity info = provideCore verbosity info >> dropStaleObjects info

-- * Requirements

-- | Stops with one sentence if a requirement is missing.
lookAround :: Verbosity -> LocalBuildInfo -> IO ()
lookAround verbosity info = do
  let Platform _ os = hostPlatform info
  when (os /= Linux) $
    stop ("runs on Linux only (futexes, CPU sets, ELF), but this GHC makes programs for " ++ show os)
  _ <- findCargo verbosity
  missing <- filterM (fmap isNothing . findExecutable) ["ld.bfd", "objcopy", "readelf"]
  unless (null missing) $
    stop ("needs GNU binutils, of which " ++ unwords missing ++ " cannot be found on the PATH")
  problem <- openMPProblem cc
  forM_ problem $ \why ->
    stop ("needs GCC or Clang with OpenMP, but " ++ cc ++ " -fopenmp " ++ why ++ " (cabal's --with-gcc names another one)")
  where
    stop = die' verbosity . ("ghc-openmp " ++)
    cc = cCompiler info

-- | The C compiler that GHC uses.
cCompiler :: LocalBuildInfo -> FilePath
cCompiler info = maybe "gcc" programPath (lookupProgram gccProgram (withPrograms info))

-- | A problem with the compiler's OpenMP, if there is one. The C kernels of
-- packages that use this one need it. The runtime takes the calls of GCC
-- (libgomp's interface) and those of Clang (LLVM's). Clang's omp.h comes in
-- another package than Clang.
openMPProblem :: FilePath -> IO (Maybe String)
openMPProblem cc = do
  (code, assembly, _) <-
    readProcessWithExitCode cc ["-fopenmp", "-S", "-x", "c", "-o", "-", "-"] kernel
      `catchIOError` \_ -> pure (ExitFailure 127, "", "")
  pure $ case code of
    ExitFailure _ -> Just "does not compile a file with omp.h, which Debian has for Clang in libomp-dev"
    ExitSuccess
      | any (`isInfixOf` assembly) ["GOMP_parallel", "__kmpc_fork_call"] -> Nothing
      | otherwise -> Just "makes no calls of libgomp's or LLVM's interface"
  where
    kernel = "#include <omp.h>\nvoid f(int *a)\n{\n#pragma omp parallel\n    a[omp_get_thread_num()] = 1;\n}\n"

-- | The oldest cargo that builds the core.
oldestCargo :: [Int]
oldestCargo = [1, 85]

-- | cargo, from @$CARGO@ or the path, if it is new enough.
findCargo :: Verbosity -> IO FilePath
findCargo verbosity = do
  name <- fromMaybe "cargo" <$> lookupEnv "CARGO"
  cargo <- maybe (die' verbosity (missing name)) pure =<< findExecutable name
  (code, out, _) <- readProcessWithExitCode cargo ["--version"] ""
  let version = numbers (drop 1 (words out))
  unless (code == ExitSuccess && version >= oldestCargo) $
    die' verbosity ("ghc-openmp needs cargo 1.85 or newer (rustup update), but " ++ cargo ++ " is "
                    ++ if code == ExitSuccess then unwords (words out) else "broken")
  pure cargo
  where
    missing name = "ghc-openmp needs Rust 1.85 or newer, but " ++ name ++ " cannot be found (https://rustup.rs installs it)"
    numbers (word : _) = [read n | n <- splitDots word, all isDigit n, not (null n)]
    numbers [] = []
    splitDots s = case break (== '.') s of
      (n, _ : rest) -> n : splitDots rest
      (n, []) -> [n]

-- | Makes programs that link this library export the ABI's symbols. Then shared
-- libraries of such a program that depend on libgomp or on LLVM's libomp use our
-- runtime too. (The linker would export none by itself: the symbols of those
-- libraries have versions, and those in our archive have none.) Each symbol by its
-- name, because gold knows no patterns here.
exporting :: LocalBuildInfo -> IO LocalBuildInfo
exporting info = do
  names <- concatMap symbol . lines <$> readFile ("rust" </> "libgomp.map")
  let exports = ["-Wl,--export-dynamic-symbol=" ++ name | name <- nub names]
      described = localPkgDescr info
      more l = l {libBuildInfo = (libBuildInfo l) {ldOptions = ldOptions (libBuildInfo l) ++ exports}}
  pure info {localPkgDescr = described {library = more <$> library described}}
  where
    symbol line = [init word | [word] <- [words line], any (`isPrefixOf` word) prefixes]
    prefixes = ["GOMP_", "omp_", "__kmpc_", "__tgt_", "kmp_", "kmpc_", "ompc_"]

-- * The core

-- | Builds the core, merges it into one object, and puts that object where Cabal
-- looks for the stub's, in all four ways of compiling.
provideCore :: Verbosity -> LocalBuildInfo -> IO ()
provideCore verbosity info = do
  object <- buildCore verbosity info
  let folder = buildDir info </> "cbits"
  createDirectoryIfMissing True folder
  stubTime <- getModificationTime stub
  forM_ ways $ \extension -> do
    let target = folder </> "ghcomp_core" <.> extension
    same <- sameContents object target
    unless same (copyFile object target)
    time <- getModificationTime target
    when (time <= stubTime) (setModificationTime target (addUTCTime 2 stubTime))

-- | Removes the library's C and Cmm objects that are older than one of its
-- headers, so that Cabal compiles them again.
dropStaleObjects :: LocalBuildInfo -> IO ()
dropStaleObjects info = forM_ (library (localPkgDescr info)) $ \l -> do
  let built = libBuildInfo l
  headers <- concat <$> mapM headersIn (filter isRelative (includeDirs built))
  changed <- maximum <$> mapM getModificationTime headers
  forM_ (filter (/= stub) (cSources built)) $ \source ->
    forM_ ways $ \extension -> do
      let object = buildDir info </> source -<.> extension
      there <- doesFileExist object
      when there $ do
        time <- getModificationTime object
        when (time < changed) (removeFile object)
  where
    headersIn folder = map (folder </>) . filter ((== ".h") . takeExtension) <$> listDirectory folder

-- | The extensions of objects in GHC's four ways of compiling.
ways :: [String]
ways = ["o", "dyn_o", "p_o", "p_dyn_o"]

stub :: FilePath
stub = "cbits" </> "ghcomp_core.c"

sameContents :: FilePath -> FilePath -> IO Bool
sameContents a b = do
  there <- doesFileExist b
  if there then (==) <$> B.readFile a <*> B.readFile b else pure False

-- | Builds and merges the core. cargo builds only what is new; merging takes a
-- second.
buildCore :: Verbosity -> LocalBuildInfo -> IO FilePath
buildCore verbosity info = do
  cargo <- findCargo verbosity
  folder <- makeAbsolute (buildDir info </> "rust")
  createDirectoryIfMissing True folder
  environment <- filter (not . redirects . fst) <$> getEnvironment
  notice verbosity "Building the Rust core..."
  run verbosity environment cargo
    ["build", "--release", "--locked", "--quiet", "--lib", "--package", "ghcomp", "--target-dir", folder]
  let object = folder </> "ghcomp_core.o"
  run verbosity environment "sh" ["rust" </> "merge.sh", folder </> "release" </> "libghcomp.a", object]
  pure object
  where
    -- The result must be for this machine, and in our folder.
    redirects name = name `elem` ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]

run :: Verbosity -> [(String, String)] -> FilePath -> [String] -> IO ()
run verbosity environment program arguments = do
  (_, _, _, process) <- createProcess (proc program arguments) {env = Just environment}
  code <- waitForProcess process
  unless (code == ExitSuccess) $
    die' verbosity ("ghc-openmp: " ++ unwords (program : take 3 arguments) ++ " failed (see above)")

-- * GHCi

-- | GHCi loads the library's own modules as bytecode and compiles its C sources.
-- Then the core comes as a shared library.
forRepl
  :: Verbosity -> PackageDescription -> LocalBuildInfo -> [String]
  -> IO (PackageDescription, LocalBuildInfo)
forRepl verbosity described info arguments
  | not (wantsLibrary arguments) = pure (described, info)
  | otherwise = do
      folder <- makeAbsolute (buildDir info </> "rust")
      environment <- getEnvironment
      let shared = folder </> "libghcomp-repl.so"
      run verbosity environment (cCompiler info)
        ["-shared", "-o", shared, "-Wl,-soname," ++ shared, folder </> "ghcomp_core.o", "-lpthread", "-ldl"]
      let inLibrary l = l {libBuildInfo = (libBuildInfo l)
            { cSources = filter (/= stub) (cSources (libBuildInfo l))
            , extraLibs = "ghcomp-repl" : extraLibs (libBuildInfo l)
            , extraLibDirs = folder : extraLibDirs (libBuildInfo l)
            }}
          described' = described {library = inLibrary <$> library described}
      pure (described', info {localPkgDescr = described'})
  where
    wantsLibrary [] = True
    wantsLibrary (target : _) = "lib:" `isPrefixOf` target || ':' `notElem` target
