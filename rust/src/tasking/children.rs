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
//! finished the field only counts, and a task has fewer than BIAS children. A
//! task without live children when it finishes is freed at once, with no
//! atomic operation; that is nearly every task.
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
        self.created.get() < BIAS - 1
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
