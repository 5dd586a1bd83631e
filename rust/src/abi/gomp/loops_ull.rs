//! Loops over `unsigned long long` (libgomp ABI: `GOMP_loop_ull_*`).
//!
//! The entries are those of [`crate::abi::gomp::loops`] with one more argument: `up`
//! is true if the loop counts up. If it counts down, `incr` is the negative step,
//! wrapped.

use crate::abi::gomp::entries::{self, next, start_by_word, start_chunked, start_runtime};
use crate::abi::gomp::words;
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::{c_long, c_ulonglong, c_void};

start_chunked! {
    [up: bool, start: c_ulonglong, end: c_ulonglong, incr: c_ulonglong] c_ulonglong, IterationSpace::unsigned;
    GOMP_loop_ull_static_start: Static, Any, "`schedule(static)`";
    GOMP_loop_ull_dynamic_start: Dynamic, Monotonic, "`schedule(monotonic: dynamic)`";
    GOMP_loop_ull_guided_start: Guided, Monotonic, "`schedule(monotonic: guided)`";
    GOMP_loop_ull_nonmonotonic_dynamic_start: Dynamic, Any, "`schedule(dynamic)`";
    GOMP_loop_ull_nonmonotonic_guided_start: Guided, Any, "`schedule(guided)`";
    GOMP_loop_ull_ordered_static_start: Static, Ordered, "`schedule(static) ordered`";
    GOMP_loop_ull_ordered_dynamic_start: Dynamic, Ordered, "`schedule(dynamic) ordered`";
    GOMP_loop_ull_ordered_guided_start: Guided, Ordered, "`schedule(guided) ordered`";
}

start_runtime! {
    [up: bool, start: c_ulonglong, end: c_ulonglong, incr: c_ulonglong] c_ulonglong, IterationSpace::unsigned;
    GOMP_loop_ull_runtime_start: Monotonic, "`schedule(monotonic: runtime)`";
    GOMP_loop_ull_nonmonotonic_runtime_start: Any, "`schedule(nonmonotonic: runtime)`";
    GOMP_loop_ull_maybe_nonmonotonic_runtime_start: Any, "`schedule(runtime)`";
    GOMP_loop_ull_ordered_runtime_start: Ordered, "`schedule(runtime) ordered`";
}

start_by_word! {
    [up: bool, start: c_ulonglong, end: c_ulonglong, incr: c_ulonglong] c_ulonglong, IterationSpace::unsigned;
    GOMP_loop_ull_start: false, "without an `ordered` clause";
    GOMP_loop_ull_ordered_start: true, "with an `ordered` clause";
}

next! {
    c_ulonglong;
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
