//! Locks that live in the program's memory: `critical`, `atomic`, `omp_lock_t`. The core's
//! own locks are made of them too ([`crate::sync::mutex`]).
//!
//! # Protocol
//!
//! The word's lowest two bits are FREE, HELD, or CONTENDED: held, and threads may sleep
//! on it. The bits above are the stamp of the process that took the lock; a free word is 0.
//!
//! | from          | to      | who | ordering |
//! |---------------|---------|-----|----------|
//! | FREE          | HELD    | a thread that takes it and has not slept | CAS, acquire |
//! | FREE, CONTENDED | CONTENDED | a thread that is about to sleep; it has the lock if that was FREE | swap, acquire |
//! | FREE          | CONTENDED | a thread that has slept: others may sleep still | CAS, acquire |
//! | HELD, CONTENDED | FREE    | the holder; if it was CONTENDED it wakes one sleeper | swap, release |
//!
//! The stamp tells a lock that the child of a fork has found held: no thread of this
//! process will ever free it. A thread takes such a lock as if it were free
//! ([`Lock::lock_in`]). Within a process all stamps are equal, so the table holds
//! there as it stands. Locks whose owner may be the thread that forked have no stamp.
//!
//! No sleeper is forgotten: all sleep while the word is CONTENDED. The release that ends
//! this wakes one sleeper, and that leaves the word CONTENDED when it takes the lock or
//! sleeps again. Modelled in `tests/loom.rs`.
//!
//! Threads get the lock in no particular order. The holder may take it again, with the word
//! still in its cache, while others wait. So a waiter looks at the word more and more
//! rarely: each look takes the line from the holder.

use crate::sync::futex::Futex;
use crate::sync::primitive::{pause, Ordering};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;
/// The bits of the state; the stamp is above them.
const STATE_BITS: u32 = 2;
const STATE: u32 = (1 << STATE_BITS) - 1;

/// Looks, each after a pause, before a waiter for a lock of the core sleeps.
const BRIEF_LOOKS: u32 = if cfg!(loom) { 1 } else { 40 };

/// How a waiter spends its time before it sleeps.
pub trait Patience {
    /// Calls `look` for as long as most holders need to leave; true as soon as
    /// `look` answers true.
    fn look_again(&self, look: impl Fn() -> bool) -> bool;
    /// The calling thread is about to sleep.
    fn before_blocking(&self);
}

/// A lock; zeroed memory is an unlocked one.
#[cfg_attr(not(loom), repr(transparent))]
pub struct Lock(Futex);

impl Lock {
    /// An unlocked lock.
    #[cfg(not(loom))]
    pub const fn unlocked() -> Lock {
        Lock(Futex::new(FREE))
    }

    /// An unlocked lock.
    #[cfg(loom)]
    pub fn unlocked() -> Lock {
        Lock(Futex::new(FREE))
    }

    #[inline]
    fn take(&self, as_: u32) -> bool {
        self.0
            .compare_exchange(FREE, as_, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Waits until the lock is free, and takes it.
    #[inline]
    pub fn lock(&self, patience: &impl Patience) {
        self.lock_in(0, patience);
    }

    /// As [`lock`](Lock::lock), in the process of this number (0 is the first, and its
    /// children count on; they are told apart modulo 2^30). A lock that was taken in
    /// another process, of which this one is a child, counts as free. All callers for one
    /// lock use this method.
    #[inline]
    pub fn lock_in(&self, process: u32, patience: &impl Patience) {
        let stamp = process << STATE_BITS;
        if !self.take(HELD | stamp) {
            self.lock_slow(stamp, patience);
        }
    }

    #[cold]
    fn lock_slow(&self, stamp: u32, patience: &impl Patience) {
        let is_free = |word: u32| word == FREE || word & !STATE != stamp;
        let mut as_ = HELD | stamp;
        let look = |as_: u32| {
            let word = self.0.load(Ordering::Relaxed);
            is_free(word)
                && (self.0)
                    .compare_exchange(word, as_, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
        };
        while !patience.look_again(|| look(as_)) {
            as_ = CONTENDED | stamp;
            patience.before_blocking();
            if is_free(self.0.swap(as_, Ordering::Acquire)) {
                return;
            }
            self.0.sleep(as_);
        }
    }

    /// As [`lock`](Lock::lock), for the core's own locks: their holders are
    /// soon done, and a waiter asks nothing of the settings or the host, whose
    /// locks these may be.
    #[inline]
    pub fn lock_briefly(&self) {
        if !self.take(HELD) {
            self.lock_briefly_slow();
        }
    }

    #[cold]
    fn lock_briefly_slow(&self) {
        let mut as_ = HELD;
        loop {
            for _ in 0..BRIEF_LOOKS {
                pause();
                if self.0.load(Ordering::Relaxed) == FREE && self.take(as_) {
                    return;
                }
            }
            as_ = CONTENDED;
            if self.0.swap(CONTENDED, Ordering::Acquire) == FREE {
                return;
            }
            self.0.sleep(CONTENDED);
        }
    }

    /// The child of a fork frees a lock, whoever held it or slept on it: none of
    /// them is in this process, but the thread that calls this.
    pub fn forget(&self) {
        self.0.store(FREE, Ordering::Relaxed);
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> bool {
        self.take(HELD)
    }

    /// Frees the lock; false if it was free. Of another thread's lock, that
    /// thread loses it and nothing worse.
    #[inline]
    pub fn unlock(&self) -> bool {
        let was = self.0.swap(FREE, Ordering::Release);
        was & STATE == HELD || self.unlock_slow(was)
    }

    #[cold]
    fn unlock_slow(&self, was: u32) -> bool {
        if was & STATE == CONTENDED {
            self.0.wake();
        }
        was != FREE
    }
}
