//! Handles of allocators.

/// `omp_allocator_handle_t`: 0 for the default allocator, 1 to 8 for predefined ones, 200
/// and 201 for GNU's predefined ones, else the address of an
/// [`Allocator`](super::traits::Allocator).
pub type Handle = usize;

/// `omp_null_allocator`.
pub const NULL: Handle = 0;
/// `omp_default_mem_alloc`.
pub const DEFAULT_MEM: Handle = 1;
/// The largest handle of a standard predefined allocator (`omp_thread_mem_alloc`).
pub(super) const LAST_STANDARD: Handle = 8;
/// `ompx_gnu_pinned_mem_alloc`.
pub(super) const PINNED: Handle = 200;
/// `ompx_gnu_managed_mem_alloc`.
pub(super) const MANAGED: Handle = 201;
/// The lowest address that an [`Allocator`](super::traits::Allocator) can have.
pub(super) const MIN_ADDRESS: Handle = 4096;
