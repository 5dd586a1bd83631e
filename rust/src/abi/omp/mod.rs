//! The user API `omp_*` (OpenMP 5.2, chapter 18).

pub mod affinity;
pub mod devices;
pub mod dimensions;
pub mod fortran;
pub mod fortran_locks;
pub mod interop;
pub mod locks;
pub mod machine;
pub mod memory;
pub mod ompc;
pub mod tasks;
pub mod teams;
pub mod threads;

use core::ffi::c_int;

/// A count as a routine answers it.
fn to_int(n: u32) -> c_int {
    c_int::try_from(n).unwrap_or(c_int::MAX)
}

/// An argument of a Fortran routine with 8-byte integers, or the nearest value that
/// the C routine can take.
pub(crate) fn saturate(n: i64) -> c_int {
    n.clamp(i64::from(c_int::MIN), i64::from(c_int::MAX)) as c_int
}
