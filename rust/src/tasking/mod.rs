//! Explicit tasks.
//!
//! - [`task`], [`children`]: what a task is, and who may free it when.
//! - [`mod@create`]: making one; running it at once where that is better.
//! - [`special`]: tasks with dependences, an event or a priority.
//! - [`depend`], [`graph`]: which siblings a task waits for; waiting for them.
//! - [`detach`]: the two ends of a task with an event.
//! - [`shared`]: tasks that lie in no deque.
//! - [`run`]: finding a task and executing it.
//! - [`phase`]: knowing that all tasks before a barrier are done.
//! - [`sleepers`]: sleeping until there are tasks.
//! - [`hosted`]: counting and sleeping for tasks that the host keeps.
//! - [`guests`]: workers that help a region they have left.
//! - [`wait`]: `taskwait` and `taskgroup`.
//! - [`taskloop`], [`reduction`]: `taskloop`, and task reductions.
//! - [`walks`]: looking at a task's ancestors while others free some of them.
//! - [`alloc`]: memory for tasks, per thread.
//!
//! A deferred task goes into the deque of its creator's member. Its creator
//! takes it from the young end, thieves from the old end. Every wait of a
//! member (barrier, join, `taskwait`, `taskgroup`) helps.
//!
//! # Note [Task scheduling constraint]
//!
//! OpenMP 5.2, 12.9: a thread that waits in a tied task may start only tied
//! tasks that descend from it (barriers are free). Otherwise a task that holds
//! a lock across a `taskwait` could meet, on its own thread, a stranger that
//! wants the lock. A deque cannot be looked into, so a thread that gets a task
//! it may not start puts it into its own deque, where others can take it, and
//! goes on looking, in its own deque's old end too.

pub mod create;
pub mod dependent;
pub mod execute;
pub mod group;
pub mod node;
pub mod queues;
pub mod quiescence;
pub mod reduction;
pub mod taskloop;

pub use crate::team::task::{COPIED, FINAL, UNTIED};
pub use create::{create, Clauses, Dependences, Spec};
pub use dependent::{create_dependent, fulfill, taskwait_depend};
pub use group::{
    cancel_taskgroup, taskgroup_end, taskgroup_is_cancelled, taskgroup_start, taskwait, taskyield,
};
