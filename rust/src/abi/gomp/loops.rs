//! Loops over `long` (libgomp ABI: `GOMP_loop_*`).
//!
//! A `_start` entry meets the loop and takes the calling thread's first chunk. A
//! `_next` entry takes another chunk. Both store the chunk's first value in
//! `*istart` and the value behind its last one in `*iend`, and answer true. They
//! answer false if no chunk is left for the thread. `start`, `end` and `incr` are
//! the directive's: `end` is not part of the loop, `incr` is not 0. `chunk` is the
//! chunk size; below 1 it stands for the default (OpenMP 5.2, 11.5.3).

use crate::abi::gomp::entries::{self, next, start_by_word, start_chunked, start_runtime};
use crate::abi::gomp::words;
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::{c_long, c_void};

start_chunked! {
    [start: c_long, end: c_long, incr: c_long] c_long, IterationSpace::signed;
    GOMP_loop_static_start: Static, Any, "`schedule(static)`";
    GOMP_loop_dynamic_start: Dynamic, Monotonic, "`schedule(monotonic: dynamic)`";
    GOMP_loop_guided_start: Guided, Monotonic, "`schedule(monotonic: guided)`";
    GOMP_loop_nonmonotonic_dynamic_start: Dynamic, Any, "`schedule(dynamic)`";
    GOMP_loop_nonmonotonic_guided_start: Guided, Any, "`schedule(guided)`";
    GOMP_loop_ordered_static_start: Static, Ordered, "`schedule(static) ordered`";
    GOMP_loop_ordered_dynamic_start: Dynamic, Ordered, "`schedule(dynamic) ordered`";
    GOMP_loop_ordered_guided_start: Guided, Ordered, "`schedule(guided) ordered`";
}

start_runtime! {
    [start: c_long, end: c_long, incr: c_long] c_long, IterationSpace::signed;
    GOMP_loop_runtime_start: Monotonic, "`schedule(monotonic: runtime)`";
    GOMP_loop_nonmonotonic_runtime_start: Any, "`schedule(nonmonotonic: runtime)`";
    GOMP_loop_maybe_nonmonotonic_runtime_start: Any, "`schedule(runtime)`";
    GOMP_loop_ordered_runtime_start: Ordered, "`schedule(runtime) ordered`";
}

start_by_word! {
    [start: c_long, end: c_long, incr: c_long] c_long, IterationSpace::signed;
    GOMP_loop_start: false, "without an `ordered` clause";
    GOMP_loop_ordered_start: true, "with an `ordered` clause";
}

next! {
    c_long;
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

/// Ends a loop and waits for the team, unless the region is cancelled.
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

/// Ends an ordered region. The thread passes the turn on when it takes its next chunk.
#[no_mangle]
pub extern "C" fn GOMP_ordered_end() {
    loops::ordered_end();
}
