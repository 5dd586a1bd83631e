//! The user API `omp_*` (OpenMP 5.2, chapter 18).

pub mod affinity;
pub mod devices;
pub mod fortran;
pub mod fortran_locks;
pub mod interop;
pub mod locks;
pub mod machine;
pub mod memory;
pub mod tasks;
pub mod teams;
pub mod threads;

use core::ffi::c_int;

/// An argument of a Fortran routine with 8-byte integers.
fn saturate(n: i64) -> c_int {
    n.clamp(i64::from(c_int::MIN), i64::from(c_int::MAX)) as c_int
}
