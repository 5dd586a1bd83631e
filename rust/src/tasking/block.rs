//! Tasks in blocks that the compiled code fills: Clang asks for a task's memory, writes the
//! data there, and then submits the task or executes it itself.
//!
//! A block is a task's memory as [`crate::team::task_memory`] has it, so the data of a task
//! say where the task is.
//!
//! A task of two halves ([`begin`], [`end`]) is executed by the compiled code on the creator's
//! stack, as one with a false `if` clause is.

use crate::construct::depend::Dependence;
use crate::tasking::create::{enqueue, phase_of, reserve_block, Clauses, OFFSET};
use crate::tasking::dependent::{count_deferred, create_from, new_node, Origin};
use crate::tasking::{execute, node};
use crate::team::group;
use crate::team::register::current;
use crate::team::task::{Body, Task};
use crate::team::task_memory;
use crate::team::task_node::TaskNode;
use crate::team::thread::{Context, Thread};
use crate::{points, tools};
use core::cell::Cell;
use core::ffi::c_void;
use std::sync::Arc;

/// A task that is not created yet: its block.
#[derive(Clone, Copy)]
pub struct Block(&'static Task);

impl Block {
    /// A block with room for `size` bytes of data, aligned to 16.
    pub fn reserve(size: usize) -> Block {
        Block(reserve_block(current(), size))
    }

    /// The block whose data begin here.
    ///
    /// # Safety
    ///
    /// `data` is of [`Block::data`] of a block that was not freed.
    #[inline]
    pub unsafe fn of(data: *mut c_void) -> Block {
        // SAFETY: the task begins this far before its data.
        Block(unsafe { &*data.wrapping_byte_sub(OFFSET).cast::<Task>() })
    }

    /// Where the data are.
    #[inline]
    pub fn data(self) -> *mut c_void {
        task_memory::address_in_block(self.0, OFFSET).cast()
    }

    /// Frees a block without a task.
    pub fn free(self) {
        self.0.free_block(current());
    }
}

/// A task directive whose data are in the block.
pub struct Spec {
    /// The block. The task owns it from now on.
    pub block: Block,
    /// The outlined body. It gets [`Block::data`].
    pub body: Body,
    /// `FINAL`, `UNTIED`, `COPIED`, together.
    pub flags: u8,
    /// The `if` clause. If it is false, the task is undeferred.
    pub deferrable: bool,
}

impl Spec {
    /// The task begins, as a child of the current one.
    #[inline]
    fn begin(&self, context: Context) -> &'static Task {
        let task = self.block.0;
        task.begin(context.task, phase_of(context), self.flags);
        task.defer(self.body, self.block.data());
        task
    }

    /// Executes the task at once.
    #[inline]
    fn run(&self, me: &'static Thread, context: Context) {
        let task = self.begin(context);
        if points::enabled(points::TASKS) {
            tools::task_created(task, false, false);
        }
        if execute::run_body(me, task) {
            execute::finish_uncounted(me, task);
        }
    }
}

/// Whether the current task's group or region is cancelled, so that no task is created.
fn creates_none(me: &Thread, context: &Context) -> bool {
    context.team.region.is_cancellable && group::is_cancelled(me, context.task)
}

/// Creates the task. It may already have run when this returns. False if it was not created,
/// because the region or the group is cancelled; then the block is the caller's.
///
/// # Safety
///
/// The body must be callable with the data.
#[inline]
pub unsafe fn create(spec: &Spec) -> bool {
    let me = current();
    let context = me.context();
    let parent = context.task;
    if creates_none(me, &context) {
        return false;
    }
    let included = !spec.deferrable || parent.is_final();
    let alone = context.team.size() == 1;
    let at_once = (alone || context.member.tasks.above_cut_off()) && parent.may_nest();
    if included || at_once || !parent.has_room() {
        spec.run(me, context);
        if at_once && !included && !alone {
            context.member.tasks.raise_cut_off_if_empty();
        }
    } else {
        let task = spec.begin(context);
        enqueue(me, context, task);
    }
    true
}

/// [`Spec`] with clauses.
struct WithClauses<'a> {
    spec: &'a Spec,
    node: Cell<Option<Arc<TaskNode>>>,
}

impl Origin for WithClauses<'_> {
    fn is_deferrable(&self) -> bool {
        self.spec.deferrable
    }

    unsafe fn run_at_once(&self, me: &'static Thread, context: Context) {
        self.spec.run(me, context);
    }

    unsafe fn allocate(
        &self,
        _: &'static Thread,
        context: Context,
        before: impl FnOnce(&'static Task),
    ) -> &'static Task {
        let task = self.spec.begin(context);
        before(task);
        task
    }

    fn node(&self) -> Option<Arc<TaskNode>> {
        self.node.take()
    }

    fn event_copy(&self) -> *mut *const TaskNode {
        core::ptr::null_mut()
    }
}

/// [`create`] with `depend` and `priority`. `event` is what [`event`] answered for the block,
/// or null.
///
/// # Safety
///
/// As for [`create`].
pub unsafe fn create_with(
    spec: &Spec,
    dependences: Option<&mut dyn Iterator<Item = Dependence>>,
    priority: Option<u32>,
    event: *const c_void,
) -> bool {
    let node = (!event.is_null()).then(|| {
        // SAFETY: `event` made it from an `Arc`, whose count stays the handle's.
        unsafe {
            Arc::increment_strong_count(event.cast::<TaskNode>());
            Arc::from_raw(event.cast::<TaskNode>())
        }
    });
    let origin = WithClauses {
        spec,
        node: Cell::new(node),
    };
    let clauses = Clauses {
        dependences,
        event: core::ptr::null_mut(),
        priority,
    };
    // SAFETY: the caller's promise.
    unsafe { create_from(&origin, clauses) }
}

/// The handle of an event for the task in the block, which the calling thread creates next
/// (`detach`).
pub fn event(block: Block) -> *mut c_void {
    let context = current().context();
    Arc::into_raw(Arc::new(new_node(&context, block.0, true, None)))
        .cast_mut()
        .cast()
}

extern "C" fn nothing(_: *mut c_void) {}

/// The task of the block begins on the creator's stack, whose code executes it. `event`: as for
/// [`create_with`].
pub fn begin(block: Block, flags: u8, event: *const c_void) {
    let me = current();
    let context = me.context();
    let task = block.0;
    task.begin(context.task, phase_of(context), flags);
    task.defer(nothing, block.data());
    if !event.is_null() {
        // SAFETY: `event` made it from an `Arc`, whose count stays the handle's. This one is
        // the task's.
        unsafe { Arc::increment_strong_count(event.cast::<TaskNode>()) };
        task.node.set(event.cast());
        count_deferred(me, &context, task);
    }
    task.start(me);
    if points::enabled(points::TASKS) {
        tools::half_begins(task);
    }
    me.enter_task(task);
}

/// The current task, of [`begin`], has ended. If its event is not fulfilled, the task completes
/// later: its creator waits only for the body (OpenMP 5.2, 12.5), and may fulfil the event
/// itself.
pub fn end(block: Block) {
    let me = current();
    let task = block.0;
    let Some(parent) = task.parent() else {
        return;
    };
    me.enter_task(parent);
    if points::enabled(points::TASKS) {
        tools::half_ends(task);
    }
    let node = task.node.get();
    if node.is_null() {
        execute::finish_uncounted(me, task);
    } else if node::end(task, node) {
        execute::complete(me, task);
    }
}
