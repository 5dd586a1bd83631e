//! Making a task (OpenMP 5.2, 12.5; libgomp's `GOMP_task`).

use super::alloc::SMALL;
use super::depend::Dependence;
use super::run::{self, TaskRef};
use super::task::{Birth, Task};
use super::{phase, wait};
use crate::team::thread::Place;
use crate::team::{current, watch, Body, Thread};
use crate::trace;
use core::ffi::c_void;
use std::alloc::Layout;

/// The task and its descendants are included (flag of a task).
pub const FINAL: u8 = 1;
/// The task may be started by a thread that waits in any task.
pub const UNTIED: u8 = 2;
/// The body ends objects that `copy` makes, so it runs even if it is cancelled.
pub const COPIED: u8 = 4;

/// Tasks in the creator's deque above which it runs new ones itself: thieves
/// have enough to take, and a task that runs at once on its creator's data
/// costs little more than a call.
pub(super) const DEEP: usize = 64;

/// A `task` directive.
pub struct Spec {
    /// The outlined body.
    pub body: Body,
    /// What the body gets: this, or a copy.
    pub data: *mut c_void,
    /// Copies `data` (destination, source) where bytes are not enough.
    pub copy: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    /// Size of `data` in bytes.
    pub size: usize,
    /// Its alignment, a power of two.
    pub align: usize,
    /// The `if` clause; false: undeferred.
    pub deferrable: bool,
    /// `FINAL`, `UNTIED`, `COPIED`.
    pub flags: u8,
}

/// The list items of a task's `depend` clauses, if it has any.
pub type Dependences<'a> = Option<&'a mut dyn Iterator<Item = Dependence>>;

/// What decides when a task runs and completes, besides its parent.
pub struct Order<'a> {
    /// The siblings to wait for.
    pub dependences: Dependences<'a>,
    /// `detach`: where the handle of the task's event goes; null without.
    pub event: *mut *mut c_void,
    /// `priority`, where priorities are used: at most `max-task-priority-var`.
    pub priority: Option<u32>,
}

/// Creates a task; it may have run when this returns.
///
/// # Safety
///
/// `body` and `copy` must be callable with `data` as the directive says.
#[inline(always)]
pub unsafe fn create(spec: Spec) {
    let me = current();
    let place = me.place();
    let parent = place.task;
    if place.team.region.is_cancellable && wait::is_cancelled(me, parent) {
        return;
    }
    let flags = spec.flags | (parent.flags.get() & FINAL);
    let phase = phase_of(place);
    let deque = &place.seat.tasks.deque;
    // A final task may run anywhere; those that it creates are included.
    let at_once = !spec.deferrable
        || parent.is_final()
        || place.team.size() == 1
        || deque.len() >= DEEP
        || !parent.has_room();
    if at_once {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, parent, &spec, flags, phase) };
        return;
    }
    // SAFETY: the caller's promise.
    let task = unsafe { allocate(me, parent, &spec, flags, phase, true, |_| {}) };
    parent.children.add();
    wait::count_in_group(me, task);
    place.seat.tasks.count_created(phase);
    phase::mark(place.team, phase);
    if watch::watched(watch::TASKS) {
        trace::task_created(core::ptr::from_ref(task).addr());
    }
    deque.push(TaskRef(task));
    phase::wake_for_work(place.team);
}

/// The phase of tasks that are created here.
#[inline]
pub(super) fn phase_of(place: Place) -> u64 {
    if place.task.is_explicit() {
        place.task.phase.get()
    } else {
        place.seat.generation.get()
    }
}

/// An undeferred task: executed here and now.
///
/// # Safety
///
/// As for [`create`].
pub(super) unsafe fn run_at_once(
    me: &'static Thread,
    parent: &'static Task,
    spec: &Spec,
    flags: u8,
    phase: u64,
) {
    // Without a copy function the creator's data will do: the creator waits.
    let copy = spec.copy.is_some();
    // SAFETY: the caller's promise.
    let task = unsafe { allocate(me, parent, spec, flags, phase, copy, |_| {}) };
    parent.children.add();
    run::run_body(me, task);
    task.finish(me);
}

/// Memory for a task with so much data: it, its layout, where the data begin.
#[inline]
fn memory(me: &Thread, size: usize, align: usize) -> (*mut u8, Layout, usize) {
    const BEHIND: usize = size_of::<Task>().next_multiple_of(16);
    if size <= SMALL.size() - BEHIND && align <= 16 {
        return (me.task_cache.get_small(), SMALL, BEHIND);
    }
    let (layout, offset) = Layout::from_size_align(size, align.max(1))
        .and_then(|data| Layout::new::<Task>().extend(data))
        .unwrap_or_else(|_| {
            crate::icv::tell(format_args!(
                "GOMP_task: arg_size {size} with arg_align {align} is no layout"
            ));
            std::process::abort()
        });
    (me.task_cache.get(layout), layout, offset)
}

/// Makes the task in fresh memory, with a copy of the data behind it if asked;
/// `announce` is told the address before the data is copied.
///
/// # Safety
///
/// As for [`create`].
#[inline]
pub(super) unsafe fn allocate(
    me: &'static Thread,
    parent: &'static Task,
    spec: &Spec,
    flags: u8,
    phase: u64,
    copy: bool,
    announce: impl FnOnce(*mut Task),
) -> &'static Task {
    let data = if copy { spec.size } else { 0 };
    let (memory, layout, offset) = memory(me, data, spec.align);
    announce(memory.cast());
    // SAFETY: `memory` has room for the header and, at `offset`, for the data;
    // it is freed only when the counts say that nobody uses the task. The
    // copy's source and function are the caller's promise.
    unsafe {
        let mut argument = spec.data;
        if copy {
            argument = memory.add(offset).cast();
            match spec.copy {
                Some(function) => function(argument, spec.data),
                None => core::ptr::copy_nonoverlapping(
                    spec.data.cast::<u8>(),
                    argument.cast::<u8>(),
                    spec.size,
                ),
            }
        }
        let task: *mut Task = memory.cast();
        task.write(Task::explicit(Birth {
            parent,
            body: spec.body,
            data: argument,
            layout,
            phase,
            flags,
        }));
        &*task
    }
}
