//! What the runtime itself allocates, when there is no memory.
//!
//! Rust's collections and boxes abort the process then. The runtime ends as
//! libgomp does instead: one sentence, and status 1. What can do without the
//! memory asks [`can_allocate`] first, or the C library.

use crate::messages;
use core::sync::atomic::{AtomicBool, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

/// The C library's allocator, whose last word is a sentence.
struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: all is the system's allocator, which keeps the contract; null is never answered.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise, here and below.
        given(unsafe { System.alloc(layout) }, layout.size())
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn given(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        out_of_memory(size);
    }
    block
}

/// Whether the process ends for want of memory.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Whether the process ends for want of memory, perhaps in the midst of
/// something that holds a lock: what runs at its exit gets no teams.
pub fn is_ending() -> bool {
    IS_ENDING.load(Ordering::Relaxed)
}

/// Ends the process as libgomp does. Allocates nothing.
#[cold]
pub fn out_of_memory(size: usize) -> ! {
    messages::complain(format_args!("Out of memory allocating {size} bytes"));
    if IS_ENDING.swap(true, Ordering::Relaxed) {
        // Again, on the way out.
        // SAFETY: ends the process.
        unsafe { libc::_exit(libc::EXIT_FAILURE) }
    }
    messages::end()
}

/// Whether the system has so many bytes now, as one block.
pub fn can_allocate(bytes: usize) -> bool {
    // SAFETY: the block is freed as it was allocated.
    unsafe {
        let block = libc::malloc(bytes);
        libc::free(block);
        !block.is_null()
    }
}
