//! Which member executes a `single` construct: the first that meets it.
//!
//! # Protocol
//!
//! The team counts the constructs that have their member. Each member counts the
//! constructs that it has met, so members may be any number of constructs apart.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | n -> n + 1 | the first member that meets construct n | CAS, relaxed: it only decides which member is first; barriers order the rest |
//! | -> 0 | the master, before it posts a region | relaxed: the post orders it |
//!
//! Modelled in `tests/loom_list.rs`.

use crate::sync::primitive::{AtomicU64, Ordering};

/// The constructs of a region that have their member.
#[derive(Debug)]
pub struct Singles(AtomicU64);

impl Singles {
    /// None.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Singles {
        Singles(AtomicU64::new(0))
    }

    /// A region begins. If the last region had no `single`, the line is not written.
    #[inline(always)]
    pub fn reset(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            self.0.store(0, Ordering::Relaxed);
        }
    }

    /// A member that has met so many constructs meets the next one; true if it executes
    /// that. The load before the exchange saves all but the first member the exchange.
    #[inline(always)]
    pub fn is_first(&self, met: u64) -> bool {
        self.0.load(Ordering::Relaxed) == met
            && self
                .0
                .compare_exchange(met, met + 1, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
