//! The interface for tools, OMPT (OpenMP 5.2, chapter 19), as C sees it.
//!
//! - [`start`]: finds the tool, starts it, and ends it.
//! - [`lookup`]: the functions that the tool may call.

pub mod lookup;
pub mod start;
