//! Loops over `long` (libgomp ABI: `GOMP_loop_*`).
//!
//! A `_start` entry meets the loop and takes the calling thread's first chunk;
//! a `_next` entry takes another. Each stores the chunk's first value in
//! `*istart`, the value where it ends in `*iend` (not itself part of it), and
//! answers true; or answers false when nothing is left for the thread. `start`,
//! `end` and `incr` are the directive's (`end` is not part of the loop, `incr`
//! not 0); `chunk` is the chunk size, below 1 for the default (OpenMP 5.2,
//! 11.5.3). Nonmonotonic loops may hand out chunks in any order, and do so in
//! increasing order.

use super::words;
use crate::icv::Kind;
use crate::worksharing::{loops, Plan, Space};
use core::ffi::{c_long, c_void};

fn plan(
    (start, end, incr): (c_long, c_long, c_long),
    kind: Option<Kind>,
    chunk: c_long,
    ordered: bool,
) -> Plan {
    let space = Space::signed(start, end, incr);
    Plan {
        space,
        kind,
        chunk: loops::chunk_size(chunk),
        ordered,
    }
}

fn as_long(value: u64) -> c_long {
    value as c_long
}

/// A `_start` entry with a chunk size.
macro_rules! start_chunked {
    ($($name:ident: $kind:ident, $ordered:literal, $text:literal;)*) => {$(
        #[doc = concat!("Meets a loop with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            start: c_long,
            end: c_long,
            incr: c_long,
            chunk: c_long,
            istart: *mut c_long,
            iend: *mut c_long,
        ) -> bool {
            loops::start(&plan((start, end, incr), Some(Kind::$kind), chunk, $ordered), None);
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_long) }
        }
    )*};
}

/// A `_start` entry of `schedule(runtime)`.
macro_rules! start_runtime {
    ($($name:ident: $ordered:literal, $text:literal;)*) => {$(
        #[doc = concat!("Meets a loop with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            start: c_long,
            end: c_long,
            incr: c_long,
            istart: *mut c_long,
            iend: *mut c_long,
        ) -> bool {
            loops::start(&plan((start, end, incr), None, 0, $ordered), None);
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_long) }
        }
    )*};
}

/// A `_next` entry; the loop itself knows its schedule.
macro_rules! next {
    ($($name:ident)*) => {$(
        /// Takes the calling thread's next chunk; see the module.
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(istart: *mut c_long, iend: *mut c_long) -> bool {
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_long) }
        }
    )*};
}

start_chunked! {
    GOMP_loop_static_start: Static, false, "`schedule(static)`";
    GOMP_loop_dynamic_start: Dynamic, false, "`schedule(monotonic: dynamic)`";
    GOMP_loop_guided_start: Guided, false, "`schedule(monotonic: guided)`";
    GOMP_loop_nonmonotonic_dynamic_start: Dynamic, false, "`schedule(dynamic)`";
    GOMP_loop_nonmonotonic_guided_start: Guided, false, "`schedule(guided)`";
    GOMP_loop_ordered_static_start: Static, true, "`schedule(static) ordered`";
    GOMP_loop_ordered_dynamic_start: Dynamic, true, "`schedule(dynamic) ordered`";
    GOMP_loop_ordered_guided_start: Guided, true, "`schedule(guided) ordered`";
}

start_runtime! {
    GOMP_loop_runtime_start: false, "`schedule(monotonic: runtime)`";
    GOMP_loop_nonmonotonic_runtime_start: false, "`schedule(nonmonotonic: runtime)`";
    GOMP_loop_maybe_nonmonotonic_runtime_start: false, "`schedule(runtime)`";
    GOMP_loop_ordered_runtime_start: true, "`schedule(runtime) ordered`";
}

next! {
    GOMP_loop_static_next
    GOMP_loop_dynamic_next
    GOMP_loop_guided_next
    GOMP_loop_runtime_next
    GOMP_loop_nonmonotonic_dynamic_next
    GOMP_loop_nonmonotonic_guided_next
    GOMP_loop_nonmonotonic_runtime_next
    GOMP_loop_maybe_nonmonotonic_runtime_next
    GOMP_loop_ordered_static_next
    GOMP_loop_ordered_dynamic_next
    GOMP_loop_ordered_guided_next
    GOMP_loop_ordered_runtime_next
}

/// `GOMP_loop_start` and `GOMP_loop_ordered_start`.
///
/// # Safety
///
/// `istart` and `iend` must be null together or valid for a write; `memory`
/// null or valid for a read and a write.
unsafe fn start_with_memory(
    plan: Plan,
    istart: *mut c_long,
    iend: *mut c_long,
    memory: *mut *mut c_void,
) -> bool {
    // SAFETY: the caller's promise, here and below.
    let memory = unsafe { memory.as_mut() };
    let slot = loops::start(&plan, memory.as_ref().map(|size| **size as usize));
    if let Some(memory) = memory {
        *memory = slot.memory().cast();
    }
    if istart.is_null() {
        return true;
    }
    // SAFETY: as above.
    unsafe { words::store(istart, iend, as_long) }
}

/// Meets a loop whose schedule is the word `sched` (0 runtime, 1 static, 2
/// dynamic, 3 guided, 4 auto; bit 31 monotonic). `istart` null: the compiler
/// deals out the iterations itself. `memory`, if not null, points to a size in
/// bytes and gets the address of so much zeroed memory, the same for all
/// threads. `reductions` must be null.
///
/// # Safety
///
/// `istart` and `iend` must be null or valid for a write; `memory` null or
/// valid for a read and a write.
#[no_mangle]
pub unsafe extern "C" fn GOMP_loop_start(
    start: c_long,
    end: c_long,
    incr: c_long,
    sched: c_long,
    chunk: c_long,
    istart: *mut c_long,
    iend: *mut c_long,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    let _ = reductions;
    let plan = plan((start, end, incr), words::kind(sched), chunk, false);
    // SAFETY: the caller's promise.
    unsafe { start_with_memory(plan, istart, iend, memory) }
}

/// As `GOMP_loop_start`, for a loop with an `ordered` clause.
///
/// # Safety
///
/// As there.
#[no_mangle]
pub unsafe extern "C" fn GOMP_loop_ordered_start(
    start: c_long,
    end: c_long,
    incr: c_long,
    sched: c_long,
    chunk: c_long,
    istart: *mut c_long,
    iend: *mut c_long,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    let _ = reductions;
    let plan = plan((start, end, incr), words::kind(sched), chunk, true);
    // SAFETY: the caller's promise.
    unsafe { start_with_memory(plan, istart, iend, memory) }
}

/// Ends a loop and waits for the team.
#[no_mangle]
pub extern "C" fn GOMP_loop_end() {
    loops::end();
}

/// Ends a loop with `nowait`.
#[no_mangle]
pub extern "C" fn GOMP_loop_end_nowait() {
    loops::end_nowait();
}

/// Waits until all earlier iterations have passed their ordered regions
/// (OpenMP 5.2, 15.10.2).
#[no_mangle]
pub extern "C" fn GOMP_ordered_start() {
    loops::ordered_start();
}

/// Ends an ordered region. The turn is passed on with the chunk, when the
/// thread takes its next.
#[no_mangle]
pub extern "C" fn GOMP_ordered_end() {}
