-- | JSON, as far as the results need it: without booleans.
module Json
  ( Json (..)
  , render
  , renderPage
  , parse
  ) where

import Data.Char (chr, isControl, ord)
import Data.List (intercalate)
import Numeric (readHex)
import Text.ParserCombinators.ReadP
import Text.Printf (printf)
import Text.Read (readMaybe)

data Json
  = Null
  | Number Double
  | Text String
  | List [Json]
  | Object [(String, Json)]
  deriving (Eq, Show)

-- | On one line.
render :: Json -> String
render json = case json of
  Null -> "null"
  Number x -> show x
  Text text -> "\"" ++ concatMap escaped text ++ "\""
  List items -> "[" ++ intercalate ", " (map render items) ++ "]"
  Object members -> "{" ++ intercalate ", " (map member members) ++ "}"
  where
    escaped c
      | c `elem` "\"\\" = ['\\', c]
      | isControl c = printf "\\u%04x" (ord c)
      | otherwise = [c]

member :: (String, Json) -> String
member (key, json) = render (Text key) ++ ": " ++ render json

-- | An object with these members as a whole file. What a member has inside stands on
-- lines of its own.
renderPage :: [(String, Json)] -> String
renderPage members = "{\n  " ++ intercalate ",\n  " (map spread members) ++ "\n}\n"
  where
    spread (key, List items@(_ : _)) = within key "[" (map render items) "]"
    spread (key, Object inner@(_ : _)) = within key "{" (map member inner) "}"
    spread (key, json) = member (key, json)
    within key open items close =
      render (Text key) ++ ": " ++ open ++ "\n    " ++ intercalate ",\n    " items ++ "\n  " ++ close

-- | The value that the text is.
parse :: String -> Maybe Json
parse text = case readP_to_S (value <* eof) text of
  [(json, "")] -> Just json
  _ -> Nothing

-- | A value, with the space around it.
value :: ReadP Json
value = skipSpaces *> (look >>= startingWith . take 1) <* skipSpaces
  where
    startingWith "{" = Object <$> items '{' ((,) <$> (skipSpaces *> quoted <* skipSpaces <* char ':') <*> value) '}'
    startingWith "[" = List <$> items '[' value ']'
    startingWith "\"" = Text <$> quoted
    startingWith "n" = Null <$ string "null"
    startingWith _ = munch1 (`elem` "+-.0123456789eE") >>= maybe pfail (pure . Number) . readMaybe
    items open item close = char open *> (((item `sepBy1` char ',') <* char close) <++ ([] <$ skipSpaces <* char close))
    quoted = char '"' *> many character <* char '"'
    character = satisfy (`notElem` "\"\\") +++ (char '\\' *> get >>= special)
    special 'u' = count 4 get >>= \digits -> case readHex digits of
      [(code, "")] -> pure (chr code)
      _ -> pfail
    special c = pure (maybe c id (lookup c [('n', '\n'), ('t', '\t'), ('r', '\r'), ('b', '\b'), ('f', '\f')]))
