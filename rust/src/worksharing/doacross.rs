//! Doacross loops: `ordered(n)` loops whose iterations wait for named earlier ones (OpenMP
//! 5.2, 15.10.2: `ordered` with `doacross` or `depend(sink)`). The protocol is
//! [`crate::protocol::doacross`].
//!
//! [`post`] is `depend(source)`, [`wait`] is `depend(sink)`.

use crate::icv::ScheduleKind;
use crate::protocol::doacross::{Deal, Doacross};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::Context;
use crate::waiting::{self, Wait};

/// How a schedule deals out the iterations of the first dimension.
pub(crate) fn deal(kind: ScheduleKind, chunk: u64) -> Deal {
    match kind {
        ScheduleKind::Static if chunk > 0 => Deal::RoundRobin(chunk),
        // `auto` deals out blocks whatever the chunk size: `omp_set_schedule`
        // leaves there what `OMP_SCHEDULE` said.
        ScheduleKind::Static | ScheduleKind::Auto => Deal::Blocks,
        ScheduleKind::Dynamic => Deal::Chunks(chunk.max(1)),
        ScheduleKind::Guided => Deal::Chunks(1),
    }
}

/// A member's wait until an iteration is posted.
struct Posted<'a> {
    team: &'static Team,
    doacross: &'static Doacross,
    member: &'static Member,
    iteration: &'a [u64],
}

impl Wait for Posted<'_> {
    fn ready(&mut self) -> bool {
        self.doacross.is_posted(self.iteration)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        self.doacross
            .announce(&self.member.cursor.sink, self.iteration)
    }
    fn awoken(&mut self) {
        self.doacross.withdraw(&self.member.cursor.sink);
    }
}

/// The number of dimensions of the doacross loop that the calling thread is in. It is 0
/// where no thread waits: outside of such loops, and in a team of one.
#[inline]
pub fn dimensions() -> usize {
    let doacross = current().context().member.cursor.work_share().doacross();
    doacross.map_or(0, |doacross| doacross.dimensions())
}

/// Posts an iteration: the calling thread has done what other threads may wait for in it.
/// `iteration` has one number for each dimension.
///
/// # Safety
///
/// `iteration` must point to [`dimensions`] numbers.
#[inline]
pub unsafe fn post(iteration: *const u64) {
    let Context { team, member, .. } = current().context();
    let Some(doacross) = member.cursor.work_share().doacross() else {
        return;
    };
    // SAFETY: the caller's promise.
    let iteration = unsafe { core::slice::from_raw_parts(iteration, doacross.dimensions()) };
    if let Some(posted) = doacross.post(iteration) {
        for member in team.active_members() {
            if member.cursor.sink.wants(posted) {
                member.thread().parker.unpark();
            }
        }
    }
}

/// Waits until the iteration of these numbers is posted.
///
/// # Safety
///
/// As for [`post`].
#[inline]
pub unsafe fn wait(iteration: *const u64) {
    let me = current();
    let Context { team, member, .. } = me.context();
    let Some(doacross) = member.cursor.work_share().doacross() else {
        return;
    };
    // SAFETY: the caller's promise.
    let iteration = unsafe { core::slice::from_raw_parts(iteration, doacross.dimensions()) };
    let mut posted = Posted {
        team,
        doacross,
        member,
        iteration,
    };
    waiting::wait(&mut posted, &me.parker, me.is_worker.get());
}
