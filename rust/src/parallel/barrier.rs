//! Barriers: each member waits for all members.
//!
//! | function | looks at `cancel parallel` | used for |
//! |----------|----------------------------|----------|
//! | [`cancellable_barrier`] | yes | the `barrier` directive, and the end of worksharing constructs |
//! | [`uncancellable_barrier`] | no: all members pass it | the runtime's own barriers, inside of a construct |
//!
//! # Two ways to meet
//!
//! The members meet in rounds ([`crate::protocol::barrier`]), or they are counted
//! ([`crate::protocol::combining_tree`]). Both use the team's generations, so each region
//! uses the way that fits it. In an oversubscribed team, each member should wait once and
//! not in every round, so the members are counted. If each member has a processor, rounds are
//! quicker in teams of any size (`tests/lines`).
//!
//! # Tasks
//!
//! A barrier ends a phase, and with it the phase's explicit tasks. If tasks were deferred,
//! one member, the finisher, finishes them when all members have arrived; the others help.
//! Then it releases the others by the signals of the
//! [`CombiningTree`](crate::protocol::combining_tree). See [`crate::tasking`].

use crate::points;
use crate::protocol::arrived::Arrived;
use crate::protocol::barrier::{self, Outcome};
use crate::sync::dormitory::Bed;
use crate::sync::primitive::pause;
use crate::tasking::quiescence;
use crate::team::member::Member;
use crate::team::region::{Region, Team};
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::tools::{self, WaitKind};
use crate::waiting::{self, Wait};

/// A wait for another member's signal: in a round of the barrier that ends phase
/// `generation`, or for a child of the tree at a join. The thread helps with the phase's
/// tasks meanwhile. If `LEAVES`, the wait also ends when the region is cancelled.
pub(crate) struct Arrival<const LEAVES: bool> {
    pub me: &'static Thread,
    pub team: &'static Team,
    pub signal: &'static Arrived,
    pub generation: u64,
}

impl<const LEAVES: bool> Wait for Arrival<LEAVES> {
    fn ready(&mut self) -> bool {
        barrier::is_over::<LEAVES>(self.signal, &self.team.cancelled, self.generation)
    }
    fn help(&mut self) -> bool {
        quiescence::help(self.me, self.team, self.generation)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        quiescence::lie_down(self.me, self.team, self.generation)
            && (self.signal.announce(self.generation) || {
                self.awoken();
                false
            })
    }
    fn awoken(&mut self) {
        let searches = !self.ready();
        quiescence::get_up(self.me, self.team, searches);
    }
}

/// The wait of member `num` for the finisher, which releases the members. They sleep in beds.
/// If `LEAVES`, it also ends when the region is cancelled.
struct Release<const LEAVES: bool> {
    arrival: Arrival<LEAVES>,
    num: u32,
}

impl<const LEAVES: bool> Wait for Release<LEAVES> {
    fn ready(&mut self) -> bool {
        self.arrival.ready()
    }
    fn help(&mut self) -> bool {
        self.arrival.help()
    }
    fn is_oversubscribed(&self) -> bool {
        self.arrival.is_oversubscribed()
    }
    fn together(&self) -> u32 {
        self.arrival.team.size()
    }
    fn bed(&self) -> Option<Bed> {
        Some(self.arrival.team.combining_tree.bed(self.num))
    }
    fn announce(&mut self) -> bool {
        self.arrival.announce()
    }
    fn awoken(&mut self) {
        self.arrival.awoken();
    }
}

/// Whether the region's barriers count the members.
#[inline]
fn counts_members(region: &Region) -> bool {
    region.oversubscribes.get()
}

/// A barrier of the innermost team that does not look at `cancel parallel`: all members pass
/// it. For the runtime's own barriers, inside of a construct.
#[inline]
pub fn uncancellable_barrier() {
    let me = current();
    pass(me, &me.context(), WaitKind::RuntimeBarrier);
}

/// A barrier of the innermost team that looks at `cancel parallel`: the `barrier` directive,
/// and the one at the end of a worksharing construct. True if the region is cancelled; then
/// the member does not wait, or no longer waits. `at`: for tools.
#[inline]
pub fn cancellable_barrier(at: WaitKind) -> bool {
    let me = current();
    let context = me.context();
    if context.team.region.is_cancellable {
        return meet::<true>(me, context.team, context.member, at);
    }
    pass(me, &context, at);
    false
}

/// What became of a member at a barrier that it passes by several calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It has passed.
    Passed,
    /// The region is cancelled, and the member leaves it.
    Leaves,
    /// It must wait: it calls [`passes_or_leaves`] with this number.
    NotYet(u32),
}

/// A barrier that a member leaves when the region is cancelled, whether C may cancel
/// the region or not. It looks for the others `polls` times in each round, and once more, runs no task and
/// sleeps never, so that a thread may hold on to something meanwhile. All members of
/// the team use this function, and [`passes_or_leaves`], for the barrier.
#[inline]
pub fn try_pass(context: &Context, polls: u32) -> Step {
    let Context { team, member, .. } = *context;
    if context.was_region_cancelled() {
        return Step::Leaves;
    }
    let generation = member.generation.get();
    if points::enabled(points::WAITS) || team.tasks.is_active(generation) {
        return Step::NotYet(0);
    }
    let mut raised = 0;
    if team.size() > 1 {
        let polls = if team.region.oversubscribes.get() {
            polls.min(1)
        } else {
            polls
        };
        let wait = |signal| {
            let over = || barrier::is_over::<true>(signal, &team.cancelled, generation);
            (0..polls).any(|_| {
                over() || {
                    pause();
                    false
                }
            }) || over()
        };
        match meet_from_with::<true>(team, member, &mut raised, wait) {
            Outcome::Passed => {}
            Outcome::PassedAndLeaves => {
                member.generation.set(generation + 1);
                return Step::Leaves;
            }
            Outcome::Leaves => return Step::Leaves,
            Outcome::Gone => return Step::NotYet(raised),
        }
        if team.tasks.is_active(generation) {
            return Step::NotYet(raised);
        }
    }
    member.generation.set(generation + 1);
    Step::Passed
}

/// Ends what [`try_pass`] began: waits, and runs tasks. True if the member leaves.
pub fn passes_or_leaves(me: &'static Thread, context: &Context, mut raised: u32) -> bool {
    let Context { team, member, .. } = *context;
    if points::enabled(points::WAITS) {
        let wait = || rounds_from::<true>(me, team, member, &mut raised, false);
        return tools::waiting(WaitKind::Barrier, wait);
    }
    rounds_from::<true>(me, team, member, &mut raised, false)
}

/// The rounds that are left, with this way to wait.
#[inline(always)]
fn meet_from_with<const LEAVES: bool>(
    team: &'static Team,
    member: &'static Member,
    raised: &mut u32,
    wait: impl FnMut(&'static Arrived) -> bool,
) -> Outcome {
    let at = |other: u32| {
        let other = &team.all_members[other as usize];
        (&other.rounds, &*other.thread().parker)
    };
    let who = (member.num, team.size());
    let generation = member.generation.get();
    let mine = &member.rounds;
    barrier::meet_from::<LEAVES>(who, generation, raised, mine, &team.cancelled, at, wait)
}

#[inline]
fn pass(me: &'static Thread, context: &Context, at: WaitKind) {
    let Context { team, member, .. } = *context;
    let generation = member.generation.get();
    if team.size() > 1 || team.tasks.is_active(generation) || points::enabled(points::WAITS) {
        meet::<false>(me, team, member, at);
    } else {
        member.generation.set(generation + 1);
    }
}

/// All members have arrived. The finisher finishes the phase's tasks and then releases the
/// others, which wait for that. False: a task forked, and this is the child (Note [Returning
/// in the child] in [`crate::atfork`]).
#[inline(never)]
fn finish<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
    is_finisher: bool,
) -> bool {
    if is_finisher {
        if !quiescence::finish_tasks(me, team, generation) {
            return false;
        }
        team.combining_tree.release(generation, team.size());
        true
    } else {
        let num = member.num;
        let arrival = Arrival::<LEAVES> {
            me,
            team,
            signal: team.combining_tree.released(num),
            generation,
        };
        let mut release = Release { arrival, num };
        waiting::wait(&mut release, &me.parker, me.is_worker.get())
    }
}

/// Meets the other members, and finishes the phase's tasks. True if the member leaves because
/// the region is cancelled. Out of line, so that a team of one saves no registers for it.
#[inline(never)]
fn meet<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    at: WaitKind,
) -> bool {
    if points::enabled(points::WAITS) {
        return tools::waiting(at, || meet_members::<LEAVES>(me, team, member));
    }
    meet_members::<LEAVES>(me, team, member)
}

#[inline(always)]
fn meet_members<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
) -> bool {
    rounds_from::<LEAVES>(me, team, member, &mut 0, counts_members(&team.region))
}

/// The barrier, for a member that has raised so many signals of it; `counts`: by
/// counting the members.
#[inline(always)]
fn rounds_from<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    raised: &mut u32,
    counts: bool,
) -> bool {
    let size = team.size();
    let generation = member.generation.get();
    if LEAVES && *raised == 0 && team.cancelled.region(generation).is_some() {
        return true;
    }
    if size > 1 && *raised == 0 && !quiescence::drain_own(me, team, generation) {
        return false; // Note [Returning in the child]
    }
    if counts || size > 1 {
        let outcome = if counts {
            let is_last = team.combining_tree.arrive(member.num, size);
            if !finish::<LEAVES>(me, team, member, generation, is_last) {
                return false;
            }
            barrier::outcome::<LEAVES>(&team.cancelled, generation)
        } else {
            meet_from_with::<LEAVES>(team, member, raised, |signal| {
                let mut arrival = Arrival::<LEAVES> {
                    me,
                    team,
                    signal,
                    generation,
                };
                waiting::wait(&mut arrival, &me.parker, me.is_worker.get())
            })
        };
        match outcome {
            Outcome::Passed => {}
            Outcome::PassedAndLeaves => {
                member.generation.set(generation + 1);
                return true;
            }
            Outcome::Leaves => return true,
            Outcome::Gone => return false,
        }
        if !counts
            && team.tasks.is_active(generation)
            && !finish::<false>(me, team, member, generation, member.num == 0)
        {
            return false;
        }
    } else if !quiescence::finish_tasks(me, team, generation) {
        return false;
    }
    member.generation.set(generation + 1);
    false
}
