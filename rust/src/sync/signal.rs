//! A counter that one thread raises and one or several others wait for: the mailbox of
//! a worker, a child's arrival at a join, a round of a barrier, the end of a barrier that
//! counts its members.
//!
//! # Protocol
//!
//! The word is a count in its upper 63 bits and SLEEPING in bit 0. Counts go up by
//! one or a few at a time. At one a nanosecond, 2^63 take 292 years. The same is true of
//! all of the core's counts of 64 bits.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | count goes up, SLEEPING cleared | the raiser, `raise` | swap, release: a waiter sees what the raiser wrote before |
//! | SLEEPING set | a waiter, `announce` | CAS, so a raise in between makes it fail |
//!
//! The raiser learns from the swap's old value that it must unpark the waiters, so
//! neither side needs a fence: the swap and the CAS are ordered on the one word. Counts are
//! compared with `>=`, because a raiser may be one use ahead of a waiter that has not
//! looked yet (see the barrier).
//!
//! There is one raiser at a time. Something else must order successive raisers (the region
//! protocol does that). Modelled in `tests/loom.rs`.

use crate::sync::parker::Parker;
use crate::sync::primitive::{AtomicU64, Ordering};

/// A waiter sleeps, or is about to.
const SLEEPING: u64 = 1;

/// See the module.
#[derive(Debug)]
pub struct Signal(AtomicU64);

impl Signal {
    /// A signal at count 0.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Signal(AtomicU64::new(0))
    }

    /// Starts again at count 0; nobody waits or raises.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Sets the count and wakes the waiter if it sleeps at `sleeper`.
    #[inline]
    pub fn raise(&self, count: u64, sleeper: &Parker) {
        self.raise_for(count, || sleeper.unpark());
    }

    /// Sets the count, and calls `wake` if a waiter may sleep. That wakes all
    /// waiters.
    #[inline]
    pub fn raise_for(&self, count: u64, wake: impl FnOnce()) {
        if self.0.swap(count << 1, Ordering::Release) & SLEEPING != 0 {
            wake();
        }
    }

    /// Whether the count has been reached; acquires what its raiser wrote.
    #[inline]
    pub fn reached(&self, count: u64) -> bool {
        self.0.load(Ordering::Acquire) >> 1 >= count
    }

    /// The waiter is about to sleep until the count is reached; false if it has been, and
    /// then the waiter must not sleep. Relaxed is enough: the waiter reads nothing that the
    /// count publishes before `reached` says so.
    pub fn announce(&self, count: u64) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        if now >> 1 >= count {
            return false;
        }
        now & SLEEPING != 0
            || self
                .0
                .compare_exchange(now, now | SLEEPING, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
