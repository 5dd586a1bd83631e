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
  , Walk
  , Go
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

-- | Types of functions between C and Haskell. All types have an instance, but if a
-- type cannot be passed, GHC says why.
--
-- @since 0.1.0.0
class Fits f

instance Walk 0 0 f => Fits f

-- | The rest of a function's type, after so many integers and pointers, and so
-- many floating-point numbers.
--
-- @since 0.1.0.0
class Walk (integers :: Nat) (floats :: Nat) f

instance Go (FormOf f) integers floats f => Walk integers floats f

-- | The same for a type of this form.
--
-- @since 0.1.0.0
class Go (form :: Form) (integers :: Nat) (floats :: Nat) f

instance {-# OVERLAPPABLE #-} Go form integers floats f

instance
  {-# INCOHERENT #-}
  Step (PassingOf a) integers floats a f
  => Go 'Arrow integers floats (a -> f)

instance
  {-# INCOHERENT #-}
  (Enough (CmpNat integers 6) (CmpNat floats 8) integers floats, Answer (PassingOf r) r)
  => Go 'InIO integers floats (IO r)

instance {-# INCOHERENT #-} TypeError (NotInIO r) => Go 'NotIO integers floats r

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
class Step (passing :: Passing) (integers :: Nat) (floats :: Nat) a f

instance {-# OVERLAPPABLE #-} Walk integers floats f => Step passing integers floats a f

instance {-# INCOHERENT #-} Walk (integers + 1) floats f => Step 'Integers integers floats a f

instance {-# INCOHERENT #-} Walk integers (floats + 1) f => Step 'Floats integers floats a f

instance
  {-# INCOHERENT #-}
  TypeError ('Text "C has no argument of type ().")
  => Step 'AsNothing integers floats a f

instance {-# INCOHERENT #-} TypeError (Unfit "an argument" a) => Step 'Never integers floats a f

-- | A result that is passed in this way.
--
-- @since 0.1.0.0
class Answer (passing :: Passing) r

instance {-# OVERLAPPABLE #-} Answer passing r

instance {-# INCOHERENT #-} TypeError (Unfit "a result" r) => Answer 'Never r

-- | That there are registers for so many arguments.
--
-- @since 0.1.0.0
type family Enough (integers :: Ordering) (floats :: Ordering) (i :: Nat) (d :: Nat) :: Constraint where
  Enough 'GT floats i d = TypeError (TooMany i "integers and pointers" 6)
  Enough integers 'GT i d = TypeError (TooMany d "floating-point numbers" 8)
  Enough integers floats i d = ()

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
    ':$$: 'Text "Possible are Int, Int8 to Int64, Word, Word8 to Word64, CInt, CLong, CSize and the"
    ':$$: 'Text "other integers of Foreign.C.Types, Double, Float, CDouble, CFloat, Ptr, FunPtr and"
    ':$$: 'Text "StablePtr; as the result also ()."

-- | The hint of what to pass instead.
--
-- @since 0.1.0.0
type family Hint a :: ErrorMessage where
  Hint [Char] = 'Text "C's strings are CString, that is Ptr CChar."
  Hint [a] = 'Text "C's arrays are Ptr."
  Hint Char = 'Text "C's char is CChar."
  Hint Bool = 'Text "C's bool is CBool; conditions are often CInt."
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
  PassingOf (Ptr a) = 'Integers
  PassingOf (FunPtr a) = 'Integers
  PassingOf (StablePtr a) = 'Integers
  PassingOf Double = 'Floats
  PassingOf Float = 'Floats
  PassingOf CDouble = 'Floats
  PassingOf CFloat = 'Floats
  PassingOf () = 'AsNothing
  PassingOf Char = 'Never
  PassingOf Bool = 'Never
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
