//! Teams of threads: who they are, how a region starts and ends.
//!
//! - [`thread`]: the record of an OS thread, found through [`current()`].
//! - [`member`]: what a team keeps per member.
//! - [`region`]: the team itself: its constants for one region.
//! - [`claim`]: who may use a team.
//! - [`pool`]: where teams and workers come from.
//! - [`mod@fork`]: fork and join, and what a worker does between them.
//! - [`tree`]: who wakes and gathers whom.
//! - [`barrier`]: all wait for all.
//! - [`cancel`]: cancelling a region or its worksharing constructs.
//! - [`league`]: the teams of a `teams` construct.
//! - [`size`]: how many threads a region gets.
//! - [`atfork`]: the child of `fork` starts afresh.
//!
//! # Note [A region's life]
//!
//! 1. The master claims a team whose members 1.. are held by workers
//!    ([`pool::acquire`]), writes the region's constants, and posts a message
//!    into the mailbox of each worker, by way of a [`tree`].
//! 2. Each thread takes its member: it sets `team`, `member` and `task` in its
//!    [`thread::Thread`] and calls the body.
//! 3. A worker that comes back from the body gathers its children of the tree,
//!    raises its member's `arrived`, and goes to its mailbox. From then on it
//!    touches the team only as a helper (Note [Workers that help]).
//! 4. The master gathers its children, finishes the tasks that are left, takes
//!    back its own `team`, `member` and `task`, and releases the team.
//!
//! Teams, members and threads are never freed, so a stale pointer to one is at
//! worst out of date; the claim word says whether it may be used.

pub mod cell;
pub mod group;
pub mod host_number;
pub mod kept_teams;
pub mod member;
pub mod member_tasks;
pub mod region;
pub mod register;
pub mod search;
pub mod servers;
pub mod shared_tasks;
pub mod task;
pub mod task_memory;
pub mod task_node;
pub mod team_tasks;
pub mod thread;

pub use member::Member;
pub use region::Team;
pub use register::current;
pub use task::Task;
pub use thread::Thread;
