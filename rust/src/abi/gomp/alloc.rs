//! Memory of `allocate` clauses and directives (libgomp ABI, GOMP_5.0.1 and
//! GOMP_5.1.2).

use crate::heap;
use crate::memory::{self, fortran};
use crate::parallel::allocator;
use core::ffi::c_void;

/// Allocates `size` bytes at a multiple of `alignment` by `allocator` (0: the default
/// one). If there is no memory, the program ends, whatever the allocator's fallback
/// is. Size 0: null.
#[no_mangle]
pub extern "C" fn GOMP_alloc(alignment: usize, size: usize, allocator: usize) -> *mut c_void {
    let block = memory::allocate(alignment, size, false, allocator::meant(allocator));
    if block.is_null() && size > 0 {
        heap::out_of_memory(size);
    }
    block
}

/// Frees a block of `GOMP_alloc`; does nothing for null. `allocator` is not used: the
/// block knows its allocator.
///
/// # Safety
///
/// The block is of `GOMP_alloc` or `omp_alloc` and not used any more.
#[no_mangle]
pub unsafe extern "C" fn GOMP_free(block: *mut c_void, allocator: usize) {
    let _ = allocator;
    // SAFETY: the caller's promise.
    unsafe { memory::free(block) }
}

/// A Fortran variable was allocated by `GOMP_alloc`: remembers its block, if not
/// null.
#[no_mangle]
pub extern "C" fn GOMP_add_alloc(block: *mut c_void) {
    if !block.is_null() {
        fortran::add(block as usize);
    }
}

/// Whether a Fortran variable was allocated by `GOMP_alloc`. Called once, when the
/// variable is about to be freed or reallocated: its block is forgotten.
#[no_mangle]
pub extern "C" fn GOMP_is_alloc(block: *mut c_void) -> bool {
    fortran::remove(block as usize)
}
