-- | The files that the comparison writes.
module Tables
  ( Report (..)
  , json
  , markdown
  , picture
  ) where

import Data.List (intercalate)
import System.FilePath (takeFileName)
import Text.Printf (printf)

import Json (Json (..), renderPage)
import Page
import Ratios

data Report = Report
  { facts :: Machine
  , names :: [String]
  -- ^ The runtimes; the last one is compared with the others.
  , trip :: Maybe Spread
  -- ^ The time of a cache line to another core and back, in seconds.
  , tables :: [Group]
  , failed :: [String]
  -- ^ What went wrong.
  }

markdown :: FilePath -> Report -> String
markdown output report =
  unlines $
    [ "# " ++ own ++ " beside " ++ intercalate " and " others
    , ""
    , "Each round runs the same executables on each runtime in turn. Times are medians over the rounds,"
    , "± half of the distance between the quartiles. Ratios compare runs of one round with the better of"
    , "the other runtimes (median, and from quartile to quartile). A dash means: too short to measure."
    , "Round trips: the time in round trips of a cache line between two cores, measured in the same rounds."
    , ""
    ]
      ++ machineItems (facts report)
      ++ ["- round trip: " ++ maybe "not measured (one core)" (\t -> timed t ++ " µs") (micros <$> trip report)]
      ++ ["- failed: " ++ why | why <- failed report]
      ++ concatMap table (tables report)
      ++ ["", "![Ratios](" ++ takeFileName output ++ ".svg)"]
  where
    own = last (names report)
    others = init (names report)
    micros (Spread a b c) = Spread (a * 1e6) (b * 1e6) (c * 1e6)
    table (Group name lines') =
      ["", "## " ++ name, ""]
        ++ map tableRow (heads : ("---" : map (const "---:") (drop 1 heads)) : map cells lines')
        ++ ["" | not (null mine)]
        ++ [ printf "%s / best: geometric mean %.2f; at most 1.00 in %d of %d rows." own average (length (filter (<= 1.005) mine)) (length mine)
           | Just average <- [mean (filter (> 0) mine)]
           ]
      where
        mine = [middle ratio | line <- lines', Just ratio <- [lookup own (ratios line)]]
    heads = [""] ++ names report ++ [own ++ " / best", "quartiles", "round trips"]
    cells line =
      [label line]
        ++ [maybe "–" (\s -> timed (scaled factor s) ++ " " ++ unit) (lookup name (medians line)) | name <- names report]
        ++ maybe ["–", "–"] (\s -> [printf "%.2f" (middle s), printf "%.2f–%.2f" (low s) (high s)]) (lookup own (ratios line))
        ++ [maybe "" shown (trips line)]
      where
        (factor, unit) = unitOf line
    scaled factor (Spread a b c) = Spread (a * factor) (b * factor) (c * factor)
    -- Only for short times; for long ones it would say nothing.
    trips line = do
      t <- middle <$> trip report
      s <- middle <$> lookup own (medians line)
      if s > 0 && s < 1000 * t then Just (s / t) else Nothing

-- | The unit for all times of a line.
unitOf :: Line -> (Double, String)
unitOf line
  | longest < 1e-6 = (1e9, "ns")
  | longest < 1e-3 = (1e6, "µs")
  | longest < 1 = (1e3, "ms")
  | otherwise = (1, "s")
  where
    longest = minimum (1 : [abs (middle s) | (_, s) <- medians line])

timed :: Spread -> String
timed s = shown (middle s) ++ " ±" ++ shown ((high s - low s) / 2)

json :: Report -> String
json report =
  renderPage
    [ ("machine", machineJson (facts report))
    , ("runtimes", List (map Text (names report)))
    , ("round trip", maybe Null quartiles (trip report))
    , ("failed", List (map Text (failed report)))
    , ("rows", List [rowJson name line | Group name lines' <- tables report, line <- lines'])
    ]
  where
    rowJson name line =
      Object $
        [("group", Text name), ("row", Text (label line)), ("unit", Text "s")]
          ++ [("best of the others", Text who) | Just who <- [best line]]
          ++ [(who, Object (("time", quartiles s) : ratio who line ++ measured who line)) | (who, s) <- medians line]
    ratio who line = [("ratio to best", quartiles r) | Just r <- [lookup who (ratios line)]]
    measured who line = [("samples", List (map Number xs)) | Just xs <- [lookup who (samples line)]]
    quartiles s = Object [("low quartile", Number (low s)), ("median", Number (middle s)), ("high quartile", Number (high s))]

-- | A gnuplot program: a line for each row, with each runtime's ratio to the
-- best of those that the last one is compared with.
picture :: FilePath -> Report -> String
picture file report =
  unlines $
    plotHead file (860, 130 + 15 * length rows) (facts report) "Time, as a ratio to the better of the others (left is faster)"
      ++ [ "set logscale x 2"
         , "set xrange [" ++ show least ++ ":" ++ show most ++ "]"
         , "set yrange [" ++ show (length rows) ++ ":-1]"
         , "set xtics (" ++ intercalate ", " [quoted ("1/" ++ show n) ++ " 1.0/" ++ show n | n <- [64, 32, 16, 8, 4, 2 :: Int]] ++ ", 1, 2, 4, 8)"
         , "set grid xtics linecolor '#dddddd' linetype 1"
         , "set arrow from 1, graph 0 to 1, graph 1 nohead linecolor '#555555'"
         , "set key above"
         , "set bmargin 4"
         , "set ytics font ',10' (" ++ intercalate ", " [quoted name ++ " " ++ show y | (y, (name, _)) <- numbered] ++ ")"
         ]
      ++ concat [points who | who <- names report]
      ++ [ "plot "
            ++ intercalate
              ", "
              [ "$runtime" ++ show i ++ " using 2:1:3:4 with xerrorbars title " ++ quoted who ++ " pointtype " ++ show (5 + 2 * (i `mod` 3)) ++ " pointsize 0.6 linecolor " ++ quoted colour
              | (i, who, colour) <- zip3 [0 :: Int ..] (names report) colours
              ]
         ]
  where
    rows = [(name ++ ": " ++ label line, line) | Group name lines' <- tables report, line <- lines']
    numbered = zip [0 :: Int ..] rows
    least = 1 / 64 :: Double
    most = 8 :: Double
    inside = max least . min most
    points who =
      ["$runtime" ++ show (index who) ++ " << end"]
        ++ [ unwords (show y : map (show . inside) [middle s, low s, high s])
           | (y, (_, line)) <- numbered
           , Just s <- [lookup who (ratios line)]
           ]
        ++ ["end"]
    index who = length (takeWhile (/= who) (names report))
