//! Events of the threads, for the host's trace: the start and the end of regions, loops,
//! tasks and waits. Tracing is off until somebody asks for it.
//!
//! - [`event`]: what can happen, and its text.
//! - [`recorder`]: the threads' buffers, and how the host takes the events.
//!
//! A thread writes an event, with the time, to its own buffer. The host takes the events
//! from the buffers and writes them to its own trace where it can. (GHC's eventlog, for
//! example, has a buffer for each capability, which only the capability's owner may write
//! to, and an OpenMP worker owns none.) So the text of an event has the time at which it
//! happened.
//!
//! Either the host's language asks for a trace ([`recorder::trace`]), or the environment
//! does, by `GHCOMP_TRACE`; then the first event makes the host get ready
//! ([`crate::host::GhcompHost::trace`]). The points of the core that record events are in
//! `tools`.

pub mod event;
pub mod recorder;
