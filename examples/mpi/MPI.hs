-- | The part of MPI that the two programs use.
--
-- Only the thread that started MPI calls it (@MPI_THREAD_FUNNELED@), while the threads
-- of the team work. @main@ is bound to its OS thread, so it is that thread. Call these
-- functions in @main@, not in bodies of loops and not in threads from
-- 'Control.Concurrent.forkIO'. Functions that wait for other processes are imported as
-- @safe@, so other Haskell threads run meanwhile.
module MPI
  ( withMPI
  , Rank (..)
  , share
  , sumAll
  , sumAllInt
  , exchange
  , gather
  ) where

import Control.Exception (SomeException, catch, throwIO)
import Control.Monad (unless)
import qualified Data.Vector.Storable as V
import qualified Data.Vector.Storable.Mutable as M
import Foreign.C.Types (CInt (..))
import Foreign.Ptr (Ptr)
import System.IO (hPutStrLn, stderr)

foreign import ccall safe "mpi_start" c_start :: IO CInt
foreign import ccall safe "mpi_end" c_end :: IO ()
foreign import ccall safe "mpi_abort" c_abort :: IO ()
foreign import ccall unsafe "mpi_rank" c_rank :: IO CInt
foreign import ccall unsafe "mpi_size" c_size :: IO CInt
foreign import ccall safe "mpi_sum" sumAll :: Double -> IO Double
foreign import ccall safe "mpi_sum_long" sumAllInt :: Int -> IO Int
foreign import ccall safe "mpi_exchange" c_exchange
  :: Int -> Ptr Double -> CInt -> Ptr Double -> CInt -> IO ()
foreign import ccall safe "mpi_gather" c_gather :: Int -> Ptr Double -> Ptr Double -> IO ()

-- | This process's number among all.
data Rank = Rank {rank :: !Int, ranks :: !Int}

-- | Runs the action between MPI's start and end. An exception ends all
-- processes, because the others may wait for this one.
withMPI :: (Rank -> IO a) -> IO a
withMPI action = do
  enough <- c_start
  unless (enough /= 0) (abort "this MPI bears no second thread in a process")
  me <- Rank <$> (fromIntegral <$> c_rank) <*> (fromIntegral <$> c_size)
  result <- action me `catch` \e -> abort (show (e :: SomeException)) >> throwIO e
  c_end
  pure result
  where
    abort why = hPutStrLn stderr ("MPI: " ++ why) >> c_abort

-- | This process's part of this many items: its first item, and the one after its
-- last. The parts differ by at most one item.
share :: Rank -> Int -> (Int, Int)
share (Rank r n) items = (r * items `quot` n, (r + 1) * items `quot` n)

-- | Sends the first vector to one rank and fills the second one from another rank.
-- 'Nothing' means no rank.
exchange :: M.IOVector Double -> Maybe Int -> M.IOVector Double -> Maybe Int -> IO ()
exchange out to into from =
  M.unsafeWith out $ \o -> M.unsafeWith into $ \i ->
    c_exchange (M.length out) o (number to) i (number from)
  where
    number = maybe (-1) fromIntegral

-- | Collects the vectors of all processes in rank 0, one after the other. There the
-- result has this length. Elsewhere it is empty.
gather :: Rank -> Int -> V.Vector Double -> IO (V.Vector Double)
gather me total mine = do
  whole <- M.new (if rank me == 0 then total else 0)
  V.unsafeWith mine $ \m -> M.unsafeWith whole $ \w -> c_gather (V.length mine) m w
  V.unsafeFreeze whole
