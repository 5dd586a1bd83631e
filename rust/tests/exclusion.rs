//! Mutual exclusion: one thread per section and per `single`, and one thread at a time in
//! `critical` and under locks. The tests make the calls that GCC writes, on real teams of 1 to
//! 16 threads.
#![cfg(not(loom))]

mod team;

use core::ffi::c_uint;
use ghcomp::abi::gomp::critical::*;
use ghcomp::abi::gomp::parallel::*;
use ghcomp::abi::gomp::sections::*;
use ghcomp::abi::gomp::single::*;
use ghcomp::abi::omp::locks::*;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use team::{call, data, parallel, Tally, SIZES};

#[test]
fn sections_are_executed_once() {
    for size in SIZES {
        for count in [0, 1, 3, 40] {
            let tally = Tally::new(count as usize + 1);
            let all = |first: c_uint| {
                let mut section = first;
                while section != 0 {
                    tally.add(section as usize);
                    section = GOMP_sections_next();
                }
            };
            parallel(size, || {
                all(GOMP_sections_start(count));
                GOMP_sections_end();
                all(GOMP_sections_start(count));
                GOMP_sections_end_nowait();
            });
            let body = || {
                all(GOMP_sections_next());
                GOMP_sections_end_nowait();
            };
            fn whole<F: Fn() + Sync>(body: &F, size: c_uint, count: c_uint) {
                // SAFETY: `body` outlives the regions and is Sync.
                unsafe {
                    GOMP_parallel_sections(call::<F>, data(body), size, count, 0);
                    GOMP_parallel_sections_start(call::<F>, data(body), size, count);
                }
                body();
                GOMP_parallel_end();
            }
            whole(&body, size, count);
            assert_eq!(tally.0[0].load(Relaxed), 0);
            for section in &tally.0[1..] {
                assert_eq!(section.load(Relaxed), 4, "{count} sections on {size}");
            }
        }
    }
}

#[test]
fn one_thread_per_single() {
    for size in SIZES {
        let tally = Tally::new(500);
        parallel(size, || {
            for k in 0..500 {
                if GOMP_single_start() {
                    tally.add(k);
                }
            }
        });
        tally.check(1, &format!("single nowait on {size}"));
    }
}

#[test]
fn copyprivate_reaches_all() {
    for size in SIZES {
        let winners = AtomicUsize::new(0);
        parallel(size, || {
            for k in 0..100usize {
                let mine;
                let theirs = GOMP_single_copy_start();
                if theirs.is_null() {
                    winners.fetch_add(1, Relaxed);
                    mine = 1000 + k;
                    GOMP_single_copy_end(core::ptr::from_ref(&mine).cast_mut().cast());
                } else {
                    // SAFETY: the winner's `mine` lives until the barrier.
                    mine = unsafe { *theirs.cast::<usize>() };
                }
                GOMP_barrier();
                assert_eq!(mine, 1000 + k);
            }
        });
        assert_eq!(winners.load(Relaxed), 100, "on {size}");
    }
}

/// A number that is right only under mutual exclusion.
struct Plain(core::cell::UnsafeCell<u64>);
// SAFETY: the tests touch it only under the lock that they test.
unsafe impl Sync for Plain {}

impl Plain {
    fn new() -> Plain {
        Plain(core::cell::UnsafeCell::new(0))
    }
    fn add(&self) {
        // SAFETY: see the type.
        unsafe { *self.0.get() += 1 }
    }
    fn check(self, expected: u64) {
        assert_eq!(self.0.into_inner(), expected);
    }
}

#[test]
fn one_thread_at_a_time() {
    const TIMES: u64 = 2000;
    for size in SIZES {
        let [unnamed, named, atomic, locked, nested] = [(); 5].map(|()| Plain::new());
        let word = AtomicUsize::new(0);
        let lock = AtomicU32::new(!0);
        let nest = [const { AtomicU64::new(!0) }; 2];
        let (lock, nest) = (lock.as_ptr().cast(), nest.as_ptr().cast_mut().cast());
        // SAFETY: memory of the sizes that omp.h has, alive to the end.
        unsafe {
            omp_init_lock(lock);
            omp_init_nest_lock(nest);
        }
        let (lock, nest) = (lock as usize, nest as usize);
        parallel(size, || {
            for _ in 0..TIMES {
                GOMP_critical_start();
                unnamed.add();
                GOMP_critical_end();
                GOMP_atomic_start();
                atomic.add();
                GOMP_atomic_end();
                // SAFETY: a zeroed word, and locks that were made above.
                unsafe {
                    GOMP_critical_name_start(word.as_ptr().cast());
                    named.add();
                    GOMP_critical_name_end(word.as_ptr().cast());
                    let lock = lock as *mut _;
                    if omp_test_lock(lock) == 0 {
                        omp_set_lock(lock);
                    }
                    locked.add();
                    omp_unset_lock(lock);
                    let nest = nest as *mut _;
                    omp_set_nest_lock(nest);
                    assert_eq!(omp_test_nest_lock(nest), 2);
                    omp_set_nest_lock(nest);
                    nested.add();
                    for _ in 0..3 {
                        omp_unset_nest_lock(nest);
                    }
                }
            }
        });
        // SAFETY: as above; all have unset them.
        unsafe {
            assert_eq!(omp_test_nest_lock(nest as *mut _), 1);
            omp_unset_nest_lock(nest as *mut _);
            omp_destroy_nest_lock(nest as *mut _);
            omp_destroy_lock(lock as *mut _);
        }
        for counter in [unnamed, named, atomic, locked, nested] {
            counter.check(TIMES * u64::from(size));
        }
    }
}

#[test]
fn a_lock_that_nobody_holds_can_be_unset() {
    let mut lock = 0u32;
    let mut nest = [0u64; 2];
    let (lock, nest) = (&raw mut lock, &raw mut nest);
    // SAFETY: memory of the sizes that omp.h has.
    unsafe {
        omp_init_lock(lock.cast());
        omp_init_nest_lock(nest.cast());
        omp_unset_lock(lock.cast());
        omp_unset_nest_lock(nest.cast());
        assert_eq!(omp_test_lock(lock.cast()), 1);
        assert_eq!(omp_test_lock(lock.cast()), 0);
        omp_unset_lock(lock.cast());
        assert_eq!(omp_test_nest_lock(nest.cast()), 1);
        omp_unset_nest_lock(nest.cast());
    }
}
