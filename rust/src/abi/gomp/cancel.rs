//! `cancel` and `cancellation point` (OpenMP 5.2, 11.5; libgomp ABI, GOMP_4.0).
//!
//! `which` names the construct: bit 0 `parallel`, 1 `for`, 2 `sections`, 3
//! `taskgroup`. The compiler leaves the construct where an entry says true.
//! Without `OMP_CANCELLATION=true` all say false.

use crate::parallel::{barrier, cancel};
use crate::tasking;
use crate::team::register::current;
use crate::worksharing::loops;
use core::ffi::c_int;

const LOOP_OR_SECTIONS: c_int = 1 << 1 | 1 << 2;
const TASKGROUP: c_int = 1 << 3;

/// The `cancel` directive. `do_cancel`: its `if` clause; false: a cancellation
/// point.
#[no_mangle]
pub extern "C" fn GOMP_cancel(which: c_int, do_cancel: bool) -> bool {
    if !cancel::enabled() {
        return false;
    }
    if !do_cancel {
        return GOMP_cancellation_point(which);
    }
    if which & LOOP_OR_SECTIONS != 0 {
        cancel::cancel_worksharing();
    } else if which & TASKGROUP != 0 {
        tasking::cancel_taskgroup();
    } else {
        cancel::cancel_region();
    }
    true
}

/// The `cancellation point` directive: whether the construct was cancelled. A
/// task ends also when its parallel region was.
#[no_mangle]
pub extern "C" fn GOMP_cancellation_point(which: c_int) -> bool {
    if which & LOOP_OR_SECTIONS != 0 {
        cancel::worksharing_is_cancelled()
    } else if which & TASKGROUP != 0 {
        tasking::taskgroup_is_cancelled()
    } else {
        current().context().is_region_cancelled()
    }
}

/// A barrier of a region with a `cancel parallel`: true if the region was
/// cancelled; then it does not wait.
#[no_mangle]
pub extern "C" fn GOMP_barrier_cancel() -> bool {
    barrier::cancellable_barrier()
}

/// The end of a loop in such a region, with its barrier.
#[no_mangle]
pub extern "C" fn GOMP_loop_end_cancel() -> bool {
    loops::end()
}

/// The end of `sections` in such a region, with its barrier.
#[no_mangle]
pub extern "C" fn GOMP_sections_end_cancel() -> bool {
    loops::end()
}
