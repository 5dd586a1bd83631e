//! How the loop entries pack what they say.

use crate::icv::Kind;
use crate::worksharing::loops;

/// The kind in a `sched` word of `GOMP_loop_start` and its kin: 0 runtime, 1
/// static, 2 dynamic, 3 guided, 4 auto; bit 31 (monotonic) says nothing new
/// here, because chunks are handed out in increasing order always.
pub fn kind(word: i64) -> Option<Kind> {
    Kind::from_omp(word as u32 & !(1 << 31))
}

/// Stores the user's bounds of the next chunk; false when none is left.
///
/// # Safety
///
/// The pointers must be valid for a write.
#[inline]
pub unsafe fn store<T>(istart: *mut T, iend: *mut T, convert: fn(u64) -> T) -> bool {
    match loops::next_values() {
        Some((from, to)) => {
            // SAFETY: the caller's promise.
            unsafe {
                *istart = convert(from);
                *iend = convert(to);
            }
            true
        }
        None => false,
    }
}
