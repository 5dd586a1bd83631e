//! Unpacking the arguments of loop and region entries.

use crate::icv::{ScheduleClause, MONOTONIC};
use crate::parallel::fork::Request;
use crate::worksharing::loops::{self, Order};

/// The team that a region's entry asks for: `num_threads` is the clause or 0; bits
/// 0 to 2 of `flags` are the `proc_bind` clause or 0.
#[inline]
pub fn request(num_threads: u32, flags: u32) -> Request {
    Request {
        threads: num_threads,
        bind: flags & 7,
    }
}

/// The type of an entry's loop values.
pub trait Integer: Copy {
    /// The greatest value.
    const MAX: u64;
    /// From the 64 bits of a value.
    fn from_bits(value: u64) -> Self;
    /// The value as a chunk size.
    fn chunk_size(self) -> u64;
}

impl Integer for i64 {
    const MAX: u64 = i64::MAX as u64;
    #[inline]
    fn from_bits(value: u64) -> i64 {
        value as i64
    }
    #[inline]
    fn chunk_size(self) -> u64 {
        loops::chunk_size(self)
    }
}

impl Integer for u64 {
    const MAX: u64 = u64::MAX;
    #[inline]
    fn from_bits(value: u64) -> u64 {
        value
    }
    #[inline]
    fn chunk_size(self) -> u64 {
        self
    }
}

/// The chunk size in an entry's argument.
#[inline]
pub fn chunk_size(chunk: impl Integer) -> u64 {
    chunk.chunk_size()
}

/// The schedule in a `sched` word of `GOMP_loop_start` and its kin: 0 runtime, 1
/// static, 2 dynamic, 3 guided, 4 auto; see [`order`] for bit 31.
pub fn schedule(word: i64) -> ScheduleClause {
    ScheduleClause::from_number(word as u32 & !MONOTONIC)
}

/// The order that a `sched` word asks for: bit 31 is `monotonic`.
pub fn order(word: i64) -> Order {
    if word as u32 & MONOTONIC != 0 {
        Order::Monotonic
    } else {
        Order::Any
    }
}

/// Stores the bounds of the calling thread's next chunk; false if none is left.
///
/// # Safety
///
/// The pointers must be valid for a write.
#[inline]
pub unsafe fn store<T: Integer>(istart: *mut T, iend: *mut T) -> bool {
    match loops::next_values() {
        Some((from, to)) => {
            // SAFETY: the caller's promise.
            unsafe {
                *istart = T::from_bits(from);
                *iend = T::from_bits(to);
            }
            true
        }
        None => false,
    }
}
