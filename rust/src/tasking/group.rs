//! `taskwait`, `taskgroup`, `taskyield` (OpenMP 5.2, 15.5, 15.4, 12.7), and
//! `cancel taskgroup`. The record of a group is [`crate::team::group`]; how it counts is
//! [`crate::protocol::group_count`].

use crate::points;
use crate::protocol::group_count::GroupCount;
use crate::tasking::execute;
use crate::tasking::quiescence::{get_up, lie_down};
use crate::team::group::{is_cancelled, Group};
use crate::team::register::current;
use crate::team::task::Task;
use crate::team::thread::Thread;
use crate::tools::{self, WaitKind};
use crate::waiting::{self, Wait};
use core::cell::OnceCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A wait in the current task, which is suspended meanwhile: the thread starts only
/// the task's descendants, and untied tasks (Note [Task scheduling constraint]).
pub(crate) struct Suspended<D: Fn() -> bool, S: Fn(), A: Fn()> {
    /// The calling thread.
    pub me: &'static Thread,
    /// Its current task.
    pub task: &'static Task,
    /// Whether the wait is over.
    pub is_done: D,
    /// From now on, whoever ends the wait must unpark the thread.
    pub mark_asleep: S,
    /// From now on it need not.
    pub mark_awake: A,
}

impl<D: Fn() -> bool, S: Fn(), A: Fn()> Wait for Suspended<D, S, A> {
    fn ready(&mut self) -> bool {
        (self.is_done)()
    }
    fn help(&mut self) -> bool {
        let task = self.task;
        execute::run_one(self.me, |other| other.may_start_in(task, self.me))
    }
    fn is_oversubscribed(&self) -> bool {
        self.me.context().team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        let context = self.me.context();
        if !lie_down(self.me, context.team, context.member.generation.get()) {
            return false;
        }
        (self.mark_asleep)();
        !(self.is_done)() || {
            self.awoken();
            false
        }
    }
    fn awoken(&mut self) {
        (self.mark_awake)();
        // The thread may not start every task, and starts none if the wait is over.
        get_up(self.me, self.me.context().team, false);
    }
}

/// Waits until the current task's children have finished.
#[inline(always)]
pub fn taskwait() {
    let me = current();
    let task = me.context().task;
    if !task.children.done() || points::enabled(points::WAITS) {
        wait_for_children(me, task);
    }
}

#[cold]
#[inline(never)]
fn wait_for_children(me: &'static Thread, task: &'static Task) {
    let mut children = Suspended {
        me,
        task,
        is_done: || task.children.done(),
        mark_asleep: || task.children.set_waiting(),
        mark_awake: || task.children.clear_waiting(),
    };
    tools::waiting(WaitKind::Taskwait, || {
        waiting::wait(&mut children, &me.parker, me.is_worker.get());
    });
}

/// Opens a taskgroup in the current task.
pub fn taskgroup_start() {
    open_group(false);
}

/// Opens a taskgroup that the program does not see, for a worksharing construct with
/// task reductions.
pub(crate) fn hidden_group_start() {
    open_group(true);
}

fn open_group(is_hidden: bool) {
    let me = current();
    let task = me.context().task;
    if !is_hidden && points::enabled(points::WAITS) {
        tools::group_begins();
    }
    task.group.set(Box::into_raw(Box::new(Group {
        outer: task.group.get(),
        opener: me,
        count: GroupCount::new(),
        cancelled: AtomicBool::new(false),
        is_hidden,
        items: OnceCell::new(),
    })));
}

/// Waits until all tasks of the innermost taskgroup and their descendants have finished,
/// and closes the group. Does nothing if no taskgroup is open.
pub fn taskgroup_end() {
    let me = current();
    let task = me.context().task;
    let pointer = task.group.get();
    // SAFETY: `open_group` made it, and it is freed only below.
    let Some(group) = (unsafe { pointer.as_ref() }) else {
        return;
    };
    if !group.count.is_done() || points::enabled(points::WAITS) {
        let mut members = Suspended {
            me,
            task,
            is_done: || group.count.is_done(),
            mark_asleep: || group.count.announce(),
            mark_awake: || group.count.withdraw(),
        };
        let mut wait = || waiting::wait(&mut members, &me.parker, me.is_worker.get());
        let waited = if group.is_hidden {
            wait()
        } else {
            tools::waiting(WaitKind::Taskgroup, wait)
        };
        if !waited {
            return; // Note [Returning in the child] in `atfork`
        }
    }
    task.group.set(group.outer);
    // SAFETY: all tasks of the group have left it, after which they do not touch it, and
    // this task does not point at it any more.
    let group = unsafe { Box::from_raw(pointer.cast_mut()) };
    if let Some(items) = group.items.into_inner() {
        items.close(me.context().member.num);
    }
}

/// Cancels the innermost taskgroup: its tasks that have not begun do not run. Does
/// nothing if there is no taskgroup.
pub fn cancel_taskgroup() {
    // SAFETY: a group outlives the tasks that are in it.
    if let Some(group) = unsafe { Group::innermost_visible(current().context().task.group.get()) } {
        // Release: a thread that sees it sees what led to it.
        group.cancelled.store(true, Ordering::Release);
    }
}

/// Whether the innermost taskgroup or the region is cancelled. Then no new tasks are
/// made.
#[inline]
pub fn taskgroup_is_cancelled() -> bool {
    let me = current();
    let context = me.context();
    context.team.region.is_cancellable && is_cancelled(me, context.task)
}

/// Lets the thread run one other task that may start in the current one. Deep on the
/// stack it runs none: each task of a chain may yield.
pub fn taskyield() {
    let me = current();
    let context = me.context();
    if context.team.size() > 1 && context.task.below_max_nesting() {
        let task = context.task;
        let run = || execute::run_one(me, |other| other.descends_from(task, me));
        if points::enabled(points::TASKS) {
            tools::yielding(run);
        } else {
            run();
        }
    }
}
