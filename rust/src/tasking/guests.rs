//! Who may help with the tasks of a region that it has left.
//!
//! # Note [Workers that help]
//!
//! A worker that has left its region's body still helps with the tasks of the
//! region while it waits for its next message. The master may by then have
//! ended the region and somebody may have claimed the team for the next, so a
//! helper enrols first. One word holds, above, the generation + 1 that was
//! closed last, and, below, how many are enrolled.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | count + 1, if the generation is not closed | helper, `enrol` | CAS, acquire: the last closing comes before the helping |
//! | count - 1 | helper, `leave` | release: the helping comes before the closing's end |
//! | generation goes up | master, `close`, when the region's tasks are done | relaxed; then it acquires the count 0 |
//!
//! A helper finds nothing to do by then, so the master's wait is a few polls.
//! Modelled in `tests/loom.rs`.

use crate::sync::primitive::{pause, AtomicU64, Ordering};

const BITS: u32 = 24;
const COUNT: u64 = (1 << BITS) - 1;

/// See the module.
#[derive(Debug)]
pub struct Guests(AtomicU64);

impl Guests {
    /// Nothing closed, nobody enrolled.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Guests {
        Guests(AtomicU64::new(0))
    }

    /// Whether helping in this generation has ended.
    #[inline]
    pub fn is_closed(&self, generation: u64) -> bool {
        self.0.load(Ordering::Relaxed) >> BITS > generation
    }

    /// Asks to help; a true must be followed by `leave`.
    #[inline]
    pub fn enrol(&self, generation: u64) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        while now >> BITS <= generation {
            match self
                .0
                .compare_exchange(now, now + 1, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Ends the helping.
    #[inline]
    pub fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }

    /// Ends all helping of the generation; returns when nobody is enrolled.
    pub fn close(&self, generation: u64) {
        let closed = self.0.load(Ordering::Relaxed) >> BITS;
        self.0
            .fetch_add((generation + 1 - closed) << BITS, Ordering::Relaxed);
        while self.0.load(Ordering::Acquire) & COUNT != 0 {
            pause();
        }
    }
}
