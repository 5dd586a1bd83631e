//! The door's part for constructs inside of a region with a Haskell body
//! (`Control.Parallel.OpenMP.Team`): barrier, worksharing loops, `single`, `ordered`,
//! and the region's cancellation when a member fails.
//!
//! Each wait is two functions. The first is for an unsafe call: it looks a bounded
//! number of times and may answer that it is not yet time (Note \[Unsafe calls\] in
//! [`super`]). The second is for a safe call: it waits as C's members do.
//!
//! Each function gets the caller's member, as [`ghcomp_hs_team_member`] gave it, and
//! does nothing where the calling thread is not there as that member now: it may
//! belong to no team, to another one, or to a region inside of this one.
//!
//! A member that fails calls [`ghcomp_hs_team_cancel`] between two barriers. Then the
//! others wait no longer, neither in a barrier nor in an ordered loop (Note
//! [Cancelling a region] in [`crate::protocol::cancelled`]). C's barriers wait on,
//! unless `cancel-var` is true.

use crate::construct::space::IterationSpace;
use crate::host;
use crate::icv::ScheduleClause;
use crate::parallel::barrier::{self, Step};
use crate::parallel::cancel;
use crate::points;
use crate::team::register::known;
use crate::team::thread::{Context, Thread};
use crate::worksharing::loops::{self, Order, Plan};
use crate::worksharing::{ordered, single};
use core::ffi::{c_int, c_uint, c_void};

/// The caller is not there as this member.
const NOT_MEMBER: c_int = -3;
/// The region is cancelled.
const CANCELLED: c_int = -2;
/// It is done.
const DONE: c_int = -1;
/// It would have to wait: the caller makes a safe call of the other function. (A
/// barrier has more such numbers, from 0.)
const NOT_YET: c_int = 0;

#[inline]
fn address(context: &Context) -> *const c_void {
    core::ptr::from_ref(context.member).cast()
}

/// The calling thread, if it is there as this member now.
#[inline]
fn member_is_here(member: *const c_void) -> Option<(&'static Thread, Context)> {
    let me = known()?;
    let context = me.context();
    core::ptr::eq(address(&context), member).then_some((me, context))
}

/// The calling thread's member in its innermost region, for the other functions; null
/// if it is not known.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_member() -> *const c_void {
    known().map_or(core::ptr::null(), |me| address(&me.context()))
}

/// The barrier, for an unsafe call. The caller looks for the others about `polls`
/// times. Answers -1: passed; -2: the region is cancelled; -3: not this member; any
/// other: not yet, and the caller calls [`ghcomp_hs_team_barrier`] with the number.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_barrier_at_once(member: *const c_void, polls: c_uint) -> c_int {
    let Some((_, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    match barrier::try_pass(&context, polls) {
        Step::Passed => DONE,
        Step::Leaves => CANCELLED,
        Step::NotYet(raised) => raised as c_int,
    }
}

/// Ends the barrier that [`ghcomp_hs_team_barrier_at_once`] began. Answers as that
/// does: -1, -2 or -3.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_barrier(member: *const c_void, raised: c_int) -> c_int {
    let Some((me, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    let leaves = outside_of_haskell(&context, || {
        barrier::passes_or_leaves(me, &context, raised as u32)
    });
    if leaves {
        CANCELLED
    } else {
        DONE
    }
}

/// Waits, while the calling thread does not run Haskell.
fn outside_of_haskell<T>(context: &Context, wait: impl FnOnce() -> T) -> T {
    context.member.runs_host_body.set(false);
    host::leave_host_code();
    let answer = wait();
    host::enter_host_code();
    context.member.runs_host_body.set(true);
    answer
}

/// Cancels the region: the calling thread goes to the region's end next. It must not
/// have begun a barrier.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_cancel(member: *const c_void) {
    if member_is_here(member).is_some() {
        cancel::cancel_region();
    }
}

/// Meets a worksharing loop, for an unsafe call. Arguments as `ghcomp_hs_parallel`; if
/// `in_order` is not 0 the loop is an ordered one, whose chunks come from
/// [`ghcomp_hs_team_ordered_next`], else from `ghcomp_hs_next`. Answers -1;
/// -2: the region is cancelled; -3: not this member; 0: loops are traced, and the
/// caller calls [`ghcomp_hs_team_loop`] and, when it has no more chunks,
/// [`ghcomp_hs_team_loop_end`].
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_loop_at_once(
    member: *const c_void,
    kind: c_uint,
    chunk: u64,
    trip: u64,
    in_order: c_int,
) -> c_int {
    if points::enabled(points::LOOPS) {
        return NOT_YET;
    }
    ghcomp_hs_team_loop(member, kind, chunk, trip, in_order)
}

/// The same, whether loops are traced or not; never 0.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_loop(
    member: *const c_void,
    kind: c_uint,
    chunk: u64,
    trip: u64,
    in_order: c_int,
) -> c_int {
    let Some((_, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    if context.was_region_cancelled() {
        return CANCELLED;
    }
    loops::start(&Plan {
        space: IterationSpace::plain(trip),
        schedule: ScheduleClause::from_number(kind),
        chunk,
        order: if in_order == 0 {
            Order::Any
        } else {
            Order::Ordered
        },
    });
    DONE
}

/// The loop is over for the calling thread, which says so for the trace.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_loop_end(member: *const c_void) {
    if member_is_here(member).is_some() {
        loops::end_nowait();
    }
}

/// Whether the caller is the first of the team at this `single`: 1, else 0. -2: the
/// region is cancelled; -3: not this member.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_single(member: *const c_void) -> c_int {
    let Some((_, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    if context.was_region_cancelled() {
        return CANCELLED;
    }
    c_int::from(single::start(false))
}

/// The turn of the chunk that the caller holds of an ordered loop, for an unsafe
/// call. Answers -1: it is; -2, -3: as above; 0: not yet, and the caller calls
/// [`ghcomp_hs_team_ordered`].
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_ordered_at_once(member: *const c_void, polls: c_uint) -> c_int {
    let Some((me, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    if !ordered::enters_soon(me, polls) {
        return NOT_YET;
    }
    if context.was_region_cancelled() {
        return CANCELLED;
    }
    DONE
}

/// The same for a safe call: waits for the turn. Never 0.
#[no_mangle]
pub extern "C" fn ghcomp_hs_team_ordered(member: *const c_void) -> c_int {
    let Some((me, context)) = member_is_here(member) else {
        return NOT_MEMBER;
    };
    if outside_of_haskell(&context, || ordered::enters_or_leaves(me)) {
        CANCELLED
    } else {
        DONE
    }
}

/// The next chunk of an ordered loop, into `chunk[0]` and `chunk[1]`, as
/// `ghcomp_hs_next` stores it: answers 1. Hands on the chunk that the caller holds.
/// When there are no more: -1. Only when it is the turn of the chunk that the caller
/// holds ([`ghcomp_hs_team_ordered_at_once`]); never blocks then. -3: as above.
///
/// # Safety
///
/// `chunk` must be valid for two writes.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_team_ordered_next(
    member: *const c_void,
    chunk: *mut u64,
) -> c_int {
    if member_is_here(member).is_none() {
        return NOT_MEMBER;
    }
    match loops::next_in_order() {
        Some((from, to)) => {
            // SAFETY: the caller's promise.
            unsafe {
                *chunk = from;
                *chunk.add(1) = to;
            }
            1
        }
        None => DONE,
    }
}
