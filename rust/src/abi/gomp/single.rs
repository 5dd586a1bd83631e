//! `single` (OpenMP 5.2, 11.1; libgomp ABI: `GOMP_single_*`). For `scope` without task
//! reductions the compiler calls no entry.

use crate::worksharing::single;
use core::ffi::c_void;

/// Meets a `single`. True for the one thread that executes the block.
#[no_mangle]
pub extern "C" fn GOMP_single_start() -> bool {
    single::start(false)
}

/// Meets a `single` as [`GOMP_single_start`] does. [`GOMP_single_end`] follows. GCC 17's
/// `-fopenmp-ompt` calls it.
#[no_mangle]
pub extern "C" fn GOMP_single_start_with_end() -> bool {
    single::start(true)
}

/// Ends the block of a `single`.
#[no_mangle]
pub extern "C" fn GOMP_single_end() {
    single::end();
}

/// Meets a `single` with `copyprivate`. Answers null to the thread that executes the
/// block. The other threads wait for the pointer that this thread passes to
/// `GOMP_single_copy_end`, and get that.
#[no_mangle]
pub extern "C" fn GOMP_single_copy_start() -> *mut c_void {
    single::copy_start()
}

/// Passes `data` to the other threads of a `single` with `copyprivate`. It must stay
/// valid until the team's next barrier.
#[no_mangle]
pub extern "C" fn GOMP_single_copy_end(data: *mut c_void) {
    single::copy_end(data);
}
