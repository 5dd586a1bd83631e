//! The first iteration of a loop that no member has taken: `schedule(guided)`, and
//! `schedule(dynamic)` where members get their chunks in increasing order.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | + chunk | a member that takes a chunk, if the sum cannot overflow | addition, relaxed |
//! | -> the end of what it takes | a member that takes a share of what is left | CAS, relaxed |
//! | -> 0 | the member that prepares the loop | published with the work share |
//!
//! Relaxed: only the number matters. Barriers order what the iterations touch. Modelled in
//! `tests/loom_ranges.rs`.

use crate::sync::primitive::{AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub struct NextIteration(AtomicU64);

impl Default for NextIteration {
    fn default() -> NextIteration {
        NextIteration(AtomicU64::new(0))
    }
}

impl NextIteration {
    /// No iteration is taken. Only before others know the loop.
    #[inline]
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The iteration, for tests.
    #[cfg(test)]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the next `chunk` of `trip` iterations, in a team of `size`. `None` if all are
    /// taken; then the member asks no more.
    #[inline]
    pub fn take_chunk(&self, trip: u64, chunk: u64, size: u64) -> Option<(u64, u64)> {
        // Each member adds at most once past the end.
        let room = size
            .checked_mul(chunk)
            .and_then(|past| trip.checked_add(past))
            .is_some();
        if room {
            let from = self.0.fetch_add(chunk, Ordering::Relaxed);
            return Some((from, trip.min(from.saturating_add(chunk)))).filter(|_| from < trip);
        }
        self.take(trip, |_| chunk)
    }

    /// Takes a member's share of what is left of `trip` iterations, at least `chunk`, in a
    /// team of `size`: a multiple of `multiple`, if there are as many.
    #[inline]
    pub fn take_share(
        &self,
        trip: u64,
        chunk: u64,
        size: u64,
        multiple: u64,
    ) -> Option<(u64, u64)> {
        self.take(trip, |left| {
            let share = left.div_ceil(size).max(chunk);
            if multiple <= 1 {
                return share;
            }
            share.checked_next_multiple_of(multiple).unwrap_or(left)
        })
    }

    /// Takes as many iterations as `how_many` says for what is left.
    #[inline]
    fn take(&self, trip: u64, how_many: impl Fn(u64) -> u64) -> Option<(u64, u64)> {
        let mut from = self.0.load(Ordering::Relaxed);
        while from < trip {
            let left = trip - from;
            let to = from + how_many(left).min(left);
            match self
                .0
                .compare_exchange_weak(from, to, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Some((from, to)),
                Err(now) => from = now,
            }
        }
        None
    }
}
