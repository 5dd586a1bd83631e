//! `cancel parallel`, `cancel for` and `cancel sections` (OpenMP 5.2, 11.5). The protocol is
//! [`crate::protocol::cancelled`]. `cancel taskgroup` is in [`crate::tasking`].
//!
//! Barriers ([`super::barrier`]), cancellation points and tasks
//! ([`Context::is_region_cancelled`]) look at the region's flag. At the end of a cancelled region,
//! its members stand at different worksharing constructs. When all have gathered, the master
//! brings them together ([`crate::construct::cursor::WorkShares::reunite`]).

use crate::team::register::current;
use crate::team::thread::Context;

/// Whether cancellation is enabled (`cancel-var`).
#[inline]
pub fn enabled() -> bool {
    current().context().team.region.is_cancellable
}

/// Cancels the innermost region, for its implicit tasks. The calling thread goes to the end of
/// the region next. Does nothing outside of regions, or in an explicit task, where the
/// directive is not allowed.
pub fn cancel_region() {
    let me = current();
    let Context { team, member, task } = me.context();
    if !team.is_in_parallel() || task.is_explicit() {
        return;
    }
    let unpark = |other: u32| team.all_members[other as usize].thread().parker.unpark();
    team.cancelled
        .cancel_region(member.generation.get(), member.num, team.size(), unpark);
}

/// Cancels the team's current worksharing construct. Does nothing outside of
/// regions.
pub fn cancel_worksharing() {
    let Context { team, member, .. } = current().context();
    if team.is_in_parallel() {
        team.cancelled.cancel_worksharing(member.generation.get());
    }
}

/// Whether the team's current worksharing construct is cancelled.
#[inline]
pub fn worksharing_is_cancelled() -> bool {
    let Context { team, member, .. } = current().context();
    team.region.is_cancellable && team.cancelled.worksharing(member.generation.get())
}
