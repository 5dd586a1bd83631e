//! Explicit tasks.
//!
//! - [`task`]: what a task is, and who may free it when.
//! - [`create`]: making one; running it at once where that is better.
//! - [`run`]: finding a task and executing it.
//! - [`phase`]: knowing that all tasks before a barrier are done; sleeping.
//! - [`wait`]: `taskwait` and `taskgroup`.
//! - [`alloc`]: memory for tasks, per thread.
//!
//! A deferred task goes into the deque of its creator's seat. Its creator
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
//!
//! # Note [Helpers]
//!
//! A worker that has left its region's body still helps with the tasks of the
//! region while it waits for its next message. The master may by then have
//! ended the region and somebody may have claimed the team for the next, so a
//! helper enrols first: `guests` holds the generation closed last and a count.
//! Enrolling for generation g is a CAS that fails once g is closed; closing
//! sets the generation and waits until the count is 0. A helper finds nothing
//! to do by then, so that wait is a few polls.

pub mod alloc;
mod create;
mod phase;
mod run;
mod task;
mod wait;

pub use create::{create, Spec, FINAL, UNTIED};
pub use phase::{
    announce, announce_guest, awoken, close, drain_own, finish_phase, help_as_guest, help_phase,
    TeamTasks,
};
pub use run::SeatTasks;
pub use task::Task;
pub use wait::{taskgroup_end, taskgroup_start, taskwait, taskyield};
