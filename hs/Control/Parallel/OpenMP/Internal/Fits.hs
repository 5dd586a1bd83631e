{-# LANGUAGE DataKinds #-}
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE FlexibleInstances #-}
{-# LANGUAGE KindSignatures #-}
{-# LANGUAGE MultiParamTypeClasses #-}
{-# LANGUAGE TypeFamilies #-}
{-# LANGUAGE TypeOperators #-}
{-# LANGUAGE UndecidableInstances #-}

-- |
-- Type errors for functions that C cannot call, or that Haskell cannot call in C.
--
-- Internal: this module may change with any version. It is exposed for its
-- documentation.
--
-- Note [Errors, and no others]
-- ~~~~~~~~~~~~~~~~~~~~~~~~~~~~
-- The classes that do the work ('Control.Parallel.OpenMP.Callback.Callback' and
-- the like) have no instances for types that do not fit. An instance for all other
-- types, with a type error, would be enough for most programs. But in instance
-- declarations GHC also uses it for type variables, and reports a wrong error.
--
-- So the errors have a class of their own, 'Fits', which is never an obstacle: every
-- type that is not known to be wrong has an instance. The instances that go on, or
-- end in an error, are incoherent. Where they do not match, GHC takes the other
-- instance, even if a type variable could still be instantiated to something that
-- they match. They match only on the results of closed type families, and never on a
-- type itself. So if GHC looks too early it misses an error, and never makes one up.
-- No method depends on the choice.
--
-- Types that are not listed below (such as a newtype of the program's own) are not
-- counted, and neither are arguments of polymorphic functions. For these GHC reports
-- that an instance is missing, and too many arguments are an exception at run time.
module Control.Parallel.OpenMP.Internal.Fits
  ( Fits
  , FitsClosure
  , FitsServed
  , Use (..)
  , MostIntegers
  , Walk
  , Go
  , End
  , Form (..)
  , FormOf
  , Step
  , Answer
  , Enough
  , TooMany
  , NotInIO
  , Unfit
  , Hint
  , Passing (..)
  , PassingOf
  ) where

import Data.Int (Int16, Int32, Int64, Int8)
import Data.Kind (Constraint)
import Data.Word (Word16, Word32, Word64, Word8)
import Foreign.C.Types
import Foreign.ForeignPtr (ForeignPtr)
import Foreign.Ptr (FunPtr, IntPtr, Ptr, WordPtr)
import Foreign.StablePtr (StablePtr)
import GHC.TypeLits (CmpNat, ErrorMessage (..), Nat, Symbol, TypeError, type (+))
import Numeric.Natural (Natural)
import System.Posix.Types

-- | Types of C functions that a batch calls. All types have an instance, but if a type
-- cannot be passed, GHC says why.
--
-- @since 0.1.0.0
class Fits f

instance Walk 'Batched 0 0 f => Fits f

-- | The same for types of closures that C calls.
--
-- @since 0.1.0.0
class FitsClosure f

instance Walk 'Closure 0 0 f => FitsClosure f

-- | The same for types of C functions that 'Control.Parallel.OpenMP.Callback.served'
-- calls.
--
-- @since 0.1.0.0
class FitsServed f

instance Walk 'Served 0 0 f => FitsServed f

-- | What a function is for.
--
-- @since 0.1.0.0
data Use
  = -- | Haskell calls it in a batch.
    Batched
  | -- | C calls it.
    Closure
  | -- | Haskell calls it by 'Control.Parallel.OpenMP.Callback.served'.
    Served

-- | How many integers and pointers it may have as arguments.
--
-- @since 0.1.0.0
type family MostIntegers (use :: Use) :: Nat where
  MostIntegers 'Served = 24
  MostIntegers use = 6

-- | The rest of a function's type, after so many integers and pointers, and so
-- many floating-point numbers.
--
-- @since 0.1.0.0
class Walk (use :: Use) (integers :: Nat) (floats :: Nat) f

instance Go (FormOf f) use integers floats f => Walk use integers floats f

-- | The same for a type of this form.
--
-- @since 0.1.0.0
class Go (form :: Form) (use :: Use) (integers :: Nat) (floats :: Nat) f

instance {-# OVERLAPPABLE #-} Go form use integers floats f

instance
  {-# INCOHERENT #-}
  Step (PassingOf a) use integers floats a f
  => Go 'Arrow use integers floats (a -> f)

instance {-# INCOHERENT #-} End use integers floats r => Go 'InIO use integers floats (IO r)

instance {-# INCOHERENT #-} End 'Closure integers floats r => Go 'NotIO 'Closure integers floats r

instance {-# INCOHERENT #-} TypeError (NotInIO r) => Go 'NotIO 'Batched integers floats r

instance {-# INCOHERENT #-} TypeError (NotInIO r) => Go 'NotIO 'Served integers floats r

-- | The end of a function's type, with its result.
--
-- @since 0.1.0.0
class End (use :: Use) (integers :: Nat) (floats :: Nat) r

instance
  ( Enough (CmpNat integers (MostIntegers use)) (CmpNat floats 8) (MostIntegers use) integers floats
  , Answer (PassingOf r) r
  )
  => End use integers floats r

-- | The form of a type, by what is outermost in it.
--
-- @since 0.1.0.0
data Form
  = -- | A function.
    Arrow
  | -- | A result in IO.
    InIO
  | -- | A result that is not.
    NotIO

-- | The form of a type.
--
-- @since 0.1.0.0
type family FormOf f :: Form where
  FormOf (a -> f) = 'Arrow
  FormOf (IO r) = 'InIO
  FormOf r = 'NotIO

-- | An argument that is passed in this way, and the rest of the function's type.
--
-- @since 0.1.0.0
class Step (passing :: Passing) (use :: Use) (integers :: Nat) (floats :: Nat) a f

instance {-# OVERLAPPABLE #-} Walk use integers floats f => Step passing use integers floats a f

instance
  {-# INCOHERENT #-}
  Walk use (integers + 1) floats f
  => Step 'Integers use integers floats a f

instance
  {-# INCOHERENT #-}
  Walk use integers (floats + 1) f
  => Step 'Floats use integers floats a f

instance
  {-# INCOHERENT #-}
  TypeError ('Text "C has no argument of type ().")
  => Step 'AsNothing use integers floats a f

instance
  {-# INCOHERENT #-}
  TypeError (Unfit "an argument" a)
  => Step 'Never use integers floats a f

-- | A result that is passed in this way.
--
-- @since 0.1.0.0
class Answer (passing :: Passing) r

instance {-# OVERLAPPABLE #-} Answer passing r

instance {-# INCOHERENT #-} TypeError (Unfit "a result" r) => Answer 'Never r

-- | That there are registers for so many arguments.
--
-- @since 0.1.0.0
type family
  Enough (integers :: Ordering) (floats :: Ordering) (most :: Nat) (i :: Nat) (d :: Nat)
    :: Constraint
  where
  Enough 'GT floats most i d = TypeError (TooMany i "integers and pointers" most)
  Enough integers 'GT most i d = TypeError (TooMany d "floating-point numbers" 8)
  Enough integers floats most i d = ()

-- | The error for too many arguments.
--
-- @since 0.1.0.0
type TooMany (n :: Nat) (what :: Symbol) (most :: Nat) =
  'Text "The function has "
    ':<>: 'ShowType n
    ':<>: 'Text " "
    ':<>: 'Text what
    ':<>: 'Text " as arguments; at most "
    ':<>: 'ShowType most
    ':<>: 'Text " are possible here."
    ':$$: 'Text "Pass a pointer to memory that has them."

-- | The error for a result that is not in IO.
--
-- @since 0.1.0.0
type NotInIO r =
  'Text "A function between C and Haskell must have its result in IO here; it has "
    ':<>: 'ShowType r
    ':<>: 'Text "."
    ':$$: 'Text "Its type is like Int -> Ptr Double -> IO Double. (pure gives a value in IO.)"

-- | The error for a type that cannot be passed.
--
-- @since 0.1.0.0
type Unfit (place :: Symbol) a =
  'Text "C and Haskell cannot pass each other "
    ':<>: 'Text place
    ':<>: 'Text " of type "
    ':<>: 'ShowType a
    ':<>: 'Text "."
    ':$$: Hint a
    ':$$: 'Text "Possible are Int, Int8 to Int64, Word, Word8 to Word64, Double, Float, Char, Bool, Ptr,"
    ':$$: 'Text "FunPtr, StablePtr and the types of Foreign.C.Types and System.Posix.Types; as the"
    ':$$: 'Text "result also ()."

-- | The hint of what to pass instead.
--
-- @since 0.1.0.0
type family Hint a :: ErrorMessage where
  Hint [Char] = 'Text "C's strings are CString, that is Ptr CChar."
  Hint [a] = 'Text "C's arrays are Ptr."
  Hint (ForeignPtr a) = 'Text "withForeignPtr makes it a Ptr."
  Hint (a -> b) = 'Text "C's functions are FunPtr."
  Hint a = 'Text "Other values can be passed in memory, by a Ptr, or by a StablePtr."

-- | How a value is passed, if that is known: in registers of one of two kinds, as
-- nothing, or never.
--
-- @since 0.1.0.0
data Passing
  = -- | As an integer or pointer.
    Integers
  | -- | As a floating-point number.
    Floats
  | -- | Not at all.
    AsNothing
  | -- | It cannot be passed.
    Never
  | -- | Not known here.
    Unknown

-- | How a value of this type is passed.
--
-- @since 0.1.0.0
type family PassingOf a :: Passing where
  PassingOf Int = 'Integers
  PassingOf Int8 = 'Integers
  PassingOf Int16 = 'Integers
  PassingOf Int32 = 'Integers
  PassingOf Int64 = 'Integers
  PassingOf Word = 'Integers
  PassingOf Word8 = 'Integers
  PassingOf Word16 = 'Integers
  PassingOf Word32 = 'Integers
  PassingOf Word64 = 'Integers
  PassingOf CChar = 'Integers
  PassingOf CSChar = 'Integers
  PassingOf CUChar = 'Integers
  PassingOf CShort = 'Integers
  PassingOf CUShort = 'Integers
  PassingOf CInt = 'Integers
  PassingOf CUInt = 'Integers
  PassingOf CLong = 'Integers
  PassingOf CULong = 'Integers
  PassingOf CLLong = 'Integers
  PassingOf CULLong = 'Integers
  PassingOf CBool = 'Integers
  PassingOf CSize = 'Integers
  PassingOf CPtrdiff = 'Integers
  PassingOf CIntPtr = 'Integers
  PassingOf CUIntPtr = 'Integers
  PassingOf CIntMax = 'Integers
  PassingOf CUIntMax = 'Integers
  PassingOf IntPtr = 'Integers
  PassingOf WordPtr = 'Integers
  PassingOf Char = 'Integers
  PassingOf Bool = 'Integers
  PassingOf CWchar = 'Integers
  PassingOf CSigAtomic = 'Integers
  PassingOf CTime = 'Integers
  PassingOf CClock = 'Integers
  PassingOf CUSeconds = 'Integers
  PassingOf CSUSeconds = 'Integers
  PassingOf CDev = 'Integers
  PassingOf CIno = 'Integers
  PassingOf CMode = 'Integers
  PassingOf COff = 'Integers
  PassingOf CPid = 'Integers
  PassingOf CSsize = 'Integers
  PassingOf CGid = 'Integers
  PassingOf CNlink = 'Integers
  PassingOf CUid = 'Integers
  PassingOf CCc = 'Integers
  PassingOf CSpeed = 'Integers
  PassingOf CTcflag = 'Integers
  PassingOf CRLim = 'Integers
  PassingOf CBlkSize = 'Integers
  PassingOf CBlkCnt = 'Integers
  PassingOf CClockId = 'Integers
  PassingOf CFsBlkCnt = 'Integers
  PassingOf CFsFilCnt = 'Integers
  PassingOf CId = 'Integers
  PassingOf CKey = 'Integers
  PassingOf CSocklen = 'Integers
  PassingOf CNfds = 'Integers
  PassingOf Fd = 'Integers
  PassingOf (Ptr a) = 'Integers
  PassingOf (FunPtr a) = 'Integers
  PassingOf (StablePtr a) = 'Integers
  PassingOf Double = 'Floats
  PassingOf Float = 'Floats
  PassingOf CDouble = 'Floats
  PassingOf CFloat = 'Floats
  PassingOf () = 'AsNothing
  PassingOf Ordering = 'Never
  PassingOf Integer = 'Never
  PassingOf Natural = 'Never
  PassingOf [a] = 'Never
  PassingOf (a -> b) = 'Never
  PassingOf (Maybe a) = 'Never
  PassingOf (Either a b) = 'Never
  PassingOf (a, b) = 'Never
  PassingOf (a, b, c) = 'Never
  PassingOf (IO a) = 'Never
  PassingOf (ForeignPtr a) = 'Never
  PassingOf a = 'Unknown
