//! Looking at the ancestors of a task while other threads free some of them.
//!
//! # Note [Walking up the tree of tasks]
//!
//! A walk from parent to parent finds out whether a task descends from another.
//! Finished tasks that are only in the way are unlinked meanwhile (`shorten` of
//! [`crate::team::task::Task`]), and freed when no walker can be at them any more.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | own `walking` -> true, then a light fence | a member, before the first link that it follows | relaxed |
//! | own `walking` -> false | the member, after the last link | release: its reads come before the freeing |
//! | a link -> the task behind; then the heavy fence, and a wait until each other member does not walk | the member that unlinks, one at a time in a team | relaxed; acquires the false |
//!
//! One of the two fences comes first. If it is the walker's, the member that unlinks sees
//! it walking, and waits. If not, the walker finds the new links. A walk holds nothing
//! and waits for nothing, so it ends. Modelled in `tests/loom_graph.rs`.

use crate::sync::fence;
use crate::sync::primitive::{pause, AtomicU32, Ordering};

/// Whether a member walks; see the module.
#[derive(Debug)]
pub struct Walking(AtomicU32);

impl Walking {
    /// It does not.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Walking {
        Walking(AtomicU32::new(0))
    }

    /// Walks as `walk` does. Called by the member itself.
    #[inline]
    pub fn during<R>(&self, walk: impl FnOnce() -> R) -> R {
        self.0.store(1, Ordering::Relaxed);
        fence::light();
        let found = walk();
        self.0.store(0, Ordering::Release);
        found
    }
}

/// Pauses before the wait for a walker sleeps: the walker may have lost its processor.
#[cfg(not(loom))]
const MAX_PAUSES: u32 = 1000;
/// How long that wait sleeps at a time.
#[cfg(not(loom))]
const SLEEP: std::time::Duration = std::time::Duration::from_micros(50);

/// Waits until no walker can be at tasks that the caller has unlinked. `others`: all
/// members that may walk, without the caller.
pub fn settle<'a>(others: impl Iterator<Item = &'a Walking>) {
    fence::heavy();
    for other in others {
        #[cfg(not(loom))]
        for _ in 0..MAX_PAUSES {
            if other.0.load(Ordering::Acquire) == 0 {
                break;
            }
            pause();
        }
        while other.0.load(Ordering::Acquire) != 0 {
            #[cfg(not(loom))]
            std::thread::sleep(SLEEP);
            #[cfg(loom)]
            pause();
        }
    }
}
