//! The door for `hs/` alone: regions whose body is Haskell.
//!
//! The body is one `FunPtr` for the whole process; each thread of a region
//! calls it once, which is one in-call, and takes the region's iterations from
//! inside by unsafe calls of [`ghcomp_hs_next`]. The thread stays where it is
//! meanwhile (an in-call's Haskell thread is bound to its OS thread), so the
//! runtime's thread-local place is right inside the body.
//!
//! A caller that is such a bound thread itself needs no in-call for its own
//! share: it begins the region, runs the share, and ends the region.
//!
//! # Note \[Unsafe calls\]
//!
//! An unsafe call keeps the caller's capability, and no collection begins before
//! it returns. If it waited for another thread, and that one for a capability or
//! a collection, both would wait for ever. So a function that Haskell imports as
//! unsafe takes no lock that a thread may hold while it waits for anything: for
//! the system to make a thread, for a file, for `fork`, for another lock. Where
//! it would need one it does nothing and says so, and Haskell makes a safe call of
//! another function, which may wait. Locks of the C library's allocator, and wake-ups of
//! sleeping threads, do not count: nobody waits for anything with these.

pub mod batch;
pub mod settings;
pub mod tasks;
pub mod trace;

use crate::construct::space::IterationSpace;
use crate::construct::work_share::WorkShare;
use crate::host::{self, GhcompHost};
use crate::icv::ScheduleClause;
use crate::team::host_number;
use crate::team::register::{current, known};
use crate::worksharing::loops::{self, Order, Plan};
use crate::{messages, parallel};
use core::ffi::{c_int, c_uint, c_void};

/// What a thread of the region calls: the region's data, the thread's number,
/// the team's size.
pub type HaskellBody = unsafe extern "C" fn(*mut c_void, c_uint, c_uint);

/// What the threads of a region share.
pub struct Region {
    body: HaskellBody,
    data: *mut c_void,
    host: Option<&'static GhcompHost>,
    /// The number of thread 0 for `GhcompHost::bind`.
    first: c_uint,
}

impl Region {
    fn on_the_heap(body: HaskellBody, data: *mut c_void, first: c_uint) -> *mut Region {
        Box::into_raw(Box::new(Region {
            body,
            data,
            host: host::host(),
            first,
        }))
    }
}

/// Runs `body(data, thread number, team size)` on each thread of a new team,
/// and returns when all have ended.
///
/// `num_threads`: as the clause of `parallel`; 0 for the size in force.
/// `kind` (0 runtime, 1 static, 2 dynamic, 3 guided, 4 auto) and `chunk` (0 for
/// the kind's default) are the schedule of the region's loop of `trip`
/// iterations, which the threads take by `ghcomp_hs_next`.
///
/// If the host cannot run Haskell on several OS threads, the team has one
/// thread, and stderr says so once.
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
    let able = host.is_none_or(|host| (host.haskell_bodies)() != 0);
    let num_threads = if able { num_threads } else { 1 };
    if !able {
        messages::warn_once("ghcomp_hs_parallel", || {
            "this program's runtime system is not threaded (link with -threaded): Haskell \
             bodies run on a team of one"
                .into()
        });
    }
    let plan = plan(kind, chunk, trip);
    let runtime = context.task.icv.get().schedule;
    let mut region = Region {
        body,
        data,
        host,
        first: 0,
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

fn plan(kind: c_uint, chunk: u64, trip: u64) -> Plan {
    Plan {
        space: IterationSpace::plain(trip),
        schedule: ScheduleClause::from_number(kind),
        chunk,
        order: Order::Any,
    }
}

/// Begins a region of one thread, the calling one, if the region that the
/// arguments describe would have no more (1), or does nothing (0). The caller
/// runs the body itself, on this thread, and calls [`ghcomp_hs_end_at_once`], or
/// [`ghcomp_hs_end`] with null. Arguments as `ghcomp_hs_parallel`.
///
/// For an unsafe call (Note \[Unsafe calls\]): 0 also where it would have to wait.
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

/// Begins a region on behalf of a bound Haskell thread: the other threads of
/// the team start with `body(data, thread number, team size)`; the caller runs
/// the share of thread 0 itself and then calls [`ghcomp_hs_end`] with the
/// answer. `capability` is the one that the caller is on: thread i goes to the
/// ith after it. Other arguments as `ghcomp_hs_parallel`.
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
) -> *mut Region {
    let region = Region::on_the_heap(body, data, capability);
    let me = current();
    let plan = plan(kind, chunk, trip);
    let runtime = me.fresh_context().task.icv.get().schedule;
    parallel::fork(run_body, region.cast(), num_threads, |work_share| {
        plan.write(work_share, runtime)
    });
    me.context().member.runs_haskell.set(true);
    host::enter_haskell();
    region
}

/// As [`ghcomp_hs_begin`], for an unsafe call (Note \[Unsafe calls\]): null where
/// it would have to wait, and nothing was done. So it is where the thread has not
/// had a team of this size for its last region, or another thread uses that now.
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
) -> *mut Region {
    let region = Region::on_the_heap(body, data, capability);
    let plan = plan(kind, chunk, trip);
    if fork_at_once(region, num_threads, c_uint::MAX, &plan) {
        host::enter_haskell();
        return region;
    }
    // SAFETY: made above, and nobody else has seen it.
    drop(unsafe { Box::from_raw(region) });
    core::ptr::null_mut()
}

/// Ends the region that the calling thread began by [`ghcomp_hs_begin`], when
/// all threads have ended their shares; or by [`ghcomp_hs_begin_alone`] (null).
///
/// # Safety
///
/// `region` must come from the innermost of those calls that was not ended yet.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_end(region: *mut Region) {
    if !region.is_null() {
        host::leave_haskell();
    }
    current().context().member.runs_haskell.set(false);
    parallel::join();
    if !region.is_null() {
        // SAFETY: made by `ghcomp_hs_begin`; the threads are done with it.
        drop(unsafe { Box::from_raw(region) });
    }
}

/// Ends the region that the calling thread began by [`ghcomp_hs_begin_alone`] (1).
///
/// For an unsafe call (Note \[Unsafe calls\]): 0 where it would have to wait, and
/// nothing was done. So it is where C has deferred a task, which another thread is
/// perhaps to fulfil.
#[no_mangle]
pub extern "C" fn ghcomp_hs_end_at_once() -> c_int {
    let member = current().context().member;
    member.runs_haskell.set(false);
    let ended = parallel::join_at_once();
    member.runs_haskell.set(!ended);
    c_int::from(ended)
}

/// The calling thread becomes the master of a region of at most so many threads,
/// in a Haskell body, if it need not wait for that.
fn fork_at_once(region: *mut Region, num_threads: c_uint, most: c_uint, plan: &Plan) -> bool {
    let Some(me) = known() else {
        return false;
    };
    let runtime = me.context().task.icv.get().schedule;
    let prepare = |work_share: &WorkShare| plan.write(work_share, runtime);
    let begun = parallel::fork_at_once(run_body, region.cast(), num_threads, most, prepare);
    if begun {
        me.context().member.runs_haskell.set(true);
    }
    begun
}

/// A thread's part of the region.
unsafe extern "C" fn run_body(data: *mut c_void) {
    // SAFETY: `ghcomp_hs_parallel` passes its region, which outlives the team.
    let region = unsafe { &*data.cast::<Region>() };
    let me = current();
    let context = me.context();
    let (member, outermost) = (context.member, me.host_number.get() == 0);
    if let Some(host) = region.host {
        host_number::tell(host, me, &context, region.first);
    }
    member.runs_haskell.set(true);
    host::enter_haskell();
    // SAFETY: the caller of `ghcomp_hs_parallel` promised it.
    unsafe { (region.body)(region.data, member.num, context.team.size()) };
    host::leave_haskell();
    member.runs_haskell.set(false);
    if let Some(host) = region.host.filter(|_| outermost) {
        host_number::forget(host, me);
    }
}

/// `omp_get_thread_num()`, for an unsafe call: a thread that is not known has 0.
#[no_mangle]
pub extern "C" fn ghcomp_hs_thread_number() -> c_int {
    known().map_or(0, |me| me.context().member.num as c_int)
}

/// Takes at most `most` (at least 1) iterations of the region's loop: stores
/// the first and the one after the last, counted from 0, into `chunk[0]` and
/// `chunk[1]` and answers 1; or answers 0 when the calling thread gets no more.
/// Only inside a body of `ghcomp_hs_parallel`; never blocks.
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

    /// A region of so many threads, begun by an unsafe call or by a safe one.
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

    /// Note [Unsafe calls]: with the pool's lock held by another thread nothing
    /// here waits.
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
