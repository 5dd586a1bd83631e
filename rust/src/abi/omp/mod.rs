//! The user API `omp_*` (OpenMP 5.2, chapter 18).

pub mod affinity;
pub mod locks;
pub mod machine;
pub mod threads;
