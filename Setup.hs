-- |
-- Builds the Rust core and puts it into the Haskell library.
--
-- The core becomes the object file of the stub @cbits/ghcomp_core.c@: Cabal
-- compiles a C source only when it is newer than its object, and packs that
-- object into every form of the library. So the core is inside the static,
-- shared and profiling library, and nothing else has to be installed or found.
module Main (main) where

import Control.Monad (forM_, unless, when)
import Data.Char (isDigit)
import Data.List (isPrefixOf)
import Data.Maybe (fromMaybe)
import Data.Time.Clock (addUTCTime)
import Distribution.PackageDescription
import Distribution.Simple
import Distribution.Simple.LocalBuildInfo
import Distribution.Simple.Setup (BuildFlags, buildVerbosity, fromFlagOrDefault, replVerbosity)
import Distribution.Simple.Utils (die', notice)
import Distribution.Verbosity (Verbosity, normal)
import System.Directory
import System.Environment (getEnvironment, lookupEnv)
import System.Exit (ExitCode (..))
import System.FilePath
import System.Process

main :: IO ()
main =
  defaultMainWithHooks
    simpleUserHooks
      { confHook = \described flags -> do
          _ <- findCargo normal
          confHook simpleUserHooks described flags
      , buildHook = \described info hooks flags -> do
          provideCore (verbosityOf flags) info
          buildHook simpleUserHooks described info hooks flags
      , replHook = \described info hooks flags arguments -> do
          let verbosity = fromFlagOrDefault normal (replVerbosity flags)
          provideCore verbosity info
          (described', info') <- forRepl verbosity described info arguments
          replHook simpleUserHooks described' info' hooks flags arguments
      }
  where
    verbosityOf :: BuildFlags -> Verbosity
    verbosityOf = fromFlagOrDefault normal . buildVerbosity

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
    die' verbosity ("ghc-openmp needs cargo 1.85 or newer (rustup update); " ++ cargo ++ " is " ++ unwords (words out))
  pure cargo
  where
    missing name = "ghc-openmp needs Rust: " ++ name ++ " is not there (https://rustup.rs installs cargo)"
    numbers (word : _) = [read n | n <- splitDots word, all isDigit n, not (null n)]
    numbers [] = []
    splitDots s = case break (== '.') s of
      (n, _ : rest) -> n : splitDots rest
      (n, []) -> [n]

-- | Builds the core, merges it into one object, and puts that where Cabal
-- looks for the stub's object, in all four ways of compiling.
provideCore :: Verbosity -> LocalBuildInfo -> IO ()
provideCore verbosity info = do
  object <- buildCore verbosity info
  let folder = buildDir info </> "cbits"
  createDirectoryIfMissing True folder
  stubTime <- getModificationTime stub
  forM_ ["o", "dyn_o", "p_o", "p_dyn_o"] $ \extension -> do
    let target = folder </> "ghcomp_core" <.> extension
    same <- sameContents object target
    unless same (copyFile object target)
    time <- getModificationTime target
    when (time <= stubTime) (setModificationTime target (addUTCTime 2 stubTime))

stub :: FilePath
stub = "cbits" </> "ghcomp_core.c"

sameContents :: FilePath -> FilePath -> IO Bool
sameContents a b = do
  there <- doesFileExist b
  if not there
    then pure False
    else do
      (code, _, _) <- readProcessWithExitCode "cmp" ["-s", a, b] ""
      pure (code == ExitSuccess)

-- | The merged core.
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
      archive = folder </> "release" </> "libghcomp.a"
      recipe = "rust" </> "merge.sh"
  fresh <- and <$> mapM (newer object) [archive, recipe]
  unless fresh (run verbosity environment "sh" [recipe, archive, object])
  pure object
  where
    -- The result must be the host's, in our folder.
    redirects name = name `elem` ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
    newer a b = do
      there <- doesFileExist a
      if there then (>=) <$> getModificationTime a <*> getModificationTime b else pure False

run :: Verbosity -> [(String, String)] -> FilePath -> [String] -> IO ()
run verbosity environment program arguments = do
  (_, _, _, process) <- createProcess (proc program arguments) {env = Just environment}
  code <- waitForProcess process
  unless (code == ExitSuccess) $
    die' verbosity ("ghc-openmp: " ++ unwords (program : take 3 arguments) ++ " failed (see above)")

-- | GHCi loads the library's own modules as bytecode and its C objects from
-- source; the core comes as a shared file then.
forRepl
  :: Verbosity -> PackageDescription -> LocalBuildInfo -> [String]
  -> IO (PackageDescription, LocalBuildInfo)
forRepl verbosity described info arguments
  | not (wantsLibrary arguments) = pure (described, info)
  | otherwise = do
      folder <- makeAbsolute (buildDir info </> "rust")
      environment <- getEnvironment
      let shared = folder </> "libghcomp-repl.so"
      run verbosity environment "cc"
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
