//! How a thread searches for tasks: from which member it steals first, and how often it
//! searches. [`crate::tasking::execute`] asks.

use crate::sync::owned::{Owned, OwnedPart};

/// A thread's own part. Owner only.
pub struct Search {
    /// State of the random numbers that choose a victim; not 0.
    random: Owned<u32>,
    /// Searches to skip: how many are left, and how many there were the last time.
    skipped: Owned<(u32, u32)>,
}

impl Search {
    /// Each record has a number of its own, so each makes other random choices.
    pub(crate) fn new(number: u32) -> Search {
        Search {
            random: Owned::new(number.wrapping_mul(0x9e37_79b9) | 1),
            skipped: Owned::new((0, 0)),
        }
    }

    /// Whether the thread skips this search.
    #[inline]
    pub fn skips(&self) -> bool {
        let (left, last) = self.skipped.get();
        if left > 0 {
            self.skipped.set((left - 1, last));
        }
        left > 0
    }

    /// A search found nothing: the thread skips the next ones, twice as many as the last
    /// time, but at most `max_skips`.
    #[inline]
    pub fn found_nothing(&self, max_skips: u32) {
        let (_, last) = self.skipped.get();
        let next = (2 * last + 1).min(max_skips);
        self.skipped.set((next, next));
    }

    /// There is work again: the thread skips no search.
    #[inline]
    pub fn stop_skipping(&self) {
        self.skipped.set((0, 0));
    }

    /// A random number that chooses a victim (xorshift).
    #[inline]
    pub fn next_random(&self) -> u32 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        x
    }
}

impl OwnedPart for Search {
    /// The random numbers go on.
    fn renew(&self) {
        let Search { random: _, skipped } = self;
        skipped.set((0, 0));
    }

    fn hand_over(&self) {
        let Search { random, skipped } = self;
        random.hand_over();
        skipped.hand_over();
    }
}
