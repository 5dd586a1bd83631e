//! `cancel`, `cancellation point` and barriers that tell of it (LLVM ABI).

use crate::abi::kmpc::parallel::barrier_kind;
use crate::abi::kmpc::Location;
use crate::parallel::barrier;
use crate::parallel::cancel::{self, Construct};
use core::ffi::c_int;

/// The construct of a kind: 1 parallel, 2 loop, 3 sections, 4 taskgroup.
fn construct(kind: c_int) -> Construct {
    match kind {
        2 => Construct::Loop,
        3 => Construct::Sections,
        4.. => Construct::Taskgroup,
        _ => Construct::Region,
    }
}

/// The `cancel` directive. 1 if the construct is cancelled.
#[no_mangle]
pub extern "C" fn __kmpc_cancel(location: *const Location, thread: c_int, kind: c_int) -> c_int {
    let _ = (location, thread);
    c_int::from(cancel::cancel(construct(kind)))
}

/// The `cancellation point` directive. 1 if the construct is cancelled.
#[no_mangle]
pub extern "C" fn __kmpc_cancellationpoint(
    location: *const Location,
    thread: c_int,
    kind: c_int,
) -> c_int {
    let _ = (location, thread);
    c_int::from(cancel::is_cancelled(construct(kind)))
}

/// A barrier in a region that may be cancelled. 1 if it is; then the barrier does not wait.
///
/// # Safety
///
/// `location` is null or a record of the compiler.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_cancel_barrier(location: *const Location, thread: c_int) -> c_int {
    let _ = thread;
    // SAFETY: the caller's promise.
    let at = unsafe { barrier_kind(location) };
    c_int::from(barrier::cancellable_barrier(at))
}
