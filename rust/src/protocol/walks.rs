//! Looking at the ancestors of a task while others free some of them.
//!
//! # Note [Walking up the tree of tasks]
//!
//! Whether a task descends from another is found out by a walk from parent to
//! parent. Finished tasks that are only in the way are unlinked meanwhile
//! ([`crate::team::task::Task`]'s `shorten`), and freed when nobody can be at them any
//! more.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | own `walking` -> true, then a light fence | a member, before the first link that it follows | relaxed |
//! | own `walking` -> false | the member, after the last | release: its reads come before the freeing |
//! | a link -> the one behind; then the heavy fence, and a wait until each other member does not walk | who unlinks, one at a time in a team | relaxed; acquires the false |
//!
//! Of the two fences one comes first. If it is the walker's, who unlinks sees it
//! walking, and waits; if not, the walker finds the new links. A walk holds
//! nothing and waits for nothing, so it ends. Modelled in `tests/loom_graph.rs`.

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

    /// The member, which calls, walks as `walk` does.
    #[inline]
    pub fn during<R>(&self, walk: impl FnOnce() -> R) -> R {
        self.0.store(1, Ordering::Relaxed);
        fence::light();
        let found = walk();
        self.0.store(0, Ordering::Release);
        found
    }
}

/// Pauses after which the wait for a walker goes to sleep: it may have lost its
/// processor.
#[cfg(not(loom))]
const PAUSES: u32 = 1000;

/// What the caller unlinked before, nobody can be at any more. `others`: all
/// members that may walk, without the caller.
pub fn settle<'a>(others: impl Iterator<Item = &'a Walking>) {
    fence::heavy();
    for other in others {
        #[cfg(not(loom))]
        for _ in 0..PAUSES {
            if other.0.load(Ordering::Acquire) == 0 {
                break;
            }
            pause();
        }
        while other.0.load(Ordering::Acquire) != 0 {
            #[cfg(not(loom))]
            std::thread::sleep(std::time::Duration::from_micros(50));
            #[cfg(loom)]
            pause();
        }
    }
}
