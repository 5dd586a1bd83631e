//! The interface for tools, OMPT (OpenMP 5.2, chapter 19): what is the same for all threads,
//! and each record's part.
//!
//! - [`callbacks`]: the functions that the tool wants to be called.
//! - [`record`]: what a thread, a region and a task keep for the tool.
//! - [`site`]: where in the user's code a thread called the runtime.
//! - [`start`]: finding the tool and starting it.
//! - [`states`]: what a thread may be doing, and the names.
//!
//! Who calls the tool is [`crate::tools`], which also has the functions that the tool may
//! call. A process has one tool, or none. It is found before the first thread gets a record,
//! so all records are made either with it or without.

pub mod callbacks;
pub mod record;
pub mod site;
pub mod start;
pub mod states;
