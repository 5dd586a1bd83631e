//! Tasks with dependences, an event (`detach`) or a priority, and waiting for
//! dependences (`taskwait depend`).
//!
//! Such a task has a [`TaskNode`] beside it. The siblings that depend on it
//! find that in the table of their parent, also when the task is long gone.

use crate::construct::depend::{Dependence, Table};
use crate::protocol::event::{Event, Fulfilled};
use crate::protocol::graph::{Successors, Waiter};
use crate::sync::process::generation;
use crate::tasking::create::{allocate, run_at_once, Clauses, Spec};
use crate::tasking::group::Suspended;
use crate::tasking::node::{most_shared, offer, DEEP};
use crate::tasking::{execute, queues};
use crate::team::group as team_group;
use crate::team::register::current;
use crate::team::task::{Task, MANY};
use crate::team::task_node::{TaskNode, Who};
use crate::team::thread::{Context, Thread};
use crate::waiting;
use std::sync::Arc;

/// Creates a task with an [`Clauses`]; it may have run when this returns.
///
/// # Safety
///
/// As for [`crate::tasking::create::create()`]; the event's place must be null or valid for a
/// write, and `data` begin with the task's copy of its handle then.
pub unsafe fn create_dependent(spec: &Spec, order: Clauses) {
    let me = current();
    let context = me.context();
    let Context {
        team,
        member,
        task: parent,
    } = context;
    let detached = !order.event.is_null();
    let node = |task: *const Task| {
        Arc::new(TaskNode {
            waiter: Waiter::new(Who::Task(task)),
            successors: Successors::new(),
            event: if detached {
                Event::new()
            } else {
                Event::none()
            },
            task,
            team,
            member,
            process: generation(),
            priority: order.priority,
        })
    };
    if team.region.is_cancellable && team_group::is_cancelled(me, parent) {
        if detached {
            let node = node(core::ptr::null());
            node.event.discard();
            // SAFETY: the caller's promise.
            unsafe { *order.event = Arc::into_raw(node).cast_mut().cast() };
        }
        return;
    }
    let undeferred = !spec.deferrable || parent.is_final() || !parent.has_room();
    let process = generation();
    let dependences = match order.dependences {
        Some(dependences) if undeferred => {
            wait_for(me, parent, dependences);
            None
        }
        dependences => dependences,
    };
    if generation() != process {
        // The child of a fork in a task meanwhile: it is at another place, and has
        // nothing to wait for.
        let order = Clauses {
            dependences: None,
            ..order
        };
        // SAFETY: the caller's promise.
        unsafe { create_dependent(spec, order) };
        return;
    }
    if undeferred && !detached {
        // SAFETY: the caller's promise.
        unsafe { run_at_once(me, context, Spec { ..*spec }) };
        return;
    }
    let mut made = None;
    // SAFETY: the caller's promise; `event` is valid for a write, and the
    // compiler puts a copy of it first into the data of a detached task.
    let task = unsafe {
        allocate(me, context, spec, |task| {
            let node = made.insert(node(task));
            if detached {
                let handle = Arc::into_raw(node.clone());
                *order.event = handle.cast_mut().cast();
                if let Some(copy) = spec.data.cast::<*const TaskNode>().as_mut() {
                    *copy = handle;
                }
            }
        })
    };
    let Some(node) = made else {
        unreachable!("ghcomp: a task that was not announced")
    };
    task.node.set(Arc::into_raw(node.clone()));
    parent.children.add();
    team_group::count_in_group(me, task);
    let phase = task.phase.get();
    queues::list(team, member, phase);
    member.tasks.count_created(phase, team.size());
    if undeferred {
        execute::execute(me, task);
        if generation() == process {
            wait_until_finished(me, parent, &node);
        }
        return;
    }
    let mut edges = 0;
    if let Some(dependences) = dependences {
        let mut table = parent
            .table
            .take()
            .unwrap_or_else(|| Box::new(Table::new()));
        table.insert(
            dependences,
            &node,
            |other| other.successors.is_finished(),
            // SAFETY: this thread creates the siblings, and the waiter belongs
            // to a task that does not run before it is ready.
            |other| edges += u64::from(unsafe { other.successors.add(&node.waiter) }),
        );
        parent.table.set(Some(table));
    }
    if node.waiter.seal(edges) {
        start(me, task, &node);
    } else if parent.children.unfinished() > MANY {
        throttle(me, parent);
    }
}

/// The creator of very many tasks that wait for others: runs one, or gives its
/// processor to who executes what they wait for. It must not wait itself: they may
/// need what it does next (an event).
#[cold]
#[inline(never)]
fn throttle(me: &'static Thread, parent: &'static Task) {
    let helped = execute::run_one(me, |other| other.may_start_in(parent, me));
    if !helped && parent.children.unfinished() > 4 * MANY {
        std::thread::yield_now();
    }
}

/// A new task has no predecessors left: runs it or puts it where it is found.
fn start(me: &'static Thread, task: &'static Task, node: &TaskNode) {
    let Context {
        team,
        member,
        task: parent,
    } = me.context();
    let at_once = match node.priority {
        Some(_) => team.tasks.shared.len() >= most_shared(team),
        None => team.size() == 1 || member.tasks.deque.len() >= DEEP,
    };
    if at_once && parent.may_nest() {
        execute::execute(me, task);
        if !member.tasks.deque.is_empty() || team.tasks.shared.len() > 0 {
            execute::catch_up(me);
        }
    } else {
        offer(me, task, node, false);
    }
}

/// Fulfills an event (OpenMP 5.2, 18.11.1): the task completes now if its body
/// has ended. False if it was fulfilled before. Any thread may call this.
///
/// # Safety
///
/// `event` is what `create_dependent` stored in [`Clauses::event`]; this is the
/// first call for it, or the task has not completed since.
pub unsafe fn fulfill(event: *mut core::ffi::c_void) -> bool {
    let node: *const TaskNode = event.cast();
    // SAFETY: the handle has a count of the `Arc`, or the task still has.
    match unsafe { (*node).event.fulfill() } {
        Fulfilled::Again => return false,
        Fulfilled::Early | Fulfilled::Late => {}
        // The parent's task, which it completes itself.
        // SAFETY: the handle has a count of the `Arc`.
        Fulfilled::Last if unsafe { (*node).process } != generation() => {}
        Fulfilled::Last => {
            // SAFETY: this thread completes the task, which lives until then.
            let (team, member, task) = unsafe { ((*node).team, (*node).member, &*(*node).task) };
            execute::complete_from_outside(current(), team, member, task);
        }
    }
    // SAFETY: the handle's count; a handle is not used again.
    drop(unsafe { Arc::from_raw(node) });
    true
}

/// `taskwait` with `depend` (OpenMP 5.2, 15.5): waits until the current task's
/// children that a child with these dependences would wait for have completed.
pub fn taskwait_depend(dependences: &mut dyn Iterator<Item = Dependence>) {
    let me = current();
    wait_for(me, me.context().task, dependences);
}

fn wait_for(
    me: &'static Thread,
    parent: &'static Task,
    dependences: &mut dyn Iterator<Item = Dependence>,
) {
    let Some(table) = parent.table.take() else {
        return;
    };
    let waiter = Waiter::new(Who::Thread(me));
    let mut edges = 0;
    table.predecessors(dependences, |other| {
        // SAFETY: this thread creates the siblings, and `waiter` is waited for.
        edges += u64::from(unsafe { other.successors.add(&waiter) });
    });
    parent.table.set(Some(table));
    wait_until_ready(me, parent, &waiter, edges);
}

/// Waits for one child.
fn wait_until_finished(me: &'static Thread, parent: &'static Task, child: &TaskNode) {
    let waiter = Waiter::new(Who::Thread(me));
    // SAFETY: this thread creates the siblings, and `waiter` is waited for.
    let edges = u64::from(unsafe { child.successors.add(&waiter) });
    wait_until_ready(me, parent, &waiter, edges);
}

fn wait_until_ready(me: &'static Thread, task: &'static Task, waiter: &Waiter<Who>, edges: u64) {
    if !waiter.seal(edges) {
        let mut predecessors = Suspended {
            me,
            task,
            done: || waiter.is_ready(),
            // Who readies the waiter unparks it in any case.
            mark: || {},
            unmark: || {},
        };
        waiting::wait(&mut predecessors, &me.parker, me.is_worker.get());
    }
}
