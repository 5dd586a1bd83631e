//! `single` (OpenMP 5.2, 11.1; libgomp ABI: `GOMP_single_*`). `masked`, and
//! `scope` without task reductions, need no call.

use crate::worksharing::single;
use core::ffi::c_void;

/// True for the one thread that executes the block.
#[no_mangle]
pub extern "C" fn GOMP_single_start() -> bool {
    single::start()
}

/// A `single` with `copyprivate`: null for the thread that executes the block;
/// the others wait and get what that thread gives `GOMP_single_copy_end`.
#[no_mangle]
pub extern "C" fn GOMP_single_copy_start() -> *mut c_void {
    single::copy_start()
}

/// Gives `data` to the other threads of a `single` with `copyprivate`. It must
/// stay valid until the team's next barrier.
#[no_mangle]
pub extern "C" fn GOMP_single_copy_end(data: *mut c_void) {
    single::copy_end(data);
}
