-- | Moves the events of a trace to their true times. @trace-view FILE.eventlog@ writes
-- @FILE.svg@, a picture, and @FILE.openmp.eventlog@, in which each OpenMP thread is one
-- more capability, for ThreadScope, @ghc-events@ and the like. Two more arguments,
-- milliseconds from the program's start, select the part of the time that the picture
-- shows. By default it shows the time of the trace.
module Main (main) where

import Data.List (isSuffixOf, sortOn)
import Data.Maybe (fromMaybe, mapMaybe)
import qualified Data.Text as Text
import GHC.IO.Encoding (setLocaleEncoding, utf8)
import GHC.RTS.Events
  ( Data (..)
  , Event (..)
  , EventInfo
    ( CapCreate
    , CapsetAssignCap
    , CreateThread
    , RunThread
    , StopThread
    , ThreadLabel
    , UserMarker
    , UserMessage
    , cap
    )
  , EventLog (..)
  , ThreadStopStatus (ThreadYielding)
  , Timestamp
  , readEventLogFromFile
  , writeEventLogToFile
  )
import System.Environment (getArgs)
import System.Exit (die)
import Text.Read (readMaybe)

import Picture
import Timeline

main :: IO ()
main = do
  setLocaleEncoding utf8
  arguments <- getArgs
  case arguments of
    [path] -> view path Nothing
    [path, from', to']
      | Just start <- readMaybe from', Just end <- readMaybe to', start < (end :: Double) ->
          view path (Just (nanoseconds start, nanoseconds end))
    _ -> die "usage: trace-view FILE.eventlog [FROM TO]   (milliseconds)"
  where
    nanoseconds milliseconds = round (milliseconds * 1000000)

view :: FilePath -> Maybe (Timestamp, Timestamp) -> IO ()
view path asked = do
  eventlog <- readEventLogFromFile path >>= either (\e -> die (path ++ ": " ++ e)) pure
  let whole = timeline eventlog
      times = concatMap (map time . points . snd) (threads whole)
  if null times
    then die (path ++ ": no OpenMP thread has told of anything (GHCOMP_TRACE=all, +RTS -l)")
    else do
      let span' = fromMaybe (minimum times, maximum times) asked
          base = if ".eventlog" `isSuffixOf` path then take (length path - 9) path else path
      writeFile (base ++ ".svg") (picture span' whole)
      writeEventLogToFile (base ++ ".openmp.eventlog") (merged eventlog whole)

-- | The eventlog with the OpenMP threads as capabilities above GHC's own. While
-- such a thread works it runs a Haskell thread with its name; while it waits or
-- sleeps it runs none.
merged :: EventLog -> Timeline -> EventLog
merged eventlog whole =
  eventlog {dat = Data (sortOn evTime (haskell whole ++ concat (zipWith openmp [own ..] (map snd (threads whole)))))}
  where
    own = 1 + maximum (0 : mapMaybe evCap (haskell whole))
    -- The place where the log introduces the first capability and its sets.
    founding = [event | event <- haskell whole, isFounding (evSpec event)]
    isFounding spec = case spec of
      CapCreate {cap = 0} -> True
      CapsetAssignCap {cap = 0} -> True
      _ -> False
    openmp number thread =
      [event {evSpec = (evSpec event) {cap = number}} | event <- founding]
        ++ [at (begin - 2) (CreateThread name), at (begin - 1) (ThreadLabel name (Text.pack (label thread)))]
        ++ [at when (if works then RunThread name else StopThread name ThreadYielding) | (when, works) <- work thread]
        ++ [at (time point) (told (what point) (Text.pack (unwords (what point)))) | point <- points thread]
      where
        at when spec = Event when spec (Just number)
        begin = minimum (map time (points thread))
        -- Numbers above those of GHC.
        name = 1000000 + fromIntegral number
    told ("fork" : _) = UserMarker
    told _ = UserMessage
