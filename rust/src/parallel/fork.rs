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

use crate::construct::work_share::Slot;
use crate::icv::Icv;
use crate::parallel::barrier::Arrival;
use crate::parallel::ends::{self, guard};
use crate::parallel::{atfork, pool, size};
use crate::points::{self, AFFINITY, LOOPS, REGIONS, WAITS};
use crate::tasking::quiescence;
use crate::tasking::reduction::{self, Block};
use crate::team::current::{self, current};
use crate::team::member::Seat;
use crate::team::region::{Region, Team};
use crate::team::thread::{Place, Thread};
use crate::waiting::{self, migrate, Wait};
use crate::{affinity, callback, host, trace};
use core::ffi::c_void;
use core::sync::atomic::Ordering;

/// A region's body, as the compiler outlines it.
///
/// `"C"` and not `"C-unwind"`: GHC's runtime system ends threads whose in-call
/// is interrupted by program exit with `pthread_exit`, which unwinds. The crate
/// is built with `panic = "abort"`; frames of plain `"C"` calls then have
/// nothing that would stop the unwinding, those of `"C-unwind"` calls abort.
pub type Body = unsafe extern "C" fn(*mut c_void);

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

/// What a worker needs to know of a region.
#[derive(Clone, Copy)]
pub struct Message {
    body: Body,
    data: *mut c_void,
    team: &'static Team,
    seat: u32,
    /// The generation that the region begins with.
    generation: u64,
}

/// The place of who takes `seat`.
pub(crate) fn place_in(team: &'static Team, seat: &'static Seat) -> Place {
    Place {
        team,
        seat,
        task: &seat.implicit,
    }
}

/// Takes a seat for a region.
#[inline(always)]
fn sit_down(thread: &'static Thread, team: &'static Team, seat: &'static Seat, generation: u64) {
    seat.change_owner();
    seat.generation.set(generation);
    seat.singles.set(0);
    seat.position.begin(&team.chain);
    let region = &team.region;
    let (icv, reductions) = (region.icv.get(), region.reductions.get());
    seat.implicit.begin_implicit(icv, reductions, thread);
    seat.tasks.begin();
    let place = place_in(team, seat);
    host::seated(thread, &place);
    thread.enter(place);
    if points::watched(AFFINITY | REGIONS | LOOPS) {
        tell_of_seat(thread, team, seat);
    }
}

/// The thread has taken a seat, and somebody wants to hear of that.
#[cold]
fn tell_of_seat(thread: &'static Thread, team: &'static Team, seat: &'static Seat) {
    if affinity::attended() {
        affinity::attend(thread, team, seat);
    }
    trace::sits(team, seat);
}

/// Hands the region to the children of `num`.
#[inline(always)]
fn post(message: Message, num: u32) {
    let region = &message.team.region;
    let (tree, size) = (region.tree.get(), region.size.get());
    for child in tree.children(num, size).rev().flatten() {
        let worker = message.team.seats[child as usize].thread();
        let message = Message {
            seat: child,
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
    seat: &'static Seat,
}

/// Starts a region and makes the calling thread its thread 0; the caller then
/// runs `body(data)` and calls [`join`]. `prepare` gets the slot at which all
/// threads of the region will stand, before they do: a combined construct writes
/// its loop.
#[inline]
pub fn fork(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    prepare: impl FnOnce(&Slot),
) {
    begin(body, data, request.into(), |_, slot| prepare(slot));
}

/// As [`fork`] if that waits for nothing, not even for a lock, and says nothing: if
/// the thread is known, and has a free team of so many from its last region, or
/// needs none. Else false, and nothing was done.
pub fn fork_at_once(
    body: Body,
    data: *mut c_void,
    request: impl Into<Request>,
    most: u32,
    prepare: impl FnOnce(&Slot),
) -> bool {
    let Some(me) = current::known() else {
        return false;
    };
    if points::watched(AFFINITY | REGIONS | LOOPS | WAITS) || !me.is_fresh() {
        return false;
    }
    let outer = me.place();
    let Request { threads, bind } = request.into();
    let wanted = size::resolve(&outer, threads);
    if wanted > most {
        return false;
    }
    let got = if wanted > 1 {
        pool::acquire_last(me, &outer, wanted)
    } else {
        Some(me.solo_team())
    };
    let Some(team) = got else {
        return false;
    };
    let prepare = |_: &Region, slot: &Slot| prepare(slot);
    begin_in(me, &outer, (team, wanted), bind, body, data, prepare);
    true
}

/// As [`fork`]; `prepare` gets the region's constants too.
#[inline(always)]
fn begin(
    body: Body,
    data: *mut c_void,
    request: Request,
    prepare: impl FnOnce(&Region, &Slot),
) -> Entered {
    let me = current();
    let outer = me.fresh_place();
    let Request { threads, bind } = request;
    let wanted = size::resolve(&outer, threads);
    let got = if wanted > 1 {
        pool::acquire(me, &outer, wanted)
    } else {
        (me.solo_team(), 1)
    };
    begin_in(me, &outer, got, bind, body, data, prepare)
}

/// Begins a region with a team that was claimed for it, and its size.
#[inline(always)]
fn begin_in(
    me: &'static Thread,
    outer: &Place,
    (team, size): (&'static Team, u32),
    bind: u32,
    body: Body,
    data: *mut c_void,
    prepare: impl FnOnce(&Region, &Slot),
) -> Entered {
    team.begin_region(me, outer, size, bind);
    let seat = &team.seats[0];
    seat.change_owner();
    let generation = seat.generation.get();
    prepare(&team.region, team.chain.open(&seat.position, size));
    refresh_singles(team);
    if size > 1 {
        if points::watched(REGIONS) {
            trace::fork(team);
        }
        seat.give(me);
        post(
            Message {
                body,
                data,
                team,
                seat: 0,
                generation,
            },
            0,
        );
    }
    sit_down(me, team, seat, generation);
    Entered { me, team, seat }
}

/// No `single` has found its thread yet. The line stays where it is if the last
/// region had none.
#[inline(always)]
pub(crate) fn refresh_singles(team: &Team) {
    if team.singles.load(Ordering::Relaxed) != 0 {
        team.singles.store(0, Ordering::Relaxed);
    }
}

/// Ends the region that the calling thread is the master of.
pub fn join() {
    let me = current();
    let Place { team, seat, .. } = me.place();
    end(Entered { me, team, seat });
}

/// As [`join`] if the region has one thread, no task of it was deferred, and nobody
/// wants to hear of it: then there is nothing to wait for. Else false, and nothing
/// was done.
pub fn join_at_once() -> bool {
    let me = current();
    let Place { team, seat, .. } = me.place();
    let alone = team.size() == 1 && !team.tasks.is_active(seat.generation.get());
    if alone && !points::watched(REGIONS | WAITS) {
        end_region(Entered { me, team, seat });
        return true;
    }
    false
}

/// As [`join`], for who knows the region.
#[inline(always)]
fn end(region: Entered) {
    if points::watched(REGIONS | WAITS) {
        trace::joining(|| end_region(region));
    } else {
        end_region(region);
    }
}

#[inline(always)]
fn end_region(Entered { me, team, seat }: Entered) {
    let Some(outer) = team.region.outer.get() else {
        return; // GOMP_parallel_end without a region
    };
    if team.region.process.get() != atfork::generation() {
        return outer.task.abandon(); // Note [Returning in the child]
    }
    let size = team.size();
    if size == 1 {
        end_solo(me, team, seat, outer);
        return;
    }
    let generation = seat.generation.get();
    if !gather(me, team, seat, generation) || !quiescence::close(me, team, generation) {
        return outer.task.abandon();
    }
    if team.region.is_cancellable && team.cancelled.region(generation).is_some() {
        let positions = team.members().iter().map(|member| &member.position);
        team.chain.reunite(&seat.position, positions);
    }
    callback::end(me, seat);
    seat.generation.set(generation + 1);
    me.enter(outer);
    team.claim.release(size);
}

/// Runs `body` as the initial task of a contention group of its own, at level
/// 0, on the calling thread; afterwards the thread is where it was. The ICVs
/// are those of new initial tasks, as `change` leaves them.
pub fn initial(change: impl FnOnce(&mut Icv), body: impl FnOnce()) {
    let me = current();
    let outer = me.place();
    let team = me.solo_team();
    team.begin_initial();
    let mut icv = team.region.icv.get();
    change(&mut icv);
    team.region.icv.set(icv);
    let process = team.region.process.get();
    let seat = &team.seats[0];
    team.chain.open(&seat.position, 1);
    refresh_singles(team);
    sit_down(me, team, seat, seat.generation.get());
    body();
    if process == atfork::generation() {
        end_solo(me, team, seat, outer);
    } else {
        outer.task.abandon();
    }
}

/// The calling thread leaves a team of one, for where it came from.
#[inline(always)]
fn end_solo(me: &'static Thread, team: &'static Team, seat: &'static Seat, outer: Place) {
    let generation = seat.generation.get();
    if !quiescence::close(me, team, generation) {
        return outer.task.abandon();
    }
    callback::end(me, seat);
    seat.generation.set(generation + 1);
    me.enter(outer);
    me.recycle_solo(team);
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
    prepare: impl FnOnce(&Slot),
) {
    guard!(ends::master_leaves);
    let region = begin(body, data, request.into(), |_, slot| prepare(slot));
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
fn gather(me: &'static Thread, team: &'static Team, seat: &'static Seat, generation: u64) -> bool {
    if !quiescence::drain_own(me, team, generation) {
        return false;
    }
    let tree = team.region.tree.get();
    for child in tree.children(seat.num, team.size()).flatten() {
        let signal = &team.seats[child as usize].arrived;
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
        self.left
            .is_some_and(|(team, generation)| quiescence::help_as_guest(self.me, team, generation))
    }
    fn in_crowd(&self) -> bool {
        self.crowd
    }
    fn announce(&mut self) -> bool {
        let registered = match self.left {
            Some((team, generation)) => quiescence::announce_guest(self.me, team, generation),
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
    current::set(me);
    if !waiting::oversubscribed() {
        migrate::started(me.made_on.get());
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
        post(message, message.seat);
        let team = message.team;
        let seat = &team.seats[message.seat as usize];
        sit_down(me, team, seat, message.generation);
        // SAFETY: who forked promised that the body runs on any thread.
        unsafe { (message.body)(message.data) };
        if !me.is_worker.get() {
            return; // Note [Returning in the child]
        }
        if points::watched(REGIONS) {
            trace::leaves();
        }
        let generation = seat.generation.get();
        if !gather(me, team, seat, generation) {
            return;
        }
        callback::end(me, seat);
        crowd = team.region.is_crowd.get();
        // The parent in the tree has a thread in its seat for as long as this
        // child has not arrived.
        let parent = team.region.tree.get().parent(seat.num);
        let parent = team.seats[parent as usize].thread();
        seat.arrived.raise(generation + 1, &parent.parker);
        left = Some((team, generation));
    }
}
