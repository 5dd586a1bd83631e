//! `ordered(n)` loops with `doacross` or `depend` (libgomp ABI:
//! `GOMP_loop_doacross_*`, `GOMP_loop_ull_doacross_*`, `GOMP_doacross_*`).
//!
//! A `_start` entry meets the loop and takes the calling thread's first chunk of
//! the first dimension, whose iterations are numbered from 0. The `_next` entries
//! of loops take the other chunks. `counts` has the numbers of iterations of
//! `ncounts` dimensions; collapsed loops are one dimension. `GOMP_doacross_wait` and
//! `GOMP_doacross_ull_wait` take one argument per dimension, so they are in
//! `cbits/variadic.c`.

use crate::abi::gomp::entries;
use crate::abi::gomp::words::{self, Integer};
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::messages;
use crate::worksharing::doacross;
use crate::worksharing::loops::{Order, Plan};
use core::ffi::{c_long, c_uint, c_ulonglong, c_void};

/// Meets a doacross loop; see `entries::start_with`.
///
/// # Safety
///
/// As for `entries::start_with`, and `counts` must point to `ncounts` values.
unsafe fn start<T: Integer>(
    ncounts: c_uint,
    counts: *const T,
    (schedule, chunk): (ScheduleClause, T),
    istart: *mut T,
    iend: *mut T,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    let counts = match ncounts {
        0 => &[],
        _ if counts.is_null() => {
            messages::fatal("GOMP_loop_doacross_start: counts is a null pointer")
        }
        // SAFETY: the caller's promise; both types have 64 bits.
        _ => unsafe { core::slice::from_raw_parts(counts.cast::<u64>(), ncounts as usize) },
    };
    // A negative count means no iterations.
    let max = T::MAX;
    let first = counts
        .first()
        .map_or(0, |&count| if count > max { 0 } else { count });
    // Behind a count of 0, a compiler may leave the others without a value.
    let counts = if counts.iter().any(|&count| count == 0 || count > max) {
        &[]
    } else {
        counts
    };
    let plan = Plan {
        space: IterationSpace::plain(first),
        schedule,
        chunk: words::chunk_size(chunk),
        order: Order::Monotonic,
    };
    // SAFETY: the caller's promise.
    unsafe { entries::start_with(plan, counts, istart, iend, reductions, memory) }
}

macro_rules! chunked {
    ($integer:ty; $($name:ident: $kind:ident, $text:literal;)*) => {$(
        #[doc = concat!("Meets a doacross loop with `schedule(", $text, ")`; see the module.")]
        ///
        /// # Safety
        ///
        /// `counts` must point to `ncounts` values; `istart` and `iend` must be
        /// valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            ncounts: c_uint,
            counts: *mut $integer,
            chunk: $integer,
            istart: *mut $integer,
            iend: *mut $integer,
        ) -> bool {
            let (schedule, null) = ((ScheduleClause::Kind(ScheduleKind::$kind), chunk), core::ptr::null_mut());
            // SAFETY: the caller's promise.
            unsafe { start(ncounts, counts, schedule, istart, iend, null, null.cast()) }
        }
    )*};
}

macro_rules! runtime {
    ($integer:ty; $name:ident) => {
        /// Meets a doacross loop with `schedule(runtime)`; see the module.
        ///
        /// # Safety
        ///
        /// `counts` must point to `ncounts` values; `istart` and `iend` must be
        /// valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            ncounts: c_uint,
            counts: *mut $integer,
            istart: *mut $integer,
            iend: *mut $integer,
        ) -> bool {
            let null = core::ptr::null_mut();
            // SAFETY: the caller's promise.
            unsafe {
                start(
                    ncounts,
                    counts,
                    (ScheduleClause::Runtime, 0),
                    istart,
                    iend,
                    null,
                    null.cast(),
                )
            }
        }
    };
}

macro_rules! by_word {
    ($integer:ty; $name:ident) => {
        /// Meets a doacross loop whose schedule is the word `sched`. That word and
        /// the last four arguments are those of `GOMP_loop_start`.
        ///
        /// # Safety
        ///
        /// `counts` must point to `ncounts` values; the rest as for
        /// `GOMP_loop_start`.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            ncounts: c_uint,
            counts: *mut $integer,
            sched: c_long,
            chunk: $integer,
            istart: *mut $integer,
            iend: *mut $integer,
            reductions: *mut usize,
            memory: *mut *mut c_void,
        ) -> bool {
            let schedule = (words::schedule(sched), chunk);
            // SAFETY: the caller's promise.
            unsafe { start(ncounts, counts, schedule, istart, iend, reductions, memory) }
        }
    };
}

chunked! {
    c_long;
    GOMP_loop_doacross_static_start: Static, "static";
    GOMP_loop_doacross_dynamic_start: Dynamic, "dynamic";
    GOMP_loop_doacross_guided_start: Guided, "guided";
}
runtime! { c_long; GOMP_loop_doacross_runtime_start }
by_word! { c_long; GOMP_loop_doacross_start }

chunked! {
    c_ulonglong;
    GOMP_loop_ull_doacross_static_start: Static, "static";
    GOMP_loop_ull_doacross_dynamic_start: Dynamic, "dynamic";
    GOMP_loop_ull_doacross_guided_start: Guided, "guided";
}
runtime! { c_ulonglong; GOMP_loop_ull_doacross_runtime_start }
by_word! { c_ulonglong; GOMP_loop_ull_doacross_start }

/// `ordered doacross(source:)`, or `depend(source)`: the iterations that wait for
/// this one go on. `iteration` has its numbers, one per dimension.
///
/// # Safety
///
/// `iteration` must point to as many numbers as the loop has dimensions.
#[no_mangle]
pub unsafe extern "C" fn GOMP_doacross_post(iteration: *mut c_long) {
    // SAFETY: the caller's promise.
    unsafe { doacross::post(iteration.cast()) }
}

/// [`GOMP_doacross_post`] in a loop over `unsigned long long`.
///
/// # Safety
///
/// As for [`GOMP_doacross_post`].
#[no_mangle]
pub unsafe extern "C" fn GOMP_doacross_ull_post(iteration: *mut c_ulonglong) {
    // SAFETY: the caller's promise.
    unsafe { doacross::post(iteration.cast()) }
}

/// For `cbits/variadic.c`: how many numbers [`ghcomp_doacross_wait`] reads. 0: there
/// is nothing to wait for.
#[no_mangle]
pub extern "C" fn ghcomp_doacross_dimensions() -> c_uint {
    doacross::dimensions() as c_uint
}

/// For `cbits/variadic.c`: waits until the iteration with these numbers has
/// been posted (OpenMP 5.2, 15.10.2).
///
/// # Safety
///
/// `iteration` must point to as many numbers as
/// [`ghcomp_doacross_dimensions`] says.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_doacross_wait(iteration: *const u64) {
    // SAFETY: the caller's promise.
    unsafe { doacross::wait(iteration) }
}
