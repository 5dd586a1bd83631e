//! How long a wait may spin (`wait-policy-var`), and which teams are too large
//! for that.

use crate::icv::globals::globals;
use crate::icv::{cpus, unset};
use core::sync::atomic::{AtomicU64, Ordering};

/// Times that a wait looks for work and yields its processor before it sleeps,
/// whatever was asked for, but in a great crowd, where it does so once. At least
/// once: a wait whose `announce` says that there is work must come to do it. What
/// is waited for often needs no more than a few.
pub const MIN_YIELDS: u64 = 4;

/// What the environment says of pauses, and one; 0 if it is silent, `u64::MAX`
/// until it has been read.
static CONFIGURED: AtomicU64 = AtomicU64::new(u64::MAX);

/// The pauses that a wait may spend, if the environment says.
fn configured() -> Option<u64> {
    let configured = CONFIGURED.load(Ordering::Relaxed);
    if configured != u64::MAX {
        return configured.checked_sub(1);
    }
    let asked = globals().spin_limit();
    let asked = asked.map(|spins| spins.min(u64::MAX - 2));
    CONFIGURED.store(asked.map_or(0, |spins| spins + 1), Ordering::Relaxed);
    asked
}

/// The pauses that a wait may spend.
pub fn spin_limit() -> u64 {
    configured().unwrap_or_else(unset::spin_limit)
}

/// Whether `size` threads that wait for each other are oversubscribed: more than
/// the processors, or passive.
#[inline]
pub fn oversubscribes(size: u32) -> bool {
    size > 1 && (exceed_processors(size) || configured().is_some_and(|spins| spins < MIN_YIELDS))
}

/// Whether `size` threads are more than the processors.
#[inline]
pub fn exceed_processors(size: u32) -> bool {
    size > cpus::placed_processors()
}
