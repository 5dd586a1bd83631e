//! Fork and join. See Note [A region's life] in [`super`].
//!
//! # Protocol
//!
//! Who wakes and gathers whom is said in [`tree`](crate::protocol::fork_tree). Going down, a
//! parent writes the message into the worker's mailbox and raises its signal
//! (release; the worker acquires). Going up, a child raises
//! `arrived` with the region's generation when it and its own children are
//! done (release; the parent acquires). So a region costs each worker one
//! cache line down and one up. A master's writes before the fork are seen by
//! all bodies, and all bodies' writes are seen by the master after the join.

use crate::construct::reduction::Block;
use crate::construct::work_share::WorkShare;
use crate::icv::Icv;
use crate::parallel::barrier::Arrival;
use crate::parallel::ends::{self, guard};
use crate::parallel::{binding, pool, region, size};
use crate::points::{self, AFFINITY, LOOPS, REGIONS, WAITS};
use crate::sync::process;
use crate::tasking::{quiescence, reduction};
use crate::team::host_number;
use crate::team::member::Member;
use crate::team::region::{Region, Team};
use crate::team::register::{self, current};
use crate::team::task::Body;
use crate::team::thread::{Context, Message, Thread};
use crate::waiting::{self, migrate, Wait};
use crate::{callback, tools};
use core::ffi::c_void;

/// What a construct says of the team that it wants.
#[derive(Clone, Copy)]
pub struct Request {
    /// The `num_threads` clause, 0 without one.
    pub threads: u32,
    /// The `proc_bind` clause, an `omp_proc_bind_t`; 0 without one.
    pub bind: u32,
}

/// A `num_threads` clause, or 0, alone.
impl From<u32> for Request {
    fn from(threads: u32) -> Request {
        Request { threads, bind: 0 }
    }
}

/// Takes a member for a region.
#[inline(always)]
fn join_team(
    thread: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
) {
    member.change_owner();
    member.generation.set(generation);
    member.singles.set(0);
    member.cursor.begin(&team.work_shares);
    let region = &team.region;
    let (icv, reductions) = (region.icv.get(), region.reductions.get());
    member.implicit.begin_implicit(icv, reductions, thread);
    member.tasks.begin();
    let context = team.context_of(member);
    host_number::joined(thread, &context);
    thread.enter(context);
    if points::enabled(AFFINITY | REGIONS | LOOPS) {
        tell_of_member(thread, team, member);
    }
}

/// The thread has taken a member, and somebody wants to hear of that.
#[cold]
fn tell_of_member(thread: &'static Thread, team: &'static Team, member: &'static Member) {
    if binding::binding_enabled() {
        binding::apply_binding(thread, team, member);
    }
    tools::joins(team, member);
}

/// Hands the region to the children of `num`.
#[inline(always)]
fn post(message: Message, num: u32) {
    let region = &message.team.region;
    let (tree, size) = (region.tree.get(), region.size.get());
    for child in tree.children(num, size).rev().flatten() {
        let worker = message.team.all_members[child as usize].thread();
        let message = Message {
            member: child,
            ..message
        };
        send(worker, Some(message));
    }
}

/// Gives an idle worker a message; none dismisses it.
#[inline(always)]
pub(crate) fn send(worker: &'static Thread, message: Option<Message>) {
    let mailbox = &worker.mailbox;
    mailbox.message.set(message);
    let posted = mailbox.posted.get() + 1;
    mailbox.posted.set(posted);
    mailbox.signal.raise(posted, &worker.parker);
}

/// A region that the calling thread is the master of.
struct Entered {
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
}

/// Starts a region and makes the calling thread its thread 0; the caller then
/// runs `body(data)` and calls [`join`]. `prepare` gets the work share at which all
/// threads of the region will stand, before they do: a combined construct writes
/// its loop.
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

/// As [`fork`] if that waits for nothing, not even for a lock, and says nothing: if
/// the thread is known, and has a free team of so many from its last region, or
/// needs none. Else false, and nothing was done.
pub fn fork_at_once(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    most: u32,
    prepare: impl FnOnce(&WorkShare),
) -> bool {
    let Some(me) = register::known() else {
        return false;
    };
    if points::enabled(AFFINITY | REGIONS | LOOPS | WAITS) || !me.is_fresh() {
        return false;
    }
    let outer = me.context();
    let Request { threads, bind } = request.into();
    let wanted = size::resolve(&outer, threads);
    if wanted > most {
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
    begin_in(me, &outer, (team, wanted), bind, body, data, prepare);
    true
}

/// As [`fork`]; `prepare` gets the region's constants too.
#[inline(always)]
fn begin(
    body: Body,
    data: *mut c_void,
    request: Request,
    prepare: impl FnOnce(&Region, &WorkShare),
) -> Entered {
    let me = current();
    let outer = me.fresh_context();
    let Request { threads, bind } = request;
    let wanted = size::resolve(&outer, threads);
    let got = if wanted > 1 {
        pool::acquire(me, &outer, wanted)
    } else {
        (me.serial_team(), 1)
    };
    begin_in(me, &outer, got, bind, body, data, prepare)
}

/// Begins a region with a team that was claimed for it, and its size.
#[inline(always)]
fn begin_in(
    me: &'static Thread,
    outer: &Context,
    (team, size): (&'static Team, u32),
    bind: u32,
    body: Body,
    data: *mut c_void,
    prepare: impl FnOnce(&Region, &WorkShare),
) -> Entered {
    region::begin(team, me, outer, size, bind);
    let member = &team.all_members[0];
    member.change_owner();
    let generation = member.generation.get();
    prepare(&team.region, team.work_shares.open(&member.cursor, size));
    team.refresh_singles();
    if size > 1 {
        if points::enabled(REGIONS) {
            tools::fork(team);
        }
        member.give(me);
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

/// As [`join`] if the region has one thread, no task of it was deferred, and nobody
/// wants to hear of it: then there is nothing to wait for. Else false, and nothing
/// was done.
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

/// As [`join`], for who knows the region.
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
    if !gather(me, team, member, generation) || !quiescence::close(me, team, generation) {
        return outer.task.abandon();
    }
    if team.region.is_cancellable && team.cancelled.region(generation).is_some() {
        let cursors = team.members().iter().map(|member| &member.cursor);
        team.work_shares.reunite(&member.cursor, cursors);
    }
    callback::end(me, member);
    member.generation.set(generation + 1);
    me.enter(outer);
    team.claim.release(size);
}

/// Runs `body` as the initial task of a contention group of its own, at level
/// 0, on the calling thread; afterwards the thread is where it was. The ICVs
/// are those of new initial tasks, as `change` leaves them.
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
    team.refresh_singles();
    join_team(me, team, member, member.generation.get());
    body();
    if process == process::generation() {
        end_serial(me, team, member, outer);
    } else {
        outer.task.abandon();
    }
}

/// The calling thread leaves a team of one, for where it came from.
#[inline(always)]
fn end_serial(me: &'static Thread, team: &'static Team, member: &'static Member, outer: Context) {
    let generation = member.generation.get();
    if !quiescence::close(me, team, generation) {
        return outer.task.abandon();
    }
    callback::end(me, member);
    member.generation.set(generation + 1);
    me.enter(outer);
    me.teams.put_serial(team);
}

/// A whole region: the master's share runs on the caller.
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
    guard!(ends::master_leaves);
    let region = begin(body, data, request.into(), |_, work_share| {
        prepare(work_share)
    });
    // SAFETY: the caller's promise.
    unsafe { body(data) };
    end(region);
}

/// A whole region with task reductions; its threads.
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
    guard!(ends::master_leaves);
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

/// Waits for the member's children; false in the child of a fork in a task that
/// it helped with.
#[inline(always)]
fn gather(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
) -> bool {
    if !quiescence::drain_own(me, team, generation) {
        return false;
    }
    let tree = team.region.tree.get();
    for child in tree.children(member.num, team.size()).flatten() {
        let signal = &team.all_members[child as usize].arrived;
        let mut wait = Arrival::<false> {
            me,
            team,
            signal,
            generation,
        };
        if !waiting::wait(&mut wait, &me.parker, me.is_worker.get()) {
            return false;
        }
    }
    true
}

/// Waiting for the next message; meanwhile a helper of the region that the
/// worker has left (Note [Workers that help] in [`crate::tasking`]).
struct Idle {
    me: &'static Thread,
    next: u64,
    left: Option<(&'static Team, u64)>,
    /// Whether that region's threads were a crowd.
    crowd: bool,
}

impl Wait for Idle {
    fn ready(&mut self) -> bool {
        self.me.mailbox.signal.reached(self.next)
    }
    fn help(&mut self) -> bool {
        self.left.is_some_and(|(team, generation)| {
            quiescence::help_left_region(self.me, team, generation)
        })
    }
    fn is_oversubscribed(&self) -> bool {
        self.crowd
    }
    fn announce(&mut self) -> bool {
        let registered = match self.left {
            Some((team, generation)) => quiescence::announce_helper(self.me, team, generation),
            None => true,
        };
        registered
            && (self.me.mailbox.signal.announce(self.next) || {
                self.awoken();
                false
            })
    }
    fn awoken(&mut self) {
        if let Some((team, _)) = self.left {
            let searches = !self.ready();
            quiescence::awoken(self.me, team, searches);
        }
    }
}

/// A worker's life, until it is dismissed.
pub(crate) fn worker(me: &'static Thread) {
    guard!(ends::worker_leaves);
    ends::keep();
    register::set(me);
    if !waiting::oversubscribed() {
        migrate::started(me.binding.spawn_processor.get());
    }
    let mut next = 1;
    let (mut left, mut crowd) = (None, false);
    loop {
        let waited = waiting::wait(
            &mut Idle {
                me,
                next,
                left,
                crowd,
            },
            &me.parker,
            true,
        );
        if !waited {
            return; // as below
        }
        // A task that it helped with may have called a closure.
        callback::end_any(me);
        next += 1;
        let Some(message) = me.mailbox.message.get() else {
            waiting::worker_asleep();
            // What its thread still does, in destructors, is another thread's work.
            me.retire();
            return;
        };
        post(message, message.member);
        let team = message.team;
        let member = &team.all_members[message.member as usize];
        join_team(me, team, member, message.generation);
        // SAFETY: who forked promised that the body runs on any thread.
        unsafe { (message.body)(message.data) };
        if !me.is_worker.get() {
            return; // Note [Returning in the child]
        }
        if points::enabled(REGIONS) {
            tools::leaves();
        }
        let generation = member.generation.get();
        if !gather(me, team, member, generation) {
            return;
        }
        callback::end(me, member);
        crowd = team.region.oversubscribes.get();
        // The parent in the tree has a thread in its member for as long as this
        // child has not arrived.
        let parent = team.region.tree.get().parent(member.num);
        let parent = team.all_members[parent as usize].thread();
        member.arrived.raise(generation + 1, &parent.parker);
        left = Some((team, generation));
    }
}
