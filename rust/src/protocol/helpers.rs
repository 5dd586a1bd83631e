//! Which workers may help with the tasks of a region that they have left.
//!
//! # Note [Workers that help]
//!
//! A worker that has left its region's body still helps with the tasks of the
//! region while it waits for its next message. By then the master may have ended the
//! region, and another master may have claimed the team for its own. So a helper
//! enrols first. One word counts the helpers that are enrolled or about to be. Another
//! holds the generation + 1 that was closed last. It is the team's whole generation: a
//! worker may sleep for days and then ask for a region of long ago, so a part of it
//! would not do.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `enrolled` + 1 | a helper, `enrol`; then a full fence, and a look at `closed` | relaxed |
//! | `enrolled` - 1 | the helper, `leave`, or `enrol` if it is too late | release: the help comes before the end of `close` |
//! | `closed` goes up | the master, `close`, when the region's tasks are done; then a full fence, and it waits for the count 0 | relaxed; acquires the 0 |
//!
//! One of the two fences comes first. If it is the helper's, the master sees the helper
//! in the count and waits. If it is the master's, the helper sees that it is too
//! late. The helper knows what came before the region, as a member of it.
//!
//! In the child of a fork, `forget` sets the count to 0 where all is closed.
//!
//! By then helpers find nothing to do, so the master's wait is a few polls.
//! Modelled in `tests/loom_tasks.rs`.

use crate::sync::primitive::{fence, pause, AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub struct Helpers {
    enrolled: AtomicU64,
    closed: AtomicU64,
}

impl Helpers {
    /// Nothing closed, nobody enrolled.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Helpers {
        Helpers {
            enrolled: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }
    }

    /// In the child of a fork, where all is closed: threads that were about to enrol do
    /// not exist.
    pub fn forget(&self) {
        self.enrolled.store(0, Ordering::Relaxed);
    }

    /// Whether helping in this generation has ended.
    #[inline]
    pub fn is_closed(&self, generation: u64) -> bool {
        self.closed.load(Ordering::Relaxed) > generation
    }

    /// Asks to help. After a true the helper calls `leave`.
    #[inline]
    pub fn enrol(&self, generation: u64) -> bool {
        if self.is_closed(generation) {
            return false;
        }
        self.enrolled.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.is_closed(generation) {
            self.leave();
            return false;
        }
        true
    }

    /// The helper no longer helps.
    #[inline]
    pub fn leave(&self) {
        self.enrolled.fetch_sub(1, Ordering::Release);
    }

    /// Ends all help in the generation. Returns when nobody is enrolled.
    pub fn close(&self, generation: u64) {
        self.closed.store(generation + 1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        while self.enrolled.load(Ordering::Acquire) != 0 {
            pause();
        }
    }
}
