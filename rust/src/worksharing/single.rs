//! `single`, plain and with `copyprivate` (OpenMP 5.2, 11.1).
//!
//! A plain `single` takes a count for the team and one for each member
//! ([`crate::protocol::single`]). One with `copyprivate` takes a work share, which also
//! carries the pointer to the data.

use crate::parallel::barrier;
use crate::team::register::current;
use crate::team::thread::Context;
use crate::{points, tools};
use core::ffi::c_void;
use core::sync::atomic::Ordering;

/// True for the first thread of the team that meets this `single`. `has_end`: it calls [`end`]
/// after the block.
#[inline]
pub fn start(has_end: bool) -> bool {
    let Context { team, member, .. } = current().context();
    let met = member.singles.get();
    member.singles.set(met + 1);
    let executes = team.size() == 1 || team.singles.is_first(met);
    if points::enabled(points::LOOPS) {
        tools::single_begins(executes, has_end);
    }
    executes
}

/// The thread that executes the block has done so.
#[inline]
pub fn end() {
    if points::enabled(points::LOOPS) {
        tools::single_ends();
    }
}

/// Meets a `single` with `copyprivate`. Null for the thread that executes it. The other
/// threads wait until that one has called [`copy_end`], and get the pointer from there.
pub fn copy_start() -> *mut c_void {
    let Context { team, member, .. } = current().context();
    let (work_share, first) = member.cursor.advance(team.size(), |_| {});
    if first {
        return core::ptr::null_mut();
    }
    barrier::uncancellable_barrier();
    // Relaxed: the barrier orders it after the store.
    work_share.copied.load(Ordering::Relaxed)
}

/// `copyprivate` after the block: all members call it. The one that executed the block gives
/// its pointer. The others get that, after a barrier; it stays valid until they have met
/// [`crate::parallel::barrier`] again.
pub fn share(data: Option<*mut c_void>) -> Option<*mut c_void> {
    let Context { team, member, .. } = current().context();
    let (work_share, _) = member.cursor.advance(team.size(), |_| {});
    if let Some(data) = data {
        work_share.copied.store(data, Ordering::Relaxed);
    }
    barrier::uncancellable_barrier();
    // Relaxed: the barrier orders it after the store.
    match data {
        Some(_) => None,
        None => Some(work_share.copied.load(Ordering::Relaxed)),
    }
}

/// The thread that executes the `single` gives `data` to those that wait in [`copy_start`].
pub fn copy_end(data: *mut c_void) {
    let Context { member, .. } = current().context();
    member
        .cursor
        .work_share()
        .copied
        .store(data, Ordering::Relaxed);
    barrier::uncancellable_barrier();
}
