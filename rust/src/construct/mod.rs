//! The data that the threads of a construct share. A file here may use
//! protocols and ICVs; it knows no thread, team or task.
//!
//! - [`space`]: iterations as numbers from 0, and back.
//! - [`work_share`]: the state of one worksharing construct.
//! - [`schedule`]: which member gets which iterations.
//! - [`static_bounds`]: static loops that the compiled code runs by itself, told by bounds.
//! - [`cursor`]: where the members stand in a team's list of work shares.
//! - [`depend`]: which siblings a task depends on.
//! - [`item_reduction`]: task reductions whose items are described by functions.
//! - [`reduction`]: the memory of task reductions.

pub mod cursor;
pub mod depend;
pub mod item_reduction;
pub mod reduction;
pub mod schedule;
pub mod space;
pub mod static_bounds;
pub mod work_share;
