//! Memory of `allocate` clauses and directives (LLVM ABI).

use crate::abi::omp::memory::{
    omp_aligned_alloc, omp_alloc, omp_calloc, omp_destroy_allocator, omp_free,
    omp_get_default_allocator, omp_init_allocator, omp_realloc, omp_set_default_allocator,
};
use crate::memory::traits::Trait;
use crate::memory::Handle;
use core::ffi::{c_int, c_void};

/// `omp_alloc`.
#[no_mangle]
pub extern "C" fn __kmpc_alloc(thread: c_int, size: usize, allocator: Handle) -> *mut c_void {
    let _ = thread;
    omp_alloc(size, allocator)
}

/// `omp_aligned_alloc`.
#[no_mangle]
pub extern "C" fn __kmpc_aligned_alloc(
    thread: c_int,
    alignment: usize,
    size: usize,
    allocator: Handle,
) -> *mut c_void {
    let _ = thread;
    omp_aligned_alloc(alignment, size, allocator)
}

/// `omp_free`.
///
/// # Safety
///
/// As for `omp_free`.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_free(thread: c_int, block: *mut c_void, allocator: Handle) {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { omp_free(block, allocator) }
}

/// `omp_init_allocator`.
///
/// # Safety
///
/// As for `omp_init_allocator`.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_init_allocator(
    thread: c_int,
    space: usize,
    count: c_int,
    traits: *const Trait,
) -> Handle {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { omp_init_allocator(space, count, traits) }
}

/// `omp_destroy_allocator`.
///
/// # Safety
///
/// As for `omp_destroy_allocator`.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_destroy_allocator(thread: c_int, allocator: Handle) {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { omp_destroy_allocator(allocator) }
}

/// `omp_calloc`.
#[no_mangle]
pub extern "C" fn __kmpc_calloc(
    thread: c_int,
    count: usize,
    size: usize,
    allocator: Handle,
) -> *mut c_void {
    let _ = thread;
    omp_calloc(count, size, allocator)
}

/// `omp_realloc`.
///
/// # Safety
///
/// As for `omp_realloc`.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_realloc(
    thread: c_int,
    block: *mut c_void,
    size: usize,
    allocator: Handle,
    free_allocator: Handle,
) -> *mut c_void {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { omp_realloc(block, size, allocator, free_allocator) }
}

/// `omp_set_default_allocator`.
#[no_mangle]
pub extern "C" fn __kmpc_set_default_allocator(thread: c_int, allocator: Handle) {
    let _ = thread;
    omp_set_default_allocator(allocator);
}

/// `omp_get_default_allocator`.
#[no_mangle]
pub extern "C" fn __kmpc_get_default_allocator(thread: c_int) -> Handle {
    let _ = thread;
    omp_get_default_allocator()
}
