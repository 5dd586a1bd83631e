//! Knowing that all tasks before a barrier are done, and sleeping meanwhile.
//!
//! # Note [Counting a phase]
//!
//! The tasks created between two barriers of a team are a phase, named by the
//! generation of the barrier that ends it. Each member counts, in its own
//! line, the tasks that it created and executed, apart for even and odd
//! phases (two adjacent phases are all that can be alive). When all members
//! have arrived at the barrier, the phase is over when the sum of executed
//! equals the sum of created, with the executed read first:
//!
//! - A task that is seen executed is seen created, and so are the tasks that
//!   its executor had created before (they are in the executor's release).
//! - So equal sums mean that all tasks seen created are seen executed. The
//!   tasks created by bodies are seen created (the barrier's arrival). So they
//!   are seen executed, so their children are seen created, and so on.
//!
//! A phase in which nothing was deferred costs one load: `active`.
//!
//! # Note [Sleeping for tasks]
//!
//! A member that waits may sleep although the region can still make tasks. It
//! says so in `Thread::sleeping_in` and in the team's count of sleepers, makes
//! a fence, and looks at the deques again. A creator pushes, makes a fence,
//! and looks at the count. One of the two sees the other. The first creator of
//! a phase makes a full fence; the others make the light half of
//! `sync::fence`, and a sleeper that finds the phase active the heavy one.
//! The same holds for "executed" in the place of "pushed", for members that
//! sleep until the phase is over. Two that execute the last tasks at once must
//! not each miss what the other counted: who sees a sleeper makes a full fence
//! before it looks whether the phase is over.

use super::guests::Guests;
use super::hosted::Naps;
use super::run;
use super::shared::Shared;
use super::task::Task;
use crate::sync::fence;
use crate::sync::wait::{self, Wait};
use crate::team::{Seat, Team, Thread};
use core::sync::atomic::{self, AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// A team's part of the tasking.
pub struct TeamTasks {
    /// Per parity: generation + 1 of the last phase in which a task was
    /// deferred.
    active: CachePadded<[AtomicU64; 2]>,
    /// Members that sleep and want to be woken for tasks.
    sleepers: CachePadded<AtomicU32>,
    /// Tasks that lie in no deque.
    pub(super) shared: CachePadded<Shared>,
    guests: CachePadded<Guests>,
    /// Members that sleep for tasks of the host.
    pub(crate) naps: CachePadded<Naps>,
}

impl TeamTasks {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> TeamTasks {
        TeamTasks {
            active: Default::default(),
            sleepers: Default::default(),
            shared: CachePadded::new(Shared::new()),
            guests: CachePadded::new(Guests::new()),
            naps: CachePadded::new(Naps::new()),
        }
    }

    /// Whether a task of the phase was deferred.
    pub(crate) fn is_active(&self, generation: u64) -> bool {
        self.active[generation as usize & 1].load(Ordering::Relaxed) == generation + 1
    }
}

/// A task of this phase is about to be pushed.
#[inline]
pub(super) fn mark(team: &'static Team, generation: u64) {
    let active = &team.tasks.active[generation as usize & 1];
    if active.load(Ordering::Relaxed) != generation + 1 {
        active.store(generation + 1, Ordering::Relaxed);
        // Before the load of `sleepers` in `wake_for_work`: Note [Sleeping for tasks].
        atomic::fence(Ordering::SeqCst);
    }
}

/// A task was pushed: wakes one sleeper if there is one.
#[inline]
pub(super) fn wake_for_work(team: &'static Team) {
    fence::light();
    if team.tasks.sleepers.load(Ordering::Relaxed) > 0 {
        wake(team, 1);
    }
}

/// A task was executed: if the phase is over, wakes those who wait for that.
#[inline]
pub(super) fn wake_if_done(team: &'static Team, seat: &'static Seat, generation: u64) {
    fence::light();
    if team.tasks.sleepers.load(Ordering::Relaxed) > 0 && seat.tasks.deque.is_empty() && {
        atomic::fence(Ordering::SeqCst);
        is_over(team, generation)
    } {
        wake(team, u32::MAX);
    }
}

/// A task was completed from outside: wakes all sleepers. The region may have
/// ended meanwhile, so this must not read what a master writes; who is in the
/// next region is woken in vain.
pub(super) fn wake_from_outside(team: &'static Team) {
    fence::light();
    if team.tasks.sleepers.load(Ordering::Relaxed) > 0 {
        wake_among(&team.seats, team, u32::MAX);
    }
}

/// Wakes up to `most` sleeping members.
#[cold]
fn wake(team: &'static Team, most: u32) {
    wake_among(team.members(), team, most);
}

fn wake_among(seats: &'static [Seat], team: &'static Team, most: u32) {
    let mut woken = 0;
    for thread in seats.iter().filter_map(Seat::sitter) {
        if thread.stop_sleeping_in(team) {
            team.tasks.sleepers.fetch_sub(1, Ordering::Relaxed);
            thread.parker.unpark();
            woken += 1;
            if woken == most {
                return;
            }
        }
    }
}

/// Whether the phase is over; see Note [Counting a phase]. Only asked by members that
/// know that all have arrived, or as a hint.
fn is_over(team: &'static Team, generation: u64) -> bool {
    let executed: u64 = team.members().iter().fold(0, |sum, seat| {
        sum.wrapping_add(seat.tasks.executed(generation))
    });
    let created: u64 = team.members().iter().fold(0, |sum, seat| {
        sum.wrapping_add(seat.tasks.created(generation))
    });
    executed == created
}

/// Whether the calling thread's team of one, with this seat, has no unfinished
/// task, so that nobody will count in it any more.
pub fn is_at_rest(team: &'static Team, seat: &Seat) -> bool {
    let generation = seat.generation.get();
    seat.implicit.children.done()
        && (!team.tasks.is_active(generation) || is_over(team, generation))
}

fn any(_: &Task) -> bool {
    true
}

/// Runs the tasks of the member's own deque.
#[inline]
pub fn drain_own(me: &'static Thread, team: &'static Team, generation: u64) {
    if team.tasks.is_active(generation) {
        while !me.place().seat.tasks.deque.is_empty() && run::run_one(me, any) {}
    }
}

/// Runs one task of the team if the phase has any; false if none was found.
#[inline]
pub fn help_phase(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.is_active(generation) && run::run_one(me, any)
}

/// Runs tasks of a region that the worker has left, if that is still allowed;
/// see Note [Workers that help].
#[inline]
pub fn help_as_guest(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if !team.tasks.is_active(generation) {
        return false;
    }
    let guests = &team.tasks.guests;
    if !guests.enrol(generation) {
        return false;
    }
    let mut helped = false;
    while run::run_one(me, any) {
        helped = true;
    }
    guests.leave();
    helped
}

/// The member is about to sleep in a region with this phase; false if it must
/// look for tasks instead.
pub fn announce(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    me.start_sleeping_in(team);
    team.tasks.sleepers.fetch_add(1, Ordering::Relaxed);
    atomic::fence(Ordering::SeqCst);
    if team.tasks.is_active(generation) {
        fence::heavy();
        if team.tasks.shared.len() > 0
            || team
                .members()
                .iter()
                .any(|seat| !seat.tasks.stealer.is_empty())
        {
            awoken(me);
            return false;
        }
    }
    true
}

/// As [`announce`], for a worker that has left the region; a closed region
/// makes no tasks, so nobody needs to know.
pub fn announce_guest(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.guests.is_closed(generation) || announce(me, team, generation)
}

/// The member is awake again.
pub fn awoken(me: &'static Thread) {
    me.search_again();
    if let Some(team) = me.sleeping_in() {
        if me.stop_sleeping_in(team) {
            team.tasks.sleepers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

struct Over {
    me: &'static Thread,
    team: &'static Team,
    generation: u64,
}

impl Wait for Over {
    fn ready(&mut self) -> bool {
        is_over(self.team, self.generation)
    }
    fn help(&mut self) -> bool {
        run::run_one(self.me, any)
    }
    fn in_crowd(&self) -> bool {
        self.team.region.is_crowd.get()
    }
    fn announce(&mut self) -> bool {
        announce(self.me, self.team, self.generation)
            && (!self.ready() || {
                awoken(self.me);
                false
            })
    }
    fn awoken(&mut self) {
        awoken(self.me);
    }
}

/// All members have arrived: finishes the tasks of the phase.
#[inline]
pub fn finish_phase(me: &'static Thread, team: &'static Team, generation: u64) {
    if team.tasks.is_active(generation) {
        wait::wait(
            &mut Over {
                me,
                team,
                generation,
            },
            &me.parker,
            me.is_worker.get(),
        );
        if team.tasks.sleepers.load(Ordering::Relaxed) > 0 {
            wake(team, u32::MAX);
        }
    }
}

/// All members have arrived at the end of the region: finishes its tasks and
/// sees the helpers off.
#[inline]
pub fn close(me: &'static Thread, team: &'static Team, generation: u64) {
    if !team.tasks.is_active(generation) {
        return;
    }
    finish_phase(me, team, generation);
    team.tasks.guests.close(generation);
}
