//! The record of a taskgroup. [`crate::tasking::group`] opens it, waits for it and ends
//! it; the creation and the completion of a task count in it
//! ([`crate::protocol::group_count`]).

use crate::construct::item_reduction::Opened;
use crate::protocol::group_count::GroupCount;
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::cell::OnceCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A taskgroup region. It lives on the heap until its opener ends it.
pub struct Group {
    /// The enclosing group, or null.
    pub(crate) outer: *const Group,
    /// The thread that opened the group, and waits for it.
    pub(crate) opener: &'static Thread,
    /// Its unfinished tasks.
    pub(crate) count: GroupCount,
    /// Whether the group is cancelled: its tasks that have not begun do not run.
    pub(crate) cancelled: AtomicBool,
    /// Whether a construct with task reductions opened the group. Such a group only
    /// waits for the construct's tasks; the program does not see it, so
    /// `cancel taskgroup` means the group around it.
    pub(crate) is_hidden: bool,
    /// Its reductions, if their items are described by functions. The opener sets it before
    /// there is a task that asks.
    pub(crate) items: OnceCell<Opened>,
}

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
            group.count.create();
        } else {
            group.count.create_remote();
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
            group.count.finish();
        } else if group.count.finish_remote() {
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
