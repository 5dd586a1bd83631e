//! What a task with dependences, an event or a priority has besides its [`Task`].
//! [`crate::tasking::dependent`] makes it, [`crate::tasking::node`] ends it.
//!
//! The task, the handle of its event, and the table of its parent each count in an
//! `Arc`, so the node may outlive the task.

use crate::protocol::event::Event;
use crate::protocol::graph::{Successors, Waiter};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::cell::Cell;

/// What waits for predecessors.
#[derive(Clone, Copy)]
pub(crate) enum Dependent {
    /// A deferred task.
    Task(*const Task),
    /// A thread that can only continue after them.
    Thread(&'static Thread),
}

/// See the module.
pub(crate) struct TaskNode {
    /// The task's wait for its predecessors.
    pub(crate) waiter: Waiter<Dependent>,
    /// What waits for the task.
    pub(crate) successors: Successors<Dependent>,
    /// The event of `detach`.
    pub(crate) event: Event,
    /// The task. It is gone when it has completed.
    pub(crate) task: *const Task,
    /// The task's team.
    pub(crate) team: &'static Team,
    /// The member that created it.
    pub(crate) member: &'static Member,
    /// The process (fork generation) in which it was created.
    pub(crate) process: u32,
    /// The priority, for [`crate::team::shared_tasks`]. A task without one goes into a
    /// deque.
    /// Its creator sets it before other threads see the task.
    pub(crate) priority: Cell<Option<u32>>,
}

// SAFETY: what several threads touch is atomic or constant. Only the thread that makes
// the waiter ready uses the task that `waiter` names: Note [Finishing predecessors] in
// `protocol::graph`.
unsafe impl Sync for TaskNode {}

// SAFETY: as above.
unsafe impl Send for TaskNode {}
