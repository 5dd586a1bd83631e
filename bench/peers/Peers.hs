-- |
-- Compares OpenMP runtimes on the same executables. It runs each executable on each
-- runtime in turn, for several rounds, and writes tables of medians and ratios
-- (@.md@, @.json@) and a picture (@.svg@, by gnuplot). bench/peers/run calls it, and
-- says more.
--
-- @Peers OUTPUT MACHINE FLOOR LIBRARY FOLDER LIST ROUNDS LIMIT NAME=FOLDER...@: the
-- output's path without its ending; the description of the machine; the program
-- that measures the floor; the file that executables load as their runtime; the
-- folder of the executables and the list of what to run there; how many rounds; the
-- seconds that a run may take; and the runtimes, each a folder with such a file. The
-- last one is compared with the others.
module Main (main) where

import Control.Monad (filterM, forM, unless)
import Data.List (isInfixOf, nub)
import GHC.IO.Encoding (setLocaleEncoding, utf8)
import System.Environment (getArgs)
import System.Exit (exitFailure)
import System.FilePath (splitFileName, (<.>), (</>))
import System.IO (BufferMode (LineBuffering), hPutStrLn, hSetBuffering, stderr, stdout)
import System.Process (callProcess)

import Outcome
import Page
import Ratios
import Tables

main :: IO ()
main = do
  setLocaleEncoding utf8
  hSetBuffering stdout LineBuffering
  given <- getArgs
  case given of
    output : machine : floor' : library : folder : list : rounds : limit : peers@(_ : _) -> do
      about <- readMachine machine
      wanted <- jobs <$> readFile list
      (trips, samples', failures) <-
        measured floor' library folder wanted (read rounds) (read limit) (map (fmap (drop 1) . break (== '=')) peers)
      let who = map (takeWhile (/= '=')) peers
          report = Report (about ++ [("rounds", rounds)]) who (spread trips) (groups who samples') failures
      writeFile (output <.> "json") (json report)
      writeFile (output <.> "md") (markdown output report)
      unless (null (tables report)) $ do
        writeFile (output <.> "gp") (picture (output <.> "svg") report)
        callProcess "gnuplot" [output <.> "gp"]
      unless (null failures) exitFailure
    _ -> fail "expected OUTPUT MACHINE FLOOR LIBRARY FOLDER LIST ROUNDS LIMIT NAME=FOLDER..."

-- | The round trips of a cache line, the times of the jobs, and what went wrong.
measured :: FilePath -> String -> FilePath -> [Job] -> Int -> Int -> [(String, FilePath)] -> IO ([Double], [Sample], [String])
measured floor' library folder wanted rounds limit peers = do
  fitting <- filterM fits wanted
  results <- forM [1 .. rounds] $ \turn' -> do
    ball <- run limit ownFolder [] (Job "floor" [] ownName [])
    runs <- forM fitting $ \job -> do
      putStrLn ("round " ++ show turn' ++ ": " ++ title job)
      forM (rotated turn') $ \(name, place) -> do
        outcome <- run limit folder [("LD_LIBRARY_PATH", place)] job
        case outcome of
          Left why -> do
            let told = title job ++ " on " ++ name ++ ": " ++ why
            hPutStrLn stderr told
            pure ([], [told])
          Right rows -> pure ([Sample (title job) label' name turn' x | (label', x) <- rows], [])
    let (samples', failures) = mconcat (concat runs)
    pure ([x | Right rows <- [ball], ("round trip", x) <- rows], samples', failures)
  pure (nub <$> mconcat results)
  where
    (ownFolder, ownName) = splitFileName floor'
    -- Each runtime comes first in some round.
    rotated n = let k = n `mod` length peers in drop k peers ++ take k peers
    -- The search path decides only for programs that load the library.
    fits job = do
      libraries <- loaded (folder </> program job) (snd (head peers))
      let yes = (snd (head peers) </> library) `isInfixOf` libraries
      unless yes $ hPutStrLn stderr (program job ++ " does not load " ++ library ++ ": left out")
      pure yes
