//! Tasks with dependences (`depend`), an event (`detach`) or a `priority`; waiting for
//! dependences (`taskwait depend`); fulfilling an event.
//!
//! Such a task has a [`TaskNode`] beside it. The siblings that depend on the task find
//! its node in the table of their parent, also after the task has completed.
//! [`crate::protocol::graph`] is the protocol of the edges between tasks,
//! [`crate::protocol::event`] that of an event.

use crate::construct::depend::{Dependence, Table};
use crate::protocol::event::{Event, Fulfilled};
use crate::protocol::graph::{Successors, Waiter};
use crate::sync::process::generation;
use crate::tasking::create::{allocate, run_at_once, Clauses, Spec};
use crate::tasking::group::Suspended;
use crate::tasking::node::{max_shared, publish, MAX_READY_PER_MEMBER};
use crate::tasking::{execute, queues};
use crate::team::group as team_group;
use crate::team::register::current;
use crate::team::task::{Task, MAX_DEFERRED_CHILDREN};
use crate::team::task_node::{Dependent, TaskNode};
use crate::team::thread::{Context, Thread};
use crate::{points, tools, waiting};
use std::sync::Arc;

/// Unfinished children of a task, most of which wait for predecessors, above which their
/// creator yields its processor.
const MAX_WAITING_CHILDREN: u64 = 4 * MAX_DEFERRED_CHILDREN;

/// What a task with clauses is made of.
pub(crate) trait Origin {
    /// The `if` clause.
    fn is_deferrable(&self) -> bool;

    /// Executes the task at once.
    ///
    /// # Safety
    ///
    /// As for [`crate::tasking::create::create()`].
    unsafe fn run_at_once(&self, me: &'static Thread, context: Context);

    /// Makes the task, to be deferred. `before` gets it before its data are complete.
    ///
    /// # Safety
    ///
    /// As for [`crate::tasking::create::create()`].
    unsafe fn allocate(
        &self,
        me: &'static Thread,
        context: Context,
        before: impl FnOnce(&'static Task),
    ) -> &'static Task;

    /// The node that the task has already, if it has one; asked once.
    fn node(&self) -> Option<Arc<TaskNode>>;

    /// Where the task's data have a copy of the handle of its event, or null.
    fn event_copy(&self) -> *mut *const TaskNode;
}

impl Origin for Spec {
    #[inline(always)]
    fn is_deferrable(&self) -> bool {
        self.deferrable
    }

    #[inline(always)]
    unsafe fn run_at_once(&self, me: &'static Thread, context: Context) {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, context, Spec { ..*self }) };
    }

    #[inline(always)]
    unsafe fn allocate(
        &self,
        me: &'static Thread,
        context: Context,
        before: impl FnOnce(&'static Task),
    ) -> &'static Task {
        // SAFETY: the caller's promise.
        unsafe { allocate(me, context, self, before) }
    }

    #[inline(always)]
    fn node(&self) -> Option<Arc<TaskNode>> {
        None
    }

    #[inline(always)]
    fn event_copy(&self) -> *mut *const TaskNode {
        self.data.cast()
    }
}

/// The node of a task that the calling thread creates.
#[inline(always)]
pub(crate) fn new_node(
    context: &Context,
    task: *const Task,
    is_detached: bool,
    priority: Option<u32>,
) -> TaskNode {
    TaskNode {
        waiter: Waiter::new(Dependent::Task(task)),
        successors: Successors::new(),
        event: if is_detached {
            Event::new()
        } else {
            Event::none()
        },
        task,
        team: context.team,
        member: context.member,
        process: generation(),
        priority: core::cell::Cell::new(priority),
    }
}

/// Creates a task with these clauses. It may already have run when this returns.
///
/// # Safety
///
/// As for [`crate::tasking::create::create()`]. `clauses.event` must be null, or valid for a
/// write; then `data` must begin with the task's own copy of the handle.
pub unsafe fn create_dependent(spec: &Spec, clauses: Clauses) {
    // SAFETY: the caller's promise.
    unsafe { create_from(spec, clauses) };
}

/// [`create_dependent`] for any origin. False if there is no task, because the region or the
/// group is cancelled.
///
/// # Safety
///
/// As for [`create_dependent`].
#[inline]
pub(crate) unsafe fn create_from(origin: &impl Origin, clauses: Clauses) -> bool {
    let me = current();
    let context = me.context();
    let Context {
        team, task: parent, ..
    } = context;
    let early = origin.node();
    let detached = !clauses.event.is_null() || early.is_some();
    let node = |task: *const Task| match &early {
        Some(node) => {
            node.priority.set(clauses.priority);
            node.clone()
        }
        None => Arc::new(new_node(&context, task, detached, clauses.priority)),
    };
    if team.region.is_cancellable && team_group::is_cancelled(me, parent) {
        if detached {
            let node = node(core::ptr::null());
            node.event.discard();
            // SAFETY: the caller's promise.
            if let Some(event) = unsafe { clauses.event.as_mut() } {
                *event = Arc::into_raw(node).cast_mut().cast();
            }
        }
        return false;
    }
    let undeferred = !origin.is_deferrable() || parent.is_final() || !parent.has_room();
    let process = generation();
    let dependences = match clauses.dependences {
        Some(dependences) if undeferred => {
            wait_for_predecessors(me, parent, dependences);
            None
        }
        dependences => dependences,
    };
    if generation() != process {
        // A task forked meanwhile, and this is the child: it is in another context, and
        // has nothing to wait for.
        let clauses = Clauses {
            dependences: None,
            ..clauses
        };
        // SAFETY: the caller's promise.
        return unsafe { create_from(origin, clauses) };
    }
    if undeferred && !detached {
        // SAFETY: the caller's promise.
        unsafe { origin.run_at_once(me, context) };
        return true;
    }
    let mut made = None;
    // SAFETY: the caller's promise; `event` is valid for a write, and the compiler puts
    // a copy of the handle first into the data of a detached task.
    let task = unsafe {
        origin.allocate(me, context, |task| {
            let node = made.insert(node(task));
            if let Some(event) = clauses.event.as_mut() {
                let handle = Arc::into_raw(node.clone());
                *event = handle.cast_mut().cast();
                if let Some(copy) = origin.event_copy().as_mut() {
                    *copy = handle;
                }
            }
        })
    };
    let Some(node) = made else {
        unreachable!("ghcomp: a task without a node")
    };
    task.node.set(Arc::into_raw(node.clone()));
    count_deferred(me, &context, task);
    if points::enabled(points::TASKS) {
        tools::task_created(task, !undeferred, dependences.is_some());
    }
    if undeferred {
        execute::execute(me, task);
        if generation() == process {
            wait_until_finished(me, parent, &node);
        }
        return true;
    }
    let mut edges = 0;
    if let Some(dependences) = dependences {
        let mut insert = |dependences: &mut dyn Iterator<Item = Dependence>| {
            let mut table = parent
                .table
                .take()
                .unwrap_or_else(|| Box::new(Table::new()));
            table.insert(
                dependences,
                &node,
                |other| other.successors.is_finished(),
                |other| {
                    // SAFETY: this thread creates the siblings, and the waiter belongs to a
                    // task that does not run before the waiter is ready.
                    let waits = unsafe { other.successors.add(&node.waiter) };
                    edges += u64::from(waits);
                    if waits && points::enabled(points::TASKS) {
                        tools::waits_for_sibling(task, other.task);
                    }
                },
            );
            parent.table.set(Some(table));
        };
        if points::enabled(points::TASKS) {
            let list: Vec<Dependence> = dependences.collect();
            tools::dependences(task, &list);
            insert(&mut list.into_iter());
        } else {
            insert(dependences);
        }
    }
    if node.waiter.seal(edges) {
        run_or_publish(me, task, &node);
    } else if parent.children.unfinished() > MAX_DEFERRED_CHILDREN {
        throttle(me, parent);
    }
    true
}

/// A new task that has begun, and that its creator does not execute to its end, counts.
#[inline(always)]
pub(crate) fn count_deferred(me: &'static Thread, context: &Context, task: &'static Task) {
    let Context { team, member, .. } = *context;
    context.task.children.add();
    team_group::count_in_group(me, task);
    let phase = task.phase.get();
    queues::enter_listed(team, member, phase);
    member.tasks.count_created(phase, team.size());
}

/// The current task has created very many children that wait for others. Runs one task,
/// or yields the processor to the threads that execute their predecessors. It must not
/// wait: the predecessors may need what the current task does next (an event).
#[cold]
#[inline(never)]
fn throttle(me: &'static Thread, parent: &'static Task) {
    let helped = execute::run_one(me, |other| other.may_start_in(parent, me));
    if !helped && parent.children.unfinished() > MAX_WAITING_CHILDREN {
        std::thread::yield_now();
    }
}

/// A new task has no predecessors left: runs it, or puts it where members find it.
fn run_or_publish(me: &'static Thread, task: &'static Task, node: &TaskNode) {
    let Context {
        team,
        member,
        task: parent,
    } = me.context();
    let at_once = match node.priority.get() {
        Some(_) => team.tasks.shared.len() >= max_shared(team),
        None => team.size() == 1 || member.tasks.deque.len() >= MAX_READY_PER_MEMBER,
    };
    if at_once && parent.may_nest() {
        execute::execute(me, task);
        if !member.tasks.deque.is_empty() || team.tasks.shared.len() > 0 {
            execute::run_left_over(me);
        }
    } else {
        publish(me, task, node, false);
    }
}

/// Fulfills an event (OpenMP 5.2, 18.11.1): the task completes now if its body
/// has ended. False if the event was fulfilled before. Any thread may call this.
///
/// # Safety
///
/// `event` is the handle that `create_dependent` stored through [`Clauses::event`]. This is
/// the first call for it, or the task has not completed yet.
pub unsafe fn fulfill(event: *mut core::ffi::c_void) -> bool {
    let node: *const TaskNode = event.cast();
    // SAFETY: the handle counts in the `Arc`, or else the task still does.
    match unsafe { (*node).event.fulfill() } {
        Fulfilled::Again => return false,
        Fulfilled::Early => {
            if points::enabled(points::TASKS) {
                // SAFETY: the handle counts in the `Arc`, and the task waits for this thread
                // or runs.
                tools::fulfilled(unsafe { (*node).task }, false);
            }
        }
        Fulfilled::Late => {}
        // The task belongs to the parent process, which completes it itself.
        // SAFETY: the handle counts in the `Arc`.
        Fulfilled::Last if unsafe { (*node).process } != generation() => {}
        Fulfilled::Last => {
            // SAFETY: this thread completes the task, which lives until it is completed.
            let (team, member, task) = unsafe { ((*node).team, (*node).member, &*(*node).task) };
            if points::enabled(points::TASKS) {
                tools::fulfilled(task, true);
            }
            execute::complete_from_outside(current(), team, member, task);
        }
    }
    // SAFETY: the handle's count; a handle is not used again.
    drop(unsafe { Arc::from_raw(node) });
    true
}

/// `taskwait` with `depend` (OpenMP 5.2, 15.5): waits until those children of the current
/// task have completed for which a new child with these dependences would wait.
pub fn taskwait_depend(dependences: &mut dyn Iterator<Item = Dependence>) {
    let me = current();
    let task = me.context().task;
    if points::enabled(points::TASKS) {
        let list: Vec<Dependence> = dependences.collect();
        tools::waits_for(&list, || {
            wait_for_predecessors(me, task, &mut list.iter().copied());
        });
        return;
    }
    wait_for_predecessors(me, task, dependences);
}

/// Waits for the children on which these dependences depend.
fn wait_for_predecessors(
    me: &'static Thread,
    parent: &'static Task,
    dependences: &mut dyn Iterator<Item = Dependence>,
) {
    let Some(table) = parent.table.take() else {
        return;
    };
    let waiter = Waiter::new(Dependent::Thread(me));
    let mut edges = 0;
    table.predecessors(dependences, |other| {
        // SAFETY: this thread creates the siblings, and does not return before `waiter`
        // is ready.
        edges += u64::from(unsafe { other.successors.add(&waiter) });
    });
    parent.table.set(Some(table));
    wait_until_ready(me, parent, &waiter, edges);
}

/// Waits until a child of the current task has completed.
pub(crate) fn wait_until_finished(me: &'static Thread, parent: &'static Task, child: &TaskNode) {
    let waiter = Waiter::new(Dependent::Thread(me));
    // SAFETY: this thread creates the siblings, and does not return before `waiter` is
    // ready.
    let edges = u64::from(unsafe { child.successors.add(&waiter) });
    wait_until_ready(me, parent, &waiter, edges);
}

/// Waits until a waiter with this many edges is ready. Returns at once in the child of a
/// fork in a task that it helped with.
fn wait_until_ready(
    me: &'static Thread,
    task: &'static Task,
    waiter: &Waiter<Dependent>,
    edges: u64,
) {
    if !waiter.seal(edges) {
        let mut predecessors = Suspended {
            me,
            task,
            is_done: || waiter.is_ready(),
            // The thread that makes the waiter ready unparks this one in any case.
            mark_asleep: || {},
            mark_awake: || {},
        };
        waiting::wait(&mut predecessors, &me.parker, me.is_worker.get());
    }
}
