//! `cancel`, `cancellation point` and barriers that tell of it (LLVM ABI).

use crate::abi::gomp::cancel::{GOMP_cancel, GOMP_cancellation_point};
use crate::abi::kmpc::Location;
use crate::parallel::barrier;
use core::ffi::c_int;

/// The construct of a kind, as a bit of `GOMP_cancel`: 1 parallel, 2 loop, 3 sections, 4
/// taskgroup.
fn which(kind: c_int) -> c_int {
    1 << (kind.clamp(1, 4) - 1)
}

/// The `cancel` directive. 1 if the construct is cancelled.
#[no_mangle]
pub extern "C" fn __kmpc_cancel(location: *const Location, thread: c_int, kind: c_int) -> c_int {
    let _ = (location, thread);
    c_int::from(GOMP_cancel(which(kind), true))
}

/// The `cancellation point` directive. 1 if the construct is cancelled.
#[no_mangle]
pub extern "C" fn __kmpc_cancellationpoint(
    location: *const Location,
    thread: c_int,
    kind: c_int,
) -> c_int {
    let _ = (location, thread);
    c_int::from(GOMP_cancellation_point(which(kind)))
}

/// A barrier in a region that may be cancelled. 1 if it is; then the barrier does not wait.
#[no_mangle]
pub extern "C" fn __kmpc_cancel_barrier(location: *const Location, thread: c_int) -> c_int {
    let _ = (location, thread);
    c_int::from(barrier::cancellable_barrier())
}
