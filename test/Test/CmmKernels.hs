{-# LANGUAGE GHCForeignImportPrim #-}
{-# LANGUAGE QuasiQuotes #-}
{-# LANGUAGE UnboxedTuples #-}
{-# LANGUAGE UnliftedFFITypes #-}

-- | Functions in Cmm, for "Cmm": each type as an argument and as a result.
module Test.CmmKernels
  ( add
  , capability
  , collatz
  , count
  , divide
  , floats
  , firstByte
  , halved
  , keep
  , larger
  , many
  , narrow
  , next
  , passed
  , poke'
  , pointed
  , root
  , same
  , signed16
  , signed32
  , signed8
  , sumOf
  , unsigned16
  , unsigned32
  , unsigned64
  , unsigned8
  , words'
  ) where

import Control.Parallel.OpenMP.Cmm (cmm)
import Foreign.C.Types

[cmm| I64 add(I64 a, I64 b) { return (a + b); } |]

[cmm|
  I8 signed8(I8 a) { return (%sx64(a) + 1); }
  I16 signed16(I16 a) { return (a + 1::I16); }
  I32 signed32(I32 a) { return (%sx64(a) * 3); }
  W8 unsigned8(W8 a) { return (%zx64(a) + 1); }
  Word16 unsigned16(Word16 a) { return (a + 1::W16); }
  W32 unsigned32(W32 a) { return (%zx64(a) * 3); }
  W64 unsigned64(W64 a) { return (a - 1); }
  Word words'(W_ a, Word b) { return (a & ~b); }
  F32 halved(F32 a) { return (%fmul(a, 0.5 :: F32)); }
  D_ floats(F_ a, Double b, Int c) {
    F64 wide;
    wide = %f2f64(a);
    return (%fadd(%fadd(wide, b), %i2f64(c)));
  }

  /* A signed division and what it leaves; braces } in a comment, "quotes" and ( too. */
  (Int, Int) divide(Int a, Int b) {
    return (%quot(a, b), // this, that
            %rem(a, b));
  }
  Int larger(Int a, Int b) {
    if (%lt(a, b)) { return (b); } else { return (a); }
  }
|]

-- More arguments than there are registers.
[cmm|
  #define SIX(a, b, c, d, e, f) \
    ((a) + 10 * (b) + 100 * (c) + 1000 * (d) + 10000 * (e) + 100000 * (f))

  I64 many(I64 a, F64 x, I64 b, F64 y, I64 c, F64 z, I64 d, I64 e, I64 f, I32 g, W8 h,
           F32 s, F64 t, F32 u, F64 v) {
    I64 reals;
    reals = %f2i64(%fadd(%fadd(%fadd(x, y), %fadd(z, t)), %fadd(%f2f64(%fadd(s, u)), v)));
    return (SIX(a, b, c, d, e, f) + 1000000 * %sx64(g) + 10000000 * %zx64(h) + 100000000 * reals);
  }

  IO (I64, F64, W8) narrow(I64 a) {
    return (a, %i2f64(a), a);
  }
|]

-- Functions that call functions, C, and code without a Haskell type.
[cmm|
  import CLOSURE stg_END_TSO_QUEUE_closure;

  #define STEP 1

  Int next(Int n) {
    if (n & 1 == 0) {
      return (n >> 1);
    }
    return (3 * n + STEP);
  }

  Int collatz(Int n) {
    W_ steps;
    steps = 0;
  again:
    if (n != 1) {
      (W_ m) = call next(n);
      n = m;
      steps = steps + 1;
      goto again;
    }
    return (steps);
  }

  F64 root(F64 x) {
    F64 y;
    (y) = ccall sqrt(x);
    return (y);
  }

  test_cmm_twice (W_ a)
  {
    return (2 * a);
  }

  section "data" {
    test_cmm_counter: I64 0;
  }
|]

[cmm|
  // A later quotation calls the functions of an earlier one.
  Int passed(Int n) {
    (W_ steps) = call collatz(n);
    (W_ doubled) = call test_cmm_twice(steps);
    return (doubled);
  }

  IO Int capability() { return (TO_W_(Capability_no(MyCapability()))); }

  IO I64 count() {
    W_ counter;
    counter = test_cmm_counter;
    I64[counter] = I64[counter] + 1;
    return (I64[counter]);
  }

  IO Int pointed(Ptr p, Ptr CInt q) { return (W_[p] + %sx64(I32[q])); }
  void poke'(Ptr F64 p, F64 x) { F64[p] = x; return (); }
  IO F64 sumOf(Ptr F64 xs, Int n) {
    F64 sum;
    W_ i;
    sum = 0.0;
    i = 0;
  again:
    if (i < n) {
      sum = %fadd(sum, F64[xs + (i << 3)]);
      i = i + 1;
      goto again;
    }
    return (sum);
  }
  W8 firstByte(ByteArray a) { return (I8[BYTE_ARR_CTS(a)]); }
  P_ same(P_ a) { return (a); }
  IO P_ keep(P_ a) { return (a); }
|]
