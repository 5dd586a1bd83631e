//! Memory management routines (OpenMP 5.2, 18.13; libgomp ABI nodes OMP_5.0.1 and
//! OMP_5.0.2). An allocator is an `omp_allocator_handle_t`; 0 (null) stands for the
//! default allocator. A size that does not fit an address counts as more memory than
//! there is: the allocator's `fallback` decides.

use crate::memory::traits::Trait;
use crate::memory::{self, Handle};
use crate::messages;
use crate::parallel::allocator::{self, meant};
use core::ffi::{c_int, c_void};

/// `omp_default_mem_space` in the `omp.h` of LLVM from 20 on; elsewhere it is 0.
const LLVM_DEFAULT_SPACE: usize = 99;

/// Makes an allocator for a memory space (`omp_memspace_handle_t`) with `count` traits.
/// Answers 0 if the space, a trait or a trait's value is not known.
///
/// # Safety
///
/// `traits` has `count` traits.
#[no_mangle]
pub unsafe extern "C" fn omp_init_allocator(
    space: usize,
    count: c_int,
    traits: *const Trait,
) -> Handle {
    let space = if space == LLVM_DEFAULT_SPACE {
        0
    } else {
        space
    };
    if count > 0 && traits.is_null() {
        messages::warn_once("omp_init_allocator", || {
            format!("omp_init_allocator: {count} traits at a null pointer; there is no allocator")
        });
        return memory::NULL;
    }
    let traits = match usize::try_from(count) {
        // SAFETY: the caller's promise.
        Ok(count) if count > 0 => unsafe { core::slice::from_raw_parts(traits, count) },
        _ => &[],
    };
    memory::init_allocator(space, traits)
}

/// `omp_init_allocator` from Fortran.
///
/// # Safety
///
/// As for `omp_init_allocator`; the pointers are valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_init_allocator_(
    space: *const usize,
    count: *const i32,
    traits: *const Trait,
) -> Handle {
    // SAFETY: the caller's promise.
    unsafe { omp_init_allocator(*space, *count, traits) }
}

/// `omp_init_allocator` from Fortran with 8-byte integers.
///
/// # Safety
///
/// As for `omp_init_allocator`; the pointers are valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_init_allocator_8_(
    space: *const usize,
    count: *const i64,
    traits: *const Trait,
) -> Handle {
    // SAFETY: the caller's promise.
    unsafe { omp_init_allocator(*space, crate::abi::omp::saturate(*count), traits) }
}

/// Frees an allocator. Does nothing for null and for predefined allocators.
///
/// # Safety
///
/// All the allocator's blocks have been freed.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_allocator(allocator: Handle) {
    // SAFETY: the caller's promise.
    unsafe { memory::destroy_allocator(allocator) }
}

/// `omp_destroy_allocator` from Fortran.
///
/// # Safety
///
/// As for `omp_destroy_allocator`; the pointer is valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_allocator_(allocator: *const Handle) {
    // SAFETY: the caller's promise.
    unsafe { memory::destroy_allocator(*allocator) }
}

/// Sets `def-allocator-var` of the implicit task; 0 stands for
/// `omp_default_mem_alloc`.
#[no_mangle]
pub extern "C" fn omp_set_default_allocator(allocator: Handle) {
    allocator::set_default_allocator(allocator);
}

/// `omp_set_default_allocator` from Fortran.
///
/// # Safety
///
/// The pointer is valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_set_default_allocator_(allocator: *const Handle) {
    // SAFETY: the caller's promise.
    allocator::set_default_allocator(unsafe { *allocator });
}

/// `def-allocator-var` of the implicit task.
#[no_mangle]
pub extern "C" fn omp_get_default_allocator() -> Handle {
    allocator::default_allocator()
}

/// `omp_get_default_allocator` from Fortran.
#[no_mangle]
pub extern "C" fn omp_get_default_allocator_() -> Handle {
    allocator::default_allocator()
}

/// Allocates `size` bytes; null if it cannot, or if the size is 0.
#[no_mangle]
pub extern "C" fn omp_alloc(size: usize, allocator: Handle) -> *mut c_void {
    memory::allocate(1, size, false, meant(allocator))
}

/// Allocates `size` bytes at a multiple of `alignment`, a power of two; null if it
/// cannot, or if the size is 0.
#[no_mangle]
pub extern "C" fn omp_aligned_alloc(
    alignment: usize,
    size: usize,
    allocator: Handle,
) -> *mut c_void {
    memory::allocate(alignment, size, false, meant(allocator))
}

/// Allocates `count` elements of `size` bytes, all zero; null if it cannot, or if the
/// elements have no bytes.
#[no_mangle]
pub extern "C" fn omp_calloc(count: usize, size: usize, allocator: Handle) -> *mut c_void {
    omp_aligned_calloc(1, count, size, allocator)
}

/// `omp_calloc` at a multiple of `alignment`, a power of two.
#[no_mangle]
pub extern "C" fn omp_aligned_calloc(
    alignment: usize,
    count: usize,
    size: usize,
    allocator: Handle,
) -> *mut c_void {
    // A product that does not fit is more memory than there is.
    let bytes = count.saturating_mul(size);
    memory::allocate(alignment, bytes, true, meant(allocator))
}

/// Moves the block's bytes, as many as fit, into a block of `size` bytes of `allocator`
/// (0: the block's own allocator). Answers the new block, or null if there is no memory;
/// then the old block stays as it was. If the block is null, this is `omp_alloc`. If the
/// size is 0, it frees the block and answers null. `free_allocator` is not used: the
/// block knows its allocator.
///
/// # Safety
///
/// The block is of these routines. It is not used any more, unless the answer is null
/// and the size is not 0.
#[no_mangle]
pub unsafe extern "C" fn omp_realloc(
    block: *mut c_void,
    size: usize,
    allocator: Handle,
    free_allocator: Handle,
) -> *mut c_void {
    let _ = free_allocator;
    if block.is_null() {
        return omp_alloc(size, allocator);
    }
    // SAFETY: the caller's promise.
    unsafe { memory::reallocate(block, size, allocator) }
}

/// Frees a block of these routines; does nothing for null. `allocator` is not used: the
/// block knows its allocator.
///
/// # Safety
///
/// The block is not used any more.
#[no_mangle]
pub unsafe extern "C" fn omp_free(block: *mut c_void, allocator: Handle) {
    let _ = allocator;
    // SAFETY: the caller's promise.
    unsafe { memory::free(block) }
}
