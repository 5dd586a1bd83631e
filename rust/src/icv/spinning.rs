//! How long a wait may spin (`wait-policy-var`), and which teams are too large to spin.

use crate::icv::environment::MAX_SPINS;
use crate::icv::globals::globals;
use crate::icv::{cpus, fallback};
use core::sync::atomic::{AtomicU64, Ordering};

/// The least rounds of a wait before it sleeps, even if fewer pauses were asked for. In a
/// round the wait looks for work and yields its processor. Few waits need more. If there are
/// very many threads, a wait has one round. It needs that one: `announce` may refuse to sleep
/// because there is work, and only a round runs that work.
pub const MIN_YIELDS: u64 = 4;

/// The pauses that the environment or the program gives, plus one. 0: it gives none. `u64::MAX`: it has
/// not been read yet.
static CONFIGURED: AtomicU64 = AtomicU64::new(u64::MAX);

/// The pauses that a wait may spend, if the environment gives them.
fn configured() -> Option<u64> {
    let configured = CONFIGURED.load(Ordering::Relaxed);
    if configured != u64::MAX {
        return configured.checked_sub(1);
    }
    let asked = globals().spin_limit();
    CONFIGURED.store(asked.map_or(0, |spins| spins + 1), Ordering::Relaxed);
    asked
}

/// Sets the pauses that all waits of the process may spend from now on; `None`: as if nobody
/// had set them.
pub fn set_spin_limit(pauses: Option<u64>) {
    // Relaxed: the number orders nothing, and a wait may use an old one.
    let word = pauses.map_or(0, |pauses| pauses.min(MAX_SPINS) + 1);
    CONFIGURED.store(word, Ordering::Relaxed);
}

/// The pauses that a wait may spend: what the environment says, else [`fallback::pauses`],
/// which asks the host whether it computes.
pub fn spin_limit() -> u64 {
    configured().unwrap_or_else(fallback::pauses)
}

/// Whether `size` threads that wait for each other should yield at once: there are more
/// threads than processors, or the wait policy is passive.
#[inline]
pub fn oversubscribes(size: u32) -> bool {
    size > 1 && (exceed_processors(size) || configured().is_some_and(|spins| spins < MIN_YIELDS))
}

/// Whether `size` threads are more than the processors that they may be on.
#[inline]
pub fn exceed_processors(size: u32) -> bool {
    size > cpus::placed_processors()
}
