//! Fork and join, on the master's side. The fronts call this for `parallel` and its combined
//! constructs.
//!
//! Note [A region's life] in [`crate::team`] tells the whole story. How a team passes a
//! region on and gathers is the protocol [`crate::protocol::fork_tree`].

use crate::construct::reduction::Block;
use crate::construct::work_share::WorkShare;
use crate::icv::Icv;
use crate::parallel::ends::{self, guard};
use crate::parallel::membership::{gather, join_team, post};
use crate::parallel::{pool, region, size};
use crate::points::{self, AFFINITY, LOOPS, REGIONS, WAITS};
use crate::sync::process;
use crate::tasking::{quiescence, reduction};
use crate::team::member::Member;
use crate::team::region::{Payload, Region, Team};
use crate::team::register::{self, current};
use crate::team::task::Body;
use crate::team::thread::{Context, Message, Thread};
use crate::{callback, tools};
use core::ffi::{c_int, c_void};

/// What a construct asks for its team.
#[derive(Clone, Copy)]
pub struct Request {
    /// The `num_threads` clause; 0 without one.
    pub threads: u32,
    /// The `proc_bind` clause, an `omp_proc_bind_t`; 0 without one.
    pub bind: u32,
}

/// A request with a `num_threads` clause (or 0), and nothing else.
impl From<u32> for Request {
    fn from(threads: u32) -> Request {
        Request { threads, bind: 0 }
    }
}

/// A region that has begun, with the calling thread as its master.
struct Entered {
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
}

/// Begins a region, with the calling thread as its thread 0. The caller then runs
/// `body(data)` and calls [`join`].
///
/// `prepare` gets the work share at which all threads of the region will stand, before any
/// thread stands there. A combined construct writes its loop into it.
#[inline]
pub fn fork(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    prepare: impl FnOnce(&WorkShare),
) {
    begin(body, data, request.into(), |_, work_share| {
        prepare(work_share)
    });
}

/// [`fork`] for a caller that must not wait, not even for a lock. It forks if the runtime
/// knows the thread, no tool listens, the region has at most `max_threads` threads, and the
/// team of the thread's last region is free and large enough (or the region has one thread).
/// Otherwise it does nothing, and answers false.
pub fn fork_at_once(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    max_threads: u32,
    prepare: impl FnOnce(&WorkShare),
) -> bool {
    let Some(me) = register::known() else {
        return false;
    };
    if points::enabled(AFFINITY | REGIONS | LOOPS | WAITS) || !me.is_fresh() {
        return false;
    }
    let outer = me.context();
    let request = request.into();
    let wanted = size::resolve(&outer, request.threads);
    if wanted > max_threads {
        return false;
    }
    let got = if wanted > 1 {
        pool::acquire_last(me, &outer, wanted)
    } else {
        Some(me.serial_team())
    };
    let Some(team) = got else {
        return false;
    };
    let prepare = |_: &Region, work_share: &WorkShare| prepare(work_share);
    begin_in(me, &outer, (team, wanted), request, body, data, prepare);
    true
}

/// [`fork`], but `prepare` also gets the region's constants.
#[inline(always)]
fn begin(
    body: Body,
    data: *mut c_void,
    request: Request,
    prepare: impl FnOnce(&Region, &WorkShare),
) -> Entered {
    let me = current();
    let outer = me.fresh_context();
    let wanted = size::resolve(&outer, request.threads);
    let got = if wanted > 1 {
        pool::acquire(me, &outer, wanted)
    } else {
        (me.serial_team(), 1)
    };
    begin_in(me, &outer, got, request, body, data, prepare)
}

/// Begins a region with the team and the size that were claimed for it.
#[inline(always)]
fn begin_in(
    me: &'static Thread,
    outer: &Context,
    (team, size): (&'static Team, u32),
    request: Request,
    body: Body,
    data: *mut c_void,
    prepare: impl FnOnce(&Region, &WorkShare),
) -> Entered {
    region::begin(team, me, outer, size, request.bind);
    let member = &team.all_members[0];
    member.hand_over();
    let generation = member.generation.get();
    prepare(&team.region, team.work_shares.open(&member.cursor, size));
    team.singles.reset();
    if points::enabled(REGIONS) {
        tools::fork(team, request.threads);
    }
    if size > 1 {
        member.set_thread(me);
        post(
            Message {
                body,
                data,
                team,
                member: 0,
                generation,
            },
            0,
        );
    }
    join_team(me, team, member, generation);
    Entered { me, team, member }
}

/// Ends the region that the calling thread is the master of.
pub fn join() {
    let me = current();
    let Context { team, member, .. } = me.context();
    end(Entered { me, team, member });
}

/// [`join`] for a caller that must not wait. It ends the region if the region has one thread,
/// none of its tasks was deferred, and no tool listens: then there is nothing to wait for.
/// Otherwise it does nothing, and answers false.
pub fn join_at_once() -> bool {
    let me = current();
    let Context { team, member, .. } = me.context();
    let alone = team.size() == 1 && !team.tasks.is_active(member.generation.get());
    if alone && !points::enabled(REGIONS | WAITS) {
        end_region(Entered { me, team, member });
        return true;
    }
    false
}

/// [`join`] for a caller that already has the region.
#[inline(always)]
fn end(region: Entered) {
    if points::enabled(REGIONS | WAITS) {
        tools::joining(|| end_region(region));
    } else {
        end_region(region);
    }
}

#[inline(always)]
fn end_region(Entered { me, team, member }: Entered) {
    let Some(outer) = team.region.outer.get() else {
        return; // GOMP_parallel_end without a region
    };
    if team.region.process.get() != process::generation() {
        return outer.task.abandon(); // Note [Returning in the child]
    }
    let size = team.size();
    if size == 1 {
        end_serial(me, team, member, outer);
        return;
    }
    let generation = member.generation.get();
    if !gather(me, team, member, generation) || !quiescence::finish_region(me, team, generation) {
        return outer.task.abandon();
    }
    // Haskell's regions can be cancelled whatever `cancel-var` is.
    if team.cancelled.region(generation).is_some() {
        let cursors = team.active_members().iter().map(|member| &member.cursor);
        team.work_shares.reunite(&member.cursor, cursors);
        team.combining_tree.forget_arrivals();
    }
    callback::end(me, member);
    member.generation.set(generation + 1);
    me.enter(outer);
    team.claim.release(size);
}

/// Runs `body` on the calling thread as the initial task of a contention group of its own, at
/// level 0. Afterwards the thread is back in its task. The ICVs are those of new initial
/// tasks, as `change` leaves them.
pub fn initial(change: impl FnOnce(&mut Icv), body: impl FnOnce()) {
    let me = current();
    let outer = me.context();
    let team = me.serial_team();
    team.begin_initial();
    let mut icv = team.region.icv.get();
    change(&mut icv);
    team.region.icv.set(icv);
    let process = team.region.process.get();
    let member = &team.all_members[0];
    team.work_shares.open(&member.cursor, 1);
    team.singles.reset();
    join_team(me, team, member, member.generation.get());
    body();
    if process == process::generation() {
        end_serial(me, team, member, outer);
    } else {
        outer.task.abandon();
    }
}

/// The calling thread ends a region of one thread, and returns to the task around it.
#[inline(always)]
fn end_serial(me: &'static Thread, team: &'static Team, member: &'static Member, outer: Context) {
    let generation = member.generation.get();
    if !quiescence::finish_region(me, team, generation) {
        return outer.task.abandon();
    }
    callback::end(me, member);
    member.generation.set(generation + 1);
    me.enter(outer);
    me.teams.put_serial(team);
}

/// A whole region. The calling thread runs the master's share.
///
/// # Safety
///
/// `body(data)` must be callable from several threads at once.
#[inline]
pub unsafe fn parallel(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    prepare: impl FnOnce(&WorkShare),
) {
    guard!(master_leaves);
    let region = begin(body, data, request.into(), |_, work_share| {
        prepare(work_share)
    });
    // SAFETY: the caller's promise.
    unsafe { body(data) };
    end(region);
}

/// A whole region whose body finds `payload` in the region's constants; it gets a null pointer.
///
/// # Safety
///
/// `body` must be callable from several threads at once, in a region with this payload.
#[inline]
pub unsafe fn parallel_with_payload(body: Body, payload: &Payload, request: Request) {
    guard!(master_leaves);
    let data = core::ptr::null_mut();
    let region = begin(body, data, request, |region, _| {
        region::refresh(&region.payload, *payload);
    });
    // SAFETY: the caller's promise.
    unsafe { body(data) };
    end(region);
}

/// A whole region with task reductions. Returns the number of its threads.
///
/// # Safety
///
/// As for [`parallel`].
pub unsafe fn parallel_with_reductions(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    reductions: Block,
) -> u32 {
    guard!(master_leaves);
    let mut threads = 0;
    let region = begin(body, data, request.into(), |region, _| {
        threads = region.size.get();
        reduction::open_region(reductions, threads);
        region.reductions.set(Some(reductions));
    });
    // SAFETY: the caller's promise.
    unsafe { body(data) };
    end(region);
    threads
}

/// The personality routine of a master's frame: a master whose thread ends in a region joins
/// the region first. See Note \[A thread ends inside of a region\] in [`ends`].
pub extern "C" fn master_leaves(
    _version: c_int,
    actions: c_int,
    _class: u64,
    _exception: *mut c_void,
    _context: *mut c_void,
) -> c_int {
    ends::personality(actions, join)
}
