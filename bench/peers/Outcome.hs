-- | One run of a program, and the times that it reports.
module Outcome
  ( Job (..)
  , jobs
  , loaded
  , run
  , times
  ) where

import Data.List (isPrefixOf, stripPrefix)
import Data.Maybe (mapMaybe)
import GHC.Clock (getMonotonicTimeNSec)
import System.Environment (getEnvironment)
import System.Exit (ExitCode (..))
import System.FilePath ((</>))
import System.Process (CreateProcess (..), proc, readCreateProcessWithExitCode)
import System.Timeout (timeout)
import Text.Read (readMaybe)

-- | A run, made once for each runtime in a round.
data Job = Job
  { title :: String
  -- ^ Names the table.
  , settings :: [(String, String)]
  -- ^ For the environment.
  , program :: FilePath
  -- ^ In the folder of the executables.
  , arguments :: [String]
  }

-- | The jobs of a list with lines @TITLE: VARIABLE=VALUE... PROGRAM ARGUMENT...@. Only
-- the program is required. Lines that start with # are left out.
jobs :: String -> [Job]
jobs = mapMaybe job . lines
  where
    job line = case words line of
      [] -> Nothing
      word : _ | "#" `isPrefixOf` word -> Nothing
      _ -> case break (== ':') line of
        (name, ':' : command) -> described name (words command)
        _ -> described (unwords (words line)) (words line)
    described name command = case span isSetting command of
      (variables, file : given) -> Just (Job name (map assignment variables) file given)
      _ -> Nothing
    isSetting word = case break (== '=') word of
      (name@(_ : _), '=' : _) -> all (`elem` '_' : ['A' .. 'Z']) name
      _ -> False
    assignment = fmap (drop 1) . break (== '=')

-- | The libraries that an executable loads, according to the loader, which looks into
-- this folder first.
loaded :: FilePath -> FilePath -> IO String
loaded file place = do
  command <- within [("LD_TRACE_LOADED_OBJECTS", "1"), ("LD_LIBRARY_PATH", place)] (proc file [])
  (_, libraries, _) <- readCreateProcessWithExitCode command ""
  pure libraries

within :: [(String, String)] -> CreateProcess -> IO CreateProcess
within mine process = do
  inherited <- getEnvironment
  pure process {env = Just (mine ++ filter ((`notElem` map fst mine) . fst) inherited)}

-- | Runs the job in the folder, with further variables and a limit in seconds.
-- Returns its rows in seconds, or the reason why there are none. The row of a whole
-- program is named by its command.
run :: Int -> FilePath -> [(String, String)] -> Job -> IO (Either String [(String, Double)])
run limit folder more job = do
  command <- within (settings job ++ more) (proc (folder </> program job) (arguments job)) {cwd = Just folder}
  start <- getMonotonicTimeNSec
  outcome <- timeout (limit * 1000000) (readCreateProcessWithExitCode command "")
  end <- getMonotonicTimeNSec
  pure $ case outcome of
    Nothing -> Left ("took more than " ++ show limit ++ " s")
    Just (ExitFailure code, _, errors) -> Left (unwords (("exit code " ++ show code) : take 1 (lines errors)))
    Just (ExitSuccess, output, errors) -> Right $ case times (lookup "EPCC" (settings job) == Just "time") (lines (output ++ errors)) of
      [] -> [(whole, fromIntegral (end - start) * 1e-9)]
      rows -> [(if null row then whole else row, x) | (row, x) <- rows]
  where
    whole = unwords (program job : arguments job)

-- | The times in a program's output, in seconds. They are rows of the form @name value
-- unit@, EPCC's overheads or times, or the whole times of BOTS and the NAS benchmarks,
-- which have no name.
times :: Bool -> [String] -> [(String, Double)]
times whole output = concatMap (told . words) output
  where
    told line
      | (name, "overhead" : "=" : value : "microseconds" : _) <- before "overhead" line
      , not whole =
          [(unwords name, x * 1e-6) | Just x <- [readMaybe value]]
      | (name, "time" : "=" : value : "microseconds" : _) <- before "time" line =
          [(unwords name, x * 1e-6) | whole, name /= ["reference"], Just x <- [readMaybe value]]
      | Just ("=" : value : _) <- stripPrefix ["Time", "Program"] line =
          [("", x) | Just x <- [readMaybe value]]
      | Just ("=" : value : _) <- stripPrefix ["Time", "in", "seconds"] line =
          [("", x) | Just x <- [readMaybe value]]
      | unit : value : name@(_ : _) <- reverse line
      , Just factor <- lookup unit [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1)]
      , Just x <- readMaybe value =
          [(unwords (reverse name), x * factor)]
      | otherwise = []
    before word = break (== word)
