-- | What the reports share: the description of the machine, tables, JSON and
-- how pictures begin.
module Page
  ( Machine
  , readMachine
  , machineItems
  , machineJson
  , tableRow
  , shown
  , jsonText
  , jsonObject
  , plotHead
  , quoted
  , colours
  ) where

import Data.List (intercalate)
import Text.Printf (printf)

-- | What is said of the machine, in order: what, and how it is.
type Machine = [(String, String)]

-- | From a file of lines with a tab between the two.
readMachine :: FilePath -> IO Machine
readMachine file = map (fmap (drop 1) . break (== '\t')) . lines <$> readFile file

-- | As the items of a list in Markdown.
machineItems :: Machine -> [String]
machineItems machine = ["- " ++ what ++ ": " ++ how | (what, how) <- machine]

-- | As a member of a JSON object that stands at the margin.
machineJson :: Machine -> String
machineJson machine =
  "  \"machine\": {\n    "
    ++ intercalate ",\n    " [jsonText what ++ ": " ++ jsonText how | (what, how) <- machine]
    ++ "\n  }"

-- | A row of a table in Markdown.
tableRow :: [String] -> String
tableRow row = "| " ++ intercalate " | " row ++ " |"

-- | Three digits that count.
shown :: Double -> String
shown x
  | abs x >= 100 = printf "%.0f" x
  | abs x >= 10 = printf "%.1f" x
  | otherwise = printf "%.2f" x

jsonText :: String -> String
jsonText content = "\"" ++ concatMap escaped content ++ "\""
  where
    escaped c = if c `elem` "\"\\" then ['\\', c] else [c]

-- | The values are JSON already.
jsonObject :: [(String, String)] -> String
jsonObject members = "{" ++ intercalate ", " [jsonText key ++ ": " ++ content | (key, content) <- members] ++ "}"

-- | How a gnuplot program begins: the file, the size, the machine in a corner
-- and the title.
plotHead :: FilePath -> (Int, Int) -> Machine -> String -> [String]
plotHead file (width, height) machine title =
  [ printf "set terminal svg noenhanced size %d,%d font 'Helvetica,13' background '#ffffff'" width height
  , "set encoding utf8"
  , "set output " ++ quoted file
  , "set title " ++ quoted title ++ " font ',15'"
  , "set label " ++ quoted caption ++ " at screen 0.99, 0.02 right font ',10' textcolor '#777777'"
  , "set border 3 linecolor '#555555'"
  , "set tics nomirror"
  , "set datafile missing '?'"
  ]
  where
    caption =
      intercalate ", " $
        [how | (what, how) <- machine, what `elem` ["processor", "kernel", "date"]]
          ++ [what ++ " " ++ how | (what, how) <- machine, what `elem` ["GHC", "GCC", "load before"]]

quoted :: String -> String
quoted word = "\"" ++ word ++ "\""

-- | Told apart also by those who are blind to some (the palette of Okabe and
-- Ito).
colours :: [String]
colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#555555"]
