//! Making a task (OpenMP 5.2, 12.5; libgomp's `GOMP_task`).

use crate::construct::depend::Dependence;
use crate::tasking::{execute, queues};
use crate::team::group;
use crate::team::member_tasks::TaskRef;
use crate::team::register::current;
use crate::team::task::{Body, Task};
use crate::team::task_memory::{self, SMALL};
use crate::team::thread::{Context, Thread};
use crate::{points, tools};
use core::ffi::c_void;
use std::alloc::Layout;

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
pub struct Clauses<'a> {
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
    let context = me.context();
    let parent = context.task;
    if context.team.region.is_cancellable && group::is_cancelled(me, parent) {
        return;
    }
    // A final task may run anywhere; those that it creates are included.
    let included = !spec.deferrable || parent.is_final();
    let alone = context.team.size() == 1;
    if included || ((alone || context.member.tasks.above_cut_off()) && parent.may_nest()) {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, context, spec) };
        if !included && !alone {
            context.member.tasks.raise_cut_off_if_empty();
        }
    } else {
        // Its own copy: the other way keeps the words in registers.
        // SAFETY: the caller's promise.
        unsafe { defer(me, &Spec { ..spec }) };
    }
}

/// The phase of tasks that are created here.
#[inline(always)]
pub(crate) fn phase_of(context: Context) -> u64 {
    if context.task.is_explicit() {
        context.task.phase.get()
    } else {
        context.member.generation.get()
    }
}

/// An undeferred task: executed here and now. Its parent is suspended
/// meanwhile, so it is not counted, and the creator's data will do unless they
/// have a copy function.
///
/// # Safety
///
/// As for [`create`].
#[inline(always)]
pub(crate) unsafe fn run_at_once(me: &'static Thread, context: Context, spec: Spec) {
    if spec.copy.is_some() || points::enabled(points::TASKS) {
        // SAFETY: the caller's promise.
        unsafe { run_a_copy_at_once(me, &Spec { ..spec }) };
        return;
    }
    let task = me.task_cache.get_small();
    task.begin(context.task, phase_of(context), spec.flags);
    task.start(me);
    me.enter_task(task);
    // SAFETY: the caller's promise.
    unsafe { (spec.body)(spec.data) };
    me.enter_task(context.task);
    execute::finish_at_once(me, task);
}

/// # Safety
///
/// As for [`create`].
#[cold]
#[inline(never)]
unsafe fn run_a_copy_at_once(me: &'static Thread, spec: &Spec) {
    // SAFETY: the caller's promise.
    let task = unsafe { allocate(me, me.context(), spec, |_| {}) };
    if execute::run_body(me, task) {
        execute::finish_uncounted(me, task);
    }
}

/// A deferred task: put where the team's members find it.
///
/// # Safety
///
/// As for [`create`].
#[inline(never)]
unsafe fn defer(me: &'static Thread, spec: &Spec) {
    let context = me.context();
    let parent = context.task;
    if !parent.has_room() {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, context, Spec { ..*spec }) };
        return;
    }
    // SAFETY: the caller's promise.
    let task = unsafe { allocate(me, context, spec, |_| {}) };
    parent.children.add();
    group::count_in_group(me, task);
    let phase = task.phase.get();
    queues::list(context.team, context.member, phase);
    context
        .member
        .tasks
        .count_created(phase, context.team.size());
    if points::enabled(points::TASKS) {
        tools::task_created(core::ptr::from_ref(task).addr());
    }
    context.member.tasks.deque.push(TaskRef(task));
    queues::wake_for_work(context.team);
}

/// A block for a task with so much data, and where in it the data begin.
#[inline]
fn memory(me: &Thread, size: usize, align: usize) -> (&'static Task, usize) {
    const BEHIND: usize = size_of::<Task>().next_multiple_of(16);
    if size <= SMALL.size() - BEHIND && align <= 16 {
        return (me.task_cache.get_small(), BEHIND);
    }
    let (layout, offset) = Layout::from_size_align(size, align.max(1))
        .and_then(|data| Layout::new::<Task>().extend(data))
        .unwrap_or_else(|_| {
            crate::messages::fatal(format_args!(
                "GOMP_task: arg_size {} with arg_align {} is no layout",
                size as isize, align as isize
            ))
        });
    (me.task_cache.get(layout), offset)
}

/// Makes the task in a free block, with a copy of the data behind it;
/// `announce` is told of it before the data is copied.
///
/// # Safety
///
/// As for [`create`].
#[inline]
pub(crate) unsafe fn allocate(
    me: &'static Thread,
    context: Context,
    spec: &Spec,
    announce: impl FnOnce(&'static Task),
) -> &'static Task {
    let (task, offset) = memory(me, spec.size, spec.align);
    announce(task);
    let data: *mut u8 = task_memory::address_in_block(task, offset);
    // SAFETY: the block has room for the data there; it is freed only when the
    // counts say that nobody uses the task. The copy's source and function are
    // the caller's promise.
    unsafe {
        match spec.copy {
            Some(function) => function(data.cast(), spec.data),
            None => core::ptr::copy_nonoverlapping(spec.data.cast(), data, spec.size),
        }
    }
    task.begin(context.task, phase_of(context), spec.flags);
    task.defer(spec.body, data.cast());
    task
}
