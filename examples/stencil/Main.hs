-- | Heat in a rod: many short steps, each of which needs all results of the last one.
-- All steps run in one region, with a barrier after each
-- ("Control.Parallel.OpenMP.Team"). The program compares that with one region per step
-- and with C: @stencil [CELLS [STEPS]]@.
module Main (main) where

import Control.Monad (forM, forM_, replicateM, unless)
import Foreign
import System.Environment (getArgs)
import System.Exit (exitFailure)
import Text.Printf (printf)

import Control.Parallel.OpenMP
import Control.Parallel.OpenMP.Query (wtime)
import Control.Parallel.OpenMP.Team

foreign import ccall safe "heat" c_heat :: Ptr Double -> Ptr Double -> Int -> Int -> IO ()

-- Unsafe: it takes some microseconds.
foreign import ccall unsafe "heat_share" c_share :: Ptr Double -> Ptr Double -> Int -> Int -> IO ()

-- | One cell of one step.
cell :: Ptr Double -> Ptr Double -> Int -> IO ()
cell from to i = do
  x <- peekElemOff from (i - 1)
  y <- peekElemOff from i
  z <- peekElemOff from (i + 1)
  pokeElemOff to i (0.25 * (x + 2 * y + z))
{-# INLINE cell #-}

-- | From an array to the other and back, in so many steps.
steps :: Int -> Ptr Double -> Ptr Double -> (Ptr Double -> Ptr Double -> IO ()) -> IO ()
steps count a b step = go count a b
  where
    go 0 _ _ = pure ()
    go k from to = step from to >> go (k - 1) to from
{-# INLINE steps #-}

ways :: [(String, Ptr Double -> Ptr Double -> Int -> Int -> IO ())]
ways =
  [ ("C, one region", c_heat)
  , ( "Team"
    , \a b n count -> do
        _ <- team defaults $ \t ->
          steps count a b (\from to -> teamFor t Static (Range 1 (n - 1)) (cell from to))
        pure ()
    )
  , ( "Team, C arithmetic"
    , \a b n count -> do
        _ <- team defaults $ \t ->
          steps count a b (\from to -> teamForChunks t Static (Range 1 (n - 1)) (c_share from to))
        pure ()
    )
  , ( "a region per step"
    , \a b n count ->
        steps count a b (\from to -> parallelFor defaults (Range 1 (n - 1)) (cell from to))
    )
  ]

-- | The median.
median :: [Double] -> Double
median times = sorted !! (length times `div` 2)
  where
    sorted = foldr insert [] times
    insert x l = let (less, more) = span (< x) l in less ++ x : more

main :: IO ()
main = do
  arguments <- map read <$> getArgs
  let n = case arguments of (k : _) -> k; _ -> 20000
      count = case arguments of (_ : k : _) -> k; _ -> 100
      rounds = case arguments of (_ : _ : k : _) -> k; _ -> 21
  allocaArray n $ \a -> allocaArray n $ \b -> do
    -- The ways take turns, so that all meet the same machine.
    all' <- replicateM rounds $ forM ways $ \(_, way) -> do
      forM_ [a, b] $ \v -> do
        forM_ [0 .. n - 1] $ \i -> pokeElemOff v i 0
        pokeElemOff v 0 1
      begin <- wtime
      way a b n count
      end <- wtime
      result <- mapM (peekElemOff (if even count then a else b)) [0 .. min (n - 1) (2 * count)]
      pure (end - begin, result)
    let results = map snd (concat all')
        times = [median (map (fst . (!! k)) all') | k <- [0 .. length ways - 1]]
        best = [minimum (map (fst . (!! k)) all') | k <- [0 .. length ways - 1]]
    unless (all (== head results) results) (putStrLn "The results differ." >> exitFailure)
    printf "%d cells, %d steps, microseconds a step: median, least (and as a ratio to C)\n" n count
    putStrLn "The results are the same."
    forM_ (zip3 (map fst ways) times best) $ \(name, t, l) ->
      printf
        "%-20s %7.2f (%.2f)  %7.2f (%.2f)\n"
        name
        (perStep count t)
        (t / head times)
        (perStep count l)
        (l / head best)
  where
    perStep count t = t * 1e6 / fromIntegral (count :: Int) :: Double
