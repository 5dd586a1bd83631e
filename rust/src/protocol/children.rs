//! How a task counts its children, and who may free it when.
//!
//! # Note [Counting children]
//!
//! A task counts its children twice: *finished* (what `taskwait` waits for)
//! and *released* (their memory is gone, so nobody follows their `parent` to
//! this task any more). The thread that executes the parent counts in plain
//! cells; other threads count in the atomic `afar`:
//!
//! | bits   | meaning | changed by |
//! |--------|---------|------------|
//! | 0..32  | children finished on other threads | those threads, +1, release |
//! | 32..63 | children released on other threads; plus BIAS - (children not released here) from when the task has finished | those threads, +1; the finishing task |
//! | 63     | WAITING: the parent's thread sleeps in `taskwait` | the parent's thread |
//!
//! Whoever brings the middle field to BIAS frees the task: before the task has
//! finished the field only counts, and no more than ROOM. A
//! task without live children when it finishes is freed at once, with no
//! atomic operation; that is nearly every task.
//!
//! A field of BIAS - 1 says that the task has finished and one child is left.
//! That child, while it has no children of its own, is the only one that can
//! get to the task, and may free it and take its place with the grandparent
//! (`is_last_of_finished`).
//!
//! A task may live long and have any number of children. So before `created`
//! of an explicit task exceeds ROOM, the thread takes what was counted from
//! afar over into its cells and forgets children that are gone (`make_room`);
//! ROOM live children do not fit into any memory. An implicit task is not freed,
//! and others do not count its released children. What its low bits overflow
//! by is added to the middle field, which nobody reads; so it would take 2^63
//! children until that overflows, too.
//!
//! Modelled in `tests/loom.rs`.

use crate::sync::primitive::{AtomicU64, Ordering};
use core::cell::Cell;

/// A child's body has returned.
pub const FINISHED: u64 = 1;
/// A child's memory is gone.
pub const RELEASED: u64 = 1 << 32;
const WAITING: u64 = 1 << 63;
const BIAS: u64 = 1 << 30;
const ROOM: u64 = BIAS / 2;
/// Added to `created` in the child of a fork in the task.
const ABANDONED: u64 = 1 << 63;

/// What a thread that credited a parent from afar has to do next.
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
    finished_here: Cell<u64>,
    released_here: Cell<u64>,
    afar: AtomicU64,
}

impl Children {
    /// No children yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Children {
        Children {
            created: Cell::new(0),
            finished_here: Cell::new(0),
            released_here: Cell::new(0),
            afar: AtomicU64::new(0),
        }
    }

    /// Whether the task has counted a child.
    #[inline(always)]
    pub fn any(&self) -> bool {
        self.created.get() != 0
    }

    /// In the child of a fork: the task is the parent's. It has children then that
    /// are never released, so that only the slow way at its end needs to ask.
    pub fn abandon(&self) {
        self.created.set(self.created.get() | ABANDONED);
    }

    /// Whether the task is the parent's.
    #[inline(always)]
    pub fn is_abandoned(&self) -> bool {
        self.created.get() >= ABANDONED
    }

    /// Starts again: the task has no child, and nobody counts here.
    #[inline]
    pub fn reset(&self) {
        if self.any() {
            self.created.set(0);
            self.finished_here.set(0);
            self.released_here.set(0);
            self.afar.store(0, Ordering::Relaxed);
        }
    }

    /// One more child. Executing thread only, as are all but `credit_from_afar`.
    #[inline]
    pub fn add(&self) {
        self.created.set(self.created.get() + 1);
    }

    /// Whether an explicit task may defer one more child.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.make_room();
        self.created.get() < ROOM
    }

    /// Forgets children of an explicit task that are gone, if there were many.
    #[inline]
    pub fn make_room(&self) {
        if self.created.get() >= ROOM {
            self.forget();
        }
    }

    /// Acquire: the children's writes and their last uses, as in `done` and
    /// `finish`, which will not find these counts in `afar`.
    #[cold]
    fn forget(&self) {
        let afar = self.afar.load(Ordering::Acquire) & !WAITING;
        self.afar.fetch_sub(afar, Ordering::Relaxed);
        let finished = self.finished_here.get() + (afar & (RELEASED - 1));
        let released = self.released_here.get() + (afar >> 32);
        // One stays counted, by which is known that there were any.
        let gone = released.saturating_sub(1);
        self.created.set(self.created.get() - gone);
        self.finished_here.set(finished - gone);
        self.released_here.set(released - gone);
    }

    /// Whether all children have finished; acquires what those on other
    /// threads wrote.
    #[inline]
    pub fn done(&self) -> bool {
        let here = self.created.get().wrapping_sub(self.finished_here.get());
        here == 0 || here as u32 == self.afar.load(Ordering::Acquire) as u32
    }

    /// Children that have not finished, as far as is known.
    pub fn unfinished(&self) -> u64 {
        let here = self.created.get().wrapping_sub(self.finished_here.get());
        u64::from((here as u32).wrapping_sub(self.afar.load(Ordering::Relaxed) as u32))
    }

    /// The executing thread will sleep unless `done`, which it asks again.
    /// Relaxed: the mark and the counts are one word, so either the last child
    /// sees the mark or this thread sees its count.
    pub fn set_waiting(&self) {
        self.afar.fetch_or(WAITING, Ordering::Relaxed);
    }

    /// The executing thread is awake.
    pub fn clear_waiting(&self) {
        self.afar.fetch_and(!WAITING, Ordering::Relaxed);
    }

    /// A child finished, or was released, or both, on the executing thread.
    #[inline]
    pub fn credit(&self, what: u64) {
        if what & FINISHED != 0 {
            self.finished_here.set(self.finished_here.get() + 1);
        }
        if what & RELEASED != 0 {
            self.released_here.set(self.released_here.get() + 1);
        }
    }

    /// The same on another thread. After it the task may be gone, unless the
    /// answer is `Free`. Release: the child's writes, for `done` and for who
    /// frees. Acquire: all other children's uses, in case that is this thread.
    #[inline]
    pub fn credit_from_afar(&self, what: u64) -> Then {
        let before = self.afar.fetch_add(what, Ordering::AcqRel);
        if before & WAITING != 0 {
            Then::Wake // and so not finished
        } else if before.wrapping_add(what) >> 32 == BIAS {
            Then::Free
        } else {
            Then::Nothing
        }
    }

    /// Whether no child points here any more, and so nobody counts here.
    #[inline]
    pub fn none_left(&self) -> bool {
        self.created.get() == self.released_here.get()
    }

    /// Whether the task has finished and the caller, which is a child of it, is
    /// the only one that is left. Acquires all other uses.
    #[inline]
    pub fn is_last_of_finished(&self) -> bool {
        self.afar.load(Ordering::Acquire) >> 32 == BIAS - 1
    }

    /// Whether the task has finished, and its parent knows. Asked by a descendant.
    /// A task that has not has fewer than ROOM released children, one that has
    /// has no more than ROOM that are left.
    pub fn has_finished(&self) -> bool {
        (self.afar.load(Ordering::Acquire) & !WAITING) >> 32 >= ROOM
    }

    /// The task has finished and its parent knows; true if it is to be freed
    /// by the caller. Orderings as in `credit_from_afar`.
    #[inline]
    pub fn finish(&self) -> bool {
        let left = self.created.get() - self.released_here.get();
        let add = (BIAS - left) << 32;
        let now = self.afar.fetch_add(add, Ordering::AcqRel).wrapping_add(add);
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
        for (here, afar, unreleased, unfinished) in [(3, 4, 1, 2), (0, 5, 0, 1), (6, 0, 2, 0)] {
            let children = Children::new();
            let all = here + afar + unreleased + unfinished;
            (0..all).for_each(|_| children.add());
            (0..here).for_each(|_| children.credit(FINISHED | RELEASED));
            for _ in 0..afar {
                assert_eq!(
                    children.credit_from_afar(FINISHED | RELEASED),
                    Then::Nothing
                );
            }
            for _ in 0..unreleased {
                assert_eq!(children.credit_from_afar(FINISHED), Then::Nothing);
            }
            children.forget();
            assert_eq!(children.created.get(), 1 + unreleased + unfinished);
            assert_eq!(children.unfinished(), unfinished);
            assert_eq!(children.done(), unfinished == 0);
            assert!(!children.none_left() && children.any());
            (0..unfinished).for_each(|_| children.credit(FINISHED));
            assert!(children.done());
            let left = unreleased + unfinished;
            for _ in 1..left {
                assert_eq!(children.credit_from_afar(RELEASED), Then::Nothing);
            }
            assert!(!children.finish() && children.has_finished());
            assert!(children.is_last_of_finished());
            assert_eq!(children.credit_from_afar(RELEASED), Then::Free);
        }
    }

    #[test]
    fn a_task_that_lives_has_not_finished() {
        let children = Children::new();
        children.add();
        for _ in 0..1000 {
            children.add();
            children.credit_from_afar(FINISHED | RELEASED);
            assert!(!children.has_finished() && !children.is_last_of_finished());
        }
        children.set_waiting();
        assert!(!children.has_finished() && !children.is_last_of_finished());
    }
}
