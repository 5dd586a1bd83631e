//! The interface for tools, OMPT (OpenMP 5.2, chapter 19), as C sees it.
//!
//! - [`begin`]: the tool begins with the first thread. Finding it is in [`crate::ompt::start`].
//! - [`lookup`]: the functions that the tool may call.
//! - [`end`]: the tool ends; what the program says to it (`omp_control_tool`).

pub mod begin;
pub mod end;
pub mod lookup;
