//! The points of the core that tools want to hear of.
//!
//! A fast path asks here at each such point. It costs one load of a word that nearly
//! never changes, and one branch that is nearly never taken. All tools share the word,
//! so a point that several tools may want costs no more than a point of one tool.
//!
//! The low bits say what the trace and the display of affinity want, the same bits
//! [`OF_TOOL`] places higher what the tool of the interface OMPT wants.

use core::sync::atomic::{AtomicU32, Ordering};

/// Regions bind their threads, or display their affinity; see
/// [`crate::parallel::binding`].
pub const AFFINITY: u32 = 1;
/// Regions begin and end.
pub const REGIONS: u32 = 2;
/// Loops and other worksharing constructs begin and end.
pub const LOOPS: u32 = 4;
/// Tasks are created, begin and end.
pub const TASKS: u32 = 8;
/// Threads wait for others.
pub const WAITS: u32 = 16;
/// Locks and regions that exclude others. The trace has none of these.
pub const MUTEXES: u32 = 32;
/// `masked`, `cancel` and `flush`. The trace has none of these.
pub const CONSTRUCTS: u32 = 64;
/// All that can be traced.
pub const TRACE: u32 = REGIONS | LOOPS | TASKS | WAITS;
/// All that the tool may want.
const TOOL: u32 = TRACE | MUTEXES | CONSTRUCTS;
/// How many places higher a bit is for the tool.
const OF_TOOL: u32 = 8;

/// The names of what can be traced, in texts such as `GHCOMP_TRACE`.
pub const TRACE_NAMES: [(&str, u32); 4] = [
    ("regions", REGIONS),
    ("loops", LOOPS),
    ("tasks", TASKS),
    ("waits", WAITS),
];

/// The kinds that are asked for.
static ENABLED: AtomicU32 = AtomicU32::new(0);

/// Whether one of `kinds` is asked for, by whomever.
#[inline(always)]
pub fn enabled(kinds: u32) -> bool {
    // Relaxed: the word orders nothing; the tools have locks of their own.
    ENABLED.load(Ordering::Relaxed) & (kinds | kinds << OF_TOOL) != 0
}

/// Those of `kinds` that the trace or the display asks for.
pub fn those_enabled(kinds: u32) -> u32 {
    ENABLED.load(Ordering::Relaxed) & kinds
}

/// Whether the tool asks for one of `kinds`.
pub fn has_tool(kinds: u32) -> bool {
    ENABLED.load(Ordering::Relaxed) & kinds << OF_TOOL != 0
}

/// The trace or the display asks for those of `kinds` that are in `wanted`, and no longer for
/// the others of `kinds`.
pub fn change(kinds: u32, wanted: u32) {
    let _ = ENABLED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
        Some(now & !kinds | wanted & kinds)
    });
}

/// The tool asks for `kinds`, too.
pub fn tool(kinds: u32) {
    ENABLED.fetch_or((kinds & TOOL) << OF_TOOL, Ordering::Relaxed);
}

/// There is no tool any more.
pub fn no_tool() {
    ENABLED.fetch_and(!(TOOL << OF_TOOL), Ordering::Relaxed);
}
