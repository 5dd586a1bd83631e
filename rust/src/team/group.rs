//! The record of a taskgroup, and how it counts its tasks. [`crate::tasking::group`]
//! opens it, waits for it and ends it; task creation and completion count in it.
//!
//! # Note [Counting a group]
//!
//! A group counts its unfinished tasks. The thread that opened it counts in the plain
//! cell `local`; other threads count in `remote`, which starts at [`REMOTE_START`]. A task
//! may be created on one side and finished on the other, so only the sum means
//! something. Only the opener waits, and `local` is exact when the opener reads it. So
//! the sum is exact for the moment of the opener's load of `remote`.

use crate::sync::owned::Owned;
use crate::sync::primitive::{AtomicU64, Ordering};
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::sync::atomic::AtomicBool;

/// A taskgroup region. It lives on the heap until its opener ends it.
pub struct Group {
    /// The enclosing group, or null.
    pub(crate) outer: *const Group,
    /// The thread that opened the group, and waits for it.
    pub(crate) opener: &'static Thread,
    /// Tasks created minus tasks finished by the opener (wrapping). Opener only.
    pub(crate) local: Owned<u64>,
    /// [`REMOTE_START`] + tasks created - tasks finished by other threads, and the bit
    /// [`OPENER_SLEEPS`].
    pub(crate) remote: AtomicU64,
    /// Whether the group is cancelled: its tasks that have not begun do not run.
    pub(crate) cancelled: AtomicBool,
    /// Whether a construct with task reductions opened the group. Such a group only
    /// waits for the construct's tasks; the program does not see it, so
    /// `cancel taskgroup` means the group around it.
    pub(crate) is_hidden: bool,
}

/// Where `remote` starts, so that no number of tasks takes it below 0 or to
/// [`OPENER_SLEEPS`].
pub(crate) const REMOTE_START: u64 = 1 << 62;

/// A bit of `remote`: the opener sleeps, or is about to. Only the opener changes it.
pub(crate) const OPENER_SLEEPS: u64 = 1 << 63;

impl Group {
    /// The innermost group, from `group` outwards, that the program sees. If there is
    /// none, where the directive is not allowed, the outermost group, as in libgomp.
    ///
    /// # Safety
    ///
    /// The caller is in the group, or `group` is null. (A group outlives those inside it.)
    pub(crate) unsafe fn innermost_visible<'a>(group: *const Group) -> Option<&'a Group> {
        // SAFETY: the caller's promise.
        let mut group = unsafe { group.as_ref() };
        while let Some(hidden) = group.filter(|group| group.is_hidden) {
            // SAFETY: the caller's promise.
            let Some(outer) = (unsafe { hidden.outer.as_ref() }) else {
                break;
            };
            group = Some(outer);
        }
        group
    }

    /// Whether all tasks of the group have finished. Opener only.
    pub(crate) fn is_done(&self) -> bool {
        // Acquire: the caller sees what the finished tasks wrote.
        let remote = self.remote.load(Ordering::Acquire) & !OPENER_SLEEPS;
        self.local.get().wrapping_add(remote) == REMOTE_START
    }
}

/// The calling thread has created a task: the task's group counts it.
#[inline]
pub(crate) fn count_in_group(me: &'static Thread, task: &'static Task) {
    let group = task.group.get();
    task.counted_by.set(group);
    // SAFETY: a group outlives its unfinished tasks, and the creator is one of
    // them or the task that opened the group.
    if let Some(group) = unsafe { group.as_ref() } {
        if core::ptr::eq(group.opener, me) {
            group.local.set(group.local.get().wrapping_add(1));
        } else {
            // Relaxed: the creator is a task of the group, and its own finish, later,
            // releases this.
            group.remote.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The calling thread has finished a task that this group counted, if any did.
#[inline]
pub(crate) fn leave_group(me: &'static Thread, group: *const Group) {
    // SAFETY: the group lives while it counts this task: until the change below.
    if let Some(group) = unsafe { group.as_ref() } {
        let opener = group.opener;
        if core::ptr::eq(opener, me) {
            group.local.set(group.local.get().wrapping_sub(1));
        } else if group.remote.fetch_sub(1, Ordering::Release) & OPENER_SLEEPS != 0 {
            opener.parker.unpark();
        }
    }
}

/// Whether the region or the group of `task` is cancelled. That is the group in which
/// a new task counts, and in which the children of the current task count.
///
/// Not inlined, so that the creation of tasks keeps its context in registers.
#[inline(never)]
pub(crate) fn is_cancelled(me: &Thread, task: &Task) -> bool {
    // SAFETY: as in `count_in_group`.
    let group = unsafe { Group::innermost_visible(task.group.get()) };
    me.context().is_region_cancelled()
        || group.is_some_and(|group| group.cancelled.load(Ordering::Acquire))
}
