//! Protocols of atomics, one file each. They know no thread, team or task.

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
pub mod ranges;
pub mod single;
pub mod sleepers;
pub mod slots;
pub mod task_counts;
pub mod turn;
pub mod walks;
pub mod words;
