//! The inner loops of `Control.Parallel.OpenMP.Batch`. This file knows no OpenMP.
//!
//! `cmm/omp_batch.cmm` calls these functions from a Haskell thread that has given its
//! capability away. So the C functions of a batch may do what functions under a `safe` import
//! may do: block, call back into Haskell, run OpenMP regions.
//!
//! # Note \[One prototype for all\]
//!
//! Each call goes through one of two prototypes: with six integers, or with six integers and
//! eight doubles. Each has an integer or a double as its result. Together they serve functions
//! of any mixture of arguments within these numbers, for the following reasons. The C ABIs of x86-64 (System
//! V), aarch64 (AAPCS64), riscv64 and loongarch64 hand out integer and floating-point registers
//! independently of each other, in argument order (6 and 8 registers on x86-64, 8 and 8
//! elsewhere). A function does not look at registers beyond its arguments, and the caller owns
//! them. So the order among arguments of different classes does not matter, an excess register
//! may hold anything, and a result that is not there is the register's old content. A `float`
//! is the low half of its register. The Haskell side extends narrow integers to the whole word.
//!
//! This does not serve variadic functions and structures by value. It would not work where an
//! argument's register depends on its position among all arguments (64-bit POWER, Windows).

use core::ffi::c_void;

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64"
)))]
compile_error!("batches: see Note [One prototype for all] for what this architecture must have");

type OfInts<R> = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> R;

#[rustfmt::skip]
type OfBoth<R> = unsafe extern "C" fn(
    u64, u64, u64, u64, u64, u64,
    f64, f64, f64, f64, f64, f64, f64, f64,
) -> R;

/// Makes the calls of a block, in order. The block is a sequence of calls. Each consists of
/// these words:
///
/// - the function, which the result replaces;
/// - the shape: the number of integer arguments (0 to 6) in bits 0 to 7, that of
///   floating-point arguments (0 to 8) in bits 8 to 15, bit 16 if the result is
///   floating-point;
/// - the integer arguments;
/// - the floating-point arguments.
///
/// # Safety
///
/// `block` to `end` must hold such calls, of functions that may be called with these
/// arguments. Up to 7 words after `end` must be readable: each call fills all registers of its
/// prototype, and so reads them, without using them.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_batch_run(block: *mut u64, end: *const u64) {
    let mut call = block;
    while call.cast_const() < end {
        // SAFETY: the caller's promise; a call reads 8 words if it has no
        // doubles and is 2 or longer, else 10 + ints, and is 3 + ints or longer.
        unsafe {
            let shape = *call.add(1);
            let (ints, doubles) = ((shape & 0xff) as usize, (shape >> 8 & 0xff) as usize);
            let float_result = shape >> 16 != 0;
            let function = *call as *const c_void;
            *call = match (doubles > 0, float_result) {
                (false, false) => of_ints::<u64>(function, call),
                (false, true) => of_ints::<f64>(function, call).to_bits(),
                (true, false) => of_both::<u64>(function, call, ints),
                (true, true) => of_both::<f64>(function, call, ints).to_bits(),
            };
            call = call.add(2 + ints + doubles);
        }
    }
}

/// # Safety
///
/// As `ghcomp_hs_batch_run`; `R` is the class of the function's result.
#[inline(always)]
unsafe fn of_ints<R>(function: *const c_void, call: *const u64) -> R {
    // SAFETY: the caller's promise.
    unsafe {
        let function: OfInts<R> = core::mem::transmute(function);
        let i = call.add(2);
        function(*i, *i.add(1), *i.add(2), *i.add(3), *i.add(4), *i.add(5))
    }
}

/// # Safety
///
/// As `ghcomp_hs_batch_run`; `R` is the class of the function's result.
#[inline(always)]
unsafe fn of_both<R>(function: *const c_void, call: *const u64, ints: usize) -> R {
    // SAFETY: the caller's promise.
    unsafe {
        let function: OfBoth<R> = core::mem::transmute(function);
        let i = call.add(2);
        let d = i.add(ints).cast::<f64>();
        #[rustfmt::skip]
        let result = function(
            *i, *i.add(1), *i.add(2), *i.add(3), *i.add(4), *i.add(5),
            *d, *d.add(1), *d.add(2), *d.add(3), *d.add(4), *d.add(5), *d.add(6), *d.add(7),
        );
        result
    }
}

/// Calls the function `count` times.
///
/// # Safety
///
/// The function must take nothing.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_batch_repeat(function: unsafe extern "C" fn(), count: u64) {
    for _ in 0..count {
        // SAFETY: the caller's promise.
        unsafe { function() };
    }
}

/// Applies the function to each of the `count` elements of `input`, and puts the results into
/// `output`. `kinds` is the argument's kind plus 16 times the result's. Kinds: 0 to 3, signed
/// integers of 8, 16, 32, 64 bits; 4 to 7, unsigned ones; 8 `float`; 9 `double`; 10 nothing
/// (results only).
///
/// # Safety
///
/// The function must have these types, and the arrays must have `count` elements.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_batch_map(
    function: *const c_void,
    kinds: u64,
    count: usize,
    input: *const c_void,
    output: *mut c_void,
) {
    let map = Map {
        function,
        count,
        input,
        output,
    };
    let result = kinds >> 4;
    // SAFETY: the caller's promise.
    unsafe {
        match kinds & 15 {
            0 => map.of::<i8>(result),
            1 => map.of::<i16>(result),
            2 => map.of::<i32>(result),
            4 => map.of::<u8>(result),
            5 => map.of::<u16>(result),
            6 => map.of::<u32>(result),
            8 => map.of::<f32>(result),
            9 => map.of::<f64>(result),
            _ => map.of::<u64>(result),
        }
    }
}

struct Map {
    function: *const c_void,
    count: usize,
    input: *const c_void,
    output: *mut c_void,
}

impl Map {
    /// # Safety
    ///
    /// As `ghcomp_hs_batch_map`; `A` is the argument's type.
    unsafe fn of<A: Copy>(&self, result: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            match result {
                0 | 4 => self.each::<A, u8>(),
                1 | 5 => self.each::<A, u16>(),
                2 | 6 => self.each::<A, u32>(),
                3 | 7 => self.each::<A, u64>(),
                8 => self.each::<A, f32>(),
                9 => self.each::<A, f64>(),
                _ => self.each::<A, ()>(),
            }
        }
    }

    /// # Safety
    ///
    /// As `ghcomp_hs_batch_map`; the function takes `A` and returns `R`.
    unsafe fn each<A: Copy, R>(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            let function: unsafe extern "C" fn(A) -> R = core::mem::transmute(self.function);
            let (input, output) = (self.input.cast::<A>(), self.output.cast::<R>());
            for i in 0..self.count {
                output.add(i).write(function(*input.add(i)));
            }
        }
    }
}
