//! The runtime's own allocations, when there is no memory.
//!
//! By default, Rust's collections and boxes abort the process then. The runtime ends it
//! as libgomp does: with one sentence, and status 1. Code that can do without the memory
//! asks [`can_allocate`] first, or calls the C library.

use crate::messages;
use core::sync::atomic::{AtomicBool, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

/// The C library's allocator. It ends the process with a sentence if it has no memory.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: the system's allocator does all the work, and keeps the contract; this one
// never answers null.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise; so in the functions below.
        or_end(unsafe { System.alloc(layout) }, layout.size())
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        or_end(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        or_end(unsafe { System.realloc(block, layout, size) }, size)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The block, if it is not null; else ends the process.
#[inline]
fn or_end(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        out_of_memory(size);
    }
    block
}

/// See [`is_ending`].
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Whether the process is ending because it has no memory. It may have stopped while it
/// held a lock, so handlers that run at its exit get no teams.
pub fn is_ending() -> bool {
    IS_ENDING.load(Ordering::Relaxed)
}

/// Ends the process as libgomp does. Allocates nothing.
#[cold]
pub fn out_of_memory(size: usize) -> ! {
    messages::complain(format_args!("Out of memory allocating {size} bytes"));
    if IS_ENDING.swap(true, Ordering::Relaxed) {
        // A handler of `exit` has come here again.
        // SAFETY: this ends the process.
        unsafe { libc::_exit(libc::EXIT_FAILURE) }
    }
    messages::end()
}

/// Whether the C library can allocate `bytes` now, as one block.
pub fn can_allocate(bytes: usize) -> bool {
    // SAFETY: the block is freed as it was allocated.
    unsafe {
        let block = libc::malloc(bytes);
        libc::free(block);
        !block.is_null()
    }
}
