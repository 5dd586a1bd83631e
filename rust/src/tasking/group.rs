//! `taskwait`, `taskgroup`, `taskyield` (OpenMP 5.2, 15.5, 15.4, 12.7).
//!
//! # Note [Counting a group]
//!
//! A group counts its unfinished tasks: the thread that opened it in plain
//! cells, others in `remote`, which starts at MIDDLE; a task may be created on
//! one side and finished on the other, so only the sum means something. The
//! opener alone waits, and its own cells are exact when it reads them, so the
//! sum is exact for the moment of its load of `remote`.

use crate::parallel::cancel;
use crate::sync::primitive::{AtomicU64, Ordering};
use crate::tasking::execute;
use crate::tasking::quiescence::{announce, awoken};
use crate::team::current::current;
use crate::team::task::Task;
use crate::team::thread::Thread;
use crate::trace;
use crate::waiting::{self, Wait};
use core::cell::Cell;
use core::sync::atomic::AtomicBool;

/// A taskgroup region; lives on the heap until its opener ends it.
pub struct Group {
    around: *const Group,
    opener: &'static Thread,
    /// Created less finished by the opener (wrapping).
    here: Cell<u64>,
    /// MIDDLE + created - finished by others, and [`ASLEEP`].
    remote: AtomicU64,
    /// Tasks of the group that have not begun do not run.
    cancelled: AtomicBool,
    /// A construct with task reductions opened it: a group to wait for its tasks,
    /// but none that the program sees. `cancel taskgroup` means the one around.
    is_hidden: bool,
}

const MIDDLE: u64 = 1 << 62;
const ASLEEP: u64 = 1 << 63;

impl Group {
    /// The innermost group from `group` outwards that the program sees; without
    /// one, where the directive may not be, the outermost one as in libgomp.
    ///
    /// # Safety
    ///
    /// The caller is in the group, or null. (Groups around outlive those inside.)
    unsafe fn seen<'a>(group: *const Group) -> Option<&'a Group> {
        // SAFETY: the caller's promise.
        let mut group = unsafe { group.as_ref() };
        while let Some(hidden) = group.filter(|group| group.is_hidden) {
            // SAFETY: the caller's promise.
            let Some(around) = (unsafe { hidden.around.as_ref() }) else {
                break;
            };
            group = Some(around);
        }
        group
    }

    fn is_done(&self) -> bool {
        // Acquire: the finished tasks' writes.
        let remote = self.remote.load(Ordering::Acquire) & !ASLEEP;
        self.here.get().wrapping_add(remote) == MIDDLE
    }
}

/// A task was created in its creator's group.
#[inline]
pub(crate) fn count_in_group(me: &'static Thread, task: &'static Task) {
    let group = task.group.get();
    task.joined.set(group);
    // SAFETY: a group outlives its unfinished tasks, and the creator is one of
    // them or the task that opened the group.
    if let Some(group) = unsafe { group.as_ref() } {
        if core::ptr::eq(group.opener, me) {
            group.here.set(group.here.get().wrapping_add(1));
        } else {
            // Relaxed: the creator's own finish, later, releases it.
            group.remote.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A task of the group has finished.
#[inline]
pub(crate) fn leave_group(me: &'static Thread, group: *const Group) {
    // SAFETY: the group counts this task until the line that counts it out.
    if let Some(group) = unsafe { group.as_ref() } {
        let opener = group.opener;
        if core::ptr::eq(opener, me) {
            group.here.set(group.here.get().wrapping_sub(1));
        } else if group.remote.fetch_sub(1, Ordering::Release) & ASLEEP != 0 {
            opener.parker.unpark();
        }
    }
}

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
    trace::waiting(trace::Wait::Taskwait, || {
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
        around: task.group.get(),
        opener: me,
        here: Cell::new(0),
        remote: AtomicU64::new(MIDDLE),
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
                group.remote.fetch_or(ASLEEP, Ordering::Relaxed);
            },
            unmark: || {
                group.remote.fetch_and(!ASLEEP, Ordering::Relaxed);
            },
        };
        let waited = trace::waiting(trace::Wait::Taskgroup, || {
            waiting::wait(&mut members, &me.parker, me.is_worker.get())
        });
        if !waited {
            return; // Note [Returning in the child]
        }
    }
    task.group.set(group.around);
    // SAFETY: all tasks of the group have counted themselves out, after which
    // they do not touch it, and this task points at it no more.
    drop(unsafe { Box::from_raw(pointer.cast_mut()) });
}

/// Cancels the innermost taskgroup: its tasks that have not begun do not run.
/// Nothing without one.
pub fn cancel_taskgroup() {
    // SAFETY: a group outlives the tasks that are in it.
    if let Some(group) = unsafe { Group::seen(current().context().task.group.get()) } {
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

/// Whether the group that `task` counts in, or for the current task the one
/// that its children do, is cancelled, or the team's region.
///
/// Not inlined, so that who creates tasks keeps its place in registers.
#[inline(never)]
pub(crate) fn is_cancelled(me: &Thread, task: &Task) -> bool {
    // SAFETY: as above.
    let group = unsafe { Group::seen(task.group.get()) };
    cancel::region_is_cancelled(&me.context())
        || group.is_some_and(|group| group.cancelled.load(Ordering::Acquire))
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
