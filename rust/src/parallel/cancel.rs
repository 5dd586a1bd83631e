//! Cancelling a region, or its worksharing constructs (OpenMP 5.2, 11.5); the
//! protocol is [`crate::protocol::cancelled`]. `cancel taskgroup` is in
//! [`crate::tasking`].
//!
//! The members of a cancelled region stand at different worksharing constructs.
//! The master brings them together when all have gathered
//! ([`crate::construct::cursor::WorkShares::reunite`]).

use crate::team::register::current;
use crate::team::thread::Context;

/// Whether there is cancellation at all (`cancel-var`).
#[inline]
pub fn enabled() -> bool {
    current().context().team.region.is_cancellable
}

/// Cancels the innermost region, for its implicit tasks: the calling thread
/// goes to the region's end next. Does nothing outside of regions, nor in an
/// explicit task, where the directive may not stand.
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
