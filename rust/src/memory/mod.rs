//! Memory allocators (OpenMP 5.2, 6 and 18.13), for the `omp_*` routines and for
//! `GOMP_alloc` and `GOMP_free`.
//!
//! - [`mod@handle`]: how programs name an allocator.
//! - [`traits`]: an allocator, and the traits that it is made from.
//! - [`mod@allocate`]: allocating and freeing.
//! - [`pool`]: how much an allocator has given out.
//! - [`pages`]: whole pages, pinned or on certain memory nodes.
//! - [`pinned`]: small blocks, which share pinned pages.
//! - [`fortran`]: which of Fortran's allocatable variables were allocated here.
//!
//! All memory spaces are the process's ordinary memory. Nothing here knows a thread or
//! an ICV; `def-allocator-var` is in [`crate::parallel::allocator`].

pub mod allocate;
pub mod fortran;
pub mod handle;
pub mod pages;
pub mod pinned;
pub mod pool;
pub mod traits;

pub use allocate::{allocate, destroy_allocator, free, init_allocator, reallocate};
pub use handle::{Handle, NULL};
