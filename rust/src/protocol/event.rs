//! The two ends of a task with `detach`.
//!
//! # Note [Completing a detached task]
//!
//! Such a task completes when its body has ended and its event is fulfilled,
//! in whichever order, by whichever thread. Both set their bit in one word with
//! an acquire and release; who finds the other's bit there completes the task,
//! and sees all that the other did. The other does not touch the task again,
//! which may be gone.
//!
//! A task that is discarded (cancellation) completes without its event, whose
//! fulfilment may still come and then does nothing; so what holds this word is
//! counted, and the handle has a count.
//!
//! Modelled in `tests/loom_graph.rs`.

use crate::sync::primitive::{AtomicU32, Ordering};

const ENDED: u32 = 1;
const FULFILLED: u32 = 2;
const DISCARDED: u32 = 4;

/// What a fulfilment means for who does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fulfilled {
    /// The body has not ended; who ends it completes the task.
    Early,
    /// The caller completes the task.
    Last,
    /// The task was discarded.
    Late,
    /// The event was fulfilled before.
    Again,
}

/// What has become of a task's event; see the module.
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
