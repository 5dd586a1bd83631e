//! One thread's place to sleep.
//!
//! # Protocol
//!
//! The token is EMPTY, NOTIFIED or PARKED.
//!
//! | from     | to       | who   | when |
//! |----------|----------|-------|------|
//! | EMPTY    | PARKED   | owner | `park`, before it asks the kernel to sleep |
//! | NOTIFIED | EMPTY    | owner | `park` takes the token and returns |
//! | any      | NOTIFIED | other | `unpark`; if it was PARKED, the kernel wakes the owner |
//!
//! `unpark` is a release and `park` an acquire, so what the waker wrote before
//! is seen after.  A token may be left over from an earlier reason: callers
//! look at their condition again (`park` returns early at most once for it).
//! No wake-up is lost: the kernel compares the word with PARKED under its own
//! lock, and `unpark` changes the word before it wakes.
//!
//! A futex and not `parking_lot_core`: a parked worker must leave nothing
//! locked in the child of `fork`, and the library's table of queues does.

use super::primitive::{AtomicU32, Ordering};

const EMPTY: u32 = 0;
const NOTIFIED: u32 = 1;
const PARKED: u32 = u32::MAX;

/// The sleeping place; owned by one thread, woken by any.
#[derive(Debug)]
pub struct Parker {
    token: AtomicU32,
    #[cfg(loom)]
    model: (loom::sync::Mutex<()>, loom::sync::Condvar),
}

impl Parker {
    /// A place without a token.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Parker {
            token: AtomicU32::new(EMPTY),
            #[cfg(loom)]
            model: (loom::sync::Mutex::new(()), loom::sync::Condvar::new()),
        }
    }

    /// Sleeps until there is a token, and takes it. Owner only.
    pub fn park(&self) {
        // EMPTY - 1 is PARKED, NOTIFIED - 1 is EMPTY.
        if self.token.fetch_sub(1, Ordering::Acquire) == NOTIFIED {
            return;
        }
        loop {
            self.sleep();
            if self
                .token
                .compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }

    /// Leaves a token and wakes the owner if it sleeps.
    pub fn unpark(&self) {
        if self.token.swap(NOTIFIED, Ordering::Release) == PARKED {
            self.wake();
        }
    }

    #[cfg(not(loom))]
    fn sleep(&self) {
        super::primitive::futex::wait(&self.token, PARKED);
    }

    #[cfg(not(loom))]
    fn wake(&self) {
        super::primitive::futex::wake(&self.token);
    }

    #[cfg(loom)]
    fn sleep(&self) {
        let mut guard = self.model.0.lock().unwrap();
        while self.token.load(Ordering::Relaxed) == PARKED {
            guard = self.model.1.wait(guard).unwrap();
        }
    }

    #[cfg(loom)]
    fn wake(&self) {
        drop(self.model.0.lock().unwrap());
        self.model.1.notify_one();
    }
}
