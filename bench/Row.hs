-- | The figures of the results, as the programs that measure hand them to the
-- report: one 'show'n row a line.
module Row (Row (..)) where

data Row = Row
  { group :: String
  -- ^ A table and a picture.
  , series :: String
  -- ^ A row of the table.
  , point :: String
  -- ^ A column of the table.
  , value :: Double
  -- ^ In the unit that the report has for the group.
  }
  deriving (Read, Show)
