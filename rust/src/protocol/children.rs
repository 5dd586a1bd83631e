//! How a task counts its children, and who may free it when.
//!
//! # Note [Counting children]
//!
//! A task counts its children twice: *finished* children (`taskwait` waits for those)
//! and *released* ones (their memory is gone, so no thread follows their `parent` to
//! this task any more). The thread that executes the parent counts in plain
//! cells; other threads count in the atomic `remote`:
//!
//! | bits   | meaning | changed by |
//! |--------|---------|------------|
//! | 0..32  | children finished on other threads | those threads, +1, release |
//! | 32..63 | children released on other threads; from when the task has finished, plus BIAS - (children not released locally) | those threads, +1; the finishing task |
//! | 63     | WAITING: the parent's thread sleeps in `taskwait` | the parent's thread |
//!
//! The thread that brings the middle field to BIAS frees the task. Before the task has
//! finished, the field only counts, up to MAX_CHILDREN. A task without live children
//! when it finishes is freed at once, with no atomic operation; that is nearly every
//! task.
//!
//! A field of BIAS - 1 says that the task has finished and one child is left.
//! While that child has no children of its own, it alone can get to the task. It may
//! free the task and become a child of the grandparent (`is_last_of_finished`).
//!
//! A task may live long and have any number of children. So before `created`
//! of an explicit task exceeds MAX_CHILDREN, the thread moves the remote counts into its
//! cells and forgets children that are gone (`make_room`). MAX_CHILDREN live children do
//! not fit into any memory. An implicit task is not freed, and other threads do not count
//! its released children. What its low bits overflow by is added to the middle field,
//! which is not read then; so only 2^63 children would overflow that, too.
//!
//! Modelled in `tests/loom_tasks.rs`.

use crate::sync::primitive::{AtomicU64, Cell, Ordering};

/// A child's body has returned.
pub const FINISHED: u64 = 1;
/// A child's memory is gone.
pub const RELEASED: u64 = 1 << 32;
/// The parent's thread sleeps until all children have finished.
const WAITING: u64 = 1 << 63;
/// The middle field of a finished task whose children are all released.
const BIAS: u64 = 1 << 30;
/// The most children that an explicit task counts at a time.
const MAX_CHILDREN: u64 = BIAS / 2;
/// Added to `created` in the child of a fork in the task.
const ABANDONED: u64 = 1 << 63;

/// What a thread that credited a parent remotely has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// Wake the parent's thread.
    Wake,
    /// Free the parent: it has finished and this was its last child.
    Free,
}

/// The counts of one task. The cells belong to the thread that executes it.
#[derive(Debug)]
pub struct Children {
    created: Cell<u64>,
    finished_local: Cell<u64>,
    released_local: Cell<u64>,
    remote: AtomicU64,
}

impl Children {
    /// No children yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Children {
        Children {
            created: Cell::new(0),
            finished_local: Cell::new(0),
            released_local: Cell::new(0),
            remote: AtomicU64::new(0),
        }
    }

    /// Whether the task has counted a child.
    #[inline(always)]
    pub fn any(&self) -> bool {
        self.created.get() != 0
    }

    /// In the child of a fork: the task belongs to the parent process. It then seems to
    /// have children that are never released, so that only the slow path at its end needs
    /// to ask.
    pub fn abandon(&self) {
        self.created.set(self.created.get() | ABANDONED);
    }

    /// Whether the task belongs to the parent process.
    #[inline(always)]
    pub fn is_abandoned(&self) -> bool {
        self.created.get() >= ABANDONED
    }

    /// Starts again: the task has no child, and no other thread counts here.
    #[inline]
    pub fn reset(&self) {
        if self.any() {
            self.created.set(0);
            self.finished_local.set(0);
            self.released_local.set(0);
            self.remote.store(0, Ordering::Relaxed);
        }
    }

    /// One more child. Executing thread only, like all but `credit_remote`,
    /// `is_last_of_finished` and `has_finished`.
    #[inline]
    pub fn add(&self) {
        self.created.set(self.created.get() + 1);
    }

    /// Whether an explicit task may defer one more child.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.make_room();
        self.created.get() < MAX_CHILDREN
    }

    /// Forgets children of an explicit task that are gone, if there were many.
    #[inline]
    pub fn make_room(&self) {
        if self.created.get() >= MAX_CHILDREN {
            self.forget();
        }
    }

    /// Acquire: the children's writes and their last uses, like `done` and `finish`,
    /// which will not find these counts in `remote` any more.
    #[cold]
    fn forget(&self) {
        let remote = self.remote.load(Ordering::Acquire) & !WAITING;
        self.remote.fetch_sub(remote, Ordering::Relaxed);
        let finished = self.finished_local.get() + (remote & (RELEASED - 1));
        let released = self.released_local.get() + (remote >> 32);
        // One stays counted, so that `any` still says that there were children.
        let gone = released.saturating_sub(1);
        self.created.set(self.created.get() - gone);
        self.finished_local.set(finished - gone);
        self.released_local.set(released - gone);
    }

    /// Whether all children have finished. Acquires what those on other threads wrote.
    #[inline]
    pub fn done(&self) -> bool {
        let local = self.created.get().wrapping_sub(self.finished_local.get());
        local == 0 || local as u32 == self.remote.load(Ordering::Acquire) as u32
    }

    /// Children that have not finished, as far as is known.
    pub fn unfinished(&self) -> u64 {
        let local = self.created.get().wrapping_sub(self.finished_local.get());
        u64::from((local as u32).wrapping_sub(self.remote.load(Ordering::Relaxed) as u32))
    }

    /// The executing thread will sleep, unless it finds `done` when it asks again.
    /// Relaxed: the mark and the counts are one word, so either the last child
    /// sees the mark or this thread sees its count.
    pub fn set_waiting(&self) {
        self.remote.fetch_or(WAITING, Ordering::Relaxed);
    }

    /// The executing thread is awake.
    pub fn clear_waiting(&self) {
        self.remote.fetch_and(!WAITING, Ordering::Relaxed);
    }

    /// A child finished, or was released, or both, on the executing thread.
    #[inline]
    pub fn credit_local(&self, what: u64) {
        if what & FINISHED != 0 {
            self.finished_local.set(self.finished_local.get() + 1);
        }
        if what & RELEASED != 0 {
            self.released_local.set(self.released_local.get() + 1);
        }
    }

    /// The same on another thread. Afterwards the task may be gone, unless the answer is
    /// `Free`. Release: the child's writes, for `done` and for the thread that frees.
    /// Acquire: all other children's uses, in case that is this thread.
    #[inline]
    pub fn credit_remote(&self, what: u64) -> Then {
        let before = self.remote.fetch_add(what, Ordering::AcqRel);
        if before & WAITING != 0 {
            Then::Wake // and so not finished
        } else if before.wrapping_add(what) >> 32 == BIAS {
            Then::Free
        } else {
            Then::Nothing
        }
    }

    /// Whether no child points here any more, so that no other thread counts here.
    #[inline]
    pub fn none_left(&self) -> bool {
        self.created.get() == self.released_local.get()
    }

    /// Whether the task has finished and the caller, a child of it, is the only child
    /// that is left. Acquires all other uses.
    #[inline]
    pub fn is_last_of_finished(&self) -> bool {
        self.remote.load(Ordering::Acquire) >> 32 == BIAS - 1
    }

    /// Whether the task has finished, and its parent knows. A descendant asks. A task that
    /// has not finished has fewer than MAX_CHILDREN released children; one that has
    /// finished has at most MAX_CHILDREN left.
    pub fn has_finished(&self) -> bool {
        (self.remote.load(Ordering::Acquire) & !WAITING) >> 32 >= MAX_CHILDREN
    }

    /// The task has finished, and its parent knows. True if the caller is to free the
    /// task. Orderings as in `credit_remote`.
    #[inline]
    pub fn finish(&self) -> bool {
        let left = self.created.get() - self.released_local.get();
        let add = (BIAS - left) << 32;
        let now = self
            .remote
            .fetch_add(add, Ordering::AcqRel)
            .wrapping_add(add);
        now >> 32 == BIAS
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Whatever was counted where, forgetting children that are gone changes none of
    /// the answers.
    #[test]
    fn forgotten_children_are_not_missed() {
        for (local, remote, unreleased, unfinished) in [(3, 4, 1, 2), (0, 5, 0, 1), (6, 0, 2, 0)] {
            let children = Children::new();
            let all = local + remote + unreleased + unfinished;
            (0..all).for_each(|_| children.add());
            (0..local).for_each(|_| children.credit_local(FINISHED | RELEASED));
            for _ in 0..remote {
                assert_eq!(children.credit_remote(FINISHED | RELEASED), Then::Nothing);
            }
            for _ in 0..unreleased {
                assert_eq!(children.credit_remote(FINISHED), Then::Nothing);
            }
            children.forget();
            assert_eq!(children.created.get(), 1 + unreleased + unfinished);
            assert_eq!(children.unfinished(), unfinished);
            assert_eq!(children.done(), unfinished == 0);
            assert!(!children.none_left() && children.any());
            (0..unfinished).for_each(|_| children.credit_local(FINISHED));
            assert!(children.done());
            let left = unreleased + unfinished;
            for _ in 1..left {
                assert_eq!(children.credit_remote(RELEASED), Then::Nothing);
            }
            assert!(!children.finish() && children.has_finished());
            assert!(children.is_last_of_finished());
            assert_eq!(children.credit_remote(RELEASED), Then::Free);
        }
    }

    #[test]
    fn a_task_that_lives_has_not_finished() {
        let children = Children::new();
        children.add();
        for _ in 0..1000 {
            children.add();
            children.credit_remote(FINISHED | RELEASED);
            assert!(!children.has_finished() && !children.is_last_of_finished());
        }
        children.set_waiting();
        assert!(!children.has_finished() && !children.is_last_of_finished());
    }
}
