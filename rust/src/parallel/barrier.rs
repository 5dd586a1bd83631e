//! All members wait for all.
//!
//! # Protocol
//!
//! A dissemination barrier: in round r member i raises `rounds[r]` of member
//! i + 2^r (mod n) with the barrier's generation and waits for its own. After
//! ceil(log2 n) rounds each member has heard, directly or not, of every other
//! (raise releases, the wait acquires, so all writes before are seen by all).
//! Two threads are one round: each writes one line and reads one.
//!
//! A fast member may be one barrier ahead: it raises generation g+1 in a line
//! where a slow one still looks for g, so waits compare with `>=`. Two ahead
//! is impossible, because passing g+1 needs the slow one's arrival there.
//!
//! In a crowd, members are counted instead ([`CombiningTree`](crate::protocol::combining_tree)): if
//! they are more than the processors, or go to sleep rather than poll, each
//! should wait once and not in every round. Where each has a processor the rounds
//! are quicker in teams of any size (`tests/lines`). Both go by the same
//! generations, so each region uses the one that fits it. A cancellable region
//! has rounds in any case: members that leave cannot be counted.
//!
//! A cancelled region's members leave: Note [Cancelling a region] in
//! [`crate::protocol::cancelled`].
//!
//! If explicit tasks were deferred in this phase, one member finishes them when
//! all have arrived, with the help of the others, and lets those go by the
//! signals of the [`CombiningTree`](crate::protocol::combining_tree); see [`crate::tasking`].

use crate::protocol::combining_tree;
use crate::sync::signal::Signal;
use crate::tasking::quiescence;
use crate::team::member::Member;
use crate::team::region::{Region, Team};
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::waiting::{self, Wait};
use crate::{points, tools};

/// Waiting for another member's signal of the barrier that ends phase
/// `generation`: a round of a barrier, a child of the tree at a join. Helps
/// with the phase's tasks meanwhile. `LEAVES`: waits no longer when the region
/// is cancelled.
pub(crate) struct Arrival<const LEAVES: bool> {
    pub me: &'static Thread,
    pub team: &'static Team,
    pub signal: &'static Signal,
    pub generation: u64,
}

impl<const LEAVES: bool> Wait for Arrival<LEAVES> {
    fn ready(&mut self) -> bool {
        self.signal.reached(self.generation + 1)
            || LEAVES && self.team.cancelled.region(self.generation).is_some()
    }
    fn help(&mut self) -> bool {
        quiescence::help_phase(self.me, self.team, self.generation)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        quiescence::announce(self.me, self.team, self.generation)
            && (self.signal.announce(self.generation + 1) || {
                self.awoken();
                false
            })
    }
    fn awoken(&mut self) {
        let searches = !self.ready();
        quiescence::awoken(self.me, self.team, searches);
    }
}

/// Whether the members are counted.
#[inline]
fn by_muster(region: &Region) -> bool {
    region.oversubscribes.get() && !region.is_cancellable
}

/// Whom member `num` of `size` tells, round by round.
#[inline]
pub fn partners(num: u32, size: u32) -> impl Iterator<Item = u32> {
    let rounds = u32::BITS - (size - 1).leading_zeros();
    (0..rounds).map(move |round| {
        let partner = u64::from(num) + (1 << round);
        let size = u64::from(size);
        (if partner >= size {
            partner - size
        } else {
            partner
        }) as u32
    })
}

/// The barrier of the innermost team, which all members pass.
#[inline]
pub fn uncancellable_barrier() {
    let me = current();
    pass(me, &me.context());
}

/// The barrier of the innermost team; true if the region is cancelled, and then
/// the member does not wait.
#[inline]
pub fn cancellable_barrier() -> bool {
    let me = current();
    let context = me.context();
    if context.team.region.is_cancellable {
        return meet::<true>(me, context.team, context.member);
    }
    pass(me, &context);
    false
}

#[inline]
fn pass(me: &'static Thread, context: &Context) {
    let Context { team, member, .. } = *context;
    let generation = member.generation.get();
    if team.size() > 1 || team.tasks.is_active(generation) {
        meet::<false>(me, team, member);
    } else {
        member.generation.set(generation + 1);
    }
}

/// All members have arrived. One of them, the finisher, finishes the phase's
/// tasks and lets the others go, which wait for that. False in the child of a fork
/// in one of the tasks.
#[inline(never)]
fn finish(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
    is_finisher: bool,
) -> bool {
    if is_finisher {
        if !quiescence::finish_phase(me, team, generation) {
            return false;
        }
        let size = team.size();
        team.combining_tree.release(generation + 1, size, |group| {
            for num in combining_tree::members(group, size) {
                if num != member.num {
                    team.all_members[num as usize].thread().parker.unpark();
                }
            }
        });
        true
    } else {
        let mut arrival = Arrival::<false> {
            me,
            team,
            signal: team.combining_tree.released(member.num),
            generation,
        };
        waiting::wait(&mut arrival, &me.parker, me.is_worker.get())
    }
}

/// The rounds, and the phase's tasks; true if the member leaves. Out of line, so
/// that a team of one saves no registers for it.
#[inline(never)]
fn meet<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
) -> bool {
    if points::enabled(points::WAITS) {
        return tools::waiting(tools::Wait::Barrier, || rounds::<LEAVES>(me, team, member));
    }
    rounds::<LEAVES>(me, team, member)
}

#[inline(always)]
fn rounds<const LEAVES: bool>(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
) -> bool {
    let size = team.size();
    let generation = member.generation.get();
    if LEAVES && team.cancelled.region(generation).is_some() {
        return true;
    }
    if size > 1 && !quiescence::drain_own(me, team, generation) {
        return false; // Note [Returning in the child]
    }
    if by_muster(&team.region) {
        let is_last = team.combining_tree.arrive(member.num, size);
        if !finish(me, team, member, generation, is_last) {
            return false;
        }
    } else if size > 1 {
        let mut leaves = false;
        for (round, partner) in partners(member.num, size).enumerate() {
            let partner = &team.all_members[partner as usize];
            partner.rounds[round].raise(generation + 1, &partner.thread().parker);
            if leaves {
                continue;
            }
            let mut arrival = Arrival::<LEAVES> {
                me,
                team,
                signal: &member.rounds[round],
                generation,
            };
            if !waiting::wait(&mut arrival, &me.parker, me.is_worker.get()) {
                return false;
            }
            if LEAVES {
                match team.cancelled.region(generation) {
                    Some(cancelled) if cancelled == generation => return true,
                    later => leaves = later.is_some(),
                }
            }
        }
        if leaves {
            member.generation.set(generation + 1);
            return true;
        }
        if team.tasks.is_active(generation)
            && !finish(me, team, member, generation, member.num == 0)
        {
            return false;
        }
    } else if !quiescence::finish_phase(me, team, generation) {
        return false;
    }
    member.generation.set(generation + 1);
    false
}
