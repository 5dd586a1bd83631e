//! Doacross loops: `ordered(n)` loops whose iterations wait for named earlier ones (OpenMP
//! 5.2, 15.10.2: `ordered` with `doacross` or `depend(sink)`). The protocol is
//! [`crate::protocol::doacross`].
//!
//! [`post`] is `depend(source)`, [`wait`] is `depend(sink)`.

use crate::construct::cursor::OpenDoacross;
use crate::construct::space::IterationSpace;
use crate::construct::work_share::Extra;
use crate::icv::ScheduleKind;
use crate::protocol::doacross::{Deal, Doacross};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::waiting::{self, Wait};
use std::sync::Arc;

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
    doacross: &'a Doacross,
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
    post_in(team, doacross, iteration);
}

#[inline]
fn post_in(team: &'static Team, doacross: &Doacross, iteration: &[u64]) {
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
    let Some(doacross) = me.context().member.cursor.work_share().doacross() else {
        return;
    };
    // SAFETY: the caller's promise.
    let iteration = unsafe { core::slice::from_raw_parts(iteration, doacross.dimensions()) };
    wait_in(me, doacross, iteration);
}

#[inline]
fn wait_in(me: &'static Thread, doacross: &Doacross, iteration: &[u64]) {
    let Context { team, member, .. } = me.context();
    let mut posted = Posted {
        team,
        doacross,
        member,
        iteration,
    };
    waiting::wait(&mut posted, &me.parker, me.is_worker.get());
}

/// Meets a doacross loop whose end the caller tells ([`close`]), and whose schedule nobody
/// knows yet. The loop itself comes after this.
pub fn open(counts: &[u64], spaces: Vec<IterationSpace>) {
    let Context { team, member, .. } = current().context();
    let size = team.size();
    let (work_share, _) = member.cursor.advance(size, |work_share| {
        let state = Some(counts)
            .filter(|_| size > 1)
            .and_then(|counts| Doacross::new(counts, Deal::Each, size));
        work_share.equip(Extra {
            doacross: state.map(Arc::new),
            ..Extra::default()
        });
    });
    let state = work_share.extra().and_then(|extra| extra.doacross.clone());
    let open = Box::new(OpenDoacross { state, spaces });
    member.cursor.doacross.set(Some(open));
}

/// The doacross loop is over for the calling thread.
pub fn close() {
    current().context().member.cursor.doacross.set(None);
}

/// Runs `act` with the state of the open loop, and the numbers of the iteration with these
/// values. Does nothing where no thread waits, and for an iteration outside of the loop.
///
/// # Safety
///
/// There are as many values as dimensions.
unsafe fn with_open(
    member: &'static Member,
    values: *const i64,
    act: impl FnOnce(&Doacross, &[u64]),
) {
    let Some(open) = member.cursor.doacross.take() else {
        return;
    };
    if let Some(doacross) = &open.state {
        let numbers: Option<Vec<u64>> = (open.spaces.iter().enumerate())
            // SAFETY: the caller's promise.
            .map(|(i, space)| space.number(unsafe { *values.add(i) } as u64))
            .collect();
        if let Some(numbers) = numbers {
            act(doacross, &numbers);
        }
    }
    member.cursor.doacross.set(Some(open));
}

/// [`post`] in an open loop, by values.
///
/// # Safety
///
/// There are as many values as dimensions.
pub unsafe fn post_values(values: *const i64) {
    let Context { team, member, .. } = current().context();
    // SAFETY: the caller's promise.
    unsafe {
        with_open(member, values, |doacross, numbers| {
            post_in(team, doacross, numbers)
        })
    }
}

/// [`wait`] in an open loop, by values.
///
/// # Safety
///
/// There are as many values as dimensions.
pub unsafe fn wait_values(values: *const i64) {
    let me = current();
    // SAFETY: the caller's promise.
    unsafe {
        with_open(me.context().member, values, |doacross, numbers| {
            wait_in(me, doacross, numbers)
        })
    }
}
