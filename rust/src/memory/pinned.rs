//! Small blocks in locked memory. They share pages: locked memory is scarce
//! (`RLIMIT_MEMLOCK`), and the system counts it in pages.
//!
//! A page has blocks of one size. It is locked when it is made. When its last block is
//! freed, the page is returned to the system, which unlocks it; an unlock of single
//! blocks would not work, because `mlock` does not count how often a page was locked.
//! For each size there is a list of the pages with room. One lock guards everything.
//!
//! In a child of `fork`, the parent's pages are not locked. So the child makes new pages,
//! and only frees the blocks of the old ones.

use crate::memory::pages;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::process;
use core::ffi::c_void;
use core::ptr::null_mut;

/// The largest block, in bytes, that shares a page. A larger one has pages of its own.
pub const MAX_BYTES: usize = 1024;

/// The sizes of blocks are multiples of [`FINE_STEP_BYTES`] up to [`MAX_FINE_BYTES`], then
/// multiples of [`COARSE_STEP_BYTES`].
const FINE_STEP_BYTES: usize = 16;
const MAX_FINE_BYTES: usize = 256;
const COARSE_STEP_BYTES: usize = 64;
const FINE_SIZES: usize = MAX_FINE_BYTES / FINE_STEP_BYTES;
const SIZES: usize = FINE_SIZES + (MAX_BYTES - MAX_FINE_BYTES) / COARSE_STEP_BYTES;

/// The number of the size for blocks of `size` bytes, from 1 to [`MAX_BYTES`].
fn number(size: usize) -> usize {
    match size {
        ..=MAX_FINE_BYTES => size.div_ceil(FINE_STEP_BYTES) - 1,
        _ => FINE_SIZES + (size - MAX_FINE_BYTES).div_ceil(COARSE_STEP_BYTES) - 1,
    }
}

/// The size with a number.
fn bytes(number: usize) -> usize {
    match number {
        ..FINE_SIZES => (number + 1) * FINE_STEP_BYTES,
        _ => MAX_FINE_BYTES + (number + 1 - FINE_SIZES) * COARSE_STEP_BYTES,
    }
}

/// The beginning of a page.
#[repr(C, align(16))]
struct Page {
    /// The page's neighbours in the list of its size, if it is in the list.
    next: *mut Page,
    previous: *mut Page,
    /// The blocks that were freed.
    free: *mut Free,
    /// How many blocks are in use, and how many ever were.
    used: u32,
    begun: u32,
    /// The number of its blocks' size.
    number: usize,
    /// The process that locked it.
    process: u32,
}

/// The contents of a block that nobody uses.
struct Free {
    next: *mut Free,
}

impl Page {
    /// How many blocks the page has room for.
    fn capacity(&self) -> u32 {
        ((pages::page_size() - size_of::<Page>()) / bytes(self.number)) as u32
    }
}

/// The pages with room: a list for each size.
struct Pages([*mut Page; SIZES]);

// SAFETY: only the holder of the lock reaches the pages.
unsafe impl Send for Pages {}

/// The pages with room.
static PAGES: Mutex<Pages> = covered(Rank::Pinned, Pages([null_mut(); SIZES]));

/// The child makes pages of its own.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[&PAGES], || PAGES.lock().0 = [null_mut(); SIZES]);

impl Pages {
    /// Puts a page into the list of its size.
    ///
    /// # Safety
    ///
    /// The page is not in the list.
    unsafe fn insert(&mut self, page: *mut Page) {
        // SAFETY: the caller's promise; the pages of the list exist.
        unsafe {
            let first = &mut self.0[(*page).number];
            (*page).next = *first;
            (*page).previous = null_mut();
            if let Some(next) = first.as_mut() {
                next.previous = page;
            }
            *first = page;
        }
    }

    /// Takes a page out of the list of its size.
    ///
    /// # Safety
    ///
    /// The page is in the list.
    unsafe fn remove(&mut self, page: *mut Page) {
        // SAFETY: the caller's promise.
        unsafe {
            let Page { next, previous, .. } = *page;
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.0[(*page).number] = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
        }
    }

    /// A page with room for a block of the size with this number; null if there is no
    /// memory.
    fn page(&mut self, number: usize) -> *mut Page {
        if !self.0[number].is_null() {
            return self.0[number];
        }
        let environment = pages::Partition::Environment;
        let page: *mut Page = pages::map(pages::page_size(), true, environment).cast();
        if !page.is_null() {
            // SAFETY: the page is new, and larger than the `Page`.
            unsafe {
                page.write(Page {
                    next: null_mut(),
                    previous: null_mut(),
                    free: null_mut(),
                    used: 0,
                    begun: 0,
                    number,
                    process: process::generation(),
                });
                self.insert(page);
            }
        }
        page
    }
}

/// Allocates a block of 1 to [`MAX_BYTES`] bytes, aligned to 16; null if there is no
/// memory. Its contents are undefined.
pub fn get(size: usize) -> *mut c_void {
    let number = number(size);
    let mut pages = PAGES.lock();
    let page = pages.page(number);
    if page.is_null() {
        return null_mut();
    }
    // SAFETY: a page in the list has a free block, or room for another block.
    unsafe {
        let block = (*page).free;
        let block: *mut c_void = if block.is_null() {
            let before = size_of::<Page>() + (*page).begun as usize * bytes(number);
            (*page).begun += 1;
            page.byte_add(before).cast()
        } else {
            (*page).free = (*block).next;
            block.cast()
        };
        (*page).used += 1;
        if (*page).used == (*page).capacity() {
            pages.remove(page);
        }
        block
    }
}

/// Frees a block.
///
/// # Safety
///
/// The block is from [`get`], and not used any more.
pub unsafe fn put(block: *mut c_void) {
    let page: *mut Page = block.map_addr(|at| at & !(pages::page_size() - 1)).cast();
    let mut pages = PAGES.lock();
    // SAFETY: the block is in a page; a page exists as long as it has blocks in use. The
    // page is in the list if it has room and this process has made it.
    unsafe {
        let listed = (*page).process == process::generation();
        let was_full = (*page).used == (*page).capacity();
        (*page).used -= 1;
        if (*page).used == 0 {
            if listed && !was_full {
                pages.remove(page);
            }
            pages::unmap(page.cast(), pages::page_size());
            return;
        }
        let block: *mut Free = block.cast();
        (*block).next = (*page).free;
        (*page).free = block;
        if listed && was_full {
            pages.insert(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit() {
        for size in 1..=MAX_BYTES {
            let number = number(size);
            assert!(bytes(number) >= size && number < SIZES, "{size}");
            assert!(number == 0 || bytes(number - 1) < size, "{size}");
            assert_eq!(bytes(number) % FINE_STEP_BYTES, 0);
        }
        assert_eq!(size_of::<Page>() % FINE_STEP_BYTES, 0);
    }

    #[test]
    fn blocks_do_not_overlap_and_pages_come_and_go() {
        let mut random = 1u32;
        let mut blocks: Vec<(*mut u8, usize, u8)> = Vec::new();
        for round in 0..20_000u32 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let growing = round % 4000 < 2000;
            if blocks.len() < 2 || (random >> 8 & 3 > 0) == growing {
                let size = (random >> 16) as usize % 200 + 1;
                let block: *mut u8 = get(size).cast();
                if block.is_null() {
                    continue; // as much is locked as may be
                }
                assert_eq!(block.addr() % FINE_STEP_BYTES, 0);
                // SAFETY: the block has so many bytes.
                unsafe { block.write_bytes(round as u8, size) };
                blocks.push((block, size, round as u8));
            } else {
                let (block, size, mark) = blocks.swap_remove(random as usize % blocks.len());
                // SAFETY: as above; the block is not used any more.
                unsafe {
                    for i in 0..size {
                        assert_eq!(*block.add(i), mark);
                    }
                    put(block.cast());
                }
            }
        }
        for (block, ..) in blocks {
            // SAFETY: not used any more.
            unsafe { put(block.cast()) };
        }
        assert!(PAGES.lock().0.iter().all(|page| page.is_null()));
    }
}
