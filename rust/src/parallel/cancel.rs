//! `cancel` and `cancellation point` (OpenMP 5.2, 11.5). The protocol is
//! [`crate::protocol::cancelled`]; that of a taskgroup is in [`crate::tasking`].
//!
//! Barriers ([`super::barrier`]), the join and Haskell's `ordered` ask
//! [`crate::protocol::cancelled::Cancelled::region`]. Cancellation points and tasks ask
//! [`Context::is_region_cancelled`]. At the end of a cancelled region, its members stand at
//! different worksharing constructs. When all have gathered, the master brings them together
//! ([`crate::construct::cursor::WorkShares::reunite`]).

use crate::tasking;
use crate::team::register::current;
use crate::team::thread::Context;
use crate::{points, tools};

/// The construct that a directive names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Construct {
    /// `parallel`.
    Region,
    /// `for`.
    Loop,
    /// `sections`.
    Sections,
    /// `taskgroup`.
    Taskgroup,
}

/// Whether cancellation is enabled (`cancel-var`).
#[inline]
pub fn enabled() -> bool {
    current().context().team.region.is_cancellable
}

/// The `cancel` directive. False, and nothing happens, if cancellation is not enabled.
pub fn cancel(construct: Construct) -> bool {
    if !enabled() {
        return false;
    }
    match construct {
        Construct::Region => cancel_region(),
        Construct::Loop | Construct::Sections => cancel_worksharing(),
        Construct::Taskgroup => tasking::cancel_taskgroup(),
    }
    if points::enabled(points::CONSTRUCTS) {
        tools::cancelled(kind(construct) | ACTIVATED);
    }
    true
}

/// `ompt_cancel_flag_t`: the current task cancels.
const ACTIVATED: i32 = 0x10;
/// `ompt_cancel_flag_t`: the current task sees that it is cancelled.
const DETECTED: i32 = 0x20;

/// The construct as `ompt_cancel_flag_t` has it.
fn kind(construct: Construct) -> i32 {
    match construct {
        Construct::Region => 1,
        Construct::Sections => 2,
        Construct::Loop => 4,
        Construct::Taskgroup => 8,
    }
}

/// The `cancellation point` directive: whether the construct is cancelled. A taskgroup is if
/// the task's parallel region is.
pub fn is_cancelled(construct: Construct) -> bool {
    let is_cancelled = match construct {
        Construct::Region => current().context().is_region_cancelled(),
        Construct::Loop | Construct::Sections => worksharing_is_cancelled(),
        Construct::Taskgroup => tasking::taskgroup_is_cancelled(),
    };
    if is_cancelled && points::enabled(points::CONSTRUCTS) {
        tools::cancelled(kind(construct) | DETECTED);
    }
    is_cancelled
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
fn cancel_worksharing() {
    let Context { team, member, .. } = current().context();
    if team.is_in_parallel() {
        team.cancelled.cancel_worksharing(member.generation.get());
    }
}

/// Whether the team's current worksharing construct is cancelled.
#[inline]
fn worksharing_is_cancelled() -> bool {
    let Context { team, member, .. } = current().context();
    team.region.is_cancellable && team.cancelled.worksharing(member.generation.get())
}
