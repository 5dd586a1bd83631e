//! The atomics every protocol is written with: the machine's, or loom's when
//! the models run (`--cfg loom`), so that loom sees the real code.

#[cfg(not(loom))]
pub use core::sync::atomic::{fence, AtomicPtr, AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
pub use loom::sync::atomic::{fence, AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// One step of busy waiting.
#[inline(always)]
pub fn pause() {
    #[cfg(not(loom))]
    core::hint::spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
}

/// Sleeping on a word and waking its sleeper: the kernel's futex, or a loom
/// mutex and condition variable with the same contract.
#[cfg(not(loom))]
pub mod futex {
    use core::sync::atomic::AtomicU32;

    /// Sleeps while `*word == expected`; may return for no reason.
    pub fn wait(word: &AtomicU32, expected: u32) {
        // SAFETY: the word outlives the call, and the kernel only compares it.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                expected,
                core::ptr::null::<libc::timespec>(),
            );
        }
    }

    /// Wakes the thread that sleeps on `word`, if there is one.
    pub fn wake(word: &AtomicU32) {
        // SAFETY: only the address is used; a word that was freed meanwhile is
        // an address nobody sleeps on.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1u32,
            );
        }
    }
}
