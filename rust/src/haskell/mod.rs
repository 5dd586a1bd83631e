//! The door: C functions that only the Haskell library (`hs/`) calls. This file has regions
//! whose body is Haskell.
//!
//! - [`batch`]: many C calls for the price of one.
//! - [`served`]: one C call, in which closures have a server.
//! - [`settings`]: ICVs of the whole process, and which process this is.
//! - [`tasks`]: counting, sleeping and waking for Haskell tasks.
//! - [`team`]: constructs inside of a region: barriers, loops, `single`, `ordered`.
//! - [`trace`]: the trace's switch and its events.
//!
//! # Regions
//!
//! The body is one `FunPtr` for the whole process. Each thread of a region calls it once,
//! which is one in-call. From inside, it takes the region's iterations by unsafe calls of
//! [`ghcomp_hs_next`]. The Haskell thread of an in-call is bound to its OS thread. So the
//! body stays on the OS thread, and the runtime's thread-local record is right inside it.
//!
//! A caller that is such a bound thread needs no in-call for its own share. It begins the
//! region ([`ghcomp_hs_begin`]), runs the share, and ends the region ([`ghcomp_hs_end`]).
//! Any other caller uses [`ghcomp_hs_parallel`].
//!
//! # Note \[Unsafe calls\]
//!
//! An unsafe call keeps the caller's capability, and no collection begins before it returns.
//! If it waited for another thread, and that thread for a capability or a collection, both
//! would wait for ever. So a function that Haskell imports as unsafe takes no lock that a
//! thread may hold while it waits for anything: for the system to make a thread, for a file,
//! for `fork`, for another lock. Where the function would need such a lock, it does nothing
//! and says so by its answer. Haskell then makes a safe call of another function, which may
//! wait. Locks of the C library's allocator and wake-ups of sleeping threads do not count: a
//! thread waits for nothing while it has them.

pub mod batch;
pub mod served;
pub mod settings;
pub mod tasks;
pub mod team;
pub mod trace;

use crate::construct::space::IterationSpace;
use crate::construct::work_share::WorkShare;
use crate::host::{self, GhcompHost};
use crate::icv::{ScheduleClause, MONOTONIC};
use crate::team::host_number;
use crate::team::register::{current, known};
use crate::worksharing::loops::{self, Order, Plan};
use crate::{messages, parallel};
use core::ffi::{c_int, c_uint, c_void};

/// The body, with the region's data, the thread's number and the team's size.
pub type HaskellBody = unsafe extern "C" fn(*mut c_void, c_uint, c_uint);

/// What the threads of a Haskell region share. The records of any region are in
/// [`crate::team`].
pub struct HaskellRegion {
    body: HaskellBody,
    data: *mut c_void,
    host: Option<&'static GhcompHost>,
    /// The number of thread 0 for [`GhcompHost::bind`]; thread i has the ith after it.
    first_host_number: c_uint,
}

impl HaskellRegion {
    fn on_the_heap(
        body: HaskellBody,
        data: *mut c_void,
        first_host_number: c_uint,
    ) -> *mut HaskellRegion {
        Box::into_raw(Box::new(HaskellRegion {
            body,
            data,
            host: host::host(),
            first_host_number,
        }))
    }
}

/// Runs `body(data, thread number, team size)` on each thread of a new team, and returns
/// when all have ended.
///
/// `num_threads` is the clause of `parallel`; 0 for the size in force. The region has a loop
/// of `trip` iterations, which the threads take by `ghcomp_hs_next`. `kind` (0 runtime,
/// 1 static, 2 dynamic, 3 guided, 4 auto; with bit 31 each thread's chunks come in the order
/// of the iterations) and `chunk` (0 for the kind's default) are its schedule.
///
/// If the host cannot run Haskell on several OS threads, the team has one thread, and stderr
/// says so once.
///
/// Returns the size of the team.
///
/// # Safety
///
/// `body(data, ..)` must be callable from several threads at once.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_parallel(
    body: HaskellBody,
    data: *mut c_void,
    num_threads: c_uint,
    kind: c_uint,
    chunk: u64,
    trip: u64,
) -> c_uint {
    let context = current().fresh_context();
    let host = host::host();
    let why_one_thread = host.and_then(host::why_one_thread);
    let num_threads = if why_one_thread.is_none() {
        num_threads
    } else {
        1
    };
    if let Some(why) = why_one_thread {
        messages::warn_once("ghcomp_hs_parallel", || {
            format!("{why}: Haskell bodies run on a team of one")
        });
    }
    let plan = plan(kind, chunk, trip);
    let runtime = context.task.icv.get().schedule;
    let mut region = HaskellRegion {
        body,
        data,
        host,
        first_host_number: 0,
    };
    let data = core::ptr::from_mut(&mut region).cast();
    parallel::fork(run_body, data, num_threads, |work_share| {
        plan.write(work_share, runtime)
    });
    let size = current().context().team.size();
    // SAFETY: `region` lives until the join.
    unsafe { run_body(data) };
    parallel::join();
    size
}

/// The plan of a region's loop.
fn plan(kind: c_uint, chunk: u64, trip: u64) -> Plan {
    Plan {
        space: IterationSpace::plain(trip),
        schedule: ScheduleClause::from_number(kind & !MONOTONIC),
        chunk,
        order: if kind & MONOTONIC != 0 {
            Order::Monotonic
        } else {
            Order::Any
        },
    }
}

/// Begins a region of the calling thread alone (1), if the region that the arguments describe
/// would have no other thread; else does nothing (0). The caller runs the body itself, on
/// this thread, and then calls [`ghcomp_hs_end_at_once`], or [`ghcomp_hs_end`] with null.
/// Arguments as for `ghcomp_hs_parallel`.
///
/// For an unsafe call (Note \[Unsafe calls\]): also 0 where it would have to wait.
#[no_mangle]
pub extern "C" fn ghcomp_hs_begin_alone(
    num_threads: c_uint,
    kind: c_uint,
    chunk: u64,
    trip: u64,
) -> c_int {
    let plan = plan(kind, chunk, trip);
    c_int::from(fork_at_once(core::ptr::null_mut(), num_threads, 1, &plan))
}

/// Begins a region on behalf of a bound Haskell thread. The other threads of the team start
/// with `body(data, thread number, team size)`. The caller runs the share of thread 0 itself,
/// and then calls [`ghcomp_hs_end`] with the answer. `capability` is the caller's: thread i
/// uses the ith after it. Other arguments as for `ghcomp_hs_parallel`.
///
/// # Safety
///
/// `body(data, ..)` must be callable from several threads at once, until
/// `ghcomp_hs_end` returns.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_begin(
    body: HaskellBody,
    data: *mut c_void,
    capability: c_uint,
    num_threads: c_uint,
    kind: c_uint,
    chunk: u64,
    trip: u64,
) -> *mut HaskellRegion {
    let region = HaskellRegion::on_the_heap(body, data, capability);
    let me = current();
    let plan = plan(kind, chunk, trip);
    let runtime = me.fresh_context().task.icv.get().schedule;
    parallel::fork(run_body, region.cast(), num_threads, |work_share| {
        plan.write(work_share, runtime)
    });
    me.context().member.runs_host_body.set(true);
    host::enter_host_code();
    region
}

/// [`ghcomp_hs_begin`] for an unsafe call (Note \[Unsafe calls\]). Null where it would have to
/// wait; then nothing was done. That is so if the thread's last team is smaller than the region
/// wants, or if another thread uses that team now.
///
/// # Safety
///
/// As for [`ghcomp_hs_begin`].
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_begin_at_once(
    body: HaskellBody,
    data: *mut c_void,
    capability: c_uint,
    num_threads: c_uint,
    kind: c_uint,
    chunk: u64,
    trip: u64,
) -> *mut HaskellRegion {
    let region = HaskellRegion::on_the_heap(body, data, capability);
    let plan = plan(kind, chunk, trip);
    if fork_at_once(region, num_threads, c_uint::MAX, &plan) {
        host::enter_host_code();
        return region;
    }
    // SAFETY: made above, and nobody else has seen it.
    drop(unsafe { Box::from_raw(region) });
    core::ptr::null_mut()
}

/// Ends the region that the calling thread began by [`ghcomp_hs_begin`], or, with null, by
/// [`ghcomp_hs_begin_alone`]. Waits until all threads have ended their shares.
///
/// # Safety
///
/// `region` must come from the innermost of those calls whose region is not ended yet.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_end(region: *mut HaskellRegion) {
    if !region.is_null() {
        host::leave_host_code();
    }
    current().context().member.runs_host_body.set(false);
    parallel::join();
    if !region.is_null() {
        // SAFETY: made by `ghcomp_hs_begin`; the threads are done with it.
        drop(unsafe { Box::from_raw(region) });
    }
}

/// Ends the region that the calling thread began by [`ghcomp_hs_begin_alone`] (1).
///
/// For an unsafe call (Note \[Unsafe calls\]): 0 where it would have to wait; then nothing was
/// done. That is so if C has deferred a task, which perhaps another thread has to fulfil.
#[no_mangle]
pub extern "C" fn ghcomp_hs_end_at_once() -> c_int {
    let member = current().context().member;
    member.runs_host_body.set(false);
    let ended = parallel::join_at_once();
    member.runs_host_body.set(!ended);
    c_int::from(ended)
}

/// Begins a region with a Haskell body, of at most `max_threads` threads, if the calling
/// thread need not wait for that.
fn fork_at_once(
    region: *mut HaskellRegion,
    num_threads: c_uint,
    max_threads: c_uint,
    plan: &Plan,
) -> bool {
    let Some(me) = known() else {
        return false;
    };
    let runtime = me.context().task.icv.get().schedule;
    let prepare = |work_share: &WorkShare| plan.write(work_share, runtime);
    let begun = parallel::fork_at_once(run_body, region.cast(), num_threads, max_threads, prepare);
    if begun {
        me.context().member.runs_host_body.set(true);
    }
    begun
}

/// A thread's share of the region, in an in-call.
unsafe extern "C" fn run_body(data: *mut c_void) {
    // SAFETY: `ghcomp_hs_parallel` passes its region, which outlives the team.
    let region = unsafe { &*data.cast::<HaskellRegion>() };
    let me = current();
    let context = me.context();
    let (member, outermost) = (context.member, me.host_number.get() == 0);
    if let Some(host) = region.host {
        host_number::tell(host, me, &context, region.first_host_number);
    }
    member.runs_host_body.set(true);
    host::enter_host_code();
    // SAFETY: the caller of `ghcomp_hs_parallel` promised it.
    unsafe { (region.body)(region.data, member.num, context.team.size()) };
    host::leave_host_code();
    member.runs_host_body.set(false);
    if let Some(host) = region.host.filter(|_| outermost) {
        host_number::forget(host, me);
    }
}

/// `omp_get_thread_num()` for an unsafe call. A thread that the runtime does not know has 0.
#[no_mangle]
pub extern "C" fn ghcomp_hs_thread_number() -> c_int {
    known().map_or(0, |me| me.context().member.num as c_int)
}

/// Takes at most `most` (at least 1) iterations of the region's loop. Stores the first one
/// into `chunk[0]` and the one after the last into `chunk[1]`, counted from 0, and answers 1.
/// Answers 0 when the calling thread gets no more. Only inside a body of `ghcomp_hs_parallel`
/// or between begin and end; never blocks.
///
/// # Safety
///
/// `chunk` must be valid for two writes.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_next(chunk: *mut u64, most: u64) -> c_int {
    match loops::next_at_most(most) {
        Some((from, to)) => {
            // SAFETY: the caller's promise.
            unsafe {
                *chunk = from;
                *chunk.add(1) = to;
            }
            1
        }
        None => 0,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    unsafe extern "C" fn count(data: *mut c_void, _num: c_uint, _size: c_uint) {
        // SAFETY: `region_of` passes a counter that outlives the region.
        unsafe { (*data.cast::<AtomicU32>()).fetch_add(1, Ordering::Relaxed) };
    }

    /// Runs a region of this size, begun by an unsafe call (`at_once`) or by a safe one. False
    /// if it did not begin.
    fn region_of(threads: c_uint, at_once: bool) -> bool {
        let bodies = AtomicU32::new(1);
        let data = core::ptr::from_ref(&bodies).cast_mut().cast();
        let begin = if at_once {
            ghcomp_hs_begin_at_once
        } else {
            ghcomp_hs_begin
        };
        // SAFETY: `bodies` lives until the region's end.
        unsafe {
            let region = begin(count, data, 0, threads, 1, 0, 0);
            if region.is_null() {
                return false;
            }
            ghcomp_hs_end(region);
        }
        assert_eq!(bodies.into_inner(), threads);
        true
    }

    /// Note [Unsafe calls]: no such call waits while another thread holds the pool's lock.
    #[test]
    fn an_unsafe_call_begins_what_needs_no_lock() {
        std::thread::spawn(|| {
            assert_eq!(ghcomp_hs_begin_alone(1, 1, 0, 0), 0, "not known yet");
            assert!(tasks::ghcomp_hs_tasks_here().is_null());
            assert!(!region_of(2, true), "not known yet");
            // Other tests may take a free team's worker away.
            let mut again = false;
            for _ in 0..1000 {
                again = again || (region_of(2, false) && region_of(2, true));
            }
            assert!(again, "a team from before");
            crate::parallel::pool::while_locked(|| {
                assert!(!region_of(3, true), "the pool is asked");
                assert_eq!(ghcomp_hs_begin_alone(2, 1, 0, 0), 0, "more than one");
                assert_eq!(ghcomp_hs_begin_alone(1, 1, 0, 0), 1);
                assert_eq!(ghcomp_hs_end_at_once(), 1);
            });
            assert!(region_of(3, false));
        })
        .join()
        .unwrap();
    }
}
