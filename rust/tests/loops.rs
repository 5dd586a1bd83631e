//! Loops: each iteration is executed once, and `ordered` regions run in order. The tests make
//! the calls that GCC writes, on real teams of 1 to 16 threads. The arithmetic of schedules is
//! tested in `construct/schedule.rs`.
#![cfg(not(loom))]

mod team;

use core::ffi::{c_long, c_uint, c_ulonglong, c_void};
use ghcomp::abi::gomp::loops::*;
use ghcomp::abi::gomp::loops_ull::*;
use ghcomp::abi::gomp::parallel::*;
use ghcomp::abi::gomp::parallel_loops::*;
use ghcomp::abi::gomp::sections::*;
use ghcomp::abi::gomp::single::*;
use ghcomp::abi::omp::threads::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;
use team::{call, data, parallel, Tally, SIZES};

type Bounds = (c_long, c_long, c_long);
type Start = unsafe extern "C" fn(c_long, c_long, c_long, c_long, *mut c_long, *mut c_long) -> bool;
type Next = unsafe extern "C" fn(*mut c_long, *mut c_long) -> bool;

/// The rest of a loop as GCC writes it, after its `_start` has answered `more`.
fn run_chunks(
    (incr, mut more): (c_long, bool),
    (mut from, mut to): (c_long, c_long),
    next: Next,
    body: impl Fn(c_long),
) {
    while more {
        let mut i = Some(from);
        while let Some(value) = i {
            body(value);
            // `None` if a step overshoots the end of the range.
            i = value
                .checked_add(incr)
                .filter(|&i| if incr > 0 { i < to } else { i > to });
        }
        // SAFETY: both are valid for a write.
        more = unsafe { next(&mut from, &mut to) };
    }
}

fn run(
    (start, next): (Start, Next),
    (first, end, incr): Bounds,
    chunk: c_long,
    body: impl Fn(c_long),
) {
    let (mut from, mut to) = (0, 0);
    // SAFETY: both are valid for a write.
    let more = unsafe { start(first, end, incr, chunk, &mut from, &mut to) };
    run_chunks((incr, more), (from, to), next, body);
}

const LOOPS: [(&str, Start, Next); 5] = [
    ("static", GOMP_loop_static_start, GOMP_loop_static_next),
    ("dynamic", GOMP_loop_dynamic_start, GOMP_loop_dynamic_next),
    ("guided", GOMP_loop_guided_start, GOMP_loop_guided_next),
    (
        "nonmonotonic dynamic",
        GOMP_loop_nonmonotonic_dynamic_start,
        GOMP_loop_nonmonotonic_dynamic_next,
    ),
    (
        "nonmonotonic guided",
        GOMP_loop_nonmonotonic_guided_start,
        GOMP_loop_nonmonotonic_guided_next,
    ),
];

const ORDERED: [(&str, Start, Next); 3] = [
    (
        "static",
        GOMP_loop_ordered_static_start,
        GOMP_loop_ordered_static_next,
    ),
    (
        "dynamic",
        GOMP_loop_ordered_dynamic_start,
        GOMP_loop_ordered_dynamic_next,
    ),
    (
        "guided",
        GOMP_loop_ordered_guided_start,
        GOMP_loop_ordered_guided_next,
    ),
];

#[test]
fn every_schedule_executes_every_iteration_once() {
    // The bounds, the trip count, and the iteration number of a value.
    let spaces: [(Bounds, usize); 6] = [
        ((0, 0, 1), 0),
        ((5, -5, 1), 0),
        ((0, 3, 1), 3),
        ((-50, 51, 1), 101),
        ((100, -101, -2), 101),
        ((c_long::MAX - 31, c_long::MAX, 10), 4),
    ];
    for size in SIZES {
        for (name, start, next) in LOOPS {
            for (bounds, trip) in spaces {
                for chunk in [0, 1, 7, 1000, c_long::MAX] {
                    let tally = Tally::new(trip);
                    parallel(size, || {
                        let body = |i: c_long| tally.add(((i - bounds.0) / bounds.2) as usize);
                        run((start, next), bounds, chunk, body);
                        GOMP_loop_end();
                    });
                    tally.check(1, &format!("{name} {bounds:?} chunk {chunk} on {size}"));
                }
            }
        }
    }
}

#[test]
fn unsigned_loops_at_the_ends_of_the_range() {
    type Start = unsafe extern "C" fn(
        bool,
        c_ulonglong,
        c_ulonglong,
        c_ulonglong,
        c_ulonglong,
        *mut c_ulonglong,
        *mut c_ulonglong,
    ) -> bool;
    type Next = unsafe extern "C" fn(*mut c_ulonglong, *mut c_ulonglong) -> bool;
    let loops: [(Start, Next); 5] = [
        (GOMP_loop_ull_static_start, GOMP_loop_ull_static_next),
        (GOMP_loop_ull_dynamic_start, GOMP_loop_ull_dynamic_next),
        (GOMP_loop_ull_guided_start, GOMP_loop_ull_guided_next),
        (
            GOMP_loop_ull_nonmonotonic_dynamic_start,
            GOMP_loop_ull_nonmonotonic_dynamic_next,
        ),
        (
            GOMP_loop_ull_nonmonotonic_guided_start,
            GOMP_loop_ull_nonmonotonic_guided_next,
        ),
    ];
    const MOST: u64 = u64::MAX;
    for size in SIZES {
        for (which, (start, next)) in loops.into_iter().enumerate() {
            for (up, first, end, incr, chunk) in [
                (true, 0, MOST, 1, 1 << 61),
                (false, MOST, 0, MOST, 1 << 61),
                (true, 0, MOST, 1 << 60, 1),
                (false, MOST, 0, (1u64 << 60).wrapping_neg(), 3),
                (true, MOST - 3, MOST, 1, MOST),
            ] {
                // Sorted from low to high, the chunks must tile the range.
                let chunks = Mutex::new(Vec::new());
                parallel(size, || {
                    let (mut from, mut to) = (0, 0);
                    // SAFETY: valid for a write, here and below.
                    let mut more =
                        unsafe { start(up, first, end, incr, chunk, &mut from, &mut to) };
                    while more {
                        let range = if up { (from, to) } else { (to, from) };
                        assert!(range.0 < range.1);
                        chunks.lock().unwrap().push(range);
                        // SAFETY: as above.
                        more = unsafe { next(&mut from, &mut to) };
                    }
                    GOMP_loop_end();
                });
                let mut chunks = chunks.into_inner().unwrap();
                chunks.sort_unstable();
                let (low, high) = if up { (first, end) } else { (end, first) };
                let what = format!("loop {which} up {up} step {incr:#x} on {size}");
                assert_eq!(chunks.first().unwrap().0, low, "{what}");
                assert_eq!(chunks.last().unwrap().1, high, "{what}");
                assert!(chunks.windows(2).all(|c| c[0].1 == c[1].0), "{what}");
            }
        }
    }
}

#[test]
fn members_run_ahead_through_nowait_loops() {
    const LOOPS_IN_A_ROW: usize = 200;
    for size in SIZES {
        let tally = Tally::new(LOOPS_IN_A_ROW * 10);
        parallel(size, || {
            for k in 0..LOOPS_IN_A_ROW {
                let (_, start, next) = LOOPS[k % LOOPS.len()];
                let base = (k * 10) as c_long;
                run((start, next), (base, base + 10, 1), 1, |i| {
                    tally.add(i as usize)
                });
                GOMP_loop_end_nowait();
            }
        });
        tally.check(1, &format!("nowait on {size}"));
    }
}

#[test]
fn ordered_regions_run_in_order() {
    const TRIP: c_long = 300;
    for size in SIZES {
        for (name, start, next) in ORDERED {
            for chunk in [0, 1, 4] {
                let seen = Mutex::new(Vec::new());
                parallel(size, || {
                    // Two loops without a barrier between. Every third iteration skips its
                    // ordered region.
                    for lap in 0..2 {
                        run((start, next), (0, TRIP, 1), chunk, |i| {
                            if i % 3 != 2 {
                                GOMP_ordered_start();
                                seen.lock().unwrap().push((lap, i));
                                GOMP_ordered_end();
                            }
                        });
                        GOMP_loop_end_nowait();
                    }
                });
                let seen = seen.into_inner().unwrap();
                for lap in 0..2 {
                    let order: Vec<_> = seen.iter().filter(|s| s.0 == lap).map(|s| s.1).collect();
                    let expected: Vec<_> = (0..TRIP).filter(|i| i % 3 != 2).collect();
                    assert_eq!(order, expected, "{name} chunk {chunk} on {size}");
                }
            }
        }
    }
}

#[test]
fn combined_constructs_have_their_loop_ready() {
    type Chunked = unsafe extern "C" fn(
        unsafe extern "C" fn(*mut c_void),
        *mut c_void,
        c_uint,
        c_long,
        c_long,
        c_long,
        c_long,
        c_uint,
    );
    type Halved = unsafe extern "C" fn(
        unsafe extern "C" fn(*mut c_void),
        *mut c_void,
        c_uint,
        c_long,
        c_long,
        c_long,
        c_long,
    );
    let whole: [(Chunked, Next); 5] = [
        (GOMP_parallel_loop_static, GOMP_loop_static_next),
        (GOMP_parallel_loop_dynamic, GOMP_loop_dynamic_next),
        (GOMP_parallel_loop_guided, GOMP_loop_guided_next),
        (
            GOMP_parallel_loop_nonmonotonic_dynamic,
            GOMP_loop_nonmonotonic_dynamic_next,
        ),
        (
            GOMP_parallel_loop_nonmonotonic_guided,
            GOMP_loop_nonmonotonic_guided_next,
        ),
    ];
    let halves: [(Halved, Next); 3] = [
        (GOMP_parallel_loop_static_start, GOMP_loop_static_next),
        (GOMP_parallel_loop_dynamic_start, GOMP_loop_dynamic_next),
        (GOMP_parallel_loop_guided_start, GOMP_loop_guided_next),
    ];
    fn body(next: Next, tally: &Tally) -> impl Fn() + Sync + '_ {
        move || {
            let (mut from, mut to) = (0, 0);
            // SAFETY: both are valid for a write.
            let more = unsafe { next(&mut from, &mut to) };
            run_chunks((1, more), (from, to), next, |i| tally.add(i as usize));
            GOMP_loop_end_nowait();
        }
    }
    fn call_of<F: Fn() + Sync>(_: &F) -> unsafe extern "C" fn(*mut c_void) {
        call::<F>
    }
    for size in SIZES {
        for (entry, next) in whole {
            let tally = Tally::new(100);
            let body = body(next, &tally);
            // SAFETY: `body` outlives the region and is Sync.
            unsafe { entry(call_of(&body), data(&body), size, 0, 100, 1, 3, 0) };
            tally.check(1, &format!("whole on {size}"));
        }
        for (entry, next) in halves {
            let tally = Tally::new(100);
            let body = body(next, &tally);
            // SAFETY: as above; the pair is the caller's half.
            unsafe { entry(call_of(&body), data(&body), size, 0, 100, 1, 3) };
            body();
            GOMP_parallel_end();
            tally.check(1, &format!("halves on {size}"));
        }
    }
}

#[test]
fn runtime_means_what_the_task_has_set() {
    unsafe extern "C" fn start(
        first: c_long,
        end: c_long,
        incr: c_long,
        _chunk: c_long,
        from: *mut c_long,
        to: *mut c_long,
    ) -> bool {
        // SAFETY: the caller's pointers are valid for a write.
        unsafe { GOMP_loop_runtime_start(first, end, incr, from, to) }
    }
    for kind in 1..=4 {
        for chunk in [0, 1, 9] {
            omp_set_schedule(kind, chunk);
            let tally = Tally::new(77);
            parallel(4, || {
                run((start, GOMP_loop_runtime_next), (0, 77, 1), 0, |i| {
                    tally.add(i as usize)
                });
                GOMP_loop_end();
            });
            tally.check(1, &format!("runtime {kind} chunk {chunk}"));
        }
    }
    // The chunk size can be seen: each chunk starts at a multiple of it.
    omp_set_schedule(2, 9);
    parallel(4, || {
        let (mut from, mut to) = (0, 0);
        // SAFETY: both are valid for a write, here and below.
        let mut more = unsafe { GOMP_loop_runtime_start(0, 77, 1, &mut from, &mut to) };
        while more {
            if omp_get_num_threads() > 1 {
                assert_eq!((from % 9, to), (0, (from + 9).min(77)));
            }
            // SAFETY: as above.
            more = unsafe { GOMP_loop_runtime_next(&mut from, &mut to) };
        }
        GOMP_loop_end();
    });
}

#[test]
fn a_loop_can_bring_memory() {
    const MONOTONIC: c_long = 1 << 31;
    for size in SIZES {
        for sched in [0, 1, 2, 3, 4, 1 | MONOTONIC, 2 | MONOTONIC] {
            let tally = Tally::new(50);
            let places = Mutex::new(Vec::new());
            parallel(size, || {
                let (mut from, mut to) = (0, 0);
                let mut memory = 40usize as *mut c_void;
                // SAFETY: all pointers are valid for what the entry does with them.
                let more = unsafe {
                    GOMP_loop_start(
                        0,
                        50,
                        1,
                        sched,
                        2,
                        &mut from,
                        &mut to,
                        core::ptr::null_mut(),
                        &mut memory,
                    )
                };
                places.lock().unwrap().push(memory as usize);
                // SAFETY: the memory has 40 bytes, is zeroed, shared and aligned.
                let counters = unsafe { &*memory.cast::<[AtomicU64; 5]>() };
                run_chunks((1, more), (from, to), GOMP_loop_runtime_next, |i| {
                    tally.add(i as usize);
                    counters[i as usize % 5].fetch_add(1, Relaxed);
                });
                GOMP_barrier();
                assert!(counters.iter().all(|c| c.load(Relaxed) == 10));
                GOMP_loop_end();
            });
            tally.check(1, &format!("sched {sched:#x} on {size}"));
            let places = places.into_inner().unwrap();
            assert_eq!(places.len(), size as usize);
            assert!(places.iter().all(|&p| p == places[0] && p != 0));
        }
    }
}

#[test]
fn loops_nest_with_their_teams() {
    omp_set_max_active_levels(2);
    let tally = Tally::new(16 * 12);
    parallel(3, || {
        run(
            (GOMP_loop_dynamic_start, GOMP_loop_dynamic_next),
            (0, 16, 1),
            1,
            |i| {
                parallel(2, || {
                    run(
                        (GOMP_loop_guided_start, GOMP_loop_guided_next),
                        (0, 12, 1),
                        1,
                        |j| tally.add((i * 12 + j) as usize),
                    );
                    GOMP_loop_end();
                });
            },
        );
        GOMP_loop_end();
    });
    tally.check(1, "nested");
}

#[test]
fn constructs_outside_of_regions() {
    let tally = Tally::new(30);
    for (_, start, next) in LOOPS.into_iter().chain(ORDERED) {
        run((start, next), (0, 30, 1), 4, |i| {
            GOMP_ordered_start();
            tally.add(i as usize);
            GOMP_ordered_end();
        });
        GOMP_loop_end();
    }
    tally.check(8, "alone");
    assert!(GOMP_single_start());
    assert!(GOMP_single_copy_start().is_null());
    GOMP_single_copy_end(core::ptr::null_mut());
    assert_eq!(GOMP_sections_start(1), 1);
    assert_eq!(GOMP_sections_next(), 0);
    GOMP_sections_end();
}
