//! Locks that live in the program's memory: `critical`, `atomic`, `omp_lock_t`.
//!
//! The lock itself is parking_lot's byte. A thread tries a few times before it
//! takes the lock's slow path: most holders are about to leave.

use super::primitive::pause;
use parking_lot::lock_api::RawMutex as _;
use parking_lot::RawMutex;

/// Tries before the slow path.
const TRIES: u32 = 40;

/// A lock; zeroed memory is an unlocked one.
#[repr(transparent)]
pub struct Lock(RawMutex);

impl Lock {
    /// An unlocked lock.
    pub const fn unlocked() -> Lock {
        Lock(RawMutex::INIT)
    }

    /// Waits until the lock is free, and takes it.
    #[inline]
    pub fn lock(&self) {
        if !self.0.try_lock() {
            self.lock_slow();
        }
    }

    #[cold]
    fn lock_slow(&self) {
        if !super::wait::oversubscribed() {
            for _ in 0..TRIES {
                pause();
                if !self.0.is_locked() && self.0.try_lock() {
                    return;
                }
            }
        }
        crate::callback::let_go();
        self.0.lock();
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    /// Frees the lock; false if it was free.
    #[inline]
    pub fn unlock(&self) -> bool {
        if !self.0.is_locked() {
            return false;
        }
        // SAFETY: it is locked, by the caller if the program is right; if it
        // is another thread's, that thread loses it and nothing worse.
        unsafe { self.0.unlock() };
        true
    }
}
