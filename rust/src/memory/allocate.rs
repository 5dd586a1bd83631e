//! Allocating and freeing, with an allocator's handle.
//!
//! # Note [Before a block]
//!
//! A [`Header`] of 32 bytes is in front of the bytes that the user gets. It has the
//! block's start, its size and its allocator, so `free` and `realloc` need nothing else,
//! and a plain `omp_alloc` costs what `malloc` costs. A pool is charged for the whole
//! block, as in libgomp: the user's bytes, the header, and what the alignment may waste
//! (alignment - 8 bytes).

use crate::memory::handle::{
    Handle, DEFAULT_MEM, LAST_STANDARD, MANAGED, MIN_ADDRESS, NULL, PINNED,
};
use crate::memory::traits::{Allocator, Fallback, Trait};
use crate::memory::{pages, pinned, pool};
use crate::{heap, messages};
use core::ffi::c_void;
use core::ptr::null_mut;

/// See Note [Before a block].
#[repr(C)]
struct Header {
    /// Where the block starts.
    start: *mut c_void,
    /// The block's size in bytes, with header and alignment.
    size: usize,
    allocator: Handle,
    /// The bytes that the user asked for.
    asked: usize,
}

/// How an allocator allocates.
struct Source {
    /// The allocator, if it is not a predefined one.
    made: Option<&'static Allocator>,
    /// The least alignment of its blocks, in bytes.
    alignment: usize,
    backing: Backing,
}

/// The memory that blocks come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backing {
    /// The C library.
    Plain,
    /// Pinned pages, shared by small blocks.
    Pinned,
    /// Pages of the block's own, on certain nodes, pinned or not.
    Placed(pages::Partition, bool),
}

impl Source {
    /// The source that `handle` (not null) stands for; `None` if there is no such
    /// allocator.
    #[inline]
    fn of(handle: Handle) -> Option<Source> {
        let plain = Source {
            made: None,
            alignment: 1,
            backing: Backing::Plain,
        };
        match handle {
            ..=LAST_STANDARD | MANAGED => Some(plain),
            PINNED => Some(Source {
                backing: Backing::Pinned,
                ..plain
            }),
            ..MIN_ADDRESS => None,
            _ => {
                // SAFETY: such a handle is from `init_allocator`. The API's contract
                // forbids its use after `destroy_allocator`.
                let made = unsafe { &*(handle as *const Allocator) };
                Some(Source {
                    made: Some(made),
                    alignment: made.alignment,
                    backing: match made.pinned {
                        pinned if pages::matters(made.partition) => {
                            Backing::Placed(made.partition, pinned)
                        }
                        true => Backing::Pinned,
                        false => Backing::Plain,
                    },
                })
            }
        }
    }

    fn pool(&self) -> Option<&'static pool::Pool> {
        self.made?.pool.as_ref()
    }

    /// Allocates a block of `size` bytes, and charges the pool; null if there is no
    /// memory.
    #[inline]
    fn get(&self, size: usize, zeroed: bool) -> *mut c_void {
        if let Some(pool) = self.pool() {
            if !pool.take(size) {
                return null_mut();
            }
        }
        let start = match (self.backing, zeroed) {
            (Backing::Plain, false) => {
                // SAFETY: malloc and calloc take any size.
                unsafe { libc::malloc(size) }
            }
            // SAFETY: as above.
            (Backing::Plain, true) => unsafe { libc::calloc(1, size) },
            (Backing::Pinned, _) if size <= pinned::MAX_BYTES => {
                let start = pinned::get(size);
                if zeroed && !start.is_null() {
                    // SAFETY: the block has `size` bytes.
                    unsafe { start.write_bytes(0, size) };
                }
                start
            }
            (Backing::Pinned, _) => pages::map(size, true, pages::Partition::Environment),
            (Backing::Placed(partition, pinned), _) => pages::map(size, pinned, partition),
        };
        if start.is_null() {
            if let Some(pool) = self.pool() {
                pool.give_back(size);
            }
        }
        start
    }

    /// Frees a block, and credits the pool.
    ///
    /// # Safety
    ///
    /// The block is from `get` of the same allocator, and not used any more.
    #[inline]
    unsafe fn put(&self, start: *mut c_void, size: usize) {
        if let Some(pool) = self.pool() {
            pool.give_back(size);
        }
        // SAFETY: the caller's promise.
        unsafe {
            match self.backing {
                Backing::Plain => libc::free(start),
                Backing::Pinned if size <= pinned::MAX_BYTES => pinned::put(start),
                Backing::Pinned | Backing::Placed(..) => pages::unmap(start, size),
            }
        }
    }

    /// What to do if this allocator, which `handle` names, has no memory.
    fn fallback(&self, handle: Handle) -> Fallback {
        match self.made {
            Some(made) => made.fallback,
            None if handle == DEFAULT_MEM => Fallback::Null,
            None => Fallback::DefaultMem,
        }
    }
}

/// Makes an allocator; null if the space, a trait or a trait's value is not known.
pub fn init_allocator(space: usize, traits: &[Trait]) -> Handle {
    Allocator::new(space, traits).map_or(NULL, |made| Box::into_raw(Box::new(made)) as Handle)
}

/// Frees an allocator. Does nothing for predefined allocators and null.
///
/// # Safety
///
/// An allocator from `init_allocator` must not be used any more.
pub unsafe fn destroy_allocator(handle: Handle) {
    if handle >= MIN_ADDRESS {
        // SAFETY: made by `init_allocator`; not used any more.
        drop(unsafe { Box::from_raw(handle as *mut Allocator) });
    }
}

/// Allocates `size` bytes at a multiple of `alignment` and of the allocator's alignment.
/// The allocator is `handle` (not null), or the one that it falls back to. Answers null
/// if there is no memory, or if `size` is 0. An alignment that is not a power of two is
/// rounded up to one.
#[inline]
pub fn allocate(alignment: usize, size: usize, zeroed: bool, handle: Handle) -> *mut c_void {
    if size == 0 {
        return null_mut();
    }
    let mut handle = handle;
    loop {
        let Some(source) = Source::of(handle) else {
            messages::warn_once("allocator", || {
                format!("{handle} is not an allocator; nothing is allocated")
            });
            return null_mut();
        };
        let block = place(&source, alignment, size, zeroed, handle);
        if !block.is_null() {
            return block;
        }
        handle = match source.fallback(handle) {
            Fallback::DefaultMem => DEFAULT_MEM,
            Fallback::Null => return null_mut(),
            Fallback::Abort => heap::out_of_memory(size),
            Fallback::Allocator(next) => next,
        };
    }
}

/// One try of [`allocate`], with one allocator.
#[inline]
fn place(
    source: &Source,
    alignment: usize,
    size: usize,
    zeroed: bool,
    handle: Handle,
) -> *mut c_void {
    const WORD: usize = size_of::<usize>();
    let alignment = alignment.max(source.alignment).max(WORD);
    let Some(alignment) = alignment.checked_next_power_of_two() else {
        return null_mut();
    };
    let around = size_of::<Header>().checked_add(alignment - WORD);
    let Some(whole) = around.and_then(|around| around.checked_add(size)) else {
        return null_mut();
    };
    let start = source.get(whole, zeroed);
    if start.is_null() {
        return null_mut();
    }
    // A block starts at a multiple of a word, so these bytes are always in it.
    let user = (start as usize + size_of::<Header>() + alignment - WORD) & !(alignment - 1);
    let user = start.with_addr(user);
    // SAFETY: the header is in the block, in front of the user's bytes.
    unsafe {
        header(user).write(Header {
            start,
            size: whole,
            allocator: handle,
            asked: size,
        })
    };
    user
}

/// The header of a block.
#[inline]
fn header(user: *mut c_void) -> *mut Header {
    user.cast::<Header>().wrapping_sub(1)
}

/// Frees a block of [`allocate`] or [`reallocate`]. Does nothing for null.
///
/// # Safety
///
/// The block is not used any more, and its allocator still exists.
#[inline]
pub unsafe fn free(user: *mut c_void) {
    if user.is_null() {
        return;
    }
    // SAFETY: the caller's promise: `place` or `grow` has written a header there.
    unsafe {
        let Header {
            start,
            size,
            allocator,
            ..
        } = header(user).read();
        if let Some(source) = Source::of(allocator) {
            source.put(start, size);
        }
    }
}

/// Moves the block's bytes, as many as fit, into a block of `size` bytes of the allocator
/// `handle` (null: the block's own allocator). Answers that block; or null if there is no
/// memory, and then the old block is as it was. If `size` is 0, it frees the block and
/// answers null.
///
/// # Safety
///
/// As for [`free`]; the block is not null.
pub unsafe fn reallocate(user: *mut c_void, size: usize, handle: Handle) -> *mut c_void {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        if size == 0 {
            free(user);
            return null_mut();
        }
        let old = header(user).read();
        let handle = if handle == NULL {
            old.allocator
        } else {
            handle
        };
        if let Some(grown) = grow(user, &old, size, handle) {
            return grown;
        }
        let new = allocate(1, size, false, handle);
        if !new.is_null() {
            core::ptr::copy_nonoverlapping(
                user.cast::<u8>(),
                new.cast::<u8>(),
                size.min(old.asked),
            );
            free(user);
        }
        new
    }
}

/// Calls the C library's `realloc`, if the block stays with its allocator and neither has
/// pages or an alignment of its own. `None` if that is not so, or if there is no memory.
///
/// # Safety
///
/// As for [`free`]; `old` is the block's header.
unsafe fn grow(
    user: *mut c_void,
    old: &Header,
    size: usize,
    handle: Handle,
) -> Option<*mut c_void> {
    let source = Source::of(handle)?;
    let plain = source.backing == Backing::Plain && source.alignment <= size_of::<usize>();
    let offset = user as usize - old.start as usize;
    if handle != old.allocator || !plain || offset != size_of::<Header>() {
        return None;
    }
    let whole = size.checked_add(offset)?;
    let more = whole.saturating_sub(old.size);
    if let Some(pool) = source.pool() {
        if !pool.take(more) {
            return None;
        }
    }
    // SAFETY: the block is from `malloc`. The header moves with it.
    let start = unsafe { libc::realloc(old.start, whole) };
    if let Some(pool) = source.pool() {
        pool.give_back(match start.is_null() {
            true => more,
            false => old.size.saturating_sub(whole),
        });
    }
    if start.is_null() {
        return None;
    }
    let user = start.wrapping_byte_add(offset);
    // SAFETY: the block has room for the header in front of the user's bytes.
    unsafe {
        header(user).write(Header {
            start,
            size: whole,
            allocator: handle,
            asked: size,
        });
    }
    Some(user)
}
