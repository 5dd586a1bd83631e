//! Waiting for a lock of the program: `critical`, `atomic`, `omp_lock_t`.
//!
//! The lock's words and its protocol are in [`crate::sync::lock`]. This file says how
//! long a thread looks at a taken lock before it sleeps.

use crate::icv::spinning;
use crate::sync::lock::{Lock, Patience};
use crate::sync::primitive::pause;
use crate::sync::process;
use crate::tools::{self, Mutex};
use crate::{callback, points, waiting};

/// Cap on the pauses before a waiter sleeps: about as long as sleeping and waking take.
const MAX_PAUSES: u64 = if cfg!(loom) { 1 } else { 1000 };
/// Pauses before a waiter sleeps that is to spin as little as possible.
const MIN_PAUSES: u64 = if cfg!(loom) { 1 } else { 40 };
/// Cap on the pauses between two looks at the lock.
const MAX_PAUSES_PER_LOOK: u64 = 64;
/// Yields before a waiter sleeps, while threads outnumber processors.
const MAX_YIELDS: u32 = 10;

/// How the calling thread looks at a lock that is taken.
struct Waiter;

impl Patience for Waiter {
    fn look_again(&self, look: impl Fn() -> bool) -> bool {
        if waiting::oversubscribed() {
            return (0..MAX_YIELDS)
                .take_while(|_| waiting::yield_processor())
                .any(|_| look());
        }
        let limit = spinning::spin_limit().clamp(MIN_PAUSES, MAX_PAUSES);
        let (mut spent, mut step) = (0, 1);
        while spent < limit {
            for _ in 0..step {
                pause();
            }
            if look() {
                return true;
            }
            spent += step;
            step = MAX_PAUSES_PER_LOOK.min(step + step / 2 + 1);
        }
        false
    }

    fn before_blocking(&self) {
        callback::before_blocking();
    }
}

fn id(lock: &Lock) -> usize {
    core::ptr::from_ref(lock).addr()
}

/// Waits until the lock is free, and takes it.
#[inline]
pub fn lock(lock: &Lock) {
    if points::enabled(points::MUTEXES) {
        tools::acquired(Mutex::Lock, id(lock), || lock.lock(&Waiter));
    } else {
        lock.lock(&Waiter);
    }
}

/// Takes the lock if it is free.
#[inline]
pub fn try_lock(lock: &Lock) -> bool {
    if points::enabled(points::MUTEXES) {
        return tools::acquiring(
            Mutex::TestLock,
            id(lock),
            || lock.try_lock(),
            |&taken| u32::from(taken),
        );
    }
    lock.try_lock()
}

/// Waits for a lock that is the core of something else, of which tools are told.
pub(super) fn lock_inside(lock: &Lock) {
    lock.lock(&Waiter);
}

/// As [`lock`], for a region of this kind, whose holder is no thread that forks while it holds
/// the lock: the child of a fork takes one that another thread of its parent held.
#[inline]
pub fn enter(lock: &Lock, kind: Mutex) {
    if points::enabled(points::MUTEXES) {
        tools::acquired(kind, id(lock), || lock_across_fork(lock));
    } else {
        lock_across_fork(lock);
    }
}

/// Waits until the lock is free, or is held by a thread that a fork left behind, and takes
/// it. Tools are not told.
#[inline]
pub fn lock_across_fork(lock: &Lock) {
    lock.lock_in(process::generation(), &Waiter);
}

/// Gives the lock back. False: nobody holds it.
#[inline]
pub fn unlock(lock: &Lock, kind: Mutex) -> bool {
    let held = lock.unlock();
    if held && points::enabled(points::MUTEXES) {
        tools::released(kind, id(lock));
    }
    held
}
