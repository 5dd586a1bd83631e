//! `sections` (OpenMP 5.2, 11.3; libgomp ABI: `GOMP_sections_*`).
//!
//! Sections are numbered from 1. The answer 0 means that none is left.

use crate::abi::gomp::{entries, words};
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::parallel;
use crate::team::task::Body;
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::{c_uint, c_void};

/// How sections are dealt out.
const DEALING: ScheduleKind = ScheduleKind::Dynamic;

fn plan(count: c_uint) -> Plan {
    let space = IterationSpace::plain(u64::from(count));
    Plan {
        space,
        schedule: ScheduleClause::Kind(DEALING),
        chunk: 1,
        order: Order::Monotonic,
    }
}

/// Meets `count` sections. Answers the number of one to execute, or 0.
#[no_mangle]
pub extern "C" fn GOMP_sections_start(count: c_uint) -> c_uint {
    loops::start_sections(&plan(count));
    GOMP_sections_next()
}

/// Meets `count` sections with task reductions or shared memory: `reductions` and
/// `memory` are those of `GOMP_loop_start`. Answers the number of a section to
/// execute, or 0.
///
/// # Safety
///
/// `memory` must be null or valid for a read and a write; `reductions` null or
/// a block of task reductions.
#[no_mangle]
pub unsafe extern "C" fn GOMP_sections2_start(
    count: c_uint,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> c_uint {
    let plan = plan(count);
    // SAFETY: the caller's promise.
    unsafe {
        entries::meet(reductions, memory, |clauses| {
            loops::start_with(&plan, &clauses)
        });
    }
    GOMP_sections_next()
}

/// Answers the number of another section to execute, or 0.
#[no_mangle]
pub extern "C" fn GOMP_sections_next() -> c_uint {
    loops::next_section().map_or(0, |section| section as c_uint + 1)
}

/// `parallel sections`. The body calls `GOMP_sections_next` without a
/// `GOMP_sections_start`.
///
/// # Safety
///
/// `body(data)` must be callable from several threads at once.
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel_sections(
    body: Body,
    data: *mut c_void,
    num_threads: c_uint,
    count: c_uint,
    flags: c_uint,
) {
    let plan = plan(count);
    let request = words::request(num_threads, flags);
    // SAFETY: the caller's promise.
    unsafe { parallel::parallel(body, data, request, |slot| plan.write_fixed(slot, DEALING)) }
}

/// The first half of `parallel sections`; compilers before GCC 4.9 call it. The
/// caller runs the body itself, and calls `GOMP_parallel_end`.
///
/// # Safety
///
/// As for `GOMP_parallel_sections`.
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel_sections_start(
    body: Body,
    data: *mut c_void,
    num_threads: c_uint,
    count: c_uint,
) {
    let plan = plan(count);
    parallel::fork(body, data, num_threads, |slot| {
        plan.write_fixed(slot, DEALING)
    });
}

/// Ends the sections and waits for the team, unless the region is cancelled.
#[no_mangle]
pub extern "C" fn GOMP_sections_end() {
    loops::end();
}

/// Ends the sections with `nowait`.
#[no_mangle]
pub extern "C" fn GOMP_sections_end_nowait() {
    loops::end_nowait();
}
