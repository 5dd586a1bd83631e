{-# OPTIONS_HADDOCK hide #-}

-- |
-- The text of a @[cmm| |]@ quotation: finds the functions that have a Haskell type, and
-- writes the file that GHC compiles.
module Control.Parallel.OpenMP.Internal.CmmSource
  ( -- * Reading
    Place (..)
  , Problem (..)
  , Source
  , Function (..)
  , Register (..)
  , registerNamed
  , readSource
  , functions

    -- * Writing
  , writeSource
  , symbolOf
  ) where

import Control.Monad (when)
import Data.Char (isAlpha, isAlphaNum, isAscii, isDigit, isLower, isSpace, isUpper, ord)
import Data.List (intercalate)
import Data.Maybe (fromMaybe)
import Numeric (showHex)

-- | A place in the Haskell file, counted from 1 as GHC counts.
data Place = Place {line :: Int, column :: Int}

-- | What is wrong, and where.
data Problem = Problem Place String

-- | A quotation, which keeps every character.
newtype Source = Source [Item]

-- | The top level of Cmm is a list of these. 'Verbatim' is whatever has no Haskell type.
data Item
  = Verbatim [Token]
  | -- | With the comments and the preprocessor's lines before it, and its block.
    Defined Function [Token] [Token]

-- | A function that Haskell can call.
data Function = Function
  { name :: String
  , namedAt :: Place
  , effects :: Bool
  -- ^ Whether it is in 'IO'.
  , arguments :: [(Register, String)]
  , results :: [Register]
  }

-- | The types of arguments and results, all of which one register holds.
data Register
  = -- | 'Data.Int.Int8' and so on, with the number of bits.
    Signed Int
  | Unsigned Int
  | Machine
  | MachineWord
  | Single
  | Twice
  | -- | A pointer, with the name of its element's Haskell type.
    Pointer (Maybe String)
  | Bytes
  | MutableBytes
  | Value

named :: [(String, Register)]
named =
  [(prefix ++ show bits, Signed bits) | bits <- widths, prefix <- ["I", "Int"]]
    ++ [(prefix ++ show bits, Unsigned bits) | bits <- widths, prefix <- ["W", "Word"]]
    ++ [ ("Int", Machine)
       , ("Word", MachineWord)
       , ("W_", MachineWord)
       , ("F32", Single)
       , ("F_", Single)
       , ("Float", Single)
       , ("F64", Twice)
       , ("D_", Twice)
       , ("Double", Twice)
       , ("Ptr", Pointer Nothing)
       , ("ByteArray", Bytes)
       , ("MutableByteArray", MutableBytes)
       , ("P_", Value)
       ]

widths :: [Int]
widths = [8, 16, 32, 64]

registerNamed :: String -> Maybe Register
registerNamed t = lookup t named

-- | The type in Cmm's own words.
register :: Register -> String
register t = case t of
  Signed bits -> "bits" ++ show bits
  Unsigned bits -> "bits" ++ show bits
  Machine -> "W_"
  MachineWord -> "W_"
  Single -> "float32"
  Twice -> "float64"
  Pointer _ -> "W_"
  Bytes -> "gcptr"
  MutableBytes -> "gcptr"
  Value -> "gcptr"

-- * Tokens

data Token = Token {at :: Place, kind :: Kind, text :: String}

data Kind
  = -- | White space, comments, and lines for the preprocessor.
    Blank
  | Name
  | Quoted
  | Other
  deriving (Eq)

tokens :: Place -> String -> [Token]
tokens = go True
  where
    -- Whether only white space precedes in this line.
    go fresh place rest = case rest of
      [] -> []
      c : _
        | isSpace c -> token Blank (span isSpace rest) (\t -> fresh || '\n' `elem` t)
      '#' : _
        | fresh -> token Blank (directive rest) (const False)
      '/' : '*' : more -> token Blank (prepend "/*" (upTo "*/" more)) (const fresh)
      '/' : '/' : _ -> token Blank (break (== '\n') rest) (const fresh)
      '"' : more -> token Quoted (prepend "\"" (string more)) (const False)
      c : _
        | isAlpha c || c == '_' -> token Name (span inName rest) (const False)
        | isDigit c -> token Other (span (\d -> isAlphaNum d || d `elem` "._") rest) (const False)
      c : more -> token Other ([c], more) (const False)
      where
        token k (t, more) freshAfter = Token place k t : go (freshAfter t) (foldl step place t) more

    inName c = isAlphaNum c || c `elem` "_.'"
    prepend start (t, more) = (start ++ t, more)

    -- A line that ends with a backslash goes on.
    directive rest = case break (== '\n') rest of
      (t, '\n' : more) | not (null t), last t == '\\' -> prepend (t ++ "\n") (directive more)
      ended -> ended

    string rest = case rest of
      '\\' : c : more -> prepend ['\\', c] (string more)
      '"' : more -> ("\"", more)
      c : more -> prepend [c] (string more)
      [] -> ([], [])

    upTo end rest
      | take (length end) rest == end = splitAt (length end) rest
    upTo end (c : more) = prepend [c] (upTo end more)
    upTo _ [] = ([], [])

-- | Where the next character is, as GHC counts.
step :: Place -> Char -> Place
step (Place l c) char = case char of
  '\n' -> Place (l + 1) 1
  '\t' -> Place l (((c - 1) `div` 8 + 1) * 8 + 1)
  _ -> Place l (c + 1)

is :: String -> Token -> Bool
is t token = kind token `elem` [Name, Other] && text token == t

significant :: [Token] -> [Token]
significant = filter ((/= Blank) . kind)

-- * Reading

functions :: Source -> [Function]
functions (Source items) = [f | Defined f _ _ <- items]

-- | Reads a quotation whose text starts at the place.
readSource :: Place -> String -> Either Problem Source
readSource start written = do
  source <- Source <$> (mapM item =<< pieces (tokens start written))
  when (null (functions source)) . Left . Problem start $
    "no function here has a Haskell type: I64 name(I64 argument) { ... }"
  pure source

-- Each piece ends with a semicolon or with a block.
pieces :: [Token] -> Either Problem [[Token]]
pieces = go [] []
  where
    -- The tokens of the piece and the open braces, both backwards.
    go piece open rest = case rest of
      []
        | brace : _ <- open -> Left (Problem (at brace) "this brace is not closed")
        | otherwise -> Right [reverse piece | not (null piece)]
      t : more
        | is "{" t -> go (t : piece) (t : open) more
        | is "}" t -> case open of
            [] -> Left (Problem (at t) "this brace closes nothing")
            [_] -> (reverse (t : piece) :) <$> go [] [] more
            _ : outer -> go (t : piece) outer more
        | is ";" t, null open -> (reverse (t : piece) :) <$> go [] [] more
        | otherwise -> go (t : piece) open more

item :: [Token] -> Either Problem Item
item piece
  | not (null block), typed (significant heading) = do
      f <- header (significant heading)
      Right (Defined f (takeWhile ((== Blank) . kind) heading) block)
  | otherwise = Right (Verbatim piece)
  where
    (heading, block) = break (is "{") piece

-- Cmm's own definitions start with one name, which arguments or a block follow.
-- (The operand of section is a string.)
typed :: [Token] -> Bool
typed heading = case heading of
  a : b : _ | kind a == Name, kind b == Name -> True
  a : _ -> is "(" a || is "IO" a
  [] -> False

header :: [Token] -> Either Problem Function
header heading = do
  let (io, afterIO) = case heading of
        t : more | is "IO" t -> (True, more)
        _ -> (False, heading)
  (types, afterTypes) <- case afterIO of
    t : more
      | is "void" t -> Right ([], more)
      | is "(" t -> many anyType t more
    _ -> do
      (one, more) <- anyType (ending heading) afterIO
      Right ([one], more)
  (f, more) <- identifier "the function's name" (ending heading) afterTypes
  let here = Problem (at f)
  when (text f `elem` reserved) . Left . here $ "a function cannot be called " ++ text f
  (taken, end) <- case more of
    open : inside | is "(" open -> many argument open inside
    _ -> Left (here ("after " ++ text f ++ " come its arguments in parentheses"))
  case end of
    t : _ -> Left (Problem (at t) "a block in braces should follow here")
    [] -> Right ()
  let function =
        Function
          { name = text f
          , namedAt = at f
          , effects = io || null types
          , arguments = taken
          , results = types
          }
  when (not (effects function) && null taken) . Left . here $
    text f ++ " has no argument, so it can only be an action: write IO before its type"
  when (not (effects function) && or [True | (MutableBytes, _) <- taken]) . Left . here $
    text f ++ " takes a MutableByteArray, so it can only be an action: write IO before its type"
  Right function
  where
    argument before rest = do
      (t, more) <- anyType before rest
      (x, end) <- identifier "the argument's name" before more
      Right ((t, text x), end)

    ending = last

-- | Elements between parentheses. The opening one precedes.
many
  :: (Token -> [Token] -> Either Problem (a, [Token]))
  -> Token
  -> [Token]
  -> Either Problem ([a], [Token])
many one open rest = case rest of
  t : more | is ")" t -> Right ([], more)
  _ -> go rest
  where
    go from = do
      (x, end) <- one open from
      case end of
        t : more
          | is "," t -> do
              (xs, after) <- go more
              Right (x : xs, after)
          | is ")" t -> Right ([x], more)
          | otherwise -> Left (Problem (at t) "a comma or a closing parenthesis should stand here")
        [] -> Left (Problem (at open) "this parenthesis is not closed")

anyType :: Token -> [Token] -> Either Problem (Register, [Token])
anyType before rest = case rest of
  t : more
    | kind t == Name -> case registerNamed (text t) of
        Just (Pointer _)
          | element : end <- more
          , kind element == Name
          , startsWith isUpper element ->
              Right (Pointer (Just (text element)), end)
        Just found -> Right (found, more)
        Nothing ->
          Left . Problem (at t) $
            text t
              ++ " is none of the types "
              ++ intercalate ", " (map fst named)
              ++ ", Ptr Element (and void for no result)"
  t : _ -> Left (Problem (at t) "a type should stand here")
  [] -> Left (Problem (at before) "a type is missing")

identifier :: String -> Token -> [Token] -> Either Problem (Token, [Token])
identifier what before rest = case rest of
  t : more
    | kind t == Name, '.' `notElem` text t, startsWith lower t -> Right (t, more)
    | otherwise -> Left (Problem (at t) (what ++ " should stand here, with a small letter first"))
  [] -> Left (Problem (at before) (what ++ " is missing"))
  where
    lower c = isLower c || c == '_'

startsWith :: (Char -> Bool) -> Token -> Bool
startsWith p = any p . take 1 . text

-- Names that mean something to Haskell or to Cmm.
reserved :: [String]
reserved =
  words
    "_ case class data default deriving do else foreign if import in infix infixl infixr \
    \instance let module newtype of then type where \
    \again call ccall goto jump likely never offset prim push reserve return returns \
    \section switch unlikely unwind bits8 bits16 bits32 bits64 float32 float64 gcptr"

-- * Writing

-- | The file for GHC: the file's name in messages, the Cmm names of functions with their
-- symbols, and the quotation. Each part of the quotation stands in its line and column.
writeSource :: String -> [(String, String)] -> Source -> Either Problem String
writeSource file symbols (Source items) = do
  written <- mapM write items
  Right $
    unlines
      ( "#include \"Cmm.h\""
          : ["#define W" ++ show bits ++ " bits" ++ show bits | bits <- widths]
          ++ ["#define F" ++ show bits ++ " float" ++ show bits | bits <- [32, 64 :: Int]]
          ++ ["#define " ++ own ++ " " ++ symbol | (own, symbol) <- symbols, '\'' `notElem` own]
      )
      ++ concat written
      ++ "\n"
  where
    write (Verbatim piece) = Right (verbatim piece)
    write (Defined f before block) = do
      body <- returning f (drop 1 block)
      Right $
        concat
          [ verbatim before
          , inLine (line (namedAt f))
          , fromMaybe (name f) (lookup (name f) symbols)
          , " (" ++ intercalate ", " [register t ++ " " ++ x | (t, x) <- arguments f] ++ ")"
          , sync (take 1 block)
          , "{"
          , concat [" " ++ register t ++ " " ++ result i ++ ";" | (i, t) <- zip [0 ..] (results f)]
          , sync (take 1 (drop 1 block))
          , body
          ]

    verbatim piece = sync (take 1 piece) ++ concatMap text piece

    sync [] = ""
    sync (t : _) = inLine (line (at t)) ++ replicate (column (at t) - 1) ' '
    inLine n = "\n#line " ++ show n ++ " " ++ show file ++ "\n"

-- | A result of the function, as a variable.
result :: Int -> String
result i = "ghcomp_result_" ++ show i

-- | The block, where each return assigns to variables of the results' types first. GHC
-- finds the register of a result by the type of the expression. So a number of
-- another kind would be in another register than where Haskell looks.
returning :: Function -> [Token] -> Either Problem String
returning f = go
  where
    go [] = Right ""
    go (t : more)
      | is "return" t, (blanks, open : inside) <- span ((== Blank) . kind) more, is "(" open = do
          (values, after) <- operands open inside
          when (length values /= length (results f)) . Left . Problem (at t) $
            name f
              ++ " has "
              ++ count (length (results f))
              ++ ", and this return has "
              ++ count (length values)
          rest <- go after
          Right $
            concat (zipWith3 assign [0 ..] (results f) values)
              ++ "return"
              ++ concatMap text blanks
              ++ "("
              ++ intercalate ", " (zipWith (\i _ -> result i) [0 ..] values)
              ++ ")"
              ++ rest
      | otherwise = (text t ++) <$> go more

    count :: Int -> String
    count n = case n of
      0 -> "no result"
      1 -> "one result"
      _ -> show n ++ " results"

    assign :: Int -> Register -> [Token] -> String
    assign i t value = result i ++ " = " ++ converted t (concatMap text value) ++ "; "

    converted t value = case t of
      Signed bits | bits < 64 -> cut bits value
      Unsigned bits | bits < 64 -> cut bits value
      _ -> value
    cut bits value = "%lobits" ++ show bits ++ "(" ++ value ++ ")"

-- | The operands between parentheses, and what follows.
operands :: Token -> [Token] -> Either Problem ([[Token]], [Token])
operands open = go (0 :: Int) [] []
  where
    go depth value values rest = case rest of
      [] -> Left (Problem (at open) "this parenthesis is not closed")
      t : more
        | depth == 0, is ")" t -> Right (finish, more)
        | depth == 0, is "," t -> go depth [] (reverse value : values) more
        | any (`is` t) ["(", "["] -> go (depth + 1) (t : value) values more
        | any (`is` t) [")", "]"] -> go (depth - 1) (t : value) values more
        | otherwise -> go depth (t : value) values more
      where
        finish
          | null values, null (significant value) = []
          | otherwise = reverse (reverse value : values)

-- | The symbol of a module's function: the package, the module and the name, so that
-- no two modules of a program have the same.
symbolOf :: String -> String -> String -> String
symbolOf package modul f = intercalate "_" ["ghcomp_cmm", plain package, plain modul, plain f]
  where
    plain = concatMap encode
    encode c
      | isAscii c && isAlphaNum c && c /= 'z' = [c]
      | otherwise = 'z' : showHex (ord c) "z"
