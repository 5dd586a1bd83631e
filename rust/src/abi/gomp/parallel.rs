//! `parallel` and `barrier` (libgomp ABI, GOMP_1.0 and GOMP_4.0).

use crate::abi::gomp::words;
use crate::parallel;
use crate::team::task::Body;
use crate::tools::WaitKind;
use core::ffi::{c_uint, c_void};

/// Runs `body(data)` on each thread of a new team. Returns when all bodies have
/// ended and the team's tasks are done (OpenMP 5.2, 10.1).
///
/// `num_threads`: the clause's value; 0 without the clause; 1 if the `if` clause is
/// false. `flags`: bits 0 to 2 are the `proc_bind` clause (a value of
/// `omp_proc_bind_t`).
///
/// # Safety
///
/// `body(data)` must be callable from several threads at once.
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel(
    body: Body,
    data: *mut c_void,
    num_threads: c_uint,
    flags: c_uint,
) {
    let request = words::request(num_threads, flags);
    // SAFETY: the caller's promise.
    unsafe { parallel::parallel(body, data, request, |_| {}) }
}

/// The first half of a region; compilers before GCC 4.9 call it. It starts
/// `body(data)` on the other threads. The caller then calls `body(data)` itself,
/// and `GOMP_parallel_end`.
///
/// # Safety
///
/// As for [`GOMP_parallel`].
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel_start(body: Body, data: *mut c_void, num_threads: c_uint) {
    parallel::fork(body, data, num_threads, |_| {});
}

/// Ends the region that the calling thread started with `GOMP_parallel_start` or a
/// `GOMP_parallel_..._start`. Without such a region it does nothing.
#[no_mangle]
pub extern "C" fn GOMP_parallel_end() {
    parallel::join();
}

/// Waits until all threads of the team have come here and all tasks created
/// before are done (OpenMP 5.2, 15.3.1). If the region is cancelled (`cancel
/// parallel`), it does not wait: its members may have left.
#[no_mangle]
pub extern "C" fn GOMP_barrier() {
    parallel::barrier::cancellable_barrier(WaitKind::Barrier);
}
