//! `masked` and `master` (OpenMP 5.2, 10.5). Nothing is shared.

use crate::team::register::current;
use crate::{points, tools};

/// Whether the calling thread, whose number is `filter`, executes the block. Then it calls
/// [`end`] after it.
#[inline]
pub fn start(filter: i32) -> bool {
    let executes = i32::try_from(current().context().member.num) == Ok(filter);
    if executes && points::enabled(points::CONSTRUCTS) {
        tools::masked_begins();
    }
    executes
}

/// The thread has executed the block.
#[inline]
pub fn end() {
    if points::enabled(points::CONSTRUCTS) {
        tools::masked_ends();
    }
}
