//! What the end of a task means for its node: its event, and its successors.

use crate::tasking::queues;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::task_node::{TaskNode, Who};
use crate::team::thread::Thread;
use std::sync::Arc;

/// Ready tasks per member above which the creator of more runs them itself.
pub(crate) const DEEP: usize = 64;

/// Ready tasks with a priority up to which more are deferred: for the highest to
/// come first there must be a choice. An initial task need not wait for its
/// children, so there they are not kept.
pub(crate) fn most_shared(team: &Team) -> usize {
    if team.is_in_parallel() {
        DEEP * team.size() as usize
    } else {
        0
    }
}

/// Puts a ready task where the team's members find it; `outside`: the calling
/// thread is not, or need not be, a member.
pub(crate) fn offer(me: &'static Thread, task: &'static Task, node: &TaskNode, outside: bool) {
    let team = node.team;
    match node.priority {
        None if !outside => queues::put(team, me.context().member, task),
        priority => team.tasks.shared.push(priority.unwrap_or(0), task),
    }
    queues::wake_for_work(team);
}

/// The task's body has ended; true if the caller completes the task. Else its
/// event is still to be fulfilled, and the task may be gone.
pub(crate) fn end(task: &Task, node: *const TaskNode) -> bool {
    // SAFETY: a task has its `TaskNode` until it completes.
    let event = unsafe { &(*node).event };
    // Children that finish on this thread from now on count as from afar, so
    // that who completes the task can read its own counts.
    task.stop_counting_here();
    event.end()
}

/// The task completes: hands over those who waited for it.
pub(crate) fn release_successors(me: &'static Thread, node: *const TaskNode, outside: bool) {
    // SAFETY: the task's own count of the `Arc`, which is not used again.
    let node = unsafe { Arc::from_raw(node) };
    node.successors.finish(|who| match who {
        Who::Thread(thread) => thread.parker.unpark(),
        Who::Task(task) => {
            // SAFETY: a task lives, and has its `TaskNode`, until it completes.
            let (task, node) = unsafe { (&*task, &*(*task).node.get()) };
            offer(me, task, node, outside);
        }
    });
}

/// The task is discarded: it completes without its event.
pub(crate) fn discard(node: *const TaskNode) {
    // SAFETY: a task has its `TaskNode` until it completes.
    unsafe { (*node).event.discard() };
}
