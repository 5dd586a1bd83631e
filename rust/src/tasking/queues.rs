//! Putting tasks where members find them, and waking members for them.
//!
//! # Note [Who has tasks]
//!
//! `listed` has all members in whose deques tasks may be. A member enters it
//! before it pushes. It leaves it, in teams where a look at all members takes
//! long, when its deque is empty: when it arrives, or has found nothing to do.
//! Only the member itself enters and leaves. So who searches looks at members
//! that are awake, and at few where most sleep.

use crate::sync::fence;
use crate::team::member::Member;
use crate::team::member_tasks::TaskRef;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::team_tasks::is_over;
use core::sync::atomic::{self, Ordering};

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
pub(crate) fn wake_one(team: &'static Team) {
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
