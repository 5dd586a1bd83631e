//! The points at which the core tells tools what its threads do. The only tool so far is
//! the trace ([`crate::trace`]).
//!
//! Where something starts or ends, the core asks [`crate::points`] first. It calls a
//! function here, out of line, only if a tool wants to know. So a point costs one load and
//! one branch while no tool listens. All functions here speak of the calling thread.

use crate::points::{self, LOOPS, REGIONS, WAITS};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::trace::event::EventKind;
pub use crate::trace::event::WaitKind;
use crate::trace::recorder;

/// Records an event of the calling thread.
fn record(what: EventKind) {
    let me = current();
    recorder::record(&me.recording, me.is_worker.get(), what);
}

/// The master has a team, with which it is about to start a region.
#[cold]
pub fn fork(team: &Team) {
    record(EventKind::Fork {
        level: team.region.level.get(),
        size: team.size(),
    });
}

/// The thread has joined the team of a region as this member.
#[cold]
pub fn region_begins(team: &Team, member: &Member) {
    if team.region.level.get() == 0 {
        return; // an initial team is no region
    }
    if points::enabled(REGIONS) {
        record(EventKind::RegionBegins {
            level: team.region.level.get(),
            num: member.num,
            size: team.size(),
        });
    }
    // A combined construct (`parallel for`) begins in its loop. A region whose body is the
    // host's always has a loop, perhaps of no iterations.
    let starts_in = member.cursor.loop_here();
    if points::enabled(LOOPS) && starts_in.is_some_and(|(_, trip)| trip > 0) {
        loop_begins(member);
    }
}

/// The thread's share of the region is over.
#[cold]
pub fn region_ends() {
    if points::enabled(REGIONS) {
        record(EventKind::RegionEnds);
    }
}

/// The thread has met a loop or `sections`.
#[cold]
pub fn loop_begins(member: &Member) {
    if let Some((kind, trip)) = member.cursor.loop_here() {
        record(EventKind::LoopBegins { kind, trip });
    }
}

/// The thread's share of the loop is over.
#[cold]
pub fn loop_ends() {
    record(EventKind::LoopEnds);
}

/// The thread has deferred a task.
#[cold]
pub fn task_created(id: usize) {
    record(EventKind::TaskCreated { id });
}

/// Executes a task, with an event before and after.
#[cold]
#[inline(never)]
pub fn task<T>(id: usize, execute: impl FnOnce() -> T) -> T {
    record(EventKind::TaskBegins { id });
    let result = execute();
    record(EventKind::TaskEnds { id });
    result
}

/// Waits by `wait`, with an event before and after if waits are traced.
#[cold]
#[inline(never)]
pub fn waiting<T>(at: WaitKind, wait: impl FnOnce() -> T) -> T {
    if !points::enabled(WAITS) {
        return wait();
    }
    record(EventKind::WaitBegins { at });
    let result = wait();
    record(EventKind::WaitEnds { at });
    result
}

/// Sleeps by `park`, with an event before and after.
#[cold]
pub fn park(park: impl FnOnce()) {
    record(EventKind::Parks);
    park();
    record(EventKind::Unparks);
}

/// The master waits by `join` for the others at the end of its region.
#[cold]
#[inline(never)]
pub fn joining(join: impl FnOnce()) {
    let is_region = current().context().team.is_in_parallel();
    waiting(WaitKind::Join, join);
    if is_region {
        region_ends();
    }
}
