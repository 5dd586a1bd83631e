//! Loops over `unsigned long long` (libgomp ABI: `GOMP_loop_ull_*`).
//!
//! As [`super::loops`]; `up` says whether the loop counts up. If it counts down,
//! `incr` is the negative step, wrapped.

use super::words;
use crate::icv::Kind;
use crate::worksharing::{loops, Plan, Space};
use core::ffi::{c_long, c_ulonglong, c_void};

fn plan(
    (up, start, end, incr): (bool, c_ulonglong, c_ulonglong, c_ulonglong),
    kind: Option<Kind>,
    chunk: c_ulonglong,
    ordered: bool,
) -> Plan {
    let space = Space::unsigned(up, start, end, incr);
    Plan {
        space,
        kind,
        chunk,
        ordered,
    }
}

fn as_is(value: u64) -> c_ulonglong {
    value
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
            up: bool,
            start: c_ulonglong,
            end: c_ulonglong,
            incr: c_ulonglong,
            chunk: c_ulonglong,
            istart: *mut c_ulonglong,
            iend: *mut c_ulonglong,
        ) -> bool {
            loops::start(&plan((up, start, end, incr), Some(Kind::$kind), chunk, $ordered), None);
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_is) }
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
            up: bool,
            start: c_ulonglong,
            end: c_ulonglong,
            incr: c_ulonglong,
            istart: *mut c_ulonglong,
            iend: *mut c_ulonglong,
        ) -> bool {
            loops::start(&plan((up, start, end, incr), None, 0, $ordered), None);
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_is) }
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
        pub unsafe extern "C" fn $name(istart: *mut c_ulonglong, iend: *mut c_ulonglong) -> bool {
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend, as_is) }
        }
    )*};
}

start_chunked! {
    GOMP_loop_ull_static_start: Static, false, "`schedule(static)`";
    GOMP_loop_ull_dynamic_start: Dynamic, false, "`schedule(monotonic: dynamic)`";
    GOMP_loop_ull_guided_start: Guided, false, "`schedule(monotonic: guided)`";
    GOMP_loop_ull_nonmonotonic_dynamic_start: Dynamic, false, "`schedule(dynamic)`";
    GOMP_loop_ull_nonmonotonic_guided_start: Guided, false, "`schedule(guided)`";
    GOMP_loop_ull_ordered_static_start: Static, true, "`schedule(static) ordered`";
    GOMP_loop_ull_ordered_dynamic_start: Dynamic, true, "`schedule(dynamic) ordered`";
    GOMP_loop_ull_ordered_guided_start: Guided, true, "`schedule(guided) ordered`";
}

start_runtime! {
    GOMP_loop_ull_runtime_start: false, "`schedule(monotonic: runtime)`";
    GOMP_loop_ull_nonmonotonic_runtime_start: false, "`schedule(nonmonotonic: runtime)`";
    GOMP_loop_ull_maybe_nonmonotonic_runtime_start: false, "`schedule(runtime)`";
    GOMP_loop_ull_ordered_runtime_start: true, "`schedule(runtime) ordered`";
}

next! {
    GOMP_loop_ull_static_next
    GOMP_loop_ull_dynamic_next
    GOMP_loop_ull_guided_next
    GOMP_loop_ull_runtime_next
    GOMP_loop_ull_nonmonotonic_dynamic_next
    GOMP_loop_ull_nonmonotonic_guided_next
    GOMP_loop_ull_nonmonotonic_runtime_next
    GOMP_loop_ull_maybe_nonmonotonic_runtime_next
    GOMP_loop_ull_ordered_static_next
    GOMP_loop_ull_ordered_dynamic_next
    GOMP_loop_ull_ordered_guided_next
    GOMP_loop_ull_ordered_runtime_next
}

/// `GOMP_loop_ull_start` and `GOMP_loop_ull_ordered_start`.
///
/// # Safety
///
/// `istart` and `iend` must be null together or valid for a write; `memory`
/// null or valid for a read and a write.
unsafe fn start_with_memory(
    plan: Plan,
    istart: *mut c_ulonglong,
    iend: *mut c_ulonglong,
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
    unsafe { words::store(istart, iend, as_is) }
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
pub unsafe extern "C" fn GOMP_loop_ull_start(
    up: bool,
    start: c_ulonglong,
    end: c_ulonglong,
    incr: c_ulonglong,
    sched: c_long,
    chunk: c_ulonglong,
    istart: *mut c_ulonglong,
    iend: *mut c_ulonglong,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    let _ = reductions;
    let plan = plan((up, start, end, incr), words::kind(sched), chunk, false);
    // SAFETY: the caller's promise.
    unsafe { start_with_memory(plan, istart, iend, memory) }
}

/// As `GOMP_loop_ull_start`, for a loop with an `ordered` clause.
///
/// # Safety
///
/// As there.
#[no_mangle]
pub unsafe extern "C" fn GOMP_loop_ull_ordered_start(
    up: bool,
    start: c_ulonglong,
    end: c_ulonglong,
    incr: c_ulonglong,
    sched: c_long,
    chunk: c_ulonglong,
    istart: *mut c_ulonglong,
    iend: *mut c_ulonglong,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    let _ = reductions;
    let plan = plan((up, start, end, incr), words::kind(sched), chunk, true);
    // SAFETY: the caller's promise.
    unsafe { start_with_memory(plan, istart, iend, memory) }
}
