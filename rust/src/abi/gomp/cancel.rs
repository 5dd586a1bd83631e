//! `cancel` and `cancellation point` (OpenMP 5.2, 11.5; libgomp ABI, GOMP_4.0).
//!
//! `which` names the construct: bit 0 `parallel`, 1 `for`, 2 `sections`, 3
//! `taskgroup`. Each entry answers whether the construct is cancelled; if so, the
//! compiler's code leaves the construct. Without `OMP_CANCELLATION=true` every
//! answer is false.
//!
//! # Which barrier looks at `cancel parallel`
//!
//! | barrier | looks | tells its caller |
//! |---------|-------|------------------|
//! | `GOMP_barrier`, `GOMP_loop_end`, `GOMP_sections_end` | yes | no |
//! | `GOMP_barrier_cancel`, `GOMP_loop_end_cancel`, `GOMP_sections_end_cancel` | yes | yes, by true |
//! | `GOMP_workshare_task_reduction_unregister`, `copyprivate`'s | no: all members pass | - |
//!
//! The first two kinds are one function of the core, [`barrier::cancellable_barrier`].
//! GCC calls the entries that answer where the directive itself is in a region that
//! has a `cancel parallel`. The others may be called in the same region, from a
//! function that the compiler has not seen; so they must not wait for members that
//! have left. All members meet the join at the end of the region, cancelled or not.

use crate::parallel::barrier;
use crate::parallel::cancel::{self, Construct};
use crate::tools::WaitKind;
use crate::worksharing::loops;
use core::ffi::c_int;

const LOOP: c_int = 1 << 1;
const SECTIONS: c_int = 1 << 2;
const TASKGROUP: c_int = 1 << 3;

/// The construct of these bits.
fn construct(which: c_int) -> Construct {
    if which & LOOP != 0 {
        Construct::Loop
    } else if which & SECTIONS != 0 {
        Construct::Sections
    } else if which & TASKGROUP != 0 {
        Construct::Taskgroup
    } else {
        Construct::Region
    }
}

/// The `cancel` directive. True: the construct is cancelled. `do_cancel` is its
/// `if` clause; if that is false, the directive is a cancellation point.
#[no_mangle]
pub extern "C" fn GOMP_cancel(which: c_int, do_cancel: bool) -> bool {
    if do_cancel {
        cancel::cancel(construct(which))
    } else {
        cancel::is_cancelled(construct(which))
    }
}

/// The `cancellation point` directive. True: the construct is cancelled. For
/// `taskgroup` also true if the task's parallel region is cancelled.
#[no_mangle]
pub extern "C" fn GOMP_cancellation_point(which: c_int) -> bool {
    cancel::is_cancelled(construct(which))
}

/// A barrier in a region that has a `cancel parallel`. True: the region is
/// cancelled, and the barrier does not wait. `GOMP_barrier` looks at `cancel
/// parallel`, too, but does not answer.
#[no_mangle]
pub extern "C" fn GOMP_barrier_cancel() -> bool {
    barrier::cancellable_barrier(WaitKind::Barrier)
}

/// Ends a loop in a region that has a `cancel parallel`, with the loop's barrier;
/// answers as `GOMP_barrier_cancel`.
#[no_mangle]
pub extern "C" fn GOMP_loop_end_cancel() -> bool {
    loops::end()
}

/// Ends `sections` in a region that has a `cancel parallel`, with their barrier;
/// answers as `GOMP_barrier_cancel`.
#[no_mangle]
pub extern "C" fn GOMP_sections_end_cancel() -> bool {
    loops::end()
}
