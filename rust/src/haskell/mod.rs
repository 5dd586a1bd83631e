//! The door for `hs/` alone: regions whose body is Haskell.
//!
//! The body is one `FunPtr` for the whole process; each thread of a region
//! calls it once, which is one in-call, and takes the region's iterations from
//! inside by unsafe calls of [`ghcomp_hs_next`]. The thread stays where it is
//! meanwhile (an in-call's Haskell thread is bound to its OS thread), so the
//! runtime's thread-local place is right inside the body.

pub mod settings;
pub mod tasks;

use crate::host::{self, GhcompHost};
use crate::icv::{self, Kind};
use crate::team::{self, current};
use crate::worksharing::{loops, Plan, Space};
use core::ffi::{c_int, c_uint, c_void};

/// What a thread of the region calls: the region's data, the thread's number,
/// the team's size.
pub type HaskellBody = unsafe extern "C" fn(*mut c_void, c_uint, c_uint);

struct Region {
    body: HaskellBody,
    data: *mut c_void,
    host: Option<&'static GhcompHost>,
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
    let place = current().fresh_place();
    let host = host::host();
    let able = host.is_none_or(|host| (host.haskell_bodies)() != 0);
    let num_threads = if able { num_threads } else { 1 };
    if !able {
        icv::warn_once("ghcomp_hs_parallel", || {
            "this program's runtime system is not threaded (link with -threaded): Haskell \
             bodies run on a team of one"
                .into()
        });
    }
    let plan = Plan {
        space: Space::plain(trip),
        kind: Kind::from_omp(kind),
        chunk,
        ordered: false,
    };
    let runtime = place.task.icv.get().schedule;
    let mut region = Region { body, data, host };
    let data = core::ptr::from_mut(&mut region).cast();
    team::fork(run_body, data, num_threads, |slot| {
        plan.write(slot, runtime)
    });
    let size = current().place().team.size();
    // SAFETY: `region` lives until the join.
    unsafe { run_body(data) };
    team::join();
    size
}

/// A thread's part of the region.
unsafe extern "C" fn run_body(data: *mut c_void) {
    // SAFETY: `ghcomp_hs_parallel` passes its region, which outlives the team.
    let region = unsafe { &*data.cast::<Region>() };
    let me = current();
    let place = me.place();
    let (seat, outermost) = (place.seat, me.bound_as.get() == 0);
    if let Some(host) = region.host {
        host::bind(host, me, &place);
    }
    seat.runs_haskell.set(true);
    // SAFETY: the caller of `ghcomp_hs_parallel` promised it.
    unsafe { (region.body)(region.data, seat.num, place.team.size()) };
    seat.runs_haskell.set(false);
    if let Some(host) = region.host.filter(|_| outermost) {
        host::unbind(host, me);
    }
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
