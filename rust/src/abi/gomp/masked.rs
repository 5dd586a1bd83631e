//! `masked` and `master`, as GCC 17 compiles them (OpenMP 5.2, 10.5; libgomp's development
//! branch: `GOMP_has_masked_thread_num*`, `GOMP_masked_end`). Older compilers call no entry.

use crate::team::register::current;
use crate::worksharing::masked;
use core::ffi::c_int;

/// Meets a `masked`. Whether the calling thread, whose number is `filter`, executes the
/// block. `master` passes 0.
#[no_mangle]
pub extern "C" fn GOMP_has_masked_thread_num(filter: c_int) -> bool {
    c_int::try_from(current().context().member.num) == Ok(filter)
}

/// Meets a `masked` as [`GOMP_has_masked_thread_num`] does; [`GOMP_masked_end`] follows if
/// the answer is true. `-fopenmp-ompt` calls it.
#[no_mangle]
pub extern "C" fn GOMP_has_masked_thread_num_with_end(filter: c_int) -> bool {
    masked::start(filter)
}

/// Ends a `masked`.
#[no_mangle]
pub extern "C" fn GOMP_masked_end() {
    masked::end();
}
