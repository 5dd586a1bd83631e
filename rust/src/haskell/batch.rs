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
//!
//! # Note \[A batch stops between calls\]
//!
//! An exception for the thread of a batch must end the batch between two calls. GHC raises
//! it when the thread comes back into Haskell, so C must come back. After each call it reads
//! one word, and stops if the word is not what Haskell has seen there before the batch. Haskell
//! then goes on with the rest, if there was no exception. So to stop too often does no harm.
//!
//! There are two such words. Nearly all batches are short, and must not pay for telling
//! anybody that they run. They watch [`TICKS`], which changes every 10 ms while a batch
//! wants that. A batch that was stopped by a tick is a long one. For the rest of its calls it
//! tells Haskell's monitor (`hs/Control/Parallel/OpenMP/Internal/Interrupt.hs`) which thread it
//! has, and watches [`STOPS`]. The monitor changes this word when it has seen an exception for one
//! of these threads. Without the second step a long batch would need a capability every
//! 10 ms, and would wait for it while other Haskell threads compute.
//!
//! Whether the value that Haskell has seen is odd says which word it is. `TICKS` is odd if
//! somebody wants a tick. Only the monitor's tick changes an odd value, and makes it even.
//! A batch that finds an even value makes it odd, and wakes the monitor. `STOPS` is always even.

use crate::sync::process;
use core::ffi::c_void;
use core::sync::atomic::{fence, AtomicU32, AtomicU64, Ordering};

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "loongarch64"
)))]
compile_error!("batches: see Note [One prototype for all] for what this architecture must have");

/// See Note \[A batch stops between calls\].
static TICKS: AtomicU64 = AtomicU64::new(0);

/// See Note \[A batch stops between calls\].
static STOPS: AtomicU64 = AtomicU64::new(0);

/// The fork generation in which somebody last wanted a tick. A child of `fork` has no monitor
/// yet.
static WANTED_IN: AtomicU32 = AtomicU32::new(0);

/// The ticks, if the next one will come; else 0, and [`ghcomp_hs_batch_want_tick`] makes it
/// come.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_ticks() -> u64 {
    let ticks = TICKS.load(Ordering::Acquire);
    if ticks & 1 != 0 && WANTED_IN.load(Ordering::Relaxed) == process::generation() {
        ticks
    } else {
        0
    }
}

/// Says that a batch wants the next tick, and returns the ticks. Then the caller must make
/// sure that the monitor is awake.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_want_tick() -> u64 {
    WANTED_IN.store(process::generation(), Ordering::Relaxed);
    let ticks = TICKS.fetch_or(1, Ordering::SeqCst) | 1;
    // The caller reads next whether the monitor is asleep. The monitor says so and then reads
    // the ticks.
    fence(Ordering::SeqCst);
    ticks
}

/// A tick, if a batch wants it: the monitor calls this every 10 ms. Whether it was wanted.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_tick() -> u32 {
    // Only this function changes an odd value, and only one thread calls it.
    let wanted = TICKS.load(Ordering::Acquire) & 1 != 0;
    if wanted {
        TICKS.fetch_add(1, Ordering::SeqCst);
    }
    u32::from(wanted)
}

/// Whether a batch wants a tick.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_tick_is_wanted() -> u32 {
    fence(Ordering::SeqCst);
    u32::from(TICKS.load(Ordering::Acquire) & 1 != 0)
}

/// The stops so far.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_stops() -> u64 {
    STOPS.load(Ordering::Acquire)
}

/// Stops all batches that the monitor knows of.
#[no_mangle]
pub extern "C" fn ghcomp_hs_batch_stop() {
    STOPS.fetch_add(2, Ordering::SeqCst);
}

/// What a batch watches.
#[derive(Clone, Copy)]
struct Watch {
    word: &'static AtomicU64,
    seen: u64,
}

impl Watch {
    fn new(seen: u64) -> Self {
        let word = if seen & 1 != 0 { &TICKS } else { &STOPS };
        Self { word, seen }
    }

    fn stops(self) -> bool {
        // Relaxed: nothing else is read because of it.
        self.word.load(Ordering::Relaxed) != self.seen
    }
}

type OfInts<R> = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> R;

#[rustfmt::skip]
type OfBoth<R> = unsafe extern "C" fn(
    u64, u64, u64, u64, u64, u64,
    f64, f64, f64, f64, f64, f64, f64, f64,
) -> R;

/// Makes the calls of a block, in order, until it is stopped (`seen`: Note \[A batch stops
/// between calls\]). Returns the first call that it has not made, or `end`. The block is a sequence of calls. Each consists of
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
pub unsafe extern "C" fn ghcomp_hs_batch_run(
    block: *mut u64,
    end: *const u64,
    seen: u64,
) -> *mut u64 {
    let watch = Watch::new(seen);
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
        if watch.stops() {
            break;
        }
    }
    call
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

/// Calls the function `count` times, or until it is stopped. Returns how often it has
/// called it.
///
/// # Safety
///
/// The function must take nothing.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_batch_repeat(
    function: unsafe extern "C" fn(),
    count: u64,
    seen: u64,
) -> u64 {
    let watch = Watch::new(seen);
    let mut done = 0;
    while done < count {
        // SAFETY: the caller's promise.
        unsafe { function() };
        done += 1;
        if watch.stops() {
            break;
        }
    }
    done
}

/// Applies the function to each of the `count` elements of `input`, and puts the results into
/// `output`, until it is stopped. Returns the number of elements that are done. `kinds` is the argument's kind plus 16 times the result's. Kinds: 0 to 3, signed
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
    seen: u64,
) -> usize {
    let map = Map {
        function,
        count,
        input,
        output,
        watch: Watch::new(seen),
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
    watch: Watch,
}

impl Map {
    /// # Safety
    ///
    /// As `ghcomp_hs_batch_map`; `A` is the argument's type.
    unsafe fn of<A: Copy>(&self, result: u64) -> usize {
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
    unsafe fn each<A: Copy, R>(&self) -> usize {
        // SAFETY: the caller's promise.
        unsafe {
            let function: unsafe extern "C" fn(A) -> R = core::mem::transmute(self.function);
            let (input, output) = (self.input.cast::<A>(), self.output.cast::<R>());
            let mut i = 0;
            while i < self.count {
                output.add(i).write(function(*input.add(i)));
                i += 1;
                if self.watch.stops() {
                    break;
                }
            }
            i
        }
    }
}

/// The columns of a table whose rows are the arguments of calls.
#[repr(C)]
pub struct Column {
    /// As in [`ghcomp_hs_batch_map`]; of the column of results too.
    kind: u64,
    elements: *mut c_void,
}

/// Calls the function for the rows `from` to `to` of a table, until it is stopped. Returns the
/// first row that is not done, or `to`. The first of the columns takes the results, and the
/// other ones (as many as `arguments` says) have the arguments, at most 6 integers and 8
/// floating-point numbers.
///
/// # Safety
///
/// The function must have these types, and each column `to` elements.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_batch_rows(
    function: *const c_void,
    columns: *const Column,
    arguments: usize,
    from: usize,
    to: usize,
    seen: u64,
) -> usize {
    // SAFETY: the caller's promise.
    let (result, arguments) = unsafe {
        (
            &*columns,
            core::slice::from_raw_parts(columns.add(1), arguments),
        )
    };
    let doubles = arguments.iter().any(|column| column.kind & 14 == 8);
    // SAFETY: the caller's promise.
    unsafe {
        match (doubles, result.kind & 14 == 8) {
            (false, false) => rows::<u64, false>(function, result, arguments, from, to, seen),
            (false, true) => rows::<f64, false>(function, result, arguments, from, to, seen),
            (true, false) => rows::<u64, true>(function, result, arguments, from, to, seen),
            (true, true) => rows::<f64, true>(function, result, arguments, from, to, seen),
        }
    }
}

trait Register: Copy {
    fn bits(self) -> u64;
}

impl Register for u64 {
    fn bits(self) -> u64 {
        self
    }
}

impl Register for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

/// # Safety
///
/// As [`ghcomp_hs_batch_rows`]; `R` is the class of the result, and `BOTH` says that there are
/// floating-point arguments.
unsafe fn rows<R: Register, const BOTH: bool>(
    function: *const c_void,
    result: &Column,
    arguments: &[Column],
    from: usize,
    to: usize,
    seen: u64,
) -> usize {
    let watch = Watch::new(seen);
    // A block's call, as `of_both` reads it: 2 words, 6 integers, 8 doubles.
    let mut call = [0_u64; 16];
    let mut row = from;
    while row < to {
        let (mut ints, mut doubles) = (2, 8);
        for column in arguments {
            let at = if column.kind & 14 == 8 {
                &mut doubles
            } else {
                &mut ints
            };
            // SAFETY: the caller's promise.
            call[*at & 15] = unsafe { column.get(row) };
            *at += 1;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let bits = if BOTH {
                of_both::<R>(function, call.as_ptr(), 6).bits()
            } else {
                of_ints::<R>(function, call.as_ptr()).bits()
            };
            result.set(row, bits);
        }
        row += 1;
        if watch.stops() {
            break;
        }
    }
    row
}

impl Column {
    /// The element as a register holds it.
    ///
    /// # Safety
    ///
    /// There must be one.
    #[inline(always)]
    unsafe fn get(&self, i: usize) -> u64 {
        let p = self.elements;
        // SAFETY: the caller's promise. The casts extend by the sign or by zeros.
        unsafe {
            match self.kind {
                3 | 7 | 9 => *p.cast::<u64>().add(i),
                2 => i64::from(*p.cast::<i32>().add(i)) as u64,
                6 => u64::from(*p.cast::<u32>().add(i)),
                // RISC-V wants ones above a float.
                8 => u64::from(*p.cast::<u32>().add(i)) | !0 << 32,
                0 => i64::from(*p.cast::<i8>().add(i)) as u64,
                1 => i64::from(*p.cast::<i16>().add(i)) as u64,
                4 => u64::from(*p.cast::<u8>().add(i)),
                _ => u64::from(*p.cast::<u16>().add(i)),
            }
        }
    }

    /// Sets the element to the low bits of a register.
    ///
    /// # Safety
    ///
    /// There must be one.
    #[inline(always)]
    unsafe fn set(&self, i: usize, bits: u64) {
        let p = self.elements;
        // SAFETY: the caller's promise.
        unsafe {
            match self.kind {
                3 | 7 | 9 => *p.cast::<u64>().add(i) = bits,
                2 | 6 | 8 => *p.cast::<u32>().add(i) = bits as u32,
                1 | 5 => *p.cast::<u16>().add(i) = bits as u16,
                0 | 4 => *p.cast::<u8>().add(i) = bits as u8,
                _ => {}
            }
        }
    }
}
