//! Memory for tasks: per-thread lists of free blocks, in two sizes.
//!
//! A free block is a task that nobody uses, not finished and with no children and
//! no table, so that making a task is setting what differs. It goes to the list of the
//! thread that frees it. A thread that only frees (a thief) hands its list over
//! at [`KEPT`] blocks, [`BATCH`] at a time, and a thread that only creates takes
//! them from there: one lock per [`BATCH`] tasks.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::team::task::Task;
use core::cell::Cell;
use std::alloc::{alloc, dealloc, Layout};

/// Blocks per size above which a thread gives some away.
const KEPT: u32 = 128;
/// So many.
const BATCH: u32 = 64;
/// Batches per size that wait for somebody who needs them; the allocator gets
/// the others.
const BATCHES: usize = 32;
/// Blocks for most tasks.
pub(crate) const SMALL: Layout = block(320);
const LARGE: Layout = block(1024);

const fn block(size: usize) -> Layout {
    match Layout::from_size_align(size, 64) {
        Ok(layout) => layout,
        Err(_) => panic!(),
    }
}

/// Blocks of one size, the last one freed first.
struct List {
    layout: Layout,
    first: Cell<Option<&'static Task>>,
    length: Cell<u32>,
    given_away: &'static GivenAway,
}

/// Batches of blocks that some thread had too many of.
struct GivenAway(Mutex<Vec<Batch>>);

/// [`BATCH`] blocks in a list.
struct Batch(&'static Task);

// SAFETY: nobody uses the blocks, and the lock hands them over.
unsafe impl Send for Batch {}

static SMALL_GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::SmallTasks, Vec::new()));
static LARGE_GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::LargeTasks, Vec::new()));

/// Free blocks are nobody's, so the child may use them.
pub(crate) static AT_FORK: AtFork = AtFork {
    locks: &[&SMALL_GIVEN_AWAY.0, &LARGE_GIVEN_AWAY.0],
    before: || {},
    in_parent: || {},
    in_child: || {},
};

impl List {
    const fn new(layout: Layout, given_away: &'static GivenAway) -> List {
        List {
            layout,
            first: Cell::new(None),
            length: Cell::new(0),
            given_away,
        }
    }

    #[inline(always)]
    fn pop(&self) -> &'static Task {
        match self.first.get() {
            Some(task) => {
                self.first.set(task.next_free.get());
                self.length.set(self.length.get().wrapping_sub(1));
                task
            }
            None => self.refill(),
        }
    }

    #[inline(always)]
    fn push(&self, task: &'static Task) {
        task.next_free.set(self.first.get());
        self.first.set(Some(task));
        self.length.set(self.length.get().wrapping_add(1));
        if self.length.get() >= KEPT {
            self.give_away();
        }
    }

    #[cold]
    #[inline(never)]
    fn refill(&self) -> &'static Task {
        let batch = self.given_away.0.lock().pop();
        match batch {
            Some(Batch(first)) => {
                self.first.set(first.next_free.get());
                self.length.set(BATCH - 1);
                first
            }
            None => fresh(self.layout),
        }
    }

    #[cold]
    #[inline(never)]
    fn give_away(&self) {
        let Some(first) = self.first.get() else {
            return;
        };
        let mut last = first;
        for _ in 1..BATCH {
            if let Some(next) = last.next_free.get() {
                last = next;
            }
        }
        self.first.set(last.next_free.take());
        self.length.set(self.length.get() - BATCH);
        let mut batches = self.given_away.0.lock();
        if batches.len() < BATCHES {
            batches.push(Batch(first));
            return;
        }
        drop(batches);
        free_all(Some(first));
    }
}

impl List {
    fn clear(&self) {
        self.length.set(0);
        free_all(self.first.take());
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
            small: List::new(SMALL, &SMALL_GIVEN_AWAY),
            large: List::new(LARGE, &LARGE_GIVEN_AWAY),
        }
    }

    /// Gives all blocks to the allocator that threads had too many of.
    pub(crate) fn clear_given_away() {
        for given_away in [&SMALL_GIVEN_AWAY, &LARGE_GIVEN_AWAY] {
            let batches = std::mem::take(&mut *given_away.0.lock());
            batches
                .into_iter()
                .for_each(|Batch(first)| free_all(Some(first)));
        }
    }

    /// Gives all free blocks to the allocator.
    pub(crate) fn clear(&self) {
        self.small.clear();
        self.large.clear();
    }

    /// A task in a block of at least this layout, which begins with the task.
    #[inline(always)]
    pub(crate) fn get(&self, layout: Layout) -> &'static Task {
        if layout.size() <= SMALL.size() && layout.align() <= SMALL.align() {
            self.get_small()
        } else {
            self.get_larger(layout)
        }
    }

    /// As `get`, in a block of the layout [`SMALL`].
    #[inline(always)]
    pub(crate) fn get_small(&self) -> &'static Task {
        self.small.pop()
    }

    #[cold]
    fn get_larger(&self, layout: Layout) -> &'static Task {
        if layout.size() <= LARGE.size() && layout.align() <= LARGE.align() {
            self.large.pop()
        } else {
            fresh(layout)
        }
    }

    /// Takes a block of `get_small` back; as `put`.
    ///
    /// # Safety
    ///
    /// As for `put`.
    #[inline(always)]
    pub(crate) unsafe fn put_small(&self, task: &'static Task) {
        self.small.push(task);
    }

    /// Takes the memory of a dead task back, which has no children and no
    /// table.
    ///
    /// # Safety
    ///
    /// `task` came from some thread's `get` and is not used again.
    #[inline(always)]
    pub(crate) unsafe fn put(&self, task: &'static Task) {
        if task.has_layout(SMALL) {
            self.small.push(task);
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.put_larger(task) };
        }
    }

    /// # Safety
    ///
    /// As for `put`.
    #[cold]
    unsafe fn put_larger(&self, task: &'static Task) {
        if task.has_layout(LARGE) {
            self.large.push(task);
        } else {
            // SAFETY: the caller's promise.
            unsafe { give_back(task) };
        }
    }
}

/// The address so many bytes into the task's block.
#[inline(always)]
pub(crate) fn behind(task: &'static Task, offset: usize) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(core::ptr::from_ref(task).addr() + offset)
}

#[cold]
fn fresh(layout: Layout) -> &'static Task {
    // SAFETY: the size is at least that of a task, so not 0.
    let block: *mut Task = unsafe { alloc(layout) }.cast();
    // SAFETY: the block is fresh, and big and aligned enough for a task.
    unsafe {
        block.write(Task::free(layout));
        block.expose_provenance();
        &*block
    }
}

/// The allocator gets these blocks, which nobody uses.
fn free_all(mut blocks: Option<&'static Task>) {
    while let Some(task) = blocks {
        blocks = task.next_free.get();
        // SAFETY: nobody uses the block.
        unsafe { give_back(task) };
    }
}

/// # Safety
///
/// `task` came from `fresh` and is not used again.
unsafe fn give_back(task: &'static Task) {
    let layout = task.layout();
    // SAFETY: the caller's promise; it was allocated with this very layout.
    unsafe { dealloc(behind(task, 0), layout) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn blocks_come_back_from_a_thread_that_only_frees() {
        static GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::SmallTasks, Vec::new()));
        let creator = List::new(SMALL, &GIVEN_AWAY);
        let thief = List::new(SMALL, &GIVEN_AWAY);
        let address = |task: &'static Task| core::ptr::from_ref(task).addr();
        let count = KEPT as usize + BATCH as usize * (BATCHES + 2);
        let tasks: Vec<_> = (0..count).map(|_| creator.pop()).collect();
        let blocks: HashSet<_> = tasks.iter().map(|task| address(task)).collect();
        assert_eq!(blocks.len(), count);
        tasks.into_iter().for_each(|task| thief.push(task));
        assert!(thief.length.get() < KEPT);
        assert_eq!(GIVEN_AWAY.0.lock().len(), BATCHES);
        let again: HashSet<_> = (0..BATCH as usize * BATCHES)
            .map(|_| address(creator.pop()))
            .collect();
        assert!(again.is_subset(&blocks));
        assert_eq!(again.len(), BATCH as usize * BATCHES);
        assert_eq!(creator.length.get(), 0);
        assert!(creator.first.get().is_none());
    }
}
