//! A word that threads sleep on: the kernel's futex, or under loom a mutex and
//! a condition variable with the same contract.
//!
//! The kernel compares the word under a lock of its own. So a thread that changes the
//! word and then wakes misses nobody: another thread is asleep by the time of the wake-up,
//! or does not fall asleep.
//!
//! Sleepers of one word may have names, which are bits: then a waker wakes those that have
//! one of its bits.

use crate::sync::primitive::AtomicU32;
use core::ops::Deref;

/// See the module. Zeroed memory is a word of 0.
#[cfg_attr(not(loom), repr(transparent))]
#[derive(Debug)]
pub struct Futex {
    word: AtomicU32,
    /// The names of those that sleep, which are not woken.
    #[cfg(loom)]
    model: (loom::sync::Mutex<Vec<u32>>, loom::sync::Condvar),
}

impl Deref for Futex {
    type Target = AtomicU32;
    #[inline(always)]
    fn deref(&self) -> &AtomicU32 {
        &self.word
    }
}

impl Futex {
    /// A word of this value.
    #[cfg(not(loom))]
    pub const fn new(value: u32) -> Futex {
        Futex {
            word: AtomicU32::new(value),
        }
    }

    /// A word of this value.
    #[cfg(loom)]
    pub fn new(value: u32) -> Futex {
        Futex {
            word: AtomicU32::new(value),
            model: (
                loom::sync::Mutex::new(Vec::new()),
                loom::sync::Condvar::new(),
            ),
        }
    }
}

#[cfg(not(loom))]
impl Futex {
    /// Sleeps while the word is `expected`; may return for no reason.
    pub fn sleep(&self, expected: u32) {
        // SAFETY: the word outlives the call, and the kernel only compares it.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                expected,
                core::ptr::null::<libc::timespec>(),
            );
        }
    }

    /// Wakes a thread that sleeps here, if there is one.
    pub fn wake(&self) {
        // SAFETY: only the address is used; a word that was freed meanwhile is
        // an address nobody sleeps on.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word.as_ptr(),
                libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                1u32,
            );
        }
    }

    /// As `sleep`, with the bits `name`, of which there is at least one.
    pub fn sleep_as(&self, expected: u32, name: u32) {
        // SAFETY: as for `sleep`. The kernel does not use the second address.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word.as_ptr(),
                libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
                expected,
                core::ptr::null::<libc::timespec>(),
                core::ptr::null::<u32>(),
                name,
            );
        }
    }

    /// Wakes all threads that sleep here with one of these bits in their names.
    pub fn wake_any_of(&self, names: u32) {
        // SAFETY: as for `wake`. The kernel uses neither the time nor the second address.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word.as_ptr(),
                libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG,
                i32::MAX,
                core::ptr::null::<libc::timespec>(),
                core::ptr::null::<u32>(),
                names,
            );
        }
    }
}

#[cfg(loom)]
impl Futex {
    /// Sleeps if the word is `expected`, until it is woken.
    pub fn sleep(&self, expected: u32) {
        let guard = self.model.0.lock().unwrap();
        if self.word.load(loom::sync::atomic::Ordering::Relaxed) == expected {
            drop(self.model.1.wait(guard).unwrap());
        }
    }

    /// Wakes a thread that sleeps here, if there is one.
    pub fn wake(&self) {
        drop(self.model.0.lock().unwrap());
        self.model.1.notify_one();
    }

    /// As `sleep`, with the bits `name`. Each sleeper has other bits.
    pub fn sleep_as(&self, expected: u32, name: u32) {
        let mut asleep = self.model.0.lock().unwrap();
        if self.word.load(loom::sync::atomic::Ordering::Relaxed) == expected {
            asleep.push(name);
            while asleep.contains(&name) {
                asleep = self.model.1.wait(asleep).unwrap();
            }
        }
    }

    /// Wakes all threads that sleep here with one of these bits in their names.
    pub fn wake_any_of(&self, names: u32) {
        let mut asleep = self.model.0.lock().unwrap();
        asleep.retain(|name| name & names == 0);
        drop(asleep);
        self.model.1.notify_all();
    }
}
