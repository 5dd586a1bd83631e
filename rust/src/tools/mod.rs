//! The points at which the core tells tools what its threads do. There are two: the trace
//! ([`crate::trace`]), and the tool of the interface OMPT ([`crate::ompt`]).
//!
//! Where something starts or ends, the core asks [`crate::points`] first. It calls a
//! function here, out of line, only if a tool wants to know. So a point costs one load and
//! one branch while no tool listens. All functions here speak of the calling thread.
//!
//! - [`regions`]: threads, regions and implicit tasks.
//! - [`tasks`]: explicit tasks.
//! - [`waits`]: barriers and waits for tasks.
//! - [`constructs`]: worksharing, locks, `masked`, `cancel` and others.

pub mod constructs;
pub mod regions;
pub mod tasks;
pub mod waits;

use crate::points;
use crate::team::register::current;
use crate::team::thread::Thread;
use crate::trace::event::EventKind;
pub use crate::trace::event::WaitKind;
use crate::trace::recorder;
pub(crate) use constructs::error;
pub use constructs::{
    acquired, acquiring, cancelled, dispatched, flushed, lock_destroyed, lock_made, loop_begins,
    loop_ends, masked_begins, masked_ends, nested, released, section, sections_begin,
    single_begins, single_ends, static_begins, static_ends, taskloop, Mutex, Piece, Static,
};
pub use regions::{
    control, ends, fork, joining, left, region_begins, region_ends, thread_begins, thread_ends,
    League,
};
pub use tasks::{
    dependences, discarded, half_begins, half_ends, new_record, next_chunk, task, task_created,
    waits_for, with_record, yielding,
};
pub(crate) use tasks::{fulfilled, waits_for_sibling};
pub use waits::{group_begins, park, reducing, waiting};

/// `ompt_scope_endpoint_t`.
const BEGIN: i32 = 1;
/// See [`BEGIN`].
const END: i32 = 2;
/// See [`BEGIN`].
const BEGIN_AND_END: i32 = 3;

/// Records an event of the calling thread for the trace, if that wants events of this kind.
fn record(kind: u32, what: EventKind) {
    if points::those_enabled(kind) != 0 {
        let me = current();
        recorder::record(&me.recording, me.is_worker.get(), what);
    }
}

/// What the tool knows the calling thread's place by: the words of its region and its task.
/// `None`: there is no tool, or it has not heard of the thread.
fn place(me: &Thread) -> Option<(*mut u64, *mut u64)> {
    let task = me.tool.task()?;
    // SAFETY: a task's region lives as long as the task.
    let region = unsafe { task.region.get().as_ref() };
    Some((
        region.map_or(core::ptr::null_mut(), |region| region.data()),
        task.data(),
    ))
}
