-- | A timeline as an SVG picture, with a row for each capability and for each OpenMP
-- thread.
module Picture (picture) where

import Data.List (intercalate, sortOn)
import qualified Data.Map.Strict as Map
import Data.Maybe (fromMaybe)
import Data.Ord (Down (..))
import GHC.RTS.Events (Timestamp)

import Timeline

width, left, margin, rowHeight, gap, legendHeight :: Double
width = 1100
left = 150
margin = 30
rowHeight = 34
gap = 8
legendHeight = 64

-- | The colours of what OpenMP threads do.
colour :: String -> String
colour it = case it of
  "region" -> "#c6dbef"
  "loop" -> "#3182bd"
  "task" -> "#31a354"
  "wait" -> "#fdae6b"
  "park" -> "#d9d9d9"
  "gc" -> "#e6550d"
  _ -> others

-- | The colours of the Haskell threads that run most, and of all others.
shades :: [String]
shades = ["#54278f", "#9e9ac8", "#ce6dbd", "#6b6ecf", "#843c39"]

others :: String
others = "#bcbddc"

-- | The picture of what happens between two times.
picture :: (Timestamp, Timestamp) -> Timeline -> String
picture (start, end) whole =
  unlines $
    [ "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " ++ show width ++ " " ++ show height ++ "\" font-family=\"sans-serif\" font-size=\"12\">"
    , "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    ]
      ++ legend
      ++ concat (zipWith row [0 ..] rows)
      ++ axis
      ++ ["</svg>"]
  where
    haskellRows =
      [("capability " ++ show n, map shade list) | (n, list) <- capabilities (haskell whole)]
    openmpRows = [(label thread, map (\bar -> (bar, colour (kind bar))) (bars thread)) | (_, thread) <- threads whole]
    rows = haskellRows ++ openmpRows
    runners =
      map fst . sortOn (Down . snd) . Map.toList $
        Map.fromListWith (+) [(detail bar, to bar - from bar) | (_, list) <- capabilities (haskell whole), bar <- list, kind bar == "run", inside bar]
    shade bar
      | kind bar == "run" = (bar, fromMaybe others (lookup (detail bar) (zip runners shades)))
      | otherwise = (bar, colour (kind bar))
    inside bar = to bar >= start && from bar <= end
    top = legendHeight
    bottom = top + fromIntegral (length rows) * (rowHeight + gap)
    height = bottom + 34
    x :: Timestamp -> Double
    x at = left + (width - left - margin) * (num at - num start) / max 1 (num end - num start)
    num at = fromIntegral at :: Double
    row :: Int -> (String, [(Bar, String)]) -> [String]
    row n (name, list) =
      let y = top + fromIntegral n * (rowHeight + gap)
       in text (left - 8) (y + rowHeight / 2 + 4) "end" name
            : rect left y (width - left - margin) rowHeight "#f7f7f7" ""
            : [ block y bar fill | (bar, fill) <- list, inside bar ]
    -- Inner bars are lower, so that outer bars stay visible.
    block y bar fill =
      let inset = min 4 (fromIntegral (depth bar)) * 5
          x0 = x (max start (from bar))
          x1 = x (min end (to bar))
          tall = rowHeight - inset
          flat = if kind bar == "park" then 6 else tall
       in rect x0 (y + inset + (tall - flat)) (max 0.4 (x1 - x0)) flat fill $
            unwords [kind bar, detail bar, micro (to bar - from bar)]
    micro :: Timestamp -> String
    micro length' = show (length' `div` 1000) ++ " µs"
    legend =
      concat (zipWith entry [0 ..] [("region", "region"), ("loop", "loop"), ("task", "task"), ("waiting", "wait"), ("asleep", "park"), ("collection", "gc")])
        ++ concat (zipWith runner [0 ..] (zip runners shades ++ [("others", others) | length runners > length shades]))
    entry :: Int -> (String, String) -> [String]
    entry n (name, it) = key n 10 name (colour it)
    runner n (name, fill) = key n 32 name fill
    key :: Int -> Double -> String -> String -> [String]
    key n y name fill =
      let x0 = left + fromIntegral n * 140
       in [rect x0 y 14 14 fill "", text (x0 + 20) (y + 12) "start" name]
    axis =
      [ intercalate "\n"
          [ "<line x1=\"" ++ show at ++ "\" x2=\"" ++ show at ++ "\" y1=\"" ++ show top ++ "\" y2=\"" ++ show (bottom + 2) ++ "\" stroke=\"#bbb\" stroke-width=\"0.5\"/>"
          , text at (bottom + 16) "middle" (show milliseconds ++ " ms")
          ]
      | k <- [0 .. (end - start) `div` tick]
      , let milliseconds = fromIntegral (k * tick) / 1000000 :: Double
            at = x (start + k * tick)
      ]
    tick = minimum (end - start : [t | e <- [3 .. 12 :: Int], m <- [1, 2, 5], let t = m * 10 ^ e, (end - start) `div` t <= 12])
    text at y anchor content =
      "<text x=\"" ++ show at ++ "\" y=\"" ++ show y ++ "\" text-anchor=\"" ++ anchor ++ "\">" ++ escape content ++ "</text>"
    rect :: Double -> Double -> Double -> Double -> String -> String -> String
    rect x0 y wide high fill title =
      "<rect x=\"" ++ show x0 ++ "\" y=\"" ++ show y ++ "\" width=\"" ++ show wide ++ "\" height=\"" ++ show high ++ "\" fill=\"" ++ fill ++ "\""
        ++ (if null title then "/>" else "><title>" ++ escape title ++ "</title></rect>")

escape :: String -> String
escape = concatMap $ \c -> case c of
  '<' -> "&lt;"
  '>' -> "&gt;"
  '&' -> "&amp;"
  '"' -> "&quot;"
  _ -> [c]
