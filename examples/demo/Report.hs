-- | The demo's table: rows that are checked, timed and shown as they come.
module Report (Report, newReport, row, timed, finish) where

import Control.Monad (when)
import Data.IORef
import System.Exit (exitFailure)
import System.IO
import Text.Printf (printf)

import Control.Parallel.OpenMP.Query (wtime)

-- | How many rows were wrong.
newtype Report = Report (IORef Int)

newReport :: IO Report
newReport = do
  printf "%-48s %11s  %-30s %s\n" "what" "ms" "result" "check"
  putStrLn (replicate 98 '-')
  Report <$> newIORef 0

-- | The action's result and its seconds.
timed :: IO a -> IO (Double, a)
timed act = do
  start <- wtime
  result <- act
  end <- wtime
  pure (end - start, result)

-- | One row: what is done; then its seconds, the text to show, and whether the result
-- equals the reference.
row :: Report -> String -> IO (Double, String, Bool) -> IO ()
row (Report wrong) what act = do
  terminal <- hIsTerminalDevice stdout
  when terminal (printf "%-48s %11s\r" what "..." >> hFlush stdout)
  (seconds, shown, ok) <- act
  printf "%-48s %11.3f  %-30s %s\n" what (seconds * 1e3) shown (if ok then "ok" else "WRONG")
  hFlush stdout
  when (not ok) (modifyIORef' wrong (+ 1))

-- | Exits with failure if a row was wrong.
finish :: Report -> IO ()
finish (Report wrong) = do
  n <- readIORef wrong
  putStrLn (replicate 98 '-')
  if n == 0 then putStrLn "All rows agree with their references." else do
    hPutStrLn stderr (show n ++ " rows differ from their references")
    exitFailure
