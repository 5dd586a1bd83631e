{-# LANGUAGE TemplateHaskellQuotes #-}

-- | Compares a module that has functions of 'IO' with the module that lifts them to other
-- monads, when the test is compiled.
module Test.Exports (notLifted) where

import Control.Monad (filterM)
import Data.Char (isAlpha, isUpper)
import Data.List (isPrefixOf)
import Language.Haskell.TH
import Language.Haskell.TH.Syntax (addDependentFile, lift)

-- | The exports of the module in this file, which the test has imported under the first
-- name, that the module under the second name does not have as it should: those that are
-- missing, and functions that it passes on although they take an action in 'IO'.
notLifted :: FilePath -> String -> String -> Q Exp
notLifted file original lifted = do
  addDependentFile file
  names <- exports <$> runIO (readFile file)
  wrong <- filterM missing names
  if length names < 5 then fail (file ++ ": its exports were not found") else lift wrong
  where
    missing name
      | any isUpper (take 1 name) = do
          type' <- lookupTypeName (original ++ "." ++ name)
          other <- lookupTypeName (lifted ++ "." ++ name)
          pure (type' /= other)
      | otherwise = do
          function <- lookupValueName (original ++ "." ++ name)
          other <- lookupValueName (lifted ++ "." ++ name)
          case function of
            Just f | other == function -> takesAction <$> (reify f >>= typeOf)
            _ -> pure (other == Nothing)
    typeOf (VarI _ t _) = pure t
    typeOf (ClassOpI _ t _) = pure t
    typeOf other = fail ("not a function: " ++ show other)

-- | Whether an argument is an action or a function that ends in one. (For an argument of a
-- C function's type this says yes too.)
takesAction :: Type -> Bool
takesAction (ForallT _ _ t) = takesAction t
takesAction (AppT (AppT ArrowT argument) result) = mentionsIO argument || takesAction result
takesAction _ = False

mentionsIO :: Type -> Bool
mentionsIO (ForallT _ _ t) = mentionsIO t
mentionsIO (AppT f x) = mentionsIO f || mentionsIO x
mentionsIO (ConT name) = name == ''IO
mentionsIO _ = False

-- | The names in a module's export list.
exports :: String -> [String]
exports text = [name | name@(c : _) <- takeWhile (/= "where") (words (map separated list)), isAlpha c]
  where
    code = unlines (map dropComment (lines text))
    list = concat (drop 1 (splitOn '(' (unlines (dropWhile (not . isPrefixOf "module ") (lines code)))))
    separated c = if c `elem` "(),." then ' ' else c
    dropComment ('-' : '-' : _) = ""
    dropComment (c : cs) = c : dropComment cs
    dropComment "" = ""
    splitOn c s = let (before, after) = break (== c) s in [before, after]
