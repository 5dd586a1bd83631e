//! Protocols: agreements between threads, by atomics.
//!
//! A file here holds the words of one protocol and all changes of them, with a table of
//! who may change what, and with which ordering. It knows no thread, team or task, and
//! uses only [`crate::sync`], [`crate::heap`] and the standard library. It is told how to
//! find a member, and how to wait. So a model (`rust/tests/loom*.rs`) runs the file itself,
//! and loom tries all orders that matter.
//!
//! | protocol | what it settles | used by | model |
//! |----------|-----------------|---------|-------|
//! | [`claim`] | which master uses a team, and with how many members | `parallel/pool.rs`, `parallel/fork.rs` | `loom_fork.rs` |
//! | [`fork_tree`] | messages go down a tree of members, arrivals come up | `parallel/membership.rs`, `parallel/worker.rs` | `loom_fork.rs` |
//! | [`mailbox`] | a worker gets its next message | `parallel/worker.rs`, `parallel/pool.rs` | `loom_fork.rs` |
//! | [`arrived`] | a member has arrived at the end of a generation | `parallel/barrier.rs` | `loom_barrier.rs`, `loom_fork.rs` |
//! | [`mod@barrier`] | all members wait for all, in rounds | `parallel/barrier.rs` | `loom_barrier.rs`, `loom_cancel.rs` |
//! | [`combining_tree`] | all members wait for all, and are counted | `parallel/barrier.rs` | `loom_barrier.rs` |
//! | [`cancelled`] | a region or a construct is cancelled | `parallel/cancel.rs` | `loom_cancel.rs` |
//! | [`construct_list`] | members walk from construct to construct | `construct/cursor.rs` | `loom_list.rs` |
//! | [`single`] | which member executes a `single` | `worksharing/single.rs` | `loom_list.rs` |
//! | [`ranges`] | chunks that are dealt out ahead, and stolen | `construct/schedule.rs` | `loom_ranges.rs` |
//! | [`next_iteration`] | members take chunks in increasing order | `construct/schedule.rs` | `loom_ranges.rs` |
//! | [`turn`] | chunks of an ordered loop take turns | `worksharing/ordered.rs` | `loom.rs` |
//! | [`doacross`], its memory [`words`] | iterations wait for earlier ones | `worksharing/doacross.rs` | `loom_doacross.rs` |
//! | [`children`] | a task waits for its children; a finished task is freed | `team/task.rs` | `loom_tasks.rs` |
//! | [`group_count`] | a taskgroup waits for its tasks | `team/group.rs`, `tasking/group.rs` | `loom_tasks.rs` |
//! | [`task_counts`] | a barrier knows that all tasks are done | `tasking/queues.rs`, `tasking/quiescence.rs` | `loom_tasks.rs` |
//! | [`helpers`] | workers help with tasks of a region that they have left | `tasking/quiescence.rs` | `loom_tasks.rs` |
//! | [`sleepers`] | members sleep until there are tasks | `tasking/quiescence.rs`, `tasking/queues.rs` | `loom_sleepers.rs` |
//! | [`graph`] | a task waits for its predecessors | `tasking/dependent.rs` | `loom_graph.rs` |
//! | [`event`] | a detached task completes | `tasking/dependent.rs`, `tasking/node.rs` | `loom_graph.rs` |
//! | [`walks`] | finished ancestors of tasks are freed while others look at them | `team/task.rs` | `loom_graph.rs` |
//! | [`host_tasks`] | tasks that the host keeps: counting them, sleeping for them | `haskell/tasks.rs` | `loom.rs` |
//! | [`slots`] | threads take one of a fixed number of slots | `callback/pointers.rs` | `loom.rs` |
//!
//! Parking, signals and locks are in [`crate::sync`]; `memory/pool.rs` counts the bytes of
//! a pool.

pub mod arrived;
pub mod barrier;
pub mod cancelled;
pub mod children;
pub mod claim;
pub mod combining_tree;
pub mod construct_list;
pub mod doacross;
pub mod event;
pub mod fork_tree;
pub mod graph;
pub mod group_count;
pub mod helpers;
pub mod host_tasks;
pub mod mailbox;
pub mod next_iteration;
pub mod ranges;
pub mod single;
pub mod sleepers;
pub mod slots;
pub mod task_counts;
pub mod turn;
pub mod walks;
pub mod words;
