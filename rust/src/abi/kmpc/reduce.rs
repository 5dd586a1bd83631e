//! `reduction` of worksharing constructs and regions (LLVM ABI: `__kmpc_reduce*`).
//!
//! The compiled code has the reduction in two forms: one that combines the thread's copies
//! within a lock, and one by atomic operations. The runtime says which form the thread runs.
//! All threads of a team get the same answer, which depends on the call and the team's size
//! alone.

use crate::abi::kmpc::sync::{__kmpc_critical, __kmpc_end_critical, CriticalName};
use crate::abi::kmpc::Location;
use crate::parallel::barrier;
use crate::points;
use crate::team::register::current;
use crate::tools::{self, WaitKind};
use core::ffi::{c_int, c_void};

/// How a thread's copies get into the variables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Nobody else is in the team.
    Alone,
    /// With the lock that the compiler made.
    Locked,
    /// By atomic operations.
    Atomic,
}

/// # Safety
///
/// `location` is null or points to a location.
unsafe fn method(location: *const Location) -> Method {
    if current().context().team.size() == 1 {
        return Method::Alone;
    }
    // SAFETY: the caller's promise.
    if unsafe { Location::has(location, Location::ATOMIC_REDUCTION) } {
        Method::Atomic
    } else {
        Method::Locked
    }
}

/// Begins a reduction without a barrier. 1: the thread combines its copies now, and calls
/// [`__kmpc_end_reduce_nowait`]; 2: it combines them by atomic operations, and calls nothing.
/// `count` variables; `size`, `data` and `combine` are for methods that are not used.
///
/// # Safety
///
/// `lock` is what the compiler made for the reduction.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_reduce_nowait(
    location: *const Location,
    thread: c_int,
    count: c_int,
    size: usize,
    data: *mut c_void,
    combine: *const c_void,
    lock: *mut CriticalName,
) -> c_int {
    let _ = (count, size, data, combine);
    // The atomic form of a reduction without a barrier calls nothing at its end.
    // SAFETY: the caller's promise.
    unsafe { begin(location, thread, lock, false) }
}

/// Begins a reduction. `atomic_ends`: its atomic form calls an entry at its end, too.
///
/// # Safety
///
/// As for [`__kmpc_reduce_nowait`].
unsafe fn begin(
    location: *const Location,
    thread: c_int,
    lock: *mut CriticalName,
    atomic_ends: bool,
) -> c_int {
    if points::enabled(points::WAITS) {
        tools::reducing(true);
    }
    // SAFETY: the caller's promise.
    match unsafe { method(location) } {
        Method::Atomic => {
            if !atomic_ends && points::enabled(points::WAITS) {
                tools::reducing(false);
            }
            return 2;
        }
        // SAFETY: the caller's promise.
        Method::Locked => unsafe { __kmpc_critical(location, thread, lock) },
        Method::Alone => {}
    }
    1
}

/// The thread has combined its copies.
///
/// # Safety
///
/// As for [`__kmpc_reduce_nowait`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_end_reduce_nowait(
    location: *const Location,
    thread: c_int,
    lock: *mut CriticalName,
) {
    // SAFETY: the caller's promise.
    if unsafe { method(location) } == Method::Locked {
        // SAFETY: the caller's promise.
        unsafe { __kmpc_end_critical(location, thread, lock) };
    }
    if points::enabled(points::WAITS) {
        tools::reducing(false);
    }
}

/// Begins a reduction with a barrier. 1: the thread combines its copies now; 2: by atomic
/// operations; then it calls [`__kmpc_end_reduce`]. Arguments as for
/// [`__kmpc_reduce_nowait`].
///
/// # Safety
///
/// As for [`__kmpc_reduce_nowait`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_reduce(
    location: *const Location,
    thread: c_int,
    count: c_int,
    size: usize,
    data: *mut c_void,
    combine: *const c_void,
    lock: *mut CriticalName,
) -> c_int {
    let _ = (count, size, data, combine);
    // SAFETY: the caller's promise.
    unsafe { begin(location, thread, lock, true) }
}

/// The thread has combined its copies, and waits for the team.
///
/// # Safety
///
/// As for [`__kmpc_reduce_nowait`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_end_reduce(
    location: *const Location,
    thread: c_int,
    lock: *mut CriticalName,
) {
    // SAFETY: the caller's promise.
    unsafe { __kmpc_end_reduce_nowait(location, thread, lock) };
    barrier::cancellable_barrier(WaitKind::RuntimeBarrier);
}
