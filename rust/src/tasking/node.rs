//! Tasks with a [`TaskNode`]: putting a ready one where members find it, and what its
//! end means for its event and its successors.
//!
//! [`crate::tasking::dependent`] and the completion of a task
//! ([`crate::tasking::execute`]) call this.

use crate::tasking::queues;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::task_node::{Dependent, TaskNode};
use crate::team::thread::Thread;
use std::sync::Arc;

/// Ready tasks per member from which on the creator of more runs them itself.
pub(crate) const MAX_READY_PER_MEMBER: usize = 64;

/// Ready tasks with a priority from which on the creator of more runs them itself. Many
/// are kept, since the highest priority comes first only where there is a choice. An
/// initial task need not wait for its children, so its team keeps none.
pub(crate) fn max_shared(team: &Team) -> usize {
    if team.is_in_parallel() {
        MAX_READY_PER_MEMBER * team.size() as usize
    } else {
        0
    }
}

/// Puts a ready task where the team's members find it. `outside`: the calling
/// thread need not be a member of the team.
pub(crate) fn publish(me: &'static Thread, task: &'static Task, node: &TaskNode, outside: bool) {
    let team = node.team;
    match node.priority.get() {
        None if !outside => queues::push(team, me.context().member, task),
        priority => team.tasks.shared.push(priority.unwrap_or(0), task),
    }
    queues::wake_for_work(team);
}

/// The task's body has ended. True if the caller is to complete the task. False if its
/// event is not fulfilled yet; then the task may be gone.
pub(crate) fn end(task: &Task, node: *const TaskNode) -> bool {
    // SAFETY: a task keeps its `TaskNode` until it completes.
    let event = unsafe { &(*node).event };
    // From now on children that finish on this thread count remotely too, so that the
    // thread that completes the task can read the task's own counts.
    task.stop_counting_locally();
    event.end()
}

/// The task completes: tells the tasks and threads that waited for it.
pub(crate) fn release_successors(me: &'static Thread, node: *const TaskNode, outside: bool) {
    // SAFETY: this is the task's own count of the `Arc`, which is not used again.
    let node = unsafe { Arc::from_raw(node) };
    node.successors.finish(|dependent| match dependent {
        Dependent::Thread(thread) => thread.parker.unpark(),
        Dependent::Task(task) => {
            // SAFETY: a task lives, and keeps its `TaskNode`, until it completes.
            let (task, node) = unsafe { (&*task, &*(*task).node.get()) };
            publish(me, task, node, outside);
        }
    });
}

/// The task is discarded: it completes without its event.
pub(crate) fn discard(node: *const TaskNode) {
    // SAFETY: a task keeps its `TaskNode` until it completes.
    unsafe { (*node).event.discard() };
}
