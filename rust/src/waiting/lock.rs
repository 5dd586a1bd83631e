//! Waiting for a lock of the program: `critical`, `atomic`, `omp_lock_t`.

use crate::icv::spinning;
use crate::sync::lock::{Lock, Patience};
use crate::sync::primitive::pause;
use crate::{callback, waiting};

/// The most pauses before a waiter sleeps: about as long as sleeping and waking takes.
const MOST_PAUSES: u64 = if cfg!(loom) { 1 } else { 1000 };
/// The fewest: as many has a waiter that must not spin.
const FEWEST_PAUSES: u64 = if cfg!(loom) { 1 } else { 40 };
/// The most pauses between two looks.
const LONGEST_STEP: u64 = 64;
/// Yields before a waiter sleeps, where threads outnumber processors.
const YIELDS: u32 = 10;

/// The calling thread's patience.
struct Waiter;

impl Patience for Waiter {
    fn look_again(&self, look: impl Fn() -> bool) -> bool {
        if waiting::oversubscribed() {
            return (0..YIELDS)
                .take_while(|_| waiting::yield_processor())
                .any(|_| look());
        }
        let patience = spinning::spin_limit().clamp(FEWEST_PAUSES, MOST_PAUSES);
        let (mut spent, mut step) = (0, 1);
        while spent < patience {
            for _ in 0..step {
                pause();
            }
            if look() {
                return true;
            }
            spent += step;
            step = LONGEST_STEP.min(step + step / 2 + 1);
        }
        false
    }

    fn before_blocking(&self) {
        callback::before_blocking();
    }
}

/// Waits until the lock is free, and takes it.
#[inline]
pub fn lock(lock: &Lock) {
    lock.lock(&Waiter);
}
