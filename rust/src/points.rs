//! The points of the core that tools want to hear of.
//!
//! A fast path asks here at each such point. It costs one load of a word that nearly
//! never changes, and one branch that is nearly never taken. All tools share the word,
//! so a point that several tools may want costs no more than a point of one tool.

use core::sync::atomic::{AtomicU32, Ordering};

/// Regions bind their threads, or display their affinity; see
/// [`crate::parallel::binding`].
pub const AFFINITY: u32 = 1;
/// Regions are traced; see [`crate::trace`].
pub const REGIONS: u32 = 2;
/// Loops are traced.
pub const LOOPS: u32 = 4;
/// Tasks are traced.
pub const TASKS: u32 = 8;
/// Waits are traced.
pub const WAITS: u32 = 16;
/// All that can be traced.
pub const TRACE: u32 = REGIONS | LOOPS | TASKS | WAITS;

/// The names of what can be traced, in texts such as `GHCOMP_TRACE`.
pub const TRACE_NAMES: [(&str, u32); 4] = [
    ("regions", REGIONS),
    ("loops", LOOPS),
    ("tasks", TASKS),
    ("waits", WAITS),
];

/// The kinds that are asked for.
static ENABLED: AtomicU32 = AtomicU32::new(0);

/// Whether one of `kinds` is asked for.
#[inline(always)]
pub fn enabled(kinds: u32) -> bool {
    // Relaxed: the word orders nothing; the tools have locks of their own.
    ENABLED.load(Ordering::Relaxed) & kinds != 0
}

/// Those of `kinds` that are asked for.
pub fn those_enabled(kinds: u32) -> u32 {
    ENABLED.load(Ordering::Relaxed) & kinds
}

/// Asks for those of `kinds` that are in `wanted`, and no longer for the others of
/// `kinds`.
pub fn change(kinds: u32, wanted: u32) {
    let _ = ENABLED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
        Some(now & !kinds | wanted & kinds)
    });
}
