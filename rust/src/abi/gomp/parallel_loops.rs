//! `parallel for` in one call (libgomp ABI: `GOMP_parallel_loop_*`).
//!
//! The body takes its chunks by the loop's `_next` entries, without a `_start`.
//! The arguments are those of `GOMP_parallel` and of the loop's `_start`. The
//! entries here whose names end in `_start` are the first halves that compilers
//! before GCC 4.9 call: the caller then runs the body itself, and calls
//! `GOMP_parallel_end`.

use crate::abi::gomp::words;
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::parallel;
use crate::parallel::fork::Request;
use crate::team::register::current;
use crate::team::task::Body;
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::{c_long, c_uint, c_void};

struct Region {
    body: Body,
    data: *mut c_void,
    request: Request,
}

fn plan(space: IterationSpace, order: Order, schedule: ScheduleClause, chunk: c_long) -> Plan {
    Plan {
        space,
        schedule,
        chunk: loops::chunk_size(chunk),
        order,
    }
}

/// Runs the whole region.
///
/// # Safety
///
/// As for `GOMP_parallel`.
unsafe fn run(region: Region, plan: Plan) {
    let runtime = current().context().task.icv.get().schedule;
    let Region {
        body,
        data,
        request,
    } = region;
    // SAFETY: the caller's promise.
    unsafe { parallel::parallel(body, data, request, |slot| plan.write(slot, runtime)) }
}

/// Starts the region: its first half.
fn begin(region: Region, plan: Plan) {
    let runtime = current().context().task.icv.get().schedule;
    let Region {
        body,
        data,
        request,
    } = region;
    parallel::fork(body, data, request, |slot| plan.write(slot, runtime));
}

macro_rules! chunked {
    ($($name:ident: $kind:ident, $order:ident, $text:literal;)*) => {$(
        #[doc = concat!("`parallel for` with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `body(data)` must be callable from several threads at once.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            body: Body,
            data: *mut c_void,
            num_threads: c_uint,
            start: c_long,
            end: c_long,
            incr: c_long,
            chunk: c_long,
            flags: c_uint,
        ) {
            let request = words::request(num_threads, flags);
            let region = Region { body, data, request };
            let space = IterationSpace::signed(start, end, incr);
            // SAFETY: the caller's promise.
            unsafe { run(region, plan(space, Order::$order, ScheduleClause::Kind(ScheduleKind::$kind), chunk)) }
        }
    )*};
}

macro_rules! runtime {
    ($($name:ident: $order:ident, $text:literal;)*) => {$(
        #[doc = concat!("`parallel for` with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `body(data)` must be callable from several threads at once.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            body: Body,
            data: *mut c_void,
            num_threads: c_uint,
            start: c_long,
            end: c_long,
            incr: c_long,
            flags: c_uint,
        ) {
            let request = words::request(num_threads, flags);
            let region = Region { body, data, request };
            let space = IterationSpace::signed(start, end, incr);
            // SAFETY: the caller's promise.
            unsafe { run(region, plan(space, Order::$order, ScheduleClause::Runtime, 0)) }
        }
    )*};
}

macro_rules! first_half {
    ($($name:ident: $kind:ident;)*) => {$(
        /// The first half of a `parallel for`; see the module.
        ///
        /// # Safety
        ///
        /// `body(data)` must be callable from several threads at once.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            body: Body,
            data: *mut c_void,
            num_threads: c_uint,
            start: c_long,
            end: c_long,
            incr: c_long,
            chunk: c_long,
        ) {
            let region = Region { body, data, request: num_threads.into() };
            let space = IterationSpace::signed(start, end, incr);
            begin(region, plan(space, Order::Monotonic, ScheduleClause::Kind(ScheduleKind::$kind), chunk));
        }
    )*};
}

chunked! {
    GOMP_parallel_loop_static: Static, Any, "`schedule(static)`";
    GOMP_parallel_loop_dynamic: Dynamic, Monotonic, "`schedule(monotonic: dynamic)`";
    GOMP_parallel_loop_guided: Guided, Monotonic, "`schedule(monotonic: guided)`";
    GOMP_parallel_loop_nonmonotonic_dynamic: Dynamic, Any, "`schedule(dynamic)`";
    GOMP_parallel_loop_nonmonotonic_guided: Guided, Any, "`schedule(guided)`";
}

runtime! {
    GOMP_parallel_loop_runtime: Monotonic, "`schedule(monotonic: runtime)`";
    GOMP_parallel_loop_nonmonotonic_runtime: Any, "`schedule(nonmonotonic: runtime)`";
    GOMP_parallel_loop_maybe_nonmonotonic_runtime: Any, "`schedule(runtime)`";
}

first_half! {
    GOMP_parallel_loop_static_start: Static;
    GOMP_parallel_loop_dynamic_start: Dynamic;
    GOMP_parallel_loop_guided_start: Guided;
}

/// The first half of a `parallel for` with `schedule(runtime)`.
///
/// # Safety
///
/// `body(data)` must be callable from several threads at once.
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel_loop_runtime_start(
    body: Body,
    data: *mut c_void,
    num_threads: c_uint,
    start: c_long,
    end: c_long,
    incr: c_long,
) {
    begin(
        Region {
            body,
            data,
            request: num_threads.into(),
        },
        plan(
            IterationSpace::signed(start, end, incr),
            Order::Monotonic,
            ScheduleClause::Runtime,
            0,
        ),
    );
}
