//! The messages of a worker: it waits for the next one between two regions.
//!
//! # Protocol
//!
//! Messages have numbers, from 1 on. The mailbox holds the last one.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `message`, `posted` + 1 | a poster, `post` | plain cells, before the signal |
//! | `signal` -> the message's number | the same poster, next | as [`Signal::raise`]: release; the worker acquires |
//! | `message` read | the worker, when it has seen the number | plain |
//!
//! Something else orders the posters: the claim of the team that the worker has
//! joined, or the pool's lock. A poster posts only to a worker that has read the
//! last message: it has arrived at the end of the region that this one was for.
//! Modelled in `tests/loom_fork.rs`.

use crate::sync::parker::Parker;
use crate::sync::primitive::Cell;
use crate::sync::signal::Signal;

/// See the module. Not `Sync`: the cells rely on what orders the posters, which the
/// record with the mailbox knows.
pub struct Mailbox<M> {
    /// The number of the last message.
    signal: Signal,
    /// The same, for posters.
    posted: Cell<u64>,
    /// The last message. None dismisses the worker.
    message: Cell<Option<M>>,
}

impl<M: Copy> Mailbox<M> {
    /// No messages yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Mailbox<M> {
        Mailbox {
            signal: Signal::new(),
            posted: Cell::new(0),
            message: Cell::new(None),
        }
    }

    /// Starts again without messages, for another worker; nobody waits or posts.
    pub fn reset(&self) {
        self.signal.reset();
        self.posted.set(0);
        self.message.set(None);
    }

    /// Posts a message to a worker that has read the last one, and wakes it if it
    /// sleeps at `parker`. None dismisses it.
    #[inline(always)]
    pub fn post(&self, message: Option<M>, parker: &Parker) {
        self.message.set(message);
        let posted = self.posted.get() + 1;
        self.posted.set(posted);
        self.signal.raise(posted, parker);
    }

    /// Whether the message of this number is there.
    #[inline]
    pub fn has(&self, number: u64) -> bool {
        self.signal.reached(number)
    }

    /// The worker is about to sleep until the message of this number is there;
    /// false if it is.
    #[inline]
    pub fn announce(&self, number: u64) -> bool {
        self.signal.announce(number)
    }

    /// The last message, for the worker, which knows that it is there.
    #[inline]
    pub fn message(&self) -> Option<M> {
        self.message.get()
    }
}
