//! One thread's place to sleep.
//!
//! # Protocol
//!
//! The token is EMPTY, NOTIFIED or PARKED.
//!
//! | from     | to       | who changes it | when |
//! |----------|----------|-------|------|
//! | EMPTY    | PARKED   | owner | `park`, before it asks the kernel to sleep |
//! | NOTIFIED | EMPTY    | owner | `park` takes the token and returns |
//! | any      | EMPTY    | the thread that renews the record | `reset`, between two owners; an `unpark` for the last one may come after it |
//! | any      | NOTIFIED | other | `unpark`; if it was PARKED, the kernel wakes the owner |
//!
//! `unpark` is a release and `park` an acquire, so the owner sees what the waker wrote
//! before. A token may be left over from an earlier reason: callers look at their
//! condition again (`park` returns early at most once for it). No wake-up is lost:
//! `unpark` changes the word before it wakes. Modelled in `tests/loom.rs`.
//!
//! This is a [`Futex`] and not `parking_lot_core`: a parked worker must leave nothing
//! locked in the child of `fork`, and that library's table of queues does.

use crate::sync::futex::Futex;
use crate::sync::primitive::Ordering;

const EMPTY: u32 = 0;
const NOTIFIED: u32 = 1;
const PARKED: u32 = u32::MAX;

/// The sleeping place. One thread owns it; any thread may wake that.
#[derive(Debug)]
pub struct Parker {
    token: Futex,
}

impl Parker {
    /// A place without a token.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Parker {
            token: Futex::new(EMPTY),
        }
    }

    /// Sleeps until there is a token, and takes it. Owner only.
    pub fn park(&self) {
        // EMPTY - 1 is PARKED, NOTIFIED - 1 is EMPTY.
        if self.token.fetch_sub(1, Ordering::Acquire) == NOTIFIED {
            return;
        }
        loop {
            self.token.sleep(PARKED);
            if self
                .token
                .compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }

    /// The place gets another owner, and the last one is gone (perhaps in the middle of a
    /// `park`, if something ended its thread there).
    pub fn reset(&self) {
        self.token.store(EMPTY, Ordering::Relaxed);
    }

    /// Leaves a token and wakes the owner if it sleeps.
    pub fn unpark(&self) {
        if self.token.swap(NOTIFIED, Ordering::Release) == PARKED {
            self.token.wake();
        }
    }
}
