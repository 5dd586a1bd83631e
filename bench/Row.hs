-- | The figures of the results: how they are written and read. The programs that
-- measure hand each 'Row' to the report as a line ('writeRow'), and the report's
-- results.json has the same objects with some more members ('rowMembers'). Both are
-- read by 'rowFromJson'.
module Row
  ( Row (..)
  , writeRow
  , readRow
  , rowMembers
  , rowFromJson
  ) where

import Json

data Row = Row
  { group :: String
  -- ^ A table and a picture.
  , series :: String
  -- ^ A row of the table.
  , point :: String
  -- ^ A column of the table.
  , value :: Double
  -- ^ In the unit that the report has for the group. Infinity stands for what never
  -- happened; in JSON it is null.
  }

-- | A row as a line.
writeRow :: Row -> String
writeRow = render . Object . rowMembers

-- | The row of such a line.
readRow :: String -> Maybe Row
readRow line = parse line >>= rowFromJson

-- | The members of a row's object.
rowMembers :: Row -> [(String, Json)]
rowMembers row =
  [ ("group", Text (group row))
  , ("series", Text (series row))
  , ("point", Text (point row))
  , ("value", if isInfinite (value row) then Null else Number (value row))
  ]

-- | The row of an object that has these members.
rowFromJson :: Json -> Maybe Row
rowFromJson (Object members) = Row <$> text "group" <*> text "series" <*> text "point" <*> (lookup "value" members >>= number)
  where
    text key = case lookup key members of
      Just (Text content) -> Just content
      _ -> Nothing
    number Null = Just (1 / 0)
    number (Number x) = Just x
    number _ = Nothing
rowFromJson _ = Nothing
