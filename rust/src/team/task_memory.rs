//! Memory for tasks: per-thread lists of free blocks, in two sizes.
//! [`mod@crate::tasking::create`] takes blocks; the end of a task gives them back.
//!
//! A free block is a task that no thread uses. It is not finished and has no children
//! and no table, so to make a task only sets what differs. A block goes to the list of the
//! thread that frees it. A thread that only frees (a thief) gives blocks away
//! when it has [`MAX_KEPT_BLOCKS`], [`BATCH_BLOCKS`] at a time, and a thread that only
//! creates takes them from there: one lock per [`BATCH_BLOCKS`] tasks.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::owned::{Owned, OwnedPart};
use crate::team::task::Task;
use std::alloc::{alloc, dealloc, Layout};

/// Free blocks of one size at which a thread gives a batch away.
const MAX_KEPT_BLOCKS: u32 = 128;
/// Blocks in a batch.
const BATCH_BLOCKS: u32 = 64;
/// Batches of one size that wait for a thread that needs them. The allocator gets
/// the others.
const MAX_BATCHES: usize = 32;
/// The layout of blocks for most tasks.
pub(crate) const SMALL: Layout = block(320);
const LARGE: Layout = block(1024);

const fn block(size: usize) -> Layout {
    match Layout::from_size_align(size, 64) {
        Ok(layout) => layout,
        Err(_) => panic!(),
    }
}

/// A thread's free blocks of one size, the one freed last first. Owner only.
struct FreeList {
    layout: Layout,
    first: Owned<Option<&'static Task>>,
    length: Owned<u32>,
    given_away: &'static GivenAway,
}

/// Batches of which some thread had too many.
struct GivenAway(Mutex<Vec<Batch>>);

/// The first of [`BATCH_BLOCKS`] blocks that are linked by `next_free`.
struct Batch(&'static Task);

// SAFETY: no thread uses the blocks, and the lock hands them over.
unsafe impl Send for Batch {}

static SMALL_GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::SmallTasks, Vec::new()));
static LARGE_GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::LargeTasks, Vec::new()));

/// No thread uses the free blocks, so the child may use them.
pub(crate) static AT_FORK: AtFork = AtFork {
    locks: &[&SMALL_GIVEN_AWAY.0, &LARGE_GIVEN_AWAY.0],
    before: || {},
    in_parent: || {},
    in_child: || {},
};

impl FreeList {
    const fn new(layout: Layout, given_away: &'static GivenAway) -> FreeList {
        FreeList {
            layout,
            first: Owned::new(None),
            length: Owned::new(0),
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
        if self.length.get() >= MAX_KEPT_BLOCKS {
            self.give_batch_away();
        }
    }

    #[cold]
    #[inline(never)]
    fn refill(&self) -> &'static Task {
        let batch = self.given_away.0.lock().pop();
        match batch {
            Some(Batch(first)) => {
                self.first.set(first.next_free.get());
                self.length.set(BATCH_BLOCKS - 1);
                first
            }
            None => fresh(self.layout),
        }
    }

    #[cold]
    #[inline(never)]
    fn give_batch_away(&self) {
        let Some(first) = self.first.get() else {
            return;
        };
        let mut last = first;
        for _ in 1..BATCH_BLOCKS {
            if let Some(next) = last.next_free.get() {
                last = next;
            }
        }
        self.first.set(last.next_free.take());
        self.length.set(self.length.get() - BATCH_BLOCKS);
        let mut batches = self.given_away.0.lock();
        if batches.len() < MAX_BATCHES {
            batches.push(Batch(first));
            return;
        }
        drop(batches);
        free_all(Some(first));
    }

    fn clear(&self) {
        self.length.set(0);
        free_all(self.first.take());
    }

    fn hand_over(&self) {
        self.first.hand_over();
        self.length.hand_over();
    }
}

/// A thread's own part: its free blocks. Owner only.
pub struct TaskCache {
    small: FreeList,
    large: FreeList,
}

impl TaskCache {
    /// No free blocks.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> TaskCache {
        TaskCache {
            small: FreeList::new(SMALL, &SMALL_GIVEN_AWAY),
            large: FreeList::new(LARGE, &LARGE_GIVEN_AWAY),
        }
    }

    /// The allocator gets all batches that threads gave away.
    pub(crate) fn clear_given_away() {
        for given_away in [&SMALL_GIVEN_AWAY, &LARGE_GIVEN_AWAY] {
            let batches = std::mem::take(&mut *given_away.0.lock());
            batches
                .into_iter()
                .for_each(|Batch(first)| free_all(Some(first)));
        }
    }

    /// The allocator gets all free blocks of the thread.
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

    /// Like `get`, in a block of the layout [`SMALL`].
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

    /// Takes a block of `get_small` back, like `put`.
    ///
    /// # Safety
    ///
    /// As for `put`.
    #[inline(always)]
    pub(crate) unsafe fn put_small(&self, task: &'static Task) {
        self.small.push(task);
    }

    /// Takes back the block of a task that has completed and has no children and no
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

impl OwnedPart for TaskCache {
    /// The blocks stay with the record until it retires.
    fn renew(&self) {}

    fn hand_over(&self) {
        let TaskCache { small, large } = self;
        small.hand_over();
        large.hand_over();
    }
}

/// The address `offset` bytes into the task's block.
#[inline(always)]
pub(crate) fn address_in_block(task: &'static Task, offset: usize) -> *mut u8 {
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

/// The allocator gets these blocks, which no thread uses.
fn free_all(mut blocks: Option<&'static Task>) {
    while let Some(task) = blocks {
        blocks = task.next_free.get();
        // SAFETY: no thread uses the block.
        unsafe { give_back(task) };
    }
}

/// # Safety
///
/// `task` came from `fresh` and is not used again.
unsafe fn give_back(task: &'static Task) {
    let layout = task.layout();
    // SAFETY: the caller's promise; it was allocated with this very layout.
    unsafe { dealloc(address_in_block(task, 0), layout) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn blocks_come_back_from_a_thread_that_only_frees() {
        static GIVEN_AWAY: GivenAway = GivenAway(covered(Rank::SmallTasks, Vec::new()));
        let creator = FreeList::new(SMALL, &GIVEN_AWAY);
        let thief = FreeList::new(SMALL, &GIVEN_AWAY);
        let address = |task: &'static Task| core::ptr::from_ref(task).addr();
        let count = MAX_KEPT_BLOCKS as usize + BATCH_BLOCKS as usize * (MAX_BATCHES + 2);
        let tasks: Vec<_> = (0..count).map(|_| creator.pop()).collect();
        let blocks: HashSet<_> = tasks.iter().map(|task| address(task)).collect();
        assert_eq!(blocks.len(), count);
        tasks.into_iter().for_each(|task| thief.push(task));
        assert!(thief.length.get() < MAX_KEPT_BLOCKS);
        assert_eq!(GIVEN_AWAY.0.lock().len(), MAX_BATCHES);
        let again: HashSet<_> = (0..BATCH_BLOCKS as usize * MAX_BATCHES)
            .map(|_| address(creator.pop()))
            .collect();
        assert!(again.is_subset(&blocks));
        assert_eq!(again.len(), BATCH_BLOCKS as usize * MAX_BATCHES);
        assert_eq!(creator.length.get(), 0);
        assert!(creator.first.get().is_none());
    }
}
