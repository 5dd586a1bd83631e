//! Places (OpenMP 5.2, 2.4 and 10.1.3). Nothing here knows a team's threads;
//! [`crate::parallel::binding`] binds them to places.
//!
//! - [`mod@bind`]: the values of `bind-var`.
//! - [`cpuset`]: sets of processors.
//! - [`mod@places`]: the texts of `OMP_PLACES` and `GOMP_CPU_AFFINITY`.
//! - [`mod@kmp`]: the texts of `KMP_AFFINITY` and `KMP_HW_SUBSET`.
//! - [`topology`]: the places on this machine that the abstract names stand for.
//! - [`mod@settle`]: the places that the environment asks for, on this machine.
//! - [`partition`]: which place a thread of a region gets.
//! - [`mod@thread_binding`]: what a thread's record remembers of its binding.

pub mod bind;
pub mod cpuset;
pub mod kmp;
pub mod partition;
pub mod places;
pub mod settle;
pub mod thread_binding;
pub mod topology;
