//! Putting tasks into deques, the sets of members that have tasks and that count, and
//! waking members for a task or for the end of all.
//!
//! # Note [Who has tasks]
//!
//! The team's set `listed` contains every member in whose deque tasks may be. A member
//! enters it before it pushes. In teams where a look at all members takes long, a member
//! leaves the set when its deque is empty: when the member arrives at a barrier, or has
//! found nothing to do. Only the member itself enters and leaves. So a search looks at
//! members that are awake, and at few where most sleep.

use crate::team::member::Member;
use crate::team::member_tasks::TaskRef;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::team_tasks::is_over;

/// The member is about to push a task that the barrier of this generation finishes.
#[inline]
pub(crate) fn enter_listed(team: &'static Team, member: &'static Member, generation: u64) {
    if member.tasks.listed.get() != generation + 1 {
        enter_listed_slow(team, member, generation);
    }
}

#[cold]
#[inline(never)]
fn enter_listed_slow(team: &'static Team, member: &'static Member, generation: u64) {
    member.tasks.listed.set(generation + 1);
    enter_counted(team, member);
    team.tasks.listed.ensure(member.num);
    team.tasks.active.begin(generation);
}

/// The member seems to have no task in its deque: leaves the set if that saves others
/// long searches.
#[inline]
pub(crate) fn leave_listed(team: &'static Team, member: &'static Member) {
    if member.tasks.listed.get() != 0 && !team.tasks.listed.is_one_word() {
        leave_listed_slow(team, member);
    }
}

#[cold]
fn leave_listed_slow(team: &'static Team, member: &'static Member) {
    if member.tasks.deque.is_empty() {
        member.tasks.listed.set(0);
        team.tasks.listed.remove(member.num);
    }
}

/// The member is about to count a task: one that it pushes, or one that it executes and
/// may not have created.
#[inline]
pub(crate) fn enter_counted(team: &'static Team, member: &'static Member) {
    if !member.tasks.counted.get() {
        member.tasks.counted.set(true);
        team.tasks.counted.ensure(member.num);
    }
}

/// Puts a task into the member's own deque.
pub(crate) fn push(team: &'static Team, member: &'static Member, task: &'static Task) {
    enter_listed(team, member, task.phase.get());
    member.tasks.deque.push(TaskRef(task));
}

/// A task was pushed: wakes one sleeper, if there is one.
#[inline]
pub(crate) fn wake_for_work(team: &'static Team) {
    if team.tasks.sleepers.any() {
        wake_one(team);
    }
}

/// Wakes one member that sleeps for tasks.
#[cold]
pub(crate) fn wake_one(team: &'static Team) {
    team.tasks.sleepers.wake_one(|num| {
        let thread = team.all_members[num as usize].occupant()?;
        Some((&thread.sleeping, &*thread.parker))
    });
}

/// The member has executed a task: wakes the finisher if all tasks of this generation
/// are done.
#[inline]
pub(crate) fn wake_finisher_if_over(team: &'static Team, member: &'static Member, generation: u64) {
    let has_no_task = || member.tasks.deque.is_empty();
    let is_over = || is_over(team, generation);
    if let Some(finisher) = team.tasks.finisher.to_wake(has_no_task, is_over) {
        wake_finisher(team, finisher);
    }
}

/// A thread outside the team has completed a task: wakes the finisher. The region may have
/// ended meanwhile, so this must not read what a master writes. The finisher of the next
/// region may be woken in vain.
pub(crate) fn wake_finisher_from_outside(team: &'static Team) {
    if let Some(finisher) = team.tasks.finisher.asleep() {
        wake_finisher(team, finisher);
    }
}

#[cold]
fn wake_finisher(team: &'static Team, finisher: u32) {
    if let Some(thread) = team.all_members[finisher as usize].occupant() {
        thread.parker.unpark();
    }
}
