//! Looking at the ancestors of a task while other threads free some of them.
//!
//! # Note [Walking up the tree of tasks]
//!
//! A walk from parent to parent finds out whether a task descends from another.
//! Finished tasks that are only in the way are unlinked meanwhile (`unlink_all` of
//! [`crate::team::task::Task`]), and freed when no walker can be at them any more.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | own `walks` -> odd, then a light fence | a member, before the first link that it follows | release: the reads of its last walk, for a member that unlinks and sees only this |
//! | own `walks` -> even | the member, after the last link | release: its reads come before the freeing |
//! | a link -> the task behind; then the heavy fence, and a wait while any other member's `walks` is the odd number that it was | the member that unlinks, one at a time in a team | relaxed; acquires the change |
//!
//! One of the two fences comes first. If it is the walker's, the member that unlinks sees
//! it walking, and waits. If not, the walker finds the new links. So does a walk that
//! begins during the wait, so the wait is for at most one walk of each member. A walk
//! holds nothing and waits for nothing, so it ends. Modelled in `tests/loom_graph.rs`.
//!
//! A walker, or the member that unlinks, may lose its processor for long, and nobody
//! unlinks meanwhile. So another member that has made the paths much longer since waits
//! too, before it starts the next task: see `unlink_all`.

use crate::sync::fence;
use crate::sync::primitive::{pause, AtomicU32, Ordering};

/// The walks that a member has begun and ended, both counted; see the module.
#[derive(Debug)]
pub struct Walking(AtomicU32);

impl Walking {
    /// No walks.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Walking {
        Walking(AtomicU32::new(0))
    }

    /// Walks as `walk` does. Called by the member itself.
    #[inline]
    pub fn during<R>(&self, walk: impl FnOnce() -> R) -> R {
        let walks = self.0.load(Ordering::Relaxed);
        self.0.store(walks.wrapping_add(1), Ordering::Release);
        fence::light();
        let found = walk();
        self.0.store(walks.wrapping_add(2), Ordering::Release);
        found
    }

    /// The number of a walk that has not ended.
    fn under_way(&self) -> Option<u32> {
        let walks = self.0.load(Ordering::Acquire);
        (walks % 2 == 1).then_some(walks)
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
        let Some(walk) = other.under_way() else {
            continue;
        };
        let is_over = || other.under_way() != Some(walk);
        #[cfg(not(loom))]
        for _ in 0..MAX_PAUSES {
            if is_over() {
                break;
            }
            pause();
        }
        while !is_over() {
            #[cfg(not(loom))]
            std::thread::sleep(SLEEP);
            #[cfg(loom)]
            pause();
        }
    }
}
