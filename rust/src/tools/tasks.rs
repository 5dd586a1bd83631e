//! Explicit tasks.

use crate::construct::depend::{Dependence, DependenceKind};
use crate::ompt::callbacks;
use crate::ompt::record::{flag, TaskRecord};
use crate::ompt::site;
use crate::points::{self, CONSTRUCTS, TASKS};
use crate::team::group;
use crate::team::register::current;
use crate::team::task::{Task, FINAL, UNTIED};
use crate::team::thread::Thread;
use crate::tools::constructs::{dispatched, Piece};
use crate::tools::record;
use crate::trace::event::EventKind;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

/// `ompt_task_status_t`.
mod status {
    use core::ffi::c_int;
    pub const COMPLETE: c_int = 1;
    pub const YIELD: c_int = 2;
    pub const CANCEL: c_int = 3;
    pub const DETACH: c_int = 4;
    pub const EARLY_FULFILL: c_int = 5;
    pub const LATE_FULFILL: c_int = 6;
    pub const SWITCH: c_int = 7;
    pub const TASKWAIT_COMPLETE: c_int = 8;
}

/// The size of a task's data with room for its record behind them.
pub fn with_record(size: usize) -> usize {
    if points::has_tool(TASKS) {
        size.checked_next_multiple_of(align_of::<TaskRecord>())
            .and_then(|size| size.checked_add(size_of::<TaskRecord>()))
            .unwrap_or(usize::MAX)
    } else {
        size
    }
}

/// The task is in a fresh block.
pub fn new_record(task: &'static Task) {
    if points::has_tool(TASKS) {
        task.tool().begin(core::ptr::null(), flag::EXPLICIT);
    }
}

fn id(task: &Task) -> usize {
    core::ptr::from_ref(task).addr()
}

/// The thread has created a task. `deferred`: it does not execute it at once.
#[cold]
pub fn task_created(task: &'static Task, deferred: bool, has_dependences: bool) {
    if deferred {
        record(TASKS, EventKind::TaskCreated { id: id(task) });
    }
    let me = current();
    let Some(creator) = me.tool.task().filter(|_| points::has_tool(TASKS)) else {
        return;
    };
    let site = site::here();
    let new = task.tool();
    let mut flags = flag::EXPLICIT;
    if !deferred {
        flags |= flag::UNDEFERRED;
    }
    if task.has(UNTIED) {
        flags |= flag::UNTIED;
    }
    if task.has(FINAL) {
        flags |= flag::FINAL;
    }
    new.flags.set(flags);
    new.region.set(creator.region.get());
    new.chunk.set(me.tool.next_chunk.take());
    creator.frames.set_enter(site.frame);
    callbacks::task_create(
        creator.data(),
        &creator.frames,
        new.data(),
        flags,
        c_int::from(has_dependences),
        site.code,
    );
    creator.frames.set_enter(0);
}

/// A dependence as the tool gets it (`ompt_dependence_t`).
#[repr(C)]
struct ToolDependence {
    variable: usize,
    kind: c_int,
}

fn tell_dependences(task: *mut u64, list: &[Dependence]) {
    const ALL_MEMORY: c_int = 34;
    let list: Vec<ToolDependence> = list
        .iter()
        .map(|dependence| ToolDependence {
            variable: dependence.address,
            kind: match dependence.kind {
                _ if dependence.address == 0 => ALL_MEMORY,
                DependenceKind::In => 1,
                DependenceKind::Out => 3,
                DependenceKind::MutexInOutSet => 4,
                DependenceKind::InOutSet => 7,
            },
        })
        .collect();
    callbacks::dependences(task, list.as_ptr().cast::<c_void>(), list.len() as c_int);
}

/// The new task has these dependences.
#[cold]
pub fn dependences(task: &'static Task, list: &[Dependence]) {
    if points::has_tool(TASKS) {
        tell_dependences(task.tool().data(), list);
    }
}

/// The new task waits for a sibling.
#[cold]
pub(crate) fn waits_for_sibling(task: &'static Task, sibling: *const Task) {
    if points::has_tool(TASKS) {
        // SAFETY: the sibling has not completed: it holds the edge.
        if let Some(sibling) = unsafe { sibling.as_ref() } {
            callbacks::task_dependence(sibling.tool().data(), task.tool().data());
        }
    }
}

/// A task that has not begun is cancelled: it does not run.
#[cold]
pub fn discarded(task: &'static Task) {
    const DISCARDED: c_int = 0x40;
    const TASKGROUP: c_int = 8;
    if points::has_tool(CONSTRUCTS) {
        let data = task.tool().data();
        callbacks::cancel(data, DISCARDED | TASKGROUP, core::ptr::null());
    }
}

/// The current task waits by `wait` for what these dependences name: a task of its own for
/// the tool.
#[cold]
pub fn waits_for(list: &[Dependence], wait: impl FnOnce()) {
    let me = current();
    let Some(creator) = me.tool.task().filter(|_| points::has_tool(TASKS)) else {
        return wait();
    };
    let site = site::here();
    let new = TaskRecord::default();
    let flags = flag::TASKWAIT | flag::UNDEFERRED | flag::MERGEABLE;
    new.begin(creator.region.get(), flags);
    creator.frames.set_enter(site.frame);
    callbacks::task_create(
        creator.data(),
        &creator.frames,
        new.data(),
        flags,
        1,
        site.code,
    );
    tell_dependences(new.data(), list);
    wait();
    callbacks::task_schedule(new.data(), status::TASKWAIT_COMPLETE, null_mut());
    creator.frames.set_enter(0);
}

/// The next task that the thread creates executes these iterations of a `taskloop`.
#[cold]
pub fn next_chunk(start: u64, iterations: u64) {
    current().tool.next_chunk.set((start, iterations));
}

/// Runs another task by `run`, if there is one, for a `taskyield`.
#[cold]
pub fn yielding<T>(run: impl FnOnce() -> T) -> T {
    let me = current();
    me.tool.yields.set(true);
    let result = run();
    me.tool.yields.set(false);
    result
}

/// Goes from the current task of the thread to another one, inside of it.
fn enter(me: &Thread, task: &'static Task) {
    let Some(outer) = me.tool.task() else { return };
    let record = task.tool();
    record.outer.set(outer);
    record.thread_num.set(outer.thread_num.get());
    let site = site::here();
    outer.frames.set_enter(site.frame);
    record.frames.set_exit(site.in_first_frame());
    let how = if me.tool.yields.take() {
        status::YIELD
    } else {
        status::SWITCH
    };
    callbacks::task_schedule(outer.data(), how, record.data());
    me.tool.task.set(record);
    let (start, iterations) = record.chunk.get();
    if iterations > 0 {
        dispatched(Piece::TaskloopChunk, start, iterations);
    }
}

/// The thread's task has ended so; the thread goes back to the task below.
fn leave(me: &Thread, task: &'static Task, how: c_int) {
    let record = task.tool();
    // SAFETY: the task below on the stack, which lives.
    let Some(outer) = (unsafe { record.outer.get().as_ref() }) else {
        return;
    };
    record.frames.set_exit(0);
    callbacks::task_schedule(record.data(), how, outer.data());
    me.tool.task.set(outer);
}

fn listens(me: &Thread) -> bool {
    points::has_tool(TASKS) && me.tool.task().is_some()
}

/// How the task's body has ended: cancelled, or complete but for its event, or complete.
fn how_it_ends(me: &Thread, task: &'static Task) -> c_int {
    if me.context().team.region.is_cancellable && group::is_cancelled(me, task) {
        return status::CANCEL;
    }
    let node = task.node.get();
    // SAFETY: a task keeps its node until it completes.
    let waits = unsafe { node.as_ref() }.is_some_and(|node| node.event.is_pending());
    if waits {
        status::DETACH
    } else {
        status::COMPLETE
    }
}

/// Executes a task, with an event before and after.
#[cold]
#[inline(never)]
pub fn task<T>(task: &'static Task, execute: impl FnOnce() -> T) -> T {
    let me = current();
    record(TASKS, EventKind::TaskBegins { id: id(task) });
    let told = listens(me);
    if told {
        enter(me, task);
    }
    let result = execute();
    if told && listens(me) {
        leave(me, task, how_it_ends(me, task));
    }
    record(TASKS, EventKind::TaskEnds { id: id(task) });
    result
}

/// The compiled code begins to execute the task, on its creator's stack.
#[cold]
pub fn half_begins(task: &'static Task) {
    let me = current();
    record(TASKS, EventKind::TaskBegins { id: id(task) });
    if listens(me) {
        task_created(task, false, !task.node.get().is_null());
        enter(me, task);
    }
}

/// The compiled code has executed the task.
#[cold]
pub fn half_ends(task: &'static Task) {
    let me = current();
    if listens(me) {
        leave(me, task, how_it_ends(me, task));
    }
    record(TASKS, EventKind::TaskEnds { id: id(task) });
}

/// The task's event is fulfilled. `late`: its body has ended.
#[cold]
pub(crate) fn fulfilled(task: *const Task, late: bool) {
    if !points::has_tool(TASKS) {
        return;
    }
    // SAFETY: the caller has a count of the task's node, and the task lives until it
    // completes.
    if let Some(task) = unsafe { task.as_ref() } {
        let how = if late {
            status::LATE_FULFILL
        } else {
            status::EARLY_FULFILL
        };
        callbacks::task_schedule(task.tool().data(), how, null_mut());
    }
}
