//! What a task with dependences, an event or a priority has besides its [`Task`].

use crate::protocol::event::Event;
use crate::protocol::graph::{Successors, Waiter};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::thread::Thread;

/// Who waits for predecessors.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// A deferred task.
    Task(*const Task),
    /// A thread that has to wait before it goes on.
    Thread(&'static Thread),
}

/// See the module.
pub(crate) struct TaskNode {
    pub(crate) waiter: Waiter<Who>,
    pub(crate) successors: Successors<Who>,
    pub(crate) event: Event,
    /// The task, which is gone when it has completed.
    pub(crate) task: *const Task,
    /// The task's team.
    pub(crate) team: &'static Team,
    /// Where its creator sat.
    pub(crate) member: &'static Member,
    /// The process in which it was created.
    pub(crate) process: u32,
    /// For [`crate::team::shared_tasks`]; without one the task goes into a deque.
    pub(crate) priority: Option<u32>,
}

// SAFETY: what several threads touch is atomic or constant; the task that
// `waiter` names is used by who readied it, see Note [Finishing predecessors].
unsafe impl Sync for TaskNode {}

// SAFETY: as above.
unsafe impl Send for TaskNode {}
