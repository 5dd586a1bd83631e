//! Explicit tasks: creating them, finding and executing them, and waiting for them.
//!
//! The records ([`crate::team::task`], [`crate::team::team_tasks`] and others) and the
//! protocols ([`crate::protocol`]) lie below; this room acts on them.
//!
//! | file | what it does |
//! |------|--------------|
//! | [`mod@create`] | `task`: runs the new task at once or defers it |
//! | [`dependent`] | `task` with `depend`, `detach` or `priority`; `taskwait depend`; `omp_fulfill_event` |
//! | [`mod@block`] | tasks in blocks that the compiled code fills |
//! | [`node`] | what the end of a task means for its event and its successors |
//! | [`queues`] | puts tasks where members find them; wakes members for them |
//! | [`execute`] | finds a task and executes it |
//! | [`quiescence`] | knows when all tasks before a barrier are done; sleeps until there are tasks |
//! | [`group`] | `taskwait`, `taskgroup`, `taskyield`, `cancel taskgroup` |
//! | [`taskloop`] | `taskloop` |
//! | [`reduction`] | task reductions |
//!
//! A deferred task goes into the deque of its creator's member. Its creator
//! takes it from the young end, thieves take it from the old end. Every wait of a
//! member (barrier, join, `taskwait`, `taskgroup`) helps.
//!
//! # Note [Task scheduling constraint]
//!
//! OpenMP 5.2, 12.9: a thread that waits in a tied task may start only tied
//! tasks that descend from it (barriers are free). Otherwise a task that holds
//! a lock across a `taskwait` could meet, on its own thread, a stranger that
//! wants the lock. A deque cannot be searched. So a thread that gets a task
//! which it may not start puts it into its own deque, where others can take it,
//! and continues its search, in the old end of its own deque too.

pub mod block;
pub mod create;
pub mod dependent;
pub mod execute;
pub mod group;
pub mod node;
pub mod queues;
pub mod quiescence;
pub mod reduction;
pub mod taskloop;

use crate::icv;

/// The priority of a task with this clause; `None` where priorities are not used.
pub fn priority(clause: i32) -> Option<u32> {
    let most = icv::globals().max_task_priority;
    (most > 0).then(|| clause.clamp(0, most) as u32)
}

pub use crate::team::task::{COPIED, FINAL, UNTIED};
pub use create::{create, Clauses, Dependences, Spec};
pub use dependent::{create_dependent, fulfill, taskwait_depend};
pub use group::{
    cancel_taskgroup, taskgroup_end, taskgroup_is_cancelled, taskgroup_start, taskwait, taskyield,
};
