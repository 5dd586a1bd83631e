//! What the files of models share. Each uses a part.
#![allow(dead_code)]

use ghcomp::sync::dormitory::{Bed, Dormitory};
use ghcomp::sync::parker::Parker;
use ghcomp::sync::signal::Signal;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

/// Checks all interleavings with at most so many preemptions.
pub fn model(preemptions: Option<usize>, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(f);
}

/// Each member of a team of `size` does this, at once. The caller is member 0.
pub fn members<T: Send + Sync + 'static>(
    size: u32,
    shared: &Arc<T>,
    work: impl Fn(&T, u32) + Copy + Send + 'static,
) {
    let others: Vec<_> = (1..size)
        .map(|num| {
            let shared = shared.clone();
            thread::spawn(move || work(&shared, num))
        })
        .collect();
    work(shared, 0);
    for other in others {
        other.join().unwrap();
    }
}

/// What `waiting::wait` does when it has spun enough.
pub fn wait_until(ready: impl Fn() -> bool, announce: impl Fn() -> bool, parker: &Parker) {
    while !ready() {
        if announce() {
            parker.park();
        }
    }
}

/// The same, for a signal.
pub fn wait(signal: &Signal, count: u64, parker: &Parker) {
    wait_until(|| signal.reached(count), || signal.announce(count), parker);
}

/// As [`wait_until`], for a thread that sleeps in a bed.
pub fn wait_in_bed(
    ready: impl Fn() -> bool,
    announce: impl Fn() -> bool,
    parker: &Parker,
    bed: Bed,
) {
    while !ready() {
        let ticket = bed.dormitory.ticket();
        if announce() {
            parker.park_in(bed, ticket);
        }
    }
}

/// A dormitory of this execution of the model.
pub fn dormitory() -> &'static Dormitory {
    Box::leak(Box::new(Dormitory::new()))
}

/// Data that only the protocol under test protects.
pub struct Shared(UnsafeCell<u32>);
// SAFETY: loom reports any two accesses that the protocol does not order.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    /// 0.
    pub fn new() -> Shared {
        Shared(UnsafeCell::new(0))
    }

    /// One more.
    pub fn add(&self) {
        // SAFETY: loom checks it.
        self.0.with_mut(|p| unsafe { *p += 1 });
    }

    /// How often it was added to.
    pub fn get(&self) -> u32 {
        // SAFETY: loom checks it.
        self.0.with(|p| unsafe { *p })
    }
}
