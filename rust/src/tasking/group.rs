//! `taskwait`, `taskgroup`, `taskyield` (OpenMP 5.2, 15.5, 15.4, 12.7).

use crate::sync::owned::Owned;
use crate::sync::primitive::{AtomicU64, Ordering};
use crate::tasking::execute;
use crate::tasking::quiescence::{announce, awoken};
use crate::team::group::{is_cancelled, Group, OPENER_SLEEPS, REMOTE_START};
use crate::team::register::current;
use crate::team::task::Task;
use crate::team::thread::Thread;
use crate::tools;
use crate::waiting::{self, Wait};
use core::sync::atomic::AtomicBool;

/// Waits for something about the current task, starting only its descendants
/// (and untied tasks) meanwhile.
pub(crate) struct Suspended<D: Fn() -> bool, S: Fn(), C: Fn()> {
    pub me: &'static Thread,
    pub task: &'static Task,
    pub done: D,
    pub mark: S,
    pub unmark: C,
}

impl<D: Fn() -> bool, S: Fn(), C: Fn()> Wait for Suspended<D, S, C> {
    fn ready(&mut self) -> bool {
        (self.done)()
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
        if !announce(self.me, context.team, context.member.generation.get()) {
            return false;
        }
        (self.mark)();
        !(self.done)() || {
            self.awoken();
            false
        }
    }
    fn awoken(&mut self) {
        (self.unmark)();
        // It may not start each task, nor at all if it waits no longer.
        awoken(self.me, self.me.context().team, false);
    }
}

/// Waits until the current task's children have finished.
#[inline(always)]
pub fn taskwait() {
    let me = current();
    let task = me.context().task;
    if !task.children.done() {
        wait_for_children(me, task);
    }
}

#[cold]
#[inline(never)]
fn wait_for_children(me: &'static Thread, task: &'static Task) {
    let mut children = Suspended {
        me,
        task,
        done: || task.children.done(),
        mark: || task.children.set_waiting(),
        unmark: || task.children.clear_waiting(),
    };
    tools::waiting(tools::Wait::Taskwait, || {
        waiting::wait(&mut children, &me.parker, me.is_worker.get());
    });
}

/// Opens a taskgroup in the current task.
pub fn taskgroup_start() {
    open_group(false);
}

/// The same for a worksharing construct with task reductions.
pub(crate) fn hidden_group_start() {
    open_group(true);
}

fn open_group(is_hidden: bool) {
    let me = current();
    let task = me.context().task;
    task.group.set(Box::into_raw(Box::new(Group {
        outer: task.group.get(),
        opener: me,
        local: Owned::new(0),
        remote: AtomicU64::new(REMOTE_START),
        cancelled: AtomicBool::new(false),
        is_hidden,
    })));
}

/// Waits until all tasks of the innermost taskgroup have finished, and their
/// descendants, and closes it. Without an open taskgroup it does nothing.
pub fn taskgroup_end() {
    let me = current();
    let task = me.context().task;
    let pointer = task.group.get();
    // SAFETY: made by `taskgroup_start`, freed only below.
    let Some(group) = (unsafe { pointer.as_ref() }) else {
        return;
    };
    if !group.is_done() {
        let mut members = Suspended {
            me,
            task,
            done: || group.is_done(),
            mark: || {
                group.remote.fetch_or(OPENER_SLEEPS, Ordering::Relaxed);
            },
            unmark: || {
                group.remote.fetch_and(!OPENER_SLEEPS, Ordering::Relaxed);
            },
        };
        let waited = tools::waiting(tools::Wait::Taskgroup, || {
            waiting::wait(&mut members, &me.parker, me.is_worker.get())
        });
        if !waited {
            return; // Note [Returning in the child]
        }
    }
    task.group.set(group.outer);
    // SAFETY: all tasks of the group have counted themselves out, after which
    // they do not touch it, and this task points at it no more.
    drop(unsafe { Box::from_raw(pointer.cast_mut()) });
}

/// Cancels the innermost taskgroup: its tasks that have not begun do not run.
/// Nothing without one.
pub fn cancel_taskgroup() {
    // SAFETY: a group outlives the tasks that are in it.
    if let Some(group) = unsafe { Group::innermost_visible(current().context().task.group.get()) } {
        // Release: who sees it sees what led to it.
        group.cancelled.store(true, Ordering::Release);
    }
}

/// Whether the innermost taskgroup is cancelled, or the region: new tasks are
/// not made then.
#[inline]
pub fn taskgroup_is_cancelled() -> bool {
    let me = current();
    let context = me.context();
    context.team.region.is_cancellable && is_cancelled(me, context.task)
}

/// Lets the thread run one other task that the current one allows. Deep on the
/// stack it does not: a chain of tasks may yield in each.
pub fn taskyield() {
    let me = current();
    let context = me.context();
    if context.team.size() > 1 && context.task.is_shallow() {
        let task = context.task;
        execute::run_one(me, |other| other.descends_from(task, me));
    }
}
