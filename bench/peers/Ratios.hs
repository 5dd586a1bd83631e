-- | Statistics of the samples: medians, quartiles, and ratios of runs of the same
-- round.
module Ratios
  ( Sample (..)
  , Group (..)
  , Line (..)
  , Spread (..)
  , groups
  , mean
  , spread
  ) where

import Data.List (minimumBy, nub, sort)
import Data.Maybe (mapMaybe)
import Data.Ord (comparing)

-- | A time in seconds.
data Sample = Sample
  { group :: String
  , row :: String
  , runtime :: String
  , turn :: Int
  -- ^ The round.
  , seconds :: Double
  }

-- | The lines of a group.
data Group = Group String [Line]

data Line = Line
  { label :: String
  , medians :: [(String, Spread)]
  -- ^ For each runtime, in seconds.
  , samples :: [(String, [Double])]
  , ratios :: [(String, Spread)]
  -- ^ For each runtime, to the best of those that the last one is compared with.
  , best :: Maybe String
  -- ^ The best: of all runtimes except the last, the one with the smallest median.
  }

-- | Median and quartiles.
data Spread = Spread {low, middle, high :: Double}

spread :: [Double] -> Maybe Spread
spread [] = Nothing
spread values = Just (Spread (at 0.25) (at 0.5) (at 0.75))
  where
    sorted = sort values
    -- Interpolates between the two nearest samples.
    at part =
      let place = part * fromIntegral (length sorted - 1) :: Double
          below = floor place
          above = min (below + 1) (length sorted - 1)
          share = place - fromIntegral below
       in sorted !! below * (1 - share) + sorted !! above * share

-- | The geometric mean.
mean :: [Double] -> Maybe Double
mean [] = Nothing
mean values = Just (exp (sum (map log values) / fromIntegral (length values)))

-- | The tables for these runtimes. The last one is compared with the others.
groups :: [String] -> [Sample] -> [Group]
groups runtimes all' = [Group name (linesOf (filter ((== name) . group) all')) | name <- nub (map group all')]
  where
    linesOf mine = [line name (filter ((== name) . row) mine) | name <- nub (map row mine)]
    line name mine =
      Line
        { label = name
        , medians = middles
        , samples = [(who, map seconds (of' who)) | who <- runtimes]
        , ratios = mapMaybe toBest runtimes
        , best = leader
        }
      where
        of' who = filter ((== who) . runtime) mine
        middles = mapMaybe (\who -> (,) who <$> spread (map seconds (of' who))) runtimes
        others = filter ((`elem` drop 1 (reverse runtimes)) . fst) middles
        leader = if null others then Nothing else Just (fst (minimumBy (comparing (middle . snd)) others))
        -- A time that is too short to measure has no ratio.
        toBest who = do
          first <- leader
          (,) who
            <$> spread
              [ max 0 (seconds a) / seconds b
              | a <- of' who
              , b <- of' first
              , turn a == turn b
              , seconds b > 0
              ]
