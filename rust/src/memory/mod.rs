//! Memory allocators (OpenMP 5.2, 6 and 18.13), called by the `omp_*` routines
//! and by `GOMP_alloc` and its kin.
//!
//! - [`mod@handle`]: how an allocator is named.
//! - [`traits`]: what an allocator is made from.
//! - [`mod@allocate`]: allocating and freeing.
//! - [`pool`]: how much an allocator has given out.
//! - [`pages`]: memory that is pinned or lies on certain nodes.
//! - [`pinned`]: small blocks share pinned pages.
//! - [`fortran`]: which of Fortran's allocatable variables were allocated here.
//!
//! All memory spaces are the process's ordinary memory. Nothing here knows a
//! thread or an ICV: [`crate::parallel::allocator`] has `def-allocator-var`.

pub mod allocate;
pub mod fortran;
pub mod handle;
pub mod pages;
pub mod pinned;
pub mod pool;
pub mod traits;

pub use allocate::{allocate, destroy_allocator, free, init_allocator, reallocate};
pub use handle::{Handle, NULL};
