//! The records: threads, teams, members, regions and tasks, and what they keep.
//!
//! A record only holds. The rooms that it imports ([`crate::protocol`], [`crate::construct`])
//! define the atomics in it; the rooms that import it ([`crate::tasking`],
//! [`crate::parallel`], [`crate::worksharing`]) act on it.
//!
//! | file | what it holds |
//! |------|---------------|
//! | [`mod@cell`] | the thread-local cell with the address of the thread's record |
//! | [`register`] | [`current()`]: the calling thread's record; how a record begins and ends |
//! | [`thread`] | [`Thread`], the record of an OS thread; [`thread::Context`], where it is |
//! | [`kept_teams`] | a thread's part: the teams that it keeps for its next regions |
//! | [`search`] | a thread's part: how it searches for tasks |
//! | [`servers`] | a thread's part: its second stacks |
//! | [`threadprivate`] | a thread's part: its copies of `threadprivate` variables |
//! | [`nest_locks`] | a thread's part: the nestable locks that it holds |
//! | [`host_number`] | telling the host a thread's number |
//! | [`task_memory`] | a thread's part: free blocks for tasks |
//! | [`region`] | [`Team`], and the constants of the region that it executes |
//! | [`team_tasks`] | a team's part for tasking |
//! | [`shared_tasks`] | a team's tasks that are in no deque |
//! | [`member`] | [`Member`]: what a team keeps for each of its threads |
//! | [`member_tasks`] | a member's part for tasking: its deque and its counts |
//! | [`task`] | [`Task`]: its data environment, its body, its place in the tree of tasks |
//! | [`task_node`] | what a task with dependences, an event or a priority has besides |
//! | [`group`] | a taskgroup |
//!
//! # Note [A region's life]
//!
//! 1. The master claims a team whose members 1.. are held by workers
//!    ([`crate::parallel::pool::acquire`]) and writes the region's constants. It
//!    posts a message into the mailbox of each worker, by way of a tree
//!    ([`crate::protocol::fork_tree`]).
//! 2. Each thread joins the team as a member: it sets `team`, `member` and `task` in
//!    its [`Thread`] and calls the body.
//! 3. A worker that comes back from the body gathers its children of the tree,
//!    raises its member's `arrived`, and goes to its mailbox. From then on it
//!    touches the team only as a helper (Note [Workers that help] in
//!    [`crate::protocol::helpers`]).
//! 4. The master gathers its children, finishes the tasks that are left, takes
//!    back its own `team`, `member` and `task`, and releases the team.
//!
//! Teams, members and threads are never freed, so a stale pointer to one is at
//! worst out of date. The claim word ([`crate::protocol::claim`]) says whether the team
//! may be used.

pub mod cell;
pub mod group;
pub mod host_number;
pub mod kept_teams;
pub mod member;
pub mod member_tasks;
pub mod nest_locks;
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
pub mod threadprivate;

pub use member::Member;
pub use region::Team;
pub use register::current;
pub use task::Task;
pub use thread::Thread;
