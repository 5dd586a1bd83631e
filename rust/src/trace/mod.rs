//! Events of the threads, for the host's trace: the start and the end of regions,
//! loops, tasks and waits. Off, until somebody asks.
//!
//! A thread that tells of an event writes it, with the time, to its own buffer
//! ([`recorder`]). The host takes the events from there when it
//! can write them where its own are: GHC's eventlog has a buffer for each
//! capability, which only the capability's owner may write to, and an OpenMP
//! worker owns none. So an event's text has the time at which it happened
//! ([`event`]).
//!
//! The host's language asks for the trace ([`crate::haskell::trace`]), or the
//! environment does, by `GHCOMP_TRACE`; then the first event makes the host get ready
//! ([`crate::host::GhcompHost::trace`]). [`crate::tools`] has the points of the core
//! that tell.

pub mod event;
pub mod recorder;
