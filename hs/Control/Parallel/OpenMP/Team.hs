{-# LANGUAGE BangPatterns #-}
{-# LANGUAGE MagicHash #-}
{-# LANGUAGE RankNTypes #-}
{-# LANGUAGE RoleAnnotations #-}
{-# LANGUAGE ScopedTypeVariables #-}
{-# LANGUAGE UnliftedFFITypes #-}
{-# OPTIONS_GHC -fno-omit-yields #-}
{-# OPTIONS_GHC -O2 #-}

-- |
-- One parallel region whose threads work together: barriers, worksharing loops,
-- 'single', 'critical', 'ordered', 'sections' and reductions inside of the region
-- (OpenMP 5.2, 11 and 15). A phase of such a region costs a barrier, while a loop of
-- "Control.Parallel.OpenMP" costs a region.
--
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Team as Team
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
--
-- A stencil of many steps. All threads run the same body, and share the iterations of
-- each 'teamFor', which ends with a barrier:
--
-- >>> :{
-- let heat :: Int -> Int -> IO Double
--     heat n steps = do
--       a <- UM.replicate n 0
--       b <- UM.replicate n 0
--       mapM_ (\v -> UM.write v 0 1) [a, b]
--       _ <- Team.team defaults $ \t -> do
--         let step 0 _ _ = pure ()
--             step k from to = do
--               Team.teamFor t Static (Range 1 (n - 1)) $ \i -> do
--                 x <- UM.read from (i - 1)
--                 y <- UM.read from i
--                 z <- UM.read from (i + 1)
--                 UM.write to i ((x + 2 * y + z) / 4)
--               step (k - 1 :: Int) to from
--         step steps a b
--       UM.read a 1
-- :}
--
-- >>> heat 100 2
-- 0.375
--
-- The following holds for every function here:
--
-- * /All threads must meet the same constructs in the same order/, as in OpenMP:
--   'barrier', the loops, 'single', 'sections', 'teamReduce' and 'teamCombine', with
--   equal arguments for schedules and ranges. 'critical' is free. If a thread's body
--   ends while others wait in a barrier, all of them end with 'InvalidArgument'.
-- * /Constructs do not nest/: inside of a loop, a 'single', a 'critical' or a section
--   there is no barrier and no other such construct. Only 'critical' may stand in the
--   others, and 'ordered' in 'teamForOrdered'. Otherwise there is an
--   'InvalidArgument'. Inside of them you may open regions and teams of their own.
-- * /A handle belongs to its thread./ Its type does not let it leave the region. If
--   another thread uses it (one of 'Control.Concurrent.forkIO', or of a region inside
--   of this one) there is an 'InvalidArgument'.
-- * /Exceptions./ The first exception of a body is thrown in the caller, as itself.
--   It frees the threads that wait in a barrier or another construct, and their
--   bodies end; a body that computes ends at its next construct. An exception that leaves a construct ends the region, even if the
--   body catches it: the other threads have left the construct by then. 'critical' is
--   an exception to that. Asynchronous exceptions to the caller (@timeout@,
--   @killThread@) interrupt all bodies, if the caller has not masked exceptions.
-- * /C kernels./ A body may call C functions. But a C function whose own code waits
--   for the whole team (an @omp for@ or @omp barrier@ without @omp parallel@) waits for
--   ever if another thread has failed before it got there.
--
-- Names: OpenMP's @omp for@ is 'teamFor', @nowait@ is 'teamForNowait', @reduction@ is
-- 'teamReduce', @omp_get_thread_num@ is 'memberNum'. A Rust program has the same with
-- rayon's @broadcast@ and @std::sync::Barrier@, an SPMD program of MPI with its
-- collectives.
module Control.Parallel.OpenMP.Team
  ( -- * The region
    Team
  , team
  , memberNum
  , memberCount

    -- * Waiting for all
  , barrier

    -- * Loops
  , teamFor
  , teamForNowait
  , teamForChunks
  , teamForChunksNowait
  , teamForOrdered
  , ordered
  , sections
  , sectionsNowait

    -- * One thread
  , single
  , singleNowait
  , critical

    -- * Reductions
  , teamReduce
  , teamFoldMap
  , teamCombine
  ) where

import Control.Concurrent (getNumCapabilities)
import Control.Concurrent.MVar (MVar, newMVar, putMVar, takeMVar, tryTakeMVar)
import Control.Exception (SomeException, catch, evaluate, mask, mask_, onException, throwIO)
import Control.Monad (unless, when)
import Data.Dynamic (Dynamic, fromDynamic, toDyn)
import Data.IORef
import Data.List (sortOn)
import Data.Primitive.ByteArray
  ( MutableByteArray
  , fillByteArray
  , newByteArray
  , readByteArray
  , writeByteArray
  )
import Data.Primitive.SmallArray
  ( SmallMutableArray
  , indexSmallArray
  , newSmallArray
  , readSmallArray
  , smallArrayFromListN
  , writeSmallArray
  )
import Data.Typeable (Typeable)
import Data.Word (Word64)
import Foreign.C.Types (CInt (..), CUInt (..))
import Foreign.Ptr (Ptr)
import GHC.Exts (MutableByteArray#, RealWorld)
import System.IO.Unsafe (unsafeInterleaveIO)

import Control.Parallel.OpenMP.Internal.Loops (Options (..), Range (..), Schedule (..), check, piece)
import Control.Parallel.OpenMP.Internal.Region
import Control.Parallel.OpenMP.Internal.Schedule (staticKind)

-- | A thread's handle of the region that 'team' runs. The type @s@ names the region.
--
-- @since 0.1.0.0
data Team s = Team
  { number :: !Int
  , size :: !Int
  , member :: !(Ptr ())
  -- ^ The runtime's address of this member. All its functions check it.
  , polls :: !CUInt
  -- ^ How often this thread looks for the others before it gives its capability back.
  , state :: !(IORef RegionState)
  , shared :: !Shared
  , own :: !(MutableByteArray RealWorld)
  -- ^ Words of this thread alone: @placeWord@ and so on.
  }

-- Handles of different regions must not be coerced into each other.
type role Team nominal

-- | What the threads of a region share.
data Shared = Shared
  { lock :: !(MVar ())
  , ending :: !(MutableByteArray RealWorld)
  -- ^ One word: the barrier (counted by each member) at which a member's body has
  -- ended, or 0.
  , singles :: !(SmallMutableArray RealWorld Dynamic)
  -- ^ Two results: Note [Two of everything].
  , cells :: SmallMutableArray RealWorld Dynamic
  -- ^ Twice @maxTeamCells@ parts of a reduction. Made when a member needs it.
  , values :: SmallMutableArray RealWorld Dynamic
  -- ^ Twice as many values of members as the team has. Likewise.
  }

-- Note [Two of everything]
-- ~~~~~~~~~~~~~~~~~~~~~~~~
-- A member writes a result before a barrier, and the others read it after that
-- barrier. A fast member may meet the next such construct while a slow one still
-- reads. But it gets no further than that construct's barrier, which the slow one
-- passes after it has read. So two places, used in turn, are enough. Each member
-- counts the constructs itself, as all members meet the same.
--
-- The results are dynamically typed, so that members that meet different constructs,
-- against the rule, do not take one type for another.

-- | Words of @own@. Where the member is, and how many constructs of each kind it has
-- met.
placeWord, barriersWord, singlesWord, reducesWord, combinesWord, ownWords :: Int
placeWord = 0
barriersWord = 1
singlesWord = 2
reducesWord = 3
combinesWord = 4
ownWords = 5

-- | Where a member is.
atTop, inConstruct, inOrderedLoop, inCritical :: Int
atTop = 0
inConstruct = 1
inOrderedLoop = 2
inCritical = 3

-- The safe ones wait. The others look a bounded number of times, and never block:
-- rust/src/haskell/team.rs.
foreign import ccall unsafe "ghcomp_hs_team_member" c_member :: IO (Ptr ())
foreign import ccall unsafe "ghcomp_hs_team_cancel" c_cancel :: Ptr () -> IO ()
foreign import ccall unsafe "ghcomp_hs_team_barrier_at_once"
  c_barrier_at_once :: Ptr () -> CUInt -> IO CInt
foreign import ccall safe "ghcomp_hs_team_barrier" c_barrier :: Ptr () -> CInt -> IO CInt
foreign import ccall unsafe "ghcomp_hs_team_loop_at_once"
  c_loop_at_once :: Ptr () -> CUInt -> Word64 -> Word64 -> CInt -> IO CInt
foreign import ccall safe "ghcomp_hs_team_loop"
  c_loop :: Ptr () -> CUInt -> Word64 -> Word64 -> CInt -> IO CInt
foreign import ccall safe "ghcomp_hs_team_loop_end" c_loop_end :: Ptr () -> IO ()
foreign import ccall unsafe "ghcomp_hs_team_single" c_single :: Ptr () -> IO CInt
foreign import ccall unsafe "ghcomp_hs_team_ordered_at_once"
  c_ordered_at_once :: Ptr () -> CUInt -> IO CInt
foreign import ccall safe "ghcomp_hs_team_ordered" c_ordered :: Ptr () -> IO CInt
foreign import ccall unsafe "ghcomp_hs_team_ordered_next"
  c_ordered_next :: Ptr () -> MutableByteArray# RealWorld -> IO CInt
foreign import ccall unsafe "omp_get_num_threads" c_size :: IO CInt

-- | The answers of these functions: @NOT_YET@, @CANCELLED@ and @NOT_MEMBER@ there.
notYet, cancelled, notMember :: CInt
notYet = 0
cancelled = -2
notMember = -3

-- | Runs the body on each thread of a team, and returns the results in the order of
-- the threads' numbers. Results are as the bodies return them, not evaluated. The
-- options' schedule is not used.
--
-- >>> Team.team defaults {numThreads = Just 1} (\t -> pure (Team.memberNum t, Team.memberCount t))
-- [(0,1)]
--
-- @since 0.1.0.0
team :: Options -> (forall s. Team s -> IO a) -> IO [a]
team options body = do
  (threads, _, _) <- check "team" options
  sizeRef <- newIORef 1
  results <- newIORef []
  ends <- newWords 1
  one <- newMVar ()
  slots <- newSmallArray 2 nothing
  parts <- unsafeInterleaveIO (newSmallArray (2 * maxTeamCells) nothing)
  each <- unsafeInterleaveIO (readIORef sizeRef >>= \n -> newSmallArray (2 * n) nothing)
  let common = Shared {lock = one, ending = ends, singles = slots, cells = parts, values = each}
  capabilities <- getNumCapabilities
  teamRegion (c_member >>= c_cancel) threads noLoop $ \now num -> do
    members <- fromIntegral <$> c_size
    writeIORef sizeRef members
    me <- c_member
    mine <- newWords ownWords
    let handle =
          Team
            { number = num
            , size = members
            , member = me
            , polls = if members <= capabilities then pollCount else 0
            , state = now
            , shared = common
            , own = mine
            }
    x <- body handle
    end handle
    atomicModifyIORef' results (\before -> ((num, x) : before, ()))
  map snd . sortOn fst <$> readIORef results
  where
    nothing = toDyn ()
    newWords n = do
      words' <- newByteArray (8 * n)
      fillByteArray words' 0 (8 * n) 0
      pure words'

-- | How often a thread looks for the others before it gives its capability back: about
-- two microseconds.
pollCount :: CUInt
pollCount = 64

-- | The thread's number in the team, from 0.
--
-- @since 0.1.0.0
memberNum :: Team s -> Int
memberNum = number

-- | How many threads the team has.
--
-- @since 0.1.0.0
memberCount :: Team s -> Int
memberCount = size

-- | A misuse of the handle.
misuse :: String -> String -> IO a
misuse function what = throwIO (InvalidArgument function what)

-- | What an answer of the runtime means if it is not that all is well.
heed :: String -> CInt -> IO ()
heed function answer
  | answer == cancelled = throwIO Stopped
  | answer == notMember = misuse function "the Team is used outside of its thread or its region"
  | otherwise = pure ()

-- | One of this thread's words.
readOwn :: Team s -> Int -> IO Int
readOwn t = readByteArray (own t)

writeOwn :: Team s -> Int -> Int -> IO ()
writeOwn t = writeByteArray (own t)

-- | Counts a construct, and says how many there were before.
count :: Team s -> Int -> IO Int
count t word = do
  n <- readOwn t word
  writeOwn t word (n + 1)
  pure n

-- | Whether the place allows it, and the thread is this one.
admit :: String -> Team s -> (Int -> Bool) -> IO ()
admit function t allowed = do
  here <- c_member
  when (here /= member t) (heed function notMember)
  place <- readOwn t placeWord
  unless (allowed place) $
    misuse function $
      if place == atTop || place == inConstruct && function == "ordered"
        then "it is not inside of teamForOrdered"
        else "it is inside of another construct"

-- | A construct that all members meet. An exception that leaves it ends the region.
construct :: String -> Team s -> Int -> IO a -> IO a
construct function t place act = do
  admit function t (== atTop)
  writeOwn t placeWord place
  x <- act `catch` quit
  writeOwn t placeWord atTop
  pure x
  where
    -- Masked. The exception is recorded first: the members that are freed throw
    -- @Stopped@, which must not be the first exception.
    quit :: SomeException -> IO a
    quit e = do
      writeOwn t placeWord atTop
      if isAsynchronous e
        then atomicModifyIORef' (state t) $ \now -> case now of
          Active -> (Halted, ())
          _ -> (now, ())
        else failWith (state t) e
      c_cancel (member t)
      throwIO e
{-# INLINE construct #-}

-- | Throws @Stopped@ if the region was stopped.
look :: Team s -> IO ()
look t = do
  stopped <- isStopped (state t)
  when stopped (throwIO Stopped)

-- | The barrier. Masked, so that no exception comes between its two calls: a member
-- that fails must not have begun a barrier.
meet :: String -> Team s -> IO ()
meet function t = do
  passed <- pass function t
  ended <- readByteArray (ending (shared t)) 0
  when (ended == passed) $ misuse function "the body of another thread has ended"
  look t

-- | The barrier, and its number.
pass :: String -> Team s -> IO Int
pass function t = do
  answer <- mask_ $ do
    quick <- c_barrier_at_once (member t) (polls t)
    if quick >= 0 then c_barrier (member t) quick else pure quick
  heed function answer
  (+ 1) <$> count t barriersWord

-- | The end of a body, which all members reach at the same barrier.
end :: Team s -> IO ()
end t = do
  before <- readOwn t barriersWord
  writeByteArray (ending (shared t)) 0 (before + 1)
  _ <- pass "team" t
  look t

-- | Waits until all threads of the team have come here (@omp barrier@).
--
-- >>> done <- newIORef (0 :: Int)
-- >>> :{
-- Team.team defaults {numThreads = Just 1} $ \t -> do
--   atomicModifyIORef' done (\n -> (n + 1, ()))
--   Team.barrier t
--   all' <- readIORef done
--   pure (all' == Team.memberCount t)
-- :}
-- [True]
--
-- @since 0.1.0.0
barrier :: Team s -> IO ()
barrier t = construct "barrier" t inConstruct (meet "barrier" t)

-- | A worksharing loop: the threads of the team share the indices of the range (@omp
-- for@). A thread goes on when all have ended their shares.
--
-- >>> squares <- UM.new 5 :: IO (UM.IOVector Int)
-- >>> _ <- Team.team defaults (\t -> Team.teamFor t Static (Range 0 5) (\i -> UM.write squares i (i * i)))
-- >>> U.freeze squares
-- [0,1,4,9,16]
--
-- @since 0.1.0.0
teamFor :: Team s -> Schedule -> Range -> (Int -> IO ()) -> IO ()
teamFor t sched range body =
  workshareHere "teamFor" True piece t sched range (sweeping body)
{-# INLINE teamFor #-}

-- | The same without a barrier (@nowait@): a thread goes on when it finds no more
-- iterations. Two such loops with the schedule 'Static' and the same range give a
-- thread the same indices.
--
-- >>> total <- newIORef (0 :: Int)
-- >>> :{
-- Team.team defaults {numThreads = Just 1} $ \t -> do
--   Team.teamForNowait t Static (Range 0 10) (\i -> atomicModifyIORef' total (\n -> (n + i, ())))
--   Team.barrier t
--   readIORef total
-- :}
-- [45]
--
-- @since 0.1.0.0
teamForNowait :: Team s -> Schedule -> Range -> (Int -> IO ()) -> IO ()
teamForNowait t sched range body =
  workshareHere "teamForNowait" False piece t sched range (sweeping body)
{-# INLINE teamForNowait #-}

-- | A body for each index of a chunk.
sweeping :: (Int -> IO ()) -> Chunk -> IO ()
sweeping body = \chunk -> do
  from <- chunkStart chunk
  to <- chunkEnd chunk
  let go !i
        | i == to = pure ()
        | otherwise = body i >> go (i + 1)
  go from
{-# INLINE sweeping #-}

-- | 'teamFor' with a body that gets a whole chunk: its first index and the one after
-- its last. Under 'Static' there is at most one chunk per thread.
--
-- @since 0.1.0.0
teamForChunks :: Team s -> Schedule -> Range -> (Int -> Int -> IO ()) -> IO ()
teamForChunks t sched range body =
  workshareHere "teamForChunks" True maxBound t sched range (bounded body)
{-# INLINE teamForChunks #-}

-- | The same without a barrier.
--
-- @since 0.1.0.0
teamForChunksNowait :: Team s -> Schedule -> Range -> (Int -> Int -> IO ()) -> IO ()
teamForChunksNowait t sched range body =
  workshareHere "teamForChunksNowait" False maxBound t sched range (bounded body)
{-# INLINE teamForChunksNowait #-}

bounded :: (Int -> Int -> IO ()) -> Chunk -> IO ()
bounded body = \chunk -> do
  from <- chunkStart chunk
  to <- chunkEnd chunk
  body from to
{-# INLINE bounded #-}

-- | How many indices a range has.
trips :: Range -> Word64
trips (Range from to) = if to > from then fromIntegral to - fromIntegral from else 0

workshareHere :: String -> Bool -> Word64 -> Team s -> Schedule -> Range -> (Chunk -> IO ()) -> IO ()
workshareHere function waits most t sched range@(Range from _) act = do
  (_, k, c) <- check function (Options sched Nothing)
  construct function t inConstruct $ do
    share function t most from (Loop k (fromIntegral c) (trips range)) act
    look t
    when waits (meet function t)
{-# NOINLINE workshareHere #-}

-- | This thread's chunks of a loop, each of at most so many iterations, counted from
-- the number. A block for each thread needs no common state, as in C, where the
-- compiler writes the bounds.
share :: String -> Team s -> Word64 -> Int -> Loop -> (Chunk -> IO ()) -> IO ()
share function t most first loop@(Loop k c n) act
  | k == staticKind && c == 0 = pieces most from to first (state t) act
  | otherwise = do
      traced <- begin function t loop 0
      chunks most first (state t) act
      when traced (c_loop_end (member t))
  where
    -- As @block@ in rust/src/protocol/ranges.rs.
    (quotient, rest) = n `quotRem` fromIntegral (size t)
    num = fromIntegral (number t)
    from = num * quotient + min num rest
    to = from + quotient + (if num < rest then 1 else 0)

-- | Meets a loop, and says whether it is traced.
begin :: String -> Team s -> Loop -> CInt -> IO Bool
begin function t (Loop k c n) inOrder = do
  quick <- c_loop_at_once (member t) (fromIntegral k) c n inOrder
  if quick == notYet
    then do
      answer <- c_loop (member t) (fromIntegral k) c n inOrder
      heed function answer
      pure True
    else False <$ heed function quick

-- | A worksharing loop whose body may have a part that runs in the order of the
-- indices, 'ordered' (@omp for ordered@). It ends with a barrier.
--
-- >>> seen <- newIORef ([] :: [Int])
-- >>> _ <- Team.team defaults (\t -> Team.teamForOrdered t (Dynamic 1) (Range 0 9) (\i -> Team.ordered t (modifyIORef seen (i :))))
-- >>> readIORef seen
-- [8,7,6,5,4,3,2,1,0]
--
-- @since 0.1.0.0
teamForOrdered :: Team s -> Schedule -> Range -> (Int -> IO ()) -> IO ()
teamForOrdered t sched range@(Range first _) body = do
  (_, k, c) <- check function (Options sched Nothing)
  construct function t inOrderedLoop $ do
    traced <- begin function t (Loop k (fromIntegral c) (trips range)) 1
    chunksBy next first (state t) sweep
    when traced (c_loop_end (member t))
    -- If the region was stopped this member has not handed on its chunk. Others may
    -- wait for that, so it must not wait for them.
    look t
    meet function t
  where
    function = "teamForOrdered"
    next chunk = do
      look t
      turn function t
      answer <- c_ordered_next (member t) chunk
      heed function answer
      pure (answer == 1)
    sweep chunk = do
      to <- chunkEnd chunk
      let go !i
            | i == to = pure ()
            | otherwise = look t >> body i >> go (i + 1)
      chunkStart chunk >>= go

-- | Waits for the turn of the chunk that the member holds, if it holds one.
turn :: String -> Team s -> IO ()
turn function t = do
  quick <- c_ordered_at_once (member t) (polls t)
  answer <- if quick == notYet then c_ordered (member t) else pure quick
  heed function answer

-- | In the body of 'teamForOrdered': waits until it is this index's turn, and runs the
-- action. The turn passes on when the thread takes its next chunk.
--
-- @since 0.1.0.0
ordered :: Team s -> IO a -> IO a
ordered t act = do
  admit "ordered" t (== inOrderedLoop)
  turn "ordered" t
  writeOwn t placeWord inConstruct
  x <- act `onException` writeOwn t placeWord inOrderedLoop
  writeOwn t placeWord inOrderedLoop
  pure x

-- | Runs each action once. The threads of the team share them (@omp sections@). Each
-- thread must give a list of the same length. Ends with a barrier.
--
-- >>> done <- newIORef ""
-- >>> _ <- Team.team defaults (\t -> Team.sections t [atomicModifyIORef' done (\l -> (c : l, ())) | c <- "abc"])
-- >>> length <$> readIORef done
-- 3
--
-- @since 0.1.0.0
sections :: Team s -> [IO ()] -> IO ()
sections = sectionsOf "sections" True

-- | The same without a barrier.
--
-- @since 0.1.0.0
sectionsNowait :: Team s -> [IO ()] -> IO ()
sectionsNowait = sectionsOf "sectionsNowait" False

sectionsOf :: String -> Bool -> Team s -> [IO ()] -> IO ()
sectionsOf function waits t actions =
  workshareHere function waits 1 t (Dynamic 1) (Range 0 n) (sweeping (indexSmallArray array))
  where
    !n = length actions
    !array = smallArrayFromListN n actions

-- | The first thread that comes here runs the action; all get its result when all
-- have come (@omp single copyprivate@). The result is evaluated to weak head normal
-- form.
--
-- >>> counter <- newIORef (0 :: Int)
-- >>> Team.team defaults {numThreads = Just 1} (\t -> Team.single t (atomicModifyIORef' counter (\n -> (n + 1, n))))
-- [0]
-- >>> readIORef counter
-- 1
--
-- @since 0.1.0.0
single :: Typeable a => Team s -> IO a -> IO a
single t act = construct "single" t inConstruct $ do
  first <- c_single (member t)
  heed "single" first
  k <- (`mod` 2) <$> count t singlesWord
  when (first == 1) $ do
    !x <- act
    writeSmallArray (singles (shared t)) k (toDyn x)
  meet "single" t
  readSmallArray (singles (shared t)) k >>= ofType "single"

-- | A value of this type, or the members met different constructs.
ofType :: Typeable a => String -> Dynamic -> IO a
ofType function value =
  maybe (misuse function "another thread is in another construct") pure (fromDynamic value)

-- | The first thread that comes here runs the action and gets its result. The others
-- go on with 'Nothing' at once (@omp single nowait@).
--
-- >>> Team.team defaults {numThreads = Just 1} (\t -> Team.singleNowait t (pure 'a'))
-- [Just 'a']
--
-- @since 0.1.0.0
singleNowait :: Team s -> IO a -> IO (Maybe a)
singleNowait t act = construct "singleNowait" t inConstruct $ do
  first <- c_single (member t)
  heed "singleNowait" first
  if first == 1 then Just <$> act else pure Nothing

-- | Runs the action while no other thread of this region runs one of its own (@omp
-- critical@, but for this region; an 'MVar' does it for several). An exception leaves
-- it free for the others, and does not end the region.
--
-- >>> total <- newIORef (0 :: Int)
-- >>> _ <- Team.team defaults {numThreads = Just 1} (\t -> Team.critical t (modifyIORef total (+ 1)))
-- >>> readIORef total
-- 1
--
-- @since 0.1.0.0
critical :: Team s -> IO a -> IO a
critical t act = do
  admit "critical" t (/= inCritical)
  place <- readOwn t placeWord
  mask $ \restore -> do
    acquire (polls t)
    writeOwn t placeWord inCritical
    let leave = writeOwn t placeWord place >> putMVar (lock (shared t)) ()
    x <- restore act `onException` leave
    leave
    pure x
  where
    acquire :: CUInt -> IO ()
    acquire 0 = takeMVar (lock (shared t))
    acquire n = do
      got <- tryTakeMVar (lock (shared t))
      maybe (acquire (n - 1)) pure got

-- | The most cells of a reduction in a team.
maxTeamCells :: Int
maxTeamCells = 128

-- | Combines the bodies' results for all indices of the range from the left, as
-- 'Control.Parallel.OpenMP.parallelReduce' does, and gives every thread the result. Only the range and the
-- schedule decide the cells, at most 128, so the result has the same bits for any team
-- size. (Its last bits may differ from those of
-- 'Control.Parallel.OpenMP.parallelReduce', which has more cells.)
--
-- >>> Team.team defaults {numThreads = Just 1} (\t -> Team.teamReduce t Static (Range 1 11) (+) 0 pure)
-- [55]
--
-- @since 0.1.0.0
teamReduce
  :: Typeable a => Team s -> Schedule -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
teamReduce = teamReduceOf "teamReduce"
{-# INLINE teamReduce #-}

-- | Combines the bodies' results by '<>', as 'teamReduce' does.
--
-- >>> Team.team defaults {numThreads = Just 1} (\t -> Team.teamFoldMap t Static (Range 0 4) (\i -> pure [i]))
-- [[0,1,2,3]]
--
-- @since 0.1.0.0
teamFoldMap :: (Monoid m, Typeable m) => Team s -> Schedule -> Range -> (Int -> IO m) -> IO m
teamFoldMap t sched range = teamReduceOf "teamFoldMap" t sched range (<>) mempty
{-# INLINE teamFoldMap #-}

teamReduceOf
  :: Typeable a
  => String -> Team s -> Schedule -> Range -> (a -> a -> a) -> a -> (Int -> IO a) -> IO a
teamReduceOf function t sched range f z body = inCells function t sched range f z cell
  where
    -- Never empty.
    cell !from !to = do
      first <- body from
      first `seq` go first (from + 1)
      where
        go !acc !i
          | i == to = pure acc
          | otherwise = do
              x <- body i
              go (f acc x) (i + 1)
{-# INLINE teamReduceOf #-}

-- | Reduces each cell on one member. Then each member combines all cells, which takes
-- no longer than if one did and the others waited for it.
inCells
  :: Typeable a
  => String -> Team s -> Schedule -> Range -> (a -> a -> a) -> a -> (Int -> Int -> IO a) -> IO a
inCells function t sched range@(Range from to) f z cell = do
  (_, k, c) <- check function (Options sched Nothing)
  let trip = trips range
      width = max (max 1 (fromIntegral c)) ((trip - 1) `div` fromIntegral maxTeamCells + 1)
      n = if trip == 0 then 0 else fromIntegral ((trip - 1) `div` width + 1) :: Int
      start i = from + fromIntegral (fromIntegral i * width)
      stop i = if i + 1 == n then to else start (i + 1)
  construct function t inConstruct $ do
    parity <- (`mod` 2) <$> count t reducesWord
    let results = cells (shared t)
        base = parity * maxTeamCells
        go !acc i
          | i == n = pure acc
          | otherwise = do
              x <- readSmallArray results (base + i) >>= ofType function
              go (f acc x) (i + 1)
    share function t 1 0 (Loop k (if c > 0 then 1 else 0) (fromIntegral n)) $ \chunk -> do
      i <- chunkStart chunk
      !x <- cell (start i) (stop i)
      writeSmallArray results (base + i) (toDyn x)
    look t
    meet function t
    go z 0
{-# NOINLINE inCells #-}

-- | Every thread gives a value, and gets those of all threads combined in the order of
-- their numbers. The function must be associative. Values are evaluated to weak head
-- normal form. (Where the number of threads must not matter, use 'teamReduce'.)
--
-- >>> Team.team defaults {numThreads = Just 1} (\t -> Team.teamCombine t (+) (Team.memberNum t))
-- [0]
--
-- @since 0.1.0.0
teamCombine :: Typeable a => Team s -> (a -> a -> a) -> a -> IO a
teamCombine t f x = construct "teamCombine" t inConstruct $ do
  !mine <- evaluate x
  parity <- (`mod` 2) <$> count t combinesWord
  let given = values (shared t)
      base = parity * size t
      get i = readSmallArray given (base + i) >>= ofType "teamCombine"
      go !acc i
        | i == size t = pure acc
        | otherwise = get i >>= \y -> go (f acc y) (i + 1)
  writeSmallArray given (base + number t) (toDyn mine)
  meet "teamCombine" t
  get 0 >>= \first -> go first 1

-- $setup
-- >>> import Control.Parallel.OpenMP
-- >>> import qualified Control.Parallel.OpenMP.Team as Team
-- >>> import Data.IORef
-- >>> import qualified Data.Vector.Unboxed as U
-- >>> import qualified Data.Vector.Unboxed.Mutable as UM
