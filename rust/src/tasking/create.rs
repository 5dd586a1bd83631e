//! The `task` construct (OpenMP 5.2, 12.5; libgomp's `GOMP_task`): a new task runs at
//! once inside its creator, or is deferred into the deque of the creator's member.
//! [`crate::tasking::dependent`] does the same for tasks with `depend`, `detach` or
//! `priority`.
//!
//! A task runs at once if it is undeferred or included, or if thieves have enough to
//! take: Note [The cut-off] in [`crate::tasking::execute`].

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
    /// The argument of the body: the body gets this address, or that of a copy.
    pub data: *mut c_void,
    /// Copies `data` (destination, source) if a copy of the bytes is not enough.
    pub copy: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    /// Size of `data` in bytes.
    pub size: usize,
    /// Alignment of `data`, a power of two.
    pub align: usize,
    /// The `if` clause. If it is false, the task is undeferred.
    pub deferrable: bool,
    /// `FINAL`, `UNTIED`, `COPIED`, together.
    pub flags: u8,
}

/// The list items of a task's `depend` clauses, if it has any.
pub type Dependences<'a> = Option<&'a mut dyn Iterator<Item = Dependence>>;

/// The clauses that decide when a task runs and completes.
pub struct Clauses<'a> {
    /// `depend`: the task waits for siblings.
    pub dependences: Dependences<'a>,
    /// `detach`: the address for the handle of the task's event; null without the clause.
    pub event: *mut *mut c_void,
    /// `priority`, where priorities are used: at most `max-task-priority-var`.
    pub priority: Option<u32>,
}

/// Creates a task. It may already have run when this returns.
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
    // A final task itself may be deferred; the tasks that it creates are included.
    let included = !spec.deferrable || parent.is_final();
    let alone = context.team.size() == 1;
    if included || ((alone || context.member.tasks.above_cut_off()) && parent.may_nest()) {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, context, spec) };
        if !included && !alone {
            context.member.tasks.raise_cut_off_if_empty();
        }
    } else {
        // `defer` gets a copy, so that `run_at_once` can keep `spec` in registers.
        // SAFETY: the caller's promise.
        unsafe { defer(me, &Spec { ..spec }) };
    }
}

/// The generation of the barrier by which tasks that are created here have finished.
#[inline(always)]
pub(crate) fn phase_of(context: Context) -> u64 {
    if context.task.is_explicit() {
        context.task.phase.get()
    } else {
        context.member.generation.get()
    }
}

/// Executes a new task at once. Its parent is suspended meanwhile. So the parent does not
/// count the task, and the body gets the creator's data unless there is a copy function.
///
/// # Safety
///
/// As for [`create`].
#[inline(always)]
pub(crate) unsafe fn run_at_once(me: &'static Thread, context: Context, spec: Spec) {
    if spec.copy.is_some() || points::enabled(points::TASKS) {
        // SAFETY: the caller's promise.
        unsafe { run_with_copy_at_once(me, &Spec { ..spec }) };
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

/// Like [`run_at_once`], with a copy of the data; tools are told of the task.
///
/// # Safety
///
/// As for [`create`].
#[cold]
#[inline(never)]
unsafe fn run_with_copy_at_once(me: &'static Thread, spec: &Spec) {
    // SAFETY: the caller's promise.
    let task = unsafe { allocate(me, me.context(), spec, |_| {}) };
    if points::enabled(points::TASKS) {
        tools::task_created(task, false, false);
    }
    if execute::run_body(me, task) {
        execute::finish_uncounted(me, task);
    }
}

/// Puts a new task into the member's deque, where the team's members find it.
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
    enqueue(me, context, task);
}

/// Puts a new task, which has begun and is to be deferred, into the member's deque.
#[inline(always)]
pub(crate) fn enqueue(me: &'static Thread, context: Context, task: &'static Task) {
    context.task.children.add();
    group::count_in_group(me, task);
    let phase = task.phase.get();
    queues::enter_listed(context.team, context.member, phase);
    context
        .member
        .tasks
        .count_created(phase, context.team.size());
    if points::enabled(points::TASKS) {
        tools::task_created(task, true, false);
    }
    context.member.tasks.deque.push(TaskRef(task));
    queues::wake_for_work(context.team);
}

/// In a block, data of an alignment up to 16 follow the task.
pub(crate) const OFFSET: usize = size_of::<Task>().next_multiple_of(16);

/// A free block for a task with this much data, and the offset of the data in it.
#[inline]
fn block_for(me: &Thread, size: usize, align: usize) -> (&'static Task, usize) {
    if points::enabled(points::TASKS) {
        let alone = if points::has_tool(points::TASKS) {
            ALONE
        } else {
            1
        };
        let block = larger_block(me, tools::with_record(size), align, alone);
        tools::new_record(block.0);
        return block;
    }
    if size <= SMALL.size() - OFFSET && align <= 16 {
        return (me.task_cache.get_small(), OFFSET);
    }
    larger_block(me, size, align, 1)
}

/// A block of this alignment is on no list of free blocks: the allocator gets it back.
///
/// A tool that watches the program's memory (ThreadSanitizer, for Archer) must hear that a
/// task's data are not those of the task before it, and it listens to the allocator.
const ALONE: usize = 2 * SMALL.align();

/// [`block_for`], for any size. `block_align`: the least alignment of the block.
#[cold]
#[inline(never)]
fn larger_block(
    me: &Thread,
    size: usize,
    align: usize,
    block_align: usize,
) -> (&'static Task, usize) {
    let (layout, offset) = Layout::from_size_align(size, align.max(1))
        .and_then(|data| Layout::new::<Task>().extend(data))
        .and_then(|(layout, offset)| Ok((layout.align_to(block_align)?, offset)))
        .unwrap_or_else(|_| {
            crate::messages::fatal(format_args!(
                "GOMP_task: arg_size {} with arg_align {} is no layout",
                size as isize, align as isize
            ))
        });
    (me.task_cache.get(layout), offset)
}

/// A free block for a task with this much data, aligned to 16, which begin at [`OFFSET`].
#[inline]
pub(crate) fn reserve_block(me: &Thread, size: usize) -> &'static Task {
    block_for(me, size, 16).0
}

/// Makes the task in a free block, followed by a copy of the data. `before_copy` gets
/// the task before the data are copied.
///
/// # Safety
///
/// As for [`create`].
#[inline]
pub(crate) unsafe fn allocate(
    me: &'static Thread,
    context: Context,
    spec: &Spec,
    before_copy: impl FnOnce(&'static Task),
) -> &'static Task {
    let (task, offset) = block_for(me, spec.size, spec.align);
    before_copy(task);
    let data: *mut u8 = task_memory::address_in_block(task, offset);
    // SAFETY: the block has room for the data at this offset, and is freed only when the
    // counts say that no thread uses the task. The caller promises the copy's source and
    // function.
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
