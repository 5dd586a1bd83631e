//! The points at which the core tells tools what its threads do.
//!
//! Each place of the core where something starts or ends asks [`crate::points`]
//! first, and calls a function here, out of line, only if somebody wants to know.

use crate::points::{self, LOOPS, REGIONS, WAITS};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
pub use crate::trace::event::Wait;
use crate::trace::event::What;
use crate::trace::recorder;

/// Something happened to the calling thread.
fn record(what: What) {
    let me = current();
    recorder::record(&me.recording, me.is_worker.get(), what);
}

/// The calling thread has a team, which it is about to start a region with.
#[cold]
pub fn fork(team: &Team) {
    record(What::Fork {
        level: team.region.level.get(),
        size: team.size(),
    });
}

/// The calling thread has taken its member in a region.
#[cold]
pub fn joins(team: &Team, member: &Member) {
    if team.region.level.get() == 0 {
        return; // an initial task's
    }
    if points::enabled(REGIONS) {
        record(What::RegionBegins {
            level: team.region.level.get(),
            num: member.num,
            size: team.size(),
        });
    }
    // A combined construct's. A region of Haskell has a loop always, perhaps of
    // no iterations.
    let starts_in = member.cursor.loop_here();
    if points::enabled(LOOPS) && starts_in.is_some_and(|(_, trip)| trip > 0) {
        loop_begins(member);
    }
}

/// The calling thread's share of the region is over.
#[cold]
pub fn leaves() {
    if points::enabled(REGIONS) {
        record(What::RegionEnds);
    }
}

/// The calling thread has met a loop.
#[cold]
pub fn loop_begins(member: &Member) {
    if let Some((kind, trip)) = member.cursor.loop_here() {
        record(What::LoopBegins { kind, trip });
    }
}

/// The calling thread is done with the loop.
#[cold]
pub fn loop_ends() {
    record(What::LoopEnds);
}

/// The calling thread has deferred a task.
#[cold]
pub fn task_created(id: usize) {
    record(What::TaskCreated { id });
}

/// The calling thread executes a task.
#[cold]
#[inline(never)]
pub fn task<T>(id: usize, execute: impl FnOnce() -> T) -> T {
    record(What::TaskBegins { id });
    let result = execute();
    record(What::TaskEnds { id });
    result
}

/// The calling thread waits.
#[cold]
#[inline(never)]
pub fn waiting<T>(at: Wait, wait: impl FnOnce() -> T) -> T {
    if !points::enabled(WAITS) {
        return wait();
    }
    record(What::WaitBegins { at });
    let result = wait();
    record(What::WaitEnds { at });
    result
}

/// The calling thread sleeps.
#[cold]
pub fn park(park: impl FnOnce()) {
    record(What::Parks);
    park();
    record(What::Unparks);
}

/// The calling thread waits for the others at the end of the region that it is
/// the master of.
#[cold]
#[inline(never)]
pub fn joining(join: impl FnOnce()) {
    let is_region = current().context().team.is_in_parallel();
    waiting(Wait::Join, join);
    if is_region {
        leaves();
    }
}
