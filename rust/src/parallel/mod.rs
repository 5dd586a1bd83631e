//! Parallel regions (OpenMP 5.2, 10): what threads do to begin one, take part in it, wait
//! for each other in it, and end it. The records are in [`crate::team`], where Note [A
//! region's life] tells the whole story; the protocols are in [`crate::protocol`].
//!
//! - [`fork`](mod@fork): the master's side: fork and join.
//! - [`worker`]: a worker's side: its loop between regions.
//! - [`membership`]: what both do: join the team, post the region on, gather.
//! - [`region`]: the constants of a region that begins.
//! - [`size`]: how many threads a region asks for.
//! - [`pool`]: where teams and workers come from.
//! - [`barrier`]: barriers, explicit and implicit.
//! - [`cancel`]: `cancel parallel`, `for` and `sections`.
//! - [`league`]: the `teams` construct.
//! - [`binding`]: binding members to places.
//! - [`affinity_display`]: `omp_display_affinity` and the like.
//! - [`allocator`]: `def-allocator-var` of the implicit task.
//! - [`ends`]: threads that end inside of a region.

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
    fork, fork_at_once, initial, join, join_at_once, parallel, parallel_with_payload,
    parallel_with_reductions, Request,
};
