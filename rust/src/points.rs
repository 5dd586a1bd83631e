//! Who watches the team's threads.
//!
//! Fast paths ask this once at each point that somebody may want to hear of:
//! one load of a word that nearly never changes, and one branch that is nearly
//! never taken. All who may ask stand in the same word, so that a point costs
//! the same for one of them as for several.

use core::sync::atomic::{AtomicU32, Ordering};

/// Regions have to attend to binding or display; see [`crate::affinity`].
pub const AFFINITY: u32 = 1;
/// Regions are traced; see [`crate::trace`].
pub const REGIONS: u32 = 2;
/// Loops are traced.
pub const LOOPS: u32 = 4;
/// Tasks are traced.
pub const TASKS: u32 = 8;
/// Waits are traced.
pub const WAITS: u32 = 16;
/// Everything that can be traced.
pub const TRACE: u32 = REGIONS | LOOPS | TASKS | WAITS;

/// The names of what can be traced, for texts; those of the environment.
pub const TRACE_NAMES: [(&str, u32); 4] = [
    ("regions", REGIONS),
    ("loops", LOOPS),
    ("tasks", TASKS),
    ("waits", WAITS),
];

static ENABLED: AtomicU32 = AtomicU32::new(0);

/// Whether one of these is asked for.
#[inline(always)]
pub fn enabled(kinds: u32) -> bool {
    // Relaxed: the word orders nothing, what it leads to has locks of its own.
    ENABLED.load(Ordering::Relaxed) & kinds != 0
}

/// Those of `kinds` that are asked for.
pub fn those_enabled(kinds: u32) -> u32 {
    ENABLED.load(Ordering::Relaxed) & kinds
}

/// Asks, among `kinds`, for just those in `wanted`.
pub fn change(kinds: u32, wanted: u32) {
    let _ = ENABLED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
        Some(now & !kinds | wanted & kinds)
    });
}
