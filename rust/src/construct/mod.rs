//! The data that the threads of a construct share. A file here may use
//! protocols and ICVs; it knows no thread, team or task.
//!
//! - [`space`]: iterations as numbers from 0, and back.
//! - [`work_share`]: the state of one worksharing construct.
//! - [`schedule`]: which member gets which iterations.
//! - [`cursor`]: where the members stand in a team's list of work shares.
//! - [`depend`]: which siblings a task depends on.
//! - [`reduction`]: the memory of task reductions.

pub mod cursor;
pub mod depend;
pub mod reduction;
pub mod schedule;
pub mod space;
pub mod work_share;
