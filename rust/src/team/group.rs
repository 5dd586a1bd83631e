//! A taskgroup: how it counts its tasks.
//!
//! # Note [Counting a group]
//!
//! A group counts its unfinished tasks: the thread that opened it in plain
//! cells, others in `remote`, which starts at MIDDLE; a task may be created on
//! one side and finished on the other, so only the sum means something. The
//! opener alone waits, and its own cells are exact when it reads them, so the
//! sum is exact for the moment of its load of `remote`.

use crate::sync::primitive::{AtomicU64, Ordering};
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::cell::Cell;
use core::sync::atomic::AtomicBool;

/// A taskgroup region; lives on the heap until its opener ends it.
pub struct Group {
    pub(crate) around: *const Group,
    pub(crate) opener: &'static Thread,
    /// Created less finished by the opener (wrapping).
    pub(crate) here: Cell<u64>,
    /// MIDDLE + created - finished by others, and [`ASLEEP`].
    pub(crate) remote: AtomicU64,
    /// Tasks of the group that have not begun do not run.
    pub(crate) cancelled: AtomicBool,
    /// A construct with task reductions opened it: a group to wait for its tasks,
    /// but none that the program sees. `cancel taskgroup` means the one around.
    pub(crate) is_hidden: bool,
}

pub(crate) const MIDDLE: u64 = 1 << 62;

pub(crate) const ASLEEP: u64 = 1 << 63;

impl Group {
    /// The innermost group from `group` outwards that the program sees; without
    /// one, where the directive may not be, the outermost one as in libgomp.
    ///
    /// # Safety
    ///
    /// The caller is in the group, or null. (Groups around outlive those inside.)
    pub(crate) unsafe fn seen<'a>(group: *const Group) -> Option<&'a Group> {
        // SAFETY: the caller's promise.
        let mut group = unsafe { group.as_ref() };
        while let Some(hidden) = group.filter(|group| group.is_hidden) {
            // SAFETY: the caller's promise.
            let Some(around) = (unsafe { hidden.around.as_ref() }) else {
                break;
            };
            group = Some(around);
        }
        group
    }

    pub(crate) fn is_done(&self) -> bool {
        // Acquire: the finished tasks' writes.
        let remote = self.remote.load(Ordering::Acquire) & !ASLEEP;
        self.here.get().wrapping_add(remote) == MIDDLE
    }
}

/// A task was created in its creator's group.
#[inline]
pub(crate) fn count_in_group(me: &'static Thread, task: &'static Task) {
    let group = task.group.get();
    task.joined.set(group);
    // SAFETY: a group outlives its unfinished tasks, and the creator is one of
    // them or the task that opened the group.
    if let Some(group) = unsafe { group.as_ref() } {
        if core::ptr::eq(group.opener, me) {
            group.here.set(group.here.get().wrapping_add(1));
        } else {
            // Relaxed: the creator's own finish, later, releases it.
            group.remote.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A task of the group has finished.
#[inline]
pub(crate) fn leave_group(me: &'static Thread, group: *const Group) {
    // SAFETY: the group counts this task until the line that counts it out.
    if let Some(group) = unsafe { group.as_ref() } {
        let opener = group.opener;
        if core::ptr::eq(opener, me) {
            group.here.set(group.here.get().wrapping_sub(1));
        } else if group.remote.fetch_sub(1, Ordering::Release) & ASLEEP != 0 {
            opener.parker.unpark();
        }
    }
}

/// Whether the group that `task` counts in, or for the current task the one
/// that its children do, is cancelled, or the team's region.
///
/// Not inlined, so that who creates tasks keeps its place in registers.
#[inline(never)]
pub(crate) fn is_cancelled(me: &Thread, task: &Task) -> bool {
    // SAFETY: as above.
    let group = unsafe { Group::seen(task.group.get()) };
    me.context().is_region_cancelled()
        || group.is_some_and(|group| group.cancelled.load(Ordering::Acquire))
}
