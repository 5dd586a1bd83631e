//! `single`, plain and with `copyprivate` (OpenMP 5.2, 11.1).

use crate::parallel::barrier;
use crate::team::register::current;
use crate::team::thread::Context;
use core::ffi::c_void;
use core::sync::atomic::Ordering;

/// True for the first thread of the team that meets this `single`. The team
/// counts the constructs that have found their thread, and each member those
/// that it has met, so members may be any number of constructs apart.
#[inline]
pub fn start() -> bool {
    let Context { team, member, .. } = current().context();
    let met = member.singles.get();
    member.singles.set(met + 1);
    // Relaxed: only who is first matters; barriers order the rest. Looked at
    // before it is changed: all but the first find it changed.
    team.size() == 1
        || team.singles.load(Ordering::Relaxed) == met
            && team
                .singles
                .compare_exchange(met, met + 1, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
}

/// A `single` with `copyprivate`: null for the thread that executes it; the
/// others get, after it has called [`copy_end`], what it gave there.
pub fn copy_start() -> *mut c_void {
    let Context { team, member, .. } = current().context();
    let (slot, first) = member.cursor.advance(team.size(), |_| {});
    if first {
        return core::ptr::null_mut();
    }
    barrier::uncancellable_barrier();
    // Relaxed: the barrier orders it after the store.
    slot.copied.load(Ordering::Relaxed)
}

/// Gives `data` to the threads that wait in [`copy_start`].
pub fn copy_end(data: *mut c_void) {
    let Context { member, .. } = current().context();
    member
        .cursor
        .work_share()
        .copied
        .store(data, Ordering::Relaxed);
    barrier::uncancellable_barrier();
}
