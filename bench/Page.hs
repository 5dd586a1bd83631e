-- | What the reports share: the description of the machine, tables and the
-- beginning of pictures.
module Page
  ( Machine
  , readMachine
  , machineItems
  , machineJson
  , tableRow
  , shown
  , plotHead
  , quoted
  , colours
  ) where

import Data.List (intercalate)
import Text.Printf (printf)

import Json

-- | The facts about the machine, in order: what each is about, and the fact.
type Machine = [(String, String)]

-- | Reads a file of lines with a tab between the two.
readMachine :: FilePath -> IO Machine
readMachine file = map (fmap (drop 1) . break (== '\t')) . lines <$> readFile file

-- | As the items of a list in Markdown.
machineItems :: Machine -> [String]
machineItems machine = ["- " ++ what ++ ": " ++ how | (what, how) <- machine]

-- | As a JSON object.
machineJson :: Machine -> Json
machineJson machine = Object [(what, Text how) | (what, how) <- machine]

-- | A row of a table in Markdown.
tableRow :: [String] -> String
tableRow row = "| " ++ intercalate " | " row ++ " |"

-- | Three significant digits.
shown :: Double -> String
shown x
  | abs x >= 100 = printf "%.0f" x
  | abs x >= 10 = printf "%.1f" x
  | otherwise = printf "%.2f" x

-- | The beginning of a gnuplot program: the file, the size, the machine in a corner
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

-- | The palette of Okabe and Ito, which colour-blind readers can tell apart.
colours :: [String]
colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#555555"]
