//! The two ends of a task with `detach`.
//!
//! # Note [Completing a detached task]
//!
//! Such a task completes when its body has ended and its event is fulfilled,
//! in either order, on any thread. Both ends set their bit in one word.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | + ENDED | the thread that has executed the body | acquire and release |
//! | + FULFILLED | any thread that fulfils the event | acquire and release |
//! | + DISCARDED | the thread that discards the task (cancellation) | acquire and release |
//!
//! The end that finds the other's bit completes the task, and sees all that the other
//! did. The other does not touch the task again, which may be gone.
//!
//! A discarded task completes without its event. The fulfilment may still come, and then
//! does nothing. So the record that holds this word has a reference count, and the
//! event's handle counts.
//!
//! Modelled in `tests/loom_graph.rs`.

use crate::sync::primitive::{AtomicU32, Ordering};

const ENDED: u32 = 1;
const FULFILLED: u32 = 2;
const DISCARDED: u32 = 4;

/// What a fulfilment means for the thread that does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fulfilled {
    /// The body has not ended; the thread that ends it completes the task.
    Early,
    /// The caller completes the task.
    Last,
    /// The task was discarded.
    Late,
    /// The event was fulfilled before.
    Again,
}

/// How far a task and its event have come; see the module.
#[derive(Debug)]
pub struct Event(AtomicU32);

impl Event {
    /// Of a task with `detach`.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Event {
        Event(AtomicU32::new(0))
    }

    /// Of a task without: nobody waits for a fulfilment.
    pub fn none() -> Event {
        Event(AtomicU32::new(FULFILLED))
    }

    /// The body has ended; true if the caller completes the task.
    #[inline]
    pub fn end(&self) -> bool {
        self.0.fetch_or(ENDED, Ordering::AcqRel) & FULFILLED != 0
    }

    /// Whether a fulfilment is still to come. For tools; the answer may be old.
    pub fn is_pending(&self) -> bool {
        self.0.load(Ordering::Relaxed) & FULFILLED == 0
    }

    /// The body will not run; the caller completes the task.
    pub fn discard(&self) {
        self.0.fetch_or(DISCARDED, Ordering::AcqRel);
    }

    /// The event is fulfilled.
    pub fn fulfill(&self) -> Fulfilled {
        match self.0.fetch_or(FULFILLED, Ordering::AcqRel) {
            0 => Fulfilled::Early,
            ENDED => Fulfilled::Last,
            DISCARDED => Fulfilled::Late,
            _ => Fulfilled::Again,
        }
    }
}
