//! The atomics that every protocol is written with: the machine's, or loom's when
//! the models run (`--cfg loom`), so that loom sees the real code. On the
//! simulated machine of `tests/lines` (`--cfg lines`) a pause is that machine's; it sees
//! the atomics anyway.

/// A cell that something else orders; loom reports accesses that nothing does.
#[cfg(not(loom))]
pub use core::cell::Cell;
#[cfg(not(loom))]
pub use core::sync::atomic::{fence, AtomicPtr, AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
pub use loom::cell::Cell;
#[cfg(loom)]
pub use loom::sync::atomic::{fence, AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// One step of busy waiting.
#[inline(always)]
pub fn pause() {
    #[cfg(not(any(loom, lines)))]
    core::hint::spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(lines)]
    // SAFETY: the simulated machine may be asked for it at any time.
    unsafe {
        lines_pause()
    }
}

#[cfg(lines)]
extern "C" {
    fn lines_pause();
}
