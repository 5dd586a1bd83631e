-- | What an eventlog says about capabilities and OpenMP threads, in order of time.
module Timeline
  ( Timeline (..)
  , Thread (..)
  , Point (..)
  , Bar (..)
  , timeline
  , bars
  , work
  , capabilities
  ) where

import Control.Applicative ((<|>))
import Data.List (foldl', sortOn)
import qualified Data.Map.Strict as Map
import qualified Data.Text as Text
import GHC.RTS.Events
  ( Data (..)
  , Event (..)
  , EventInfo (EndGC, RunThread, StartGC, StopThread, ThreadLabel, UserMarker, UserMessage)
  , EventLog (..)
  , Timestamp
  )
import Text.Read (readMaybe)

-- | Times are nanoseconds from the program's start.
data Timeline = Timeline
  { haskell :: [Event]
  -- ^ GHC's own events.
  , threads :: [(Int, Thread)]
  -- ^ The OpenMP threads, by number.
  }

-- | An OpenMP thread.
data Thread = Thread
  { label :: String
  , points :: [Point]
  }

-- | Something happened.
data Point = Point
  { time :: Timestamp
  , what :: [String]
  }

-- | A part of a thread's time.
data Bar = Bar
  { from :: Timestamp
  , to :: Timestamp
  , kind :: String
  -- ^ @region@, @loop@, @task@, @wait@, @park@; or @run@ and @gc@ of a capability.
  , detail :: String
  , depth :: Int
  -- ^ Bars around it.
  }

-- | Takes the trace's events out of an eventlog and sorts them by their true times.
timeline :: EventLog -> Timeline
timeline eventlog =
  Timeline
    { haskell = [event | (event, Nothing) <- marked]
    , threads = Map.toAscList (Map.mapWithKey thread texts)
    }
  where
    marked = [(event, ours event) | event <- sortOn evTime (events (dat eventlog))]
    -- An event "clock" is written at once, so its two times differ only by the time
    -- that the writing took.
    distance = case [fromIntegral (evTime event) - at | (event, Just (0, at, ["clock"])) <- marked] of
      [] -> 0
      distances -> minimum distances
    texts =
      Map.fromListWith
        (flip (<>))
        [ (number, [Point (fromIntegral (max 0 (at + distance))) text])
        | (_, Just (number, at, text)) <- marked
        , number > 0
        ]
    thread number list = Thread (name number list) (sortOn time list)
    name number list =
      case [role | Point _ ["thread", _, role] <- list] of
        role : _ -> "OpenMP " ++ show number ++ ", " ++ role
        [] -> "OpenMP " ++ show number

-- | The thread's number, the time, and what happened, if the event belongs to the trace.
ours :: Event -> Maybe (Int, Integer, [String])
ours event = case evSpec event of
  UserMessage text -> parse text
  UserMarker text -> parse text
  _ -> Nothing
  where
    parse text = case words (Text.unpack text) of
      "omp" : number : at : rest -> (,,) <$> readMaybe number <*> readMaybe at <*> pure rest
      _ -> Nothing

-- | The bars that are open after a point, innermost first, and the bars that the point
-- has ended. The end of a bar also ends the bars that are open inside it.
advance :: [Point] -> Point -> ([Point], [Point])
advance open point = case what point of
  _ : "begin" : _ -> (point : open, [])
  it : "end" : _
    | (inner, this : around) <- break ((== it) . subject) open -> (around, inner ++ [this])
  _ -> (open, [])

-- | What begins or ends.
subject :: Point -> String
subject = concat . take 1 . what

-- | A thread's time as bars. A bar without an end ends with the last event.
bars :: Thread -> [Bar]
bars thread = sortOn (\b -> (depth b, from b)) (shut final 0 still ++ done)
  where
    final = maximum (0 : map time (points thread))
    (still, done) = foldl' step ([], []) (points thread)
    step (open, closed) point =
      let (around, ended) = advance open point
       in (around, shut (time point) (length around) ended ++ closed)
    shut end around ended = zipWith (bar end) [around + length ended - 1, around + length ended - 2 ..] ended
    bar end level point =
      Bar (time point) end (subject point) (unwords (drop 2 (what point))) level

-- | When the thread starts to work ('True'), or to wait or do nothing ('False').
work :: Thread -> [(Timestamp, Bool)]
work thread = changes False (zip (map time list) (map works (drop 1 (scanl open [] list))))
  where
    list = points thread
    open now point = fst (advance now point)
    works now = any (`notElem` ["wait", "park"]) (take 1 (map subject now))
    changes before ((at, now) : rest)
      | now == before = changes before rest
      | otherwise = (at, now) : changes now rest
    changes _ [] = []

-- | The capabilities' time: which Haskell thread runs, and collections.
capabilities :: [Event] -> [(Int, [Bar])]
capabilities list = Map.toAscList (Map.map (reverse . snd) (foldl' step Map.empty list))
  where
    names = Map.fromList [(thread, Text.unpack text) | ThreadLabel thread text <- map evSpec list]
    name thread = Map.findWithDefault ("thread " ++ show thread) thread names
    step state event = case evCap event of
      Nothing -> state
      Just cap ->
        let (open, done) = Map.findWithDefault (Nothing, []) cap state
            put it = Map.insert cap it state
            end = maybe done (\(start, it, text) -> Bar start (evTime event) it text 0 : done) open
         in case evSpec event of
              RunThread thread -> put (Just (evTime event, "run", name thread), end)
              StopThread {} -> put (Nothing, end)
              StartGC -> put (Just (evTime event, "gc", "collection"), end)
              EndGC -> put (Nothing, end)
              _ -> put (open <|> Nothing, done)
