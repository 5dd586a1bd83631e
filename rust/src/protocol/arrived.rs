//! A signal that counts a team's generations: its owner has arrived at the
//! barrier, or at the region's end, that ends generation g.
//!
//! # Protocol
//!
//! The count is the generation that the owner arrived in, + 1, so the count 0 is
//! that of no generation.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | count -> g + 1 | the owner, in generation g | as [`Signal::raise`]: release; a waiter acquires |
//!
//! Waits compare with `>=`, because the owner may be one barrier ahead of a waiter
//! that has not looked yet. Modelled in `tests/loom_barrier.rs` and
//! `tests/loom_fork.rs`.

use crate::sync::parker::Parker;
use crate::sync::signal::Signal;

/// See the module.
#[derive(Debug)]
pub struct Arrived(Signal);

impl Arrived {
    /// In no generation yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Arrived {
        Arrived(Signal::new())
    }

    /// The owner has arrived in this generation; wakes a waiter that sleeps at
    /// `sleeper`.
    #[inline]
    pub fn raise(&self, generation: u64, sleeper: &Parker) {
        self.0.raise(generation + 1, sleeper);
    }

    /// The owner has arrived in this generation. Calls `wake` if waiters may sleep:
    /// it wakes all that wait.
    #[inline]
    pub fn raise_for(&self, generation: u64, wake: impl FnOnce()) {
        self.0.raise_for(generation + 1, wake);
    }

    /// Whether the owner has arrived in this generation; acquires what it wrote.
    #[inline]
    pub fn reached(&self, generation: u64) -> bool {
        self.0.reached(generation + 1)
    }

    /// The waiter is about to sleep until the owner has arrived; false if it has.
    #[inline]
    pub fn announce(&self, generation: u64) -> bool {
        self.0.announce(generation + 1)
    }
}
