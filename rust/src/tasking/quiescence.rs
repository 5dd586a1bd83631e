//! Finishing all tasks before a barrier or the end of a region, and sleeping there until
//! there are tasks. Barriers and joins ([`crate::parallel`]) call this.
//!
//! The counts, and the finisher that waits for them, are the protocol
//! [`crate::protocol::task_counts`]. The members that sleep for tasks are that of
//! [`crate::protocol::sleepers`]; the workers that help after they have left a region,
//! that of [`crate::protocol::helpers`].

use crate::sync::process;
use crate::tasking::execute;
use crate::tasking::queues::{leave_listed, wake_one};
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::team_tasks::{has_tasks, is_over};
use crate::team::thread::Thread;
use crate::waiting::{self, Wait};
use core::sync::atomic::{self, Ordering};

/// A thread that waits at a barrier may start every task.
fn any_task(_: &Task) -> bool {
    true
}

/// Runs the tasks of the member's own deque. False in the child of a fork in one of
/// them.
#[inline]
pub fn drain_own(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    !team.tasks.is_active(generation) || {
        let process = process::generation();
        let member = me.context().member;
        while !member.tasks.deque.is_empty() && execute::run_one(me, any_task) {}
        leave_listed(team, member);
        process::generation() == process
    }
}

/// Runs one task of the team, if tasks were deferred before this barrier. False if none
/// was found.
#[inline]
pub fn help(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.is_active(generation) && execute::run_one(me, any_task)
}

/// Runs tasks of a region that the worker has left, if that is still allowed; see
/// Note [Workers that help] in [`crate::protocol::helpers`].
#[inline]
pub fn help_left_region(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if !team.tasks.is_active(generation) || me.search.skips() {
        return false;
    }
    if !has_tasks(team, 1) {
        execute::search_failed(me, team);
        return false;
    }
    let helpers = &team.tasks.helpers;
    if !helpers.enrol(generation) {
        return false;
    }
    let mut helped = false;
    while execute::run_one(me, any_task) {
        helped = true;
    }
    helpers.leave();
    helped
}

/// The member is about to sleep before the barrier of this generation, and wants to be
/// woken for tasks. False if it must look for tasks instead.
pub fn lie_down(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    let sleepers = &team.tasks.sleepers;
    sleepers.lie_down(&me.sleeping, me.context().member.num);
    atomic::fence(Ordering::SeqCst);
    if team.tasks.is_active(generation) {
        sleepers.cover(&me.sleeping);
        if has_tasks(team, 1) {
            get_up(me, team, true);
            return false;
        }
    }
    true
}

/// Like [`lie_down`], for a worker that has left the region. A closed region makes no
/// tasks, so then no thread needs to know.
pub fn helper_lie_down(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    team.tasks.helpers.is_closed(generation) || lie_down(me, team, generation)
}

/// The member is awake again. `searches`: it will take any task that it finds.
pub fn get_up(me: &'static Thread, team: &'static Team, searches: bool) {
    me.search.stop_skipping();
    if team.tasks.sleepers.get_up(&me.sleeping) && has_tasks(team, 1 + usize::from(searches)) {
        wake_one(team);
    }
}

/// The wait of the finisher: until all tasks of the phase are done.
struct AllDone {
    me: &'static Thread,
    team: &'static Team,
    generation: u64,
}

impl Wait for AllDone {
    fn ready(&mut self) -> bool {
        is_over(self.team, self.generation)
    }
    fn help(&mut self) -> bool {
        execute::run_one(self.me, any_task)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        let num = self.me.context().member.num;
        self.team.tasks.finisher.announce(num);
        if !lie_down(self.me, self.team, self.generation) {
            self.team.tasks.finisher.withdraw();
            return false;
        }
        !self.ready() || {
            self.awoken();
            false
        }
    }
    fn awoken(&mut self) {
        self.team.tasks.finisher.withdraw();
        let over = self.ready();
        get_up(self.me, self.team, !over);
    }
}

/// All members have arrived at the barrier: finishes all tasks. False in the child of a
/// fork in one of them.
#[inline]
pub fn finish_tasks(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if team.tasks.is_active(generation) {
        let mut all_done = AllDone {
            me,
            team,
            generation,
        };
        return waiting::wait(&mut all_done, &me.parker, me.is_worker.get());
    }
    true
}

/// All members have arrived at the end of the region: finishes its tasks, and waits until
/// the helpers have left. False in the child of a fork in one of the tasks.
#[inline]
pub fn finish_region(me: &'static Thread, team: &'static Team, generation: u64) -> bool {
    if !team.tasks.is_active(generation) {
        return true;
    }
    let finished = finish_tasks(me, team, generation);
    if finished {
        team.tasks.helpers.close(generation);
        team.tasks.counted.clear();
    }
    finished
}
