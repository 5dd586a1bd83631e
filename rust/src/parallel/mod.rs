//! Parallel regions: pool, fork and join, barrier, cancellation.

pub mod affinity_display;
pub mod allocator;
pub mod barrier;
pub mod binding;
pub mod cancel;
pub mod ends;
pub mod fork;
pub mod league;
pub mod membership;
pub mod pool;
pub mod region;
pub mod size;
pub mod worker;

pub use fork::{
    fork, fork_at_once, initial, join, join_at_once, parallel, parallel_with_reductions, Request,
};
