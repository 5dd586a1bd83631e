//! Memory for tasks: per-thread lists of freed blocks, in two sizes.
//!
//! A block goes to the list of the thread that frees it. A thread that only
//! frees (a thief) keeps at most [`KEPT`] and gives the rest to the allocator.

use super::task::Task;
use core::cell::Cell;
use std::alloc::{alloc, dealloc, handle_alloc_error, Layout};

/// Blocks kept per size and thread.
const KEPT: u32 = 512;
/// Blocks for most tasks.
pub(super) const SMALL: Layout = block(256);
const LARGE: Layout = block(1024);

const fn block(size: usize) -> Layout {
    match Layout::from_size_align(size, 64) {
        Ok(layout) => layout,
        Err(_) => panic!(),
    }
}

struct List {
    first: Cell<*mut Block>,
    length: Cell<u32>,
}

/// What a free block holds.
struct Block {
    next: *mut Block,
}

impl List {
    const fn new() -> List {
        List {
            first: Cell::new(core::ptr::null_mut()),
            length: Cell::new(0),
        }
    }

    #[inline]
    fn pop(&self) -> Option<*mut u8> {
        let block = self.first.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: blocks in the list are free and hold a `Block`.
        self.first.set(unsafe { (*block).next });
        self.length.set(self.length.get() - 1);
        Some(block.cast())
    }

    #[inline]
    fn push(&self, block: *mut u8) -> bool {
        if self.length.get() >= KEPT {
            return false;
        }
        let block: *mut Block = block.cast();
        // SAFETY: the block is free, big enough and aligned for a `Block`.
        unsafe {
            block.write(Block {
                next: self.first.get(),
            })
        };
        self.first.set(block);
        self.length.set(self.length.get() + 1);
        true
    }
}

/// A thread's free blocks. Only that thread touches it.
pub struct TaskCache {
    small: List,
    large: List,
}

impl TaskCache {
    /// Nothing kept yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> TaskCache {
        TaskCache {
            small: List::new(),
            large: List::new(),
        }
    }

    /// The list for a layout, and the layout that its blocks really have.
    #[inline]
    fn class(&self, layout: Layout) -> (Option<&List>, Layout) {
        if layout.align() > LARGE.align() || layout.size() > LARGE.size() {
            (None, layout)
        } else if layout.size() <= SMALL.size() {
            (Some(&self.small), SMALL)
        } else {
            (Some(&self.large), LARGE)
        }
    }

    /// Uninitialised memory of this layout.
    #[inline]
    pub fn get(&self, layout: Layout) -> *mut u8 {
        let (list, real) = self.class(layout);
        list.and_then(List::pop).unwrap_or_else(|| fresh(real))
    }

    /// As `get`, of the layout [`SMALL`].
    #[inline]
    pub(super) fn get_small(&self) -> *mut u8 {
        self.small.pop().unwrap_or_else(|| fresh(SMALL))
    }

    /// Takes the memory of a dead task back.
    ///
    /// # Safety
    ///
    /// `task` came from some thread's `get(layout)` and is not used again.
    #[inline]
    pub unsafe fn put(&self, task: *mut Task, layout: Layout) {
        let block: *mut u8 = task.cast();
        let (list, real) = self.class(layout);
        if !list.is_some_and(|list| list.push(block)) {
            // SAFETY: `get` allocated it with this very layout.
            unsafe { dealloc(block, real) };
        }
    }
}

#[cold]
fn fresh(layout: Layout) -> *mut u8 {
    // SAFETY: the size is at least that of a task, so not 0.
    let block = unsafe { alloc(layout) };
    if block.is_null() {
        handle_alloc_error(layout);
    }
    block
}
