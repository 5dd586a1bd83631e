//! Parts that the tests on real teams share.
#![allow(dead_code)] // each test uses its part

use core::ffi::{c_uint, c_void};
use ghcomp::abi::gomp::parallel::GOMP_parallel;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The team sizes of the tests.
pub const SIZES: [c_uint; 6] = [1, 2, 3, 4, 8, 16];

/// A region's body: calls the closure behind `data`.
///
/// # Safety
///
/// `data` must point to an `F` that outlives the region.
pub unsafe extern "C" fn call<F: Fn() + Sync>(data: *mut c_void) {
    // SAFETY: `data` points to the `F` of the region's data, which outlives the region and may be
    // called by many threads.
    unsafe { (*data.cast::<F>())() }
}

/// A region's data: the closure that its body calls.
pub fn data<F: Fn() + Sync>(body: &F) -> *mut c_void {
    core::ptr::from_ref(body).cast_mut().cast()
}

/// Runs a region of `size` threads.
pub fn parallel<F: Fn() + Sync>(size: c_uint, body: F) {
    // SAFETY: `body` outlives the region and is Sync.
    unsafe { GOMP_parallel(call::<F>, data(&body), size, 0) }
}

/// Counts how often each iteration was executed.
pub struct Tally(pub Vec<AtomicU32>);

impl Tally {
    /// No iteration was executed.
    pub fn new(trip: usize) -> Tally {
        Tally((0..trip).map(|_| AtomicU32::new(0)).collect())
    }
    /// Iteration `i` is executed.
    pub fn add(&self, i: usize) {
        self.0[i].fetch_add(1, Relaxed);
    }
    /// Asserts that each iteration was executed `times` times.
    pub fn check(&self, times: u32, what: &str) {
        for (i, count) in self.0.iter().enumerate() {
            assert_eq!(count.load(Relaxed), times, "{what}: iteration {i}");
        }
    }
}
