//! Knowing that all tasks before a barrier are done.
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
//! Only the members in `counted` are asked: a member enters that set before it
//! counts anything, so whoever sees its count sees it there. The set is read
//! anew for the second sum.
//!
//! A phase in which nothing was deferred costs one load: `active`.
//!
//! One member waits for a phase to be over, the *finisher*: the last to arrive
//! where members are counted, else member 0. It then lets the others go, which
//! sleep, or help, meanwhile. Whoever executes a task and has no other looks
//! whether the finisher sleeps, and then whether the phase is over: the
//! finisher is told as a sleeper is told of a task in Note [Sleeping for tasks]
//! in [`crate::protocol::sleepers`], with "executed" in the place of "pushed". Two that
//! execute the last tasks at once must not each miss what the other counted: who
//! sees the finisher makes a full fence before it looks whether the phase is over.
//!
//! # Note [Who has tasks]
//!
//! `listed` has all members in whose deques tasks may be. A member enters it
//! before it pushes. It leaves it, in teams where a look at all members takes
//! long, when its deque is empty: when it arrives, or has found nothing to do.
//! Only the member itself enters and leaves. So who searches looks at members
//! that are awake, and at few where most sleep.

use crate::protocol::helpers::Helpers;
use crate::protocol::host_tasks::HostSleepers;
use crate::protocol::sleepers::Sleepers;
use crate::sync::member_set::MemberSet;
use crate::sync::{fence, process};
use crate::tasking::execute::{self, TaskRef};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::shared_tasks::Shared;
use crate::team::task::Task;
use crate::team::thread::Thread;
use crate::waiting::{self, Wait};
use core::sync::atomic::{self, AtomicBool, AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// A team's part of the tasking.
pub struct TeamTasks {
    /// Per parity: generation + 1 of the last phase in which a task was
    /// deferred.
    active: CachePadded<[AtomicU64; 2]>,
    /// MemberSet that sleep and want to be woken for tasks.
    sleepers: CachePadded<Sleepers>,
    /// The number + 1 of the finisher while it sleeps, else 0.
    finisher: CachePadded<AtomicU32>,
    /// MemberSet that may have tasks; see Note [Who has tasks].
    pub(crate) listed: MemberSet,
    /// MemberSet that may have counted a task in this region.
    counted: MemberSet,
    /// Tasks that lie in no deque.
    pub(crate) shared: CachePadded<Shared>,
    /// Whether a member unlinks finished ancestors; see [`crate::protocol::walks`].
    pub(crate) shortening: AtomicBool,
    helpers: CachePadded<Helpers>,
    /// MemberSet that sleep for tasks of the host.
    pub(crate) host_sleepers: CachePadded<HostSleepers>,
}

impl TeamTasks {
    pub(crate) fn new(most: u32) -> TeamTasks {
        TeamTasks {
            active: Default::default(),
            sleepers: CachePadded::new(Sleepers::new(most)),
            finisher: Default::default(),
            listed: MemberSet::new(most),
            counted: MemberSet::new(most),
            shared: CachePadded::new(Shared::new()),
            shortening: AtomicBool::new(false),
            helpers: CachePadded::new(Helpers::new()),
            host_sleepers: CachePadded::new(HostSleepers::new()),
        }
    }

    /// In the child of a fork, at rest: who slept, or was about to help, does not
    /// exist.
    pub(crate) fn inherit(&self) {
        self.sleepers.forget();
        self.helpers.forget();
        self.shared.inherit();
        self.finisher.store(0, Ordering::Relaxed);
    }

    /// Whether a task of the phase was deferred.
    pub(crate) fn is_active(&self, generation: u64) -> bool {
        self.active[generation as usize & 1].load(Ordering::Relaxed) == generation + 1
    }
}

/// The member is about to push a task of this phase.
#[inline]
pub(crate) fn list(team: &'static Team, member: &'static Member, generation: u64) {
    if member.tasks.listed.get() != generation + 1 {
        enter_list(team, member, generation);
    }
}

#[cold]
#[inline(never)]
fn enter_list(team: &'static Team, member: &'static Member, generation: u64) {
    member.tasks.listed.set(generation + 1);
    count(team, member);
    team.tasks.listed.ensure(member.num);
    let active = &team.tasks.active[generation as usize & 1];
    if active.load(Ordering::Relaxed) != generation + 1 {
        active.store(generation + 1, Ordering::Relaxed);
        // Before the look at `sleepers`: Note [Sleeping for tasks].
        atomic::fence(Ordering::SeqCst);
    }
}

/// The member has no tasks in its deque.
#[inline]
pub(crate) fn unlist(team: &'static Team, member: &'static Member) {
    if member.tasks.listed.get() != 0 && !team.tasks.listed.is_one_word() {
        leave_list(team, member);
    }
}

#[cold]
fn leave_list(team: &'static Team, member: &'static Member) {
    if member.tasks.deque.is_empty() {
        member.tasks.listed.set(0);
        team.tasks.listed.remove(member.num);
    }
}

/// The member is about to execute a task that it has not created.
#[inline]
pub(crate) fn count(team: &'static Team, member: &'static Member) {
    if !member.tasks.counted.get() {
        member.tasks.counted.set(true);
        team.tasks.counted.ensure(member.num);
    }
}

/// Puts a task into the member's own deque.
pub(crate) fn put(team: &'static Team, member: &'static Member, task: &'static Task) {
    list(team, member, task.phase.get());
    member.tasks.deque.push(TaskRef(task));
}

/// A task was pushed: wakes one sleeper if there is one.
#[inline]
pub(crate) fn wake_for_work(team: &'static Team) {
    if team.tasks.sleepers.any() {
        wake_one(team);
    }
}

#[cold]
fn wake_one(team: &'static Team) {
    team.tasks.sleepers.wake_one(|num| {
        let thread = team.all_members[num as usize].occupant()?;
        Some((&thread.sleeping, &*thread.parker))
    });
}

/// A task was executed: if the phase is over, wakes the finisher.
#[inline]
pub(crate) fn wake_if_done(team: &'static Team, member: &'static Member, generation: u64) {
    fence::light();
    let finisher = team.tasks.finisher.load(Ordering::Relaxed);
    if finisher != 0 && member.tasks.deque.is_empty() && {
        atomic::fence(Ordering::SeqCst);
        is_over(team, generation)
    } {
        wake_finisher(team, finisher);
    }
}

/// A task was completed from outside: wakes the finisher. The region may have
/// ended meanwhile, so this must not read what a master writes; the finisher of
/// the next region is woken in vain.
pub(crate) fn wake_from_outside(team: &'static Team) {
    fence::light();
    let finisher = team.tasks.finisher.load(Ordering::Relaxed);
    if finisher != 0 {
        wake_finisher(team, finisher);
    }
}

#[cold]
fn wake_finisher(team: &'static Team, finisher: u32) {
    if let Some(thread) = team.all_members[finisher as usize - 1].occupant() {
        thread.parker.unpark();
    }
}

/// Whether the phase is over; see Note [Counting a phase]. Only asked by members that
/// know that all have arrived, or as a hint.
fn is_over(team: &'static Team, generation: u64) -> bool {
    // A member of an earlier, greater region may still be in the set.
    let counted = || {
        let members = team.tasks.counted.from(0).map(|num| num as usize);
        members.map_while(|num| team.members().get(num))
    };
    let executed: u64 = counted().fold(0, |sum, member| {
        sum.wrapping_add(member.tasks.executed(generation))
    });
    let created: u64 = counted().fold(0, |sum, member| {
        sum.wrapping_add(member.tasks.created(generation))
    });
    executed == created
}

/// Whether the calling thread's team of one, with this member, has no unfinished
/// task, so that nobody will count in it any more.
pub fn is_at_rest(team: &'static Team, member: &Member) -> bool {
    let generation = member.generation.get();
    member.implicit.children.done()
        && (!team.tasks.is_active(generation) || is_over(team, generation))
}

fn any(_: &Task) -> bool {
    true
}

/// Whether there are so many tasks. Reads nothing that a master writes.
fn are_there(team: &'static Team, many: usize) -> bool {
    let mut seen = team.tasks.shared.len();
    seen >= many
        || team.tasks.listed.from(0).any(|num| {
            seen += team.all_members[num as usize].tasks.stealer.len();
            seen >= many
        })
}

/// Runs the tasks of the member's own deque; false in the child of a fork in one
/// of them.
#[inline]
pub fn drain_own(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    !team.tasks.is_active(generation) || {
        let process = process::generation();
        let member = me.context().member;
        while !member.tasks.deque.is_empty() && execute::run_one(me, any) {}
        unlist(team, member);
        process::generation() == process
    }
}

/// Runs one task of the team if the phase has any; false if none was found.
#[inline]
pub fn help_phase(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.is_active(generation) && execute::run_one(me, any)
}

/// Runs tasks of a region that the worker has left, if that is still allowed;
/// see Note [Workers that help].
#[inline]
pub fn help_left_region(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if !team.tasks.is_active(generation) || me.skips_search() {
        return false;
    }
    if !are_there(team, 1) {
        execute::searched_in_vain(me, team);
        return false;
    }
    let helpers = &team.tasks.helpers;
    if !helpers.enrol(generation) {
        return false;
    }
    let mut helped = false;
    while execute::run_one(me, any) {
        helped = true;
    }
    helpers.leave();
    helped
}

/// The member is about to sleep in a region with this phase; false if it must
/// look for tasks instead.
pub fn announce(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    let sleepers = &team.tasks.sleepers;
    sleepers.lie_down(&me.sleeping, me.context().member.num);
    atomic::fence(Ordering::SeqCst);
    if team.tasks.is_active(generation) {
        sleepers.cover(&me.sleeping);
        if are_there(team, 1) {
            awoken(me, team, true);
            return false;
        }
    }
    true
}

/// As [`announce`], for a worker that has left the region; a closed region
/// makes no tasks, so nobody needs to know.
pub fn announce_helper(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.helpers.is_closed(generation) || announce(me, team, generation)
}

/// The member is awake again; `searches`: and will take any task.
pub fn awoken(me: &'static Thread, team: &'static Team, searches: bool) {
    me.search_again();
    if team.tasks.sleepers.get_up(&me.sleeping) && are_there(team, 1 + usize::from(searches)) {
        wake_one(team);
    }
}

/// The finisher's wait.
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
        execute::run_one(self.me, any)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        let num = self.me.context().member.num;
        self.team.tasks.finisher.store(num + 1, Ordering::Relaxed);
        fence::heavy();
        if !announce(self.me, self.team, self.generation) {
            self.team.tasks.finisher.store(0, Ordering::Relaxed);
            return false;
        }
        !self.ready() || {
            self.awoken();
            false
        }
    }
    fn awoken(&mut self) {
        self.team.tasks.finisher.store(0, Ordering::Relaxed);
        let over = self.ready();
        awoken(self.me, self.team, !over);
    }
}

/// All members have arrived: finishes the tasks of the phase. False in the child
/// of a fork in one of them.
#[inline]
pub fn finish_phase(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if team.tasks.is_active(generation) {
        let mut over = Over {
            me,
            team,
            generation,
        };
        return waiting::wait(&mut over, &me.parker, me.is_worker.get());
    }
    true
}

/// All members have arrived at the end of the region: finishes its tasks and
/// sees the helpers off. False in the child of a fork in one of the tasks.
#[inline]
pub fn close(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if !team.tasks.is_active(generation) {
        return true;
    }
    let here = finish_phase(me, team, generation);
    if here {
        team.tasks.helpers.close(generation);
        team.tasks.counted.clear();
    }
    here
}
