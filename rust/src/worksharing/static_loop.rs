//! Loops and `sections` whose iterations the compiled code deals out itself: only tools want to
//! hear of them. What the code needs for that is in [`crate::construct::static_bounds`].

use crate::tools::Piece;
pub use crate::tools::Static;
use crate::{points, tools};

/// A thread meets such a construct, with so many iterations.
#[inline]
pub fn start(what: Static, iterations: u64) {
    if points::enabled(points::LOOPS) {
        tools::static_begins(what, iterations);
    }
}

/// The thread has done its part.
#[inline]
pub fn end() {
    if points::enabled(points::LOOPS) {
        tools::static_ends();
    }
}

/// The thread gets a chunk: its first iteration, counted from 0, and how many it has.
#[inline]
pub fn chunk(what: Static, (start, iterations): (u64, u64)) {
    if points::enabled(points::LOOPS) {
        match what {
            Static::Loop => tools::dispatched(Piece::LoopChunk, start, iterations),
            Static::Distribute => tools::dispatched(Piece::DistributeChunk, start, iterations),
            Static::Sections => tools::section(),
        }
    }
}
