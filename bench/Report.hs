-- |
-- Makes the results out of what the benchmarks wrote: @Report.hs FROM TO@. In the
-- folder FROM it reads the CSV files of the suite, the rows of the measures, the
-- description of the machine and the introduction (@about@). Into the folder TO it
-- writes @results.json@, @results.md@ and the pictures. Groups that are only in FROM's
-- @kept.json@, an earlier @results.json@, stay as they are there. Run by bench/run and
-- bench/growth; needs gnuplot.
module Main (main) where

import Control.Monad (forM_)
import Data.Char (toUpper)
import Data.List (intercalate, isSuffixOf, nub, sort)
import Data.Maybe (mapMaybe)
import GHC.IO.Encoding (setLocaleEncoding, utf8)
import System.Directory (doesFileExist, listDirectory)
import System.Environment (getArgs)
import System.FilePath ((</>))
import System.Process (callProcess)

import Json (Json (..), parse, renderPage)
import Page
import Row

-- | How a group is shown.
data Figure = Figure
  { of_ :: String
  -- ^ The group.
  , title :: String
  , unit :: String
  , columns :: String
  -- ^ The meaning of the points.
  , style :: Style
  , scale :: Scale
  }

-- | Bars stand in clusters, a cluster for each series and a colour for each point.
-- Lines run over the points.
data Style = Bars | Lines
  deriving (Eq)

data Scale = Linear | Log
  deriving (Eq)

figures :: [Figure]
figures =
  [ Figure "callbacks" "A C kernel calls a Haskell closure" "ns per call" "threads" Bars Log
  , Figure "callbacks, no region" "A C function without regions calls a Haskell closure" "ns per call" "threads" Bars Log
  , Figure "calls" "Haskell calls a C function" "ns per call" "calls in a row" Lines Log
  , Figure "loops" "Loops over a body that does next to nothing" "ns per iteration" "threads" Bars Log
  , Figure "reductions" "Sum of a million numbers" "ns per number" "threads" Bars Linear
  , Figure "merging" "64 Maps of the same 10000 keys, united into one" "ns per Map" "threads" Bars Linear
  , Figure "traversing" "A list whose elements take 100 ns each" "ns per element" "threads" Bars Linear
  , Figure "phases" "A hundred loops over 20000 cells, each after the last one" "ns per loop" "threads" Bars Linear
  , Figure "tasks" "Fibonacci numbers with a task for each call" "ns per task" "threads" Bars Log
  , Figure "quicksort" "Quicksort of 100000 numbers, with tasks for the parts of more than 1000" "ns per element" "threads" Bars Linear
  , Figure "queens" "Eight queens, with tasks for the first three" "ns per solution" "threads" Bars Linear
  , Figure "vectors of 1000" "Functions over vectors of a thousand random numbers" "ns per element" "threads" Bars Log
  , Figure "vectors of 10000" "The same over ten thousand" "ns per element" "threads" Bars Log
  , Figure "vectors of 100000" "The same over a hundred thousand" "ns per element" "threads" Bars Log
  , Figure "vectors of 1000000" "The same over a million" "ns per element" "threads" Bars Log
  , Figure "empty region" "A region that does nothing" "ns" "threads" Bars Log
  , Figure "crossover" "From here on a parallel loop beats the sequential one" "iterations" "work per iteration" Lines Log
  , Figure "crossover in C" "The same for a C kernel in a Haskell program" "iterations" "work per iteration" Lines Log
  , Figure "crossover of vectors" "From here on a function of vectors beats the sequential one" "elements" "length" Bars Log
  , Figure "callers" "Haskell threads start short regions at once" "regions per ms" "calling threads" Lines Linear
  , Figure "OS threads" "OS threads after that" "threads" "calling threads" Lines Linear
  , Figure "throughput" "A Haskell thread that computes" "million steps per second" "runtime" Bars Linear
  , Figure "latency" "An empty region, from call to return" "µs" "of all regions" Bars Log
  , Figure "latency under GC" "The same beside a thread that keeps the collector busy" "µs" "of all regions" Bars Log
  , Figure "neighbour, calls" "A short kernel in a loop, beside a busy Haskell thread for each capability" "calls per second" "team" Bars Linear
  , Figure "neighbour, beside calls" "What the Haskell threads have meanwhile" "million steps per second" "team" Bars Linear
  , Figure "neighbour, call time" "How long those calls take" "µs" "team, of all calls" Bars Log
  , Figure "neighbour, throughput" "What a team leaves to Haskell threads: all that there are processors for, or one" "million steps per second" "Haskell threads, team" Bars Linear
  , Figure "neighbour, pauses" "A major collection" "µs" "meanwhile, of all collections" Bars Log
  , Figure "neighbour, periodic" "A short kernel, called now and then" "µs" "interval" Bars Linear
  , Figure "neighbour, wake-ups" "Threads that sleep and wake for such a call, besides the caller's" "per call" "interval" Bars Linear
  , Figure "neighbour, at rest" "A program that rests, one second after its last region" "% of a processor" "" Bars Linear
  ]
    ++ concat
      [ [ Figure ("time of " ++ what) (capital what ++ ": until all threads are done") "ns" "threads" Lines Log
        , Figure ("lines of " ++ what) (capital what ++ ": cache lines transferred") "lines" "threads" Lines Log
        ]
      | what <- ["fork and join", "barrier", "single", "a chunk of a loop", "a task"]
      ]

capital :: String -> String
capital what = map toUpper (take 1 what) ++ drop 1 what

main :: IO ()
main = do
  setLocaleEncoding utf8
  arguments <- getArgs
  case arguments of
    [from, to] -> report from to
    _ -> fail "expected two folders"

report :: FilePath -> FilePath -> IO ()
report from to = do
  files <- sort <$> listDirectory from
  machine <- readMachine (from </> "machine")
  about <- lines <$> readFile (from </> "about")
  fromSuite <- concat <$> mapM (fmap (mapMaybe timing . drop 1 . lines) . readFile . (from </>)) (filter (".csv" `isSuffixOf`) files)
  fromMeasures <- concat <$> mapM (readRows . (from </>)) (filter (".rows" `isSuffixOf`) files)
  keeps <- doesFileExist (from </> "kept.json")
  kept <- if keeps then readResults (from </> "kept.json") else pure []
  let new = merged (fromSuite ++ fromMeasures)
      rows = filter ((`notElem` map group new) . group) kept ++ new
      told = [(figure, mine) | figure <- figures, let mine = filter ((== of_ figure) . group) rows, not (null mine)]
  writeFile (to </> "results.json") (results machine told)
  writeFile (to </> "results.md") (markdown about machine told)
  forM_ told $ \(figure, mine) -> do
    let plot = from </> fileName figure ++ ".gp"
    writeFile plot (picture (to </> fileName figure ++ ".svg") machine figure mine)
    callProcess "gnuplot" [plot]

-- | The rows of the measures: one a line.
readRows :: FilePath -> IO [Row]
readRows file = readFile file >>= mapM row . lines
  where
    row line = maybe (fail (file ++ ": not a row: " ++ line)) pure (readRow line)

-- | The rows of a file that 'results' has written.
readResults :: FilePath -> IO [Row]
readResults file = do
  text <- readFile file
  case parse text of
    Just (Object members) | Just (List rows) <- lookup "rows" members, Just read' <- mapM rowFromJson rows -> pure read'
    _ -> fail (file ++ " holds no results")

-- | The file of results: the machine, and the rows with their units.
results :: Machine -> [(Figure, [Row])] -> String
results machine told =
  renderPage
    [ ("machine", machineJson machine)
    , ("rows", List [Object (rowMembers row ++ [("unit", Text (unit figure))]) | (figure, mine) <- told, row <- mine])
    ]

-- | A line of the suite's CSV file, in nanoseconds per operation: criterion has
-- seconds, tasty-bench picoseconds and names that start with @All@.
timing :: String -> Maybe Row
timing line = do
  (name, mean : _) <- pure (splitAt 1 (split "," line))
  let (parts, factor) = case split "./" (concat name) of
        "All" : rest -> (rest, 1e-3)
        rest -> (rest, 1e9)
  [inGroup, inSeries, at] <- pure parts
  (label, operations) <- pure (break (== 'x') at)
  pure (Row inGroup inSeries (unwords (words label)) (read mean * factor / read (drop 1 operations)))

split :: String -> String -> [String]
split separators text = case break (`elem` separators) text of
  (part, _ : rest) -> part : split separators rest
  (part, []) -> [part]

-- | The runs of a measurement as one: the median, or for a maximum the worst.
merged :: [Row] -> [Row]
merged rows = [row {value = combine (point row) (values row)} | row <- firsts rows]
  where
    key row = (group row, series row, point row)
    firsts [] = []
    firsts (row : rest) = row : firsts (filter ((/= key row) . key) rest)
    values row = sort [value other | other <- rows, key other == key row]
    combine "max" sorted = last sorted
    combine _ sorted = sorted !! (length sorted `div` 2)

-- | The table of a group: the points are the columns, the series the rows.
pivot :: [Row] -> ([String], [(String, [Maybe Double])])
pivot rows = (points, [(name, map (at name) points) | name <- nub (map series rows)])
  where
    points = nub (map point rows)
    at name label = finite =<< lookup (name, label) [((series row, point row), value row) | row <- rows]

finite :: Double -> Maybe Double
finite x = if isInfinite x then Nothing else Just x

markdown :: [String] -> Machine -> [(Figure, [Row])] -> String
markdown about machine told =
  unlines $
    ["# Results", ""]
      ++ about
      ++ [""]
      ++ machineItems machine
      ++ concat [table figure (pivot mine) | (figure, mine) <- told]
  where
    table figure (points, series') =
      ["", "## " ++ title figure, "", unit figure ++ "; columns: " ++ columns figure, ""]
        ++ map tableRow (("" : points) : ("---" : map (const "---:") points) : [name : map cell values | (name, values) <- series'])
        ++ ["", "![" ++ title figure ++ "](" ++ fileName figure ++ ".svg)"]
    cell = maybe "–" shown

fileName :: Figure -> String
fileName = map (\c -> if c == ' ' then '-' else c) . filter (/= ',') . of_

-- | A gnuplot program that draws the group.
picture :: FilePath -> Machine -> Figure -> [Row] -> String
picture file machine figure rows =
  unlines $
    plotHead file (760, 420) machine (title figure)
      ++ ["set ylabel " ++ quoted (unit figure), "set grid ytics linecolor '#dddddd' linetype 1"]
      ++ ["set logscale y" | scale figure == Log]
      ++ ["set yrange [0:*]" | scale figure == Linear]
      ++ case style figure of
        Bars ->
          [ "set style data histograms"
          , "set style histogram clustered gap 1"
          , "set style fill solid"
          , "set key above title " ++ quoted (columns figure)
          , "set xtics scale 0 rotate by -15"
          , "set bmargin 6"
          ]
            ++ plot names points [map (!! i) (map snd table) | i <- [0 .. length points - 1]] ""
        Lines ->
          [ "set style data linespoints"
          , "set xlabel " ++ quoted (columns figure)
          , "set key above"
          , "set bmargin 5"
          , "set offsets 0.3, 0.3, 0, 0"
          ]
            ++ plot points names (map snd table) " linewidth 2 pointtype 7 pointsize 0.7"
  where
    (points, table) = pivot rows
    names = map fst table
    -- The labels of the x axis, and for each title a column of values.
    plot labels titles values with =
      [ "$data << end" ]
        ++ [ unwords (quoted label : [maybe "?" show (column !! i) | column <- values])
           | (i, label) <- zip [0 ..] labels
           ]
        ++ [ "end"
           , "plot "
              ++ intercalate
                ", "
                [ "$data using " ++ show i ++ ":xtic(1) title " ++ quoted name ++ with ++ " linecolor " ++ quoted colour
                | (i, name, colour) <- zip3 [2 :: Int ..] titles (cycle colours)
                ]
           ]
