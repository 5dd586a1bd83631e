//! The operations that are measured: constructs, as compiled programs call them.

use crate::machine::{self, Lap};
use crate::reference::{self as other, Member, Word, Words};
use core::ffi::{c_long, c_uint, c_void};
use ghcomp::abi::gomp::loops::*;
use ghcomp::abi::gomp::parallel::{GOMP_barrier, GOMP_parallel};
use ghcomp::abi::gomp::single::GOMP_single_start;
use ghcomp::abi::gomp::task::{GOMP_task, GOMP_taskwait};
use ghcomp::abi::omp::threads::omp_get_thread_num;

/// Iterations per thread.
const ITERATIONS_PER_THREAD: usize = 16;
/// Virtual nanoseconds that an iteration or a task computes.
const WORK_NS: u64 = 500;

/// An operation of a team.
pub struct Operation {
    pub name: &'static str,
    /// Operations of a group do the same by different protocols.
    pub group: &'static str,
    /// The number of constructs in a lap, for a team of this size.
    pub count: fn(usize) -> usize,
    /// Nanoseconds of a lap in which the program itself computes.
    pub work: u64,
    /// Whether teams of 128 are left out, which halves the time.
    pub is_long: bool,
    pub run: fn(usize) -> Vec<Lap>,
}

/// Runs a region.
fn parallel(size: usize, body: impl Fn() + Sync) {
    fn entry<F: Fn()>(_: &F) -> unsafe extern "C" fn(*mut c_void) {
        unsafe extern "C" fn call<F: Fn()>(data: *mut c_void) {
            // SAFETY: the data is the body below, which outlives the region.
            unsafe { (*data.cast::<F>())() }
        }
        call::<F>
    }
    let data = core::ptr::from_ref(&body).cast_mut().cast();
    // SAFETY: `body` outlives the region and is Sync.
    unsafe { GOMP_parallel(entry(&body), data, size as c_uint, 0) }
}

/// The laps that count. The first lap does not, because it allocates memory that is then kept;
/// nor does the time before it.
fn kept_laps() -> Vec<Lap> {
    machine::laps().split_off(2)
}

/// Laps of something that all members of a region do at the same time.
fn inside(size: usize, times: u64, operation: impl Fn(Member) + Sync) -> Vec<Lap> {
    parallel(size, || {
        let num = omp_get_thread_num() as usize;
        for time in 1..=times {
            machine::meet(size);
            operation(Member { num, size, time });
        }
        machine::meet(size);
    });
    kept_laps()
}

/// Laps of something that a thread does outside of regions.
fn outside(operation: impl Fn(u64)) -> Vec<Lap> {
    for time in 1..=3 {
        machine::split();
        operation(time);
    }
    machine::split();
    kept_laps()
}

/// Laps of a protocol that is not ours, run by the members of a region.
fn others(size: usize, protocol: impl Fn(&Words, Member) + Sync) -> Vec<Lap> {
    let words = Words::new(size);
    inside(size, 3, |member| protocol(&words, member))
}

type Start = unsafe extern "C" fn(c_long, c_long, c_long, c_long, *mut c_long, *mut c_long) -> bool;
type Next = unsafe extern "C" fn(*mut c_long, *mut c_long) -> bool;

/// A loop with chunks of one iteration, `nowait`.
fn chunks(size: usize, start: Start, next: Next) -> Vec<Lap> {
    inside(size, 3, |_| {
        let (mut from, mut to) = (0, 0);
        let trip = (ITERATIONS_PER_THREAD * size) as c_long;
        // SAFETY: both are valid for a write, here and below.
        let mut more = unsafe { start(0, trip, 1, 1, &mut from, &mut to) };
        while more {
            machine::work(WORK_NS);
            // SAFETY: as above.
            more = unsafe { next(&mut from, &mut to) };
        }
        GOMP_loop_end_nowait();
    })
}

/// Creates a task that calls `body(number)`.
fn task(body: unsafe extern "C" fn(*mut c_void), number: usize) {
    const NONE: *mut *mut c_void = core::ptr::null_mut();
    let mut data = number;
    let data = (&raw mut data).cast();
    // SAFETY: the task gets a copy of the number.
    unsafe { GOMP_task(body, data, None, 8, 8, true, 0, NONE, 0, NONE.cast()) }
}

unsafe extern "C" fn leaf(_: *mut c_void) {
    machine::work(WORK_NS);
}

/// A task that creates the tasks below it. The number counts them, with the task itself.
unsafe extern "C" fn branch(data: *mut c_void) {
    // SAFETY: the argument is the task's own copy of the number.
    let number = unsafe { *data.cast::<usize>() };
    machine::work(WORK_NS);
    if number > 1 {
        task(branch, (number - 1) / 2);
        task(branch, number / 2);
        GOMP_taskwait();
    }
}

/// One construct per lap, in which the program computes nothing.
const fn once(group: &'static str, name: &'static str, run: fn(usize) -> Vec<Lap>) -> Operation {
    Operation {
        name,
        group,
        count: |_| 1,
        work: 0,
        is_long: false,
        run,
    }
}

/// A loop per lap.
const fn per_chunk(name: &'static str, run: fn(usize) -> Vec<Lap>) -> Operation {
    Operation {
        name,
        group: "a chunk of a loop",
        count: |size| ITERATIONS_PER_THREAD * size,
        work: ITERATIONS_PER_THREAD as u64 * WORK_NS,
        is_long: false,
        run,
    }
}

/// All operations. Each is followed by those that it is compared with.
pub const ALL: &[Operation] = &[
    once("fork and join", "fork and join", |size| {
        outside(|_| parallel(size, || ()))
    }),
    once("fork and join", "libomp's tree of 4", |size| {
        others(size, |words, member| {
            other::hyper_release(words, member);
            other::hyper_gather(words, member);
        })
    }),
    once("fork and join", "libgomp's two barriers", |size| {
        others(size, |words, Member { num, size, time }| {
            let half = |time| Member { num, size, time };
            other::central(words, half(2 * time - 1));
            other::central(words, half(2 * time));
        })
    }),
    once("fork and join", "with a reduction", |size| {
        let sum = Word::default();
        outside(|_| {
            parallel(size, || {
                sum.add(1);
            })
        })
    }),
    once("barrier", "barrier", |size| {
        inside(size, 3, |_| GOMP_barrier())
    }),
    once("barrier", "libomp's tree of 4", |size| {
        others(size, |words, member| {
            other::hyper_gather(words, member);
            other::hyper_release(words, member);
        })
    }),
    once("barrier", "libgomp's counter", |size| {
        others(size, other::central)
    }),
    once("barrier", "a tree of 8", |size| {
        others(size, |words, member| {
            other::gather::<8>(words, member);
            other::release::<8>(words, member);
        })
    }),
    once("barrier", "a tree of 4 up, one word down", |size| {
        others(size, |words, member| {
            other::gather::<4>(words, member);
            other::release_all(words, member);
        })
    }),
    once("single", "single", |size| {
        inside(size, 3, |_| {
            GOMP_single_start();
        })
    }),
    per_chunk("static,1", |size| {
        chunks(size, GOMP_loop_static_start, GOMP_loop_static_next)
    }),
    per_chunk("dynamic", |size| {
        chunks(
            size,
            GOMP_loop_nonmonotonic_dynamic_start,
            GOMP_loop_nonmonotonic_dynamic_next,
        )
    }),
    per_chunk("monotonic:dynamic", |size| {
        chunks(size, GOMP_loop_dynamic_start, GOMP_loop_dynamic_next)
    }),
    Operation {
        name: "all by one thread",
        group: "a task",
        count: |size| size,
        work: WORK_NS,
        is_long: true,
        run: |size| {
            inside(size, 2, |Member { num, size, .. }| {
                if num == 0 {
                    (0..size).for_each(|number| task(leaf, number));
                }
                GOMP_barrier();
            })
        },
    },
    Operation {
        name: "each makes two",
        group: "a task",
        count: |size| 2 * size,
        work: 2 * WORK_NS,
        is_long: true,
        run: |size| {
            inside(size, 2, |Member { num, size, .. }| {
                if num == 0 {
                    task(branch, 2 * size);
                }
                GOMP_barrier();
            })
        },
    },
];
