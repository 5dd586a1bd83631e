//! What a task is, and who may free it when.
//!
//! # Note [Counting children]
//!
//! A task counts its children twice: *finished* (what `taskwait` waits for)
//! and *released* (their memory is gone, so nobody follows their `parent` to
//! this task any more). The thread that executes the parent counts in plain
//! cells; other threads count in the atomic `remote`:
//!
//! | bits   | meaning | changed by |
//! |--------|---------|------------|
//! | 0..32  | children finished on other threads | those threads, +1, release |
//! | 32..63 | children released on other threads; plus BIAS - (children not released here) from when the task has finished | those threads, +1; the finishing task |
//! | 63     | WAITING: the parent's thread sleeps in `taskwait` | the parent's thread |
//!
//! Whoever brings the middle field to BIAS frees the task: before the task has
//! finished the field only counts, and a task has fewer than BIAS children. A
//! task without live children when it finishes is freed at once, with no
//! atomic operation; that is nearly every task.
//!
//! `runner` is set before the first child exists and never changed, so any
//! thread may read it; "is the parent finished" is read only by its runner.

use super::wait::Group;
use crate::icv::Icv;
use crate::sync::primitive::{AtomicU64, Ordering};
use crate::team::{Body, Thread};
use core::cell::Cell;
use core::ffi::c_void;
use std::alloc::Layout;

/// One child finished on another thread.
const FINISHED: u64 = 1;
/// One child released on another thread.
const RELEASED: u64 = 1 << 32;
/// The parent's thread sleeps.
pub(super) const WAITING: u64 = 1 << 63;
/// See Note [Counting children]; also the most children a task may defer.
pub(super) const BIAS: u64 = 1 << 30;

/// A task: implicit (in a seat) or explicit (on the heap, followed by the
/// copy of its data).
pub struct Task {
    /// The data environment's ICVs.
    pub icv: Cell<Icv>,
    /// Innermost taskgroup that this task's children belong to.
    pub(super) group: Cell<*const Group>,
    /// The taskgroup that counts this task.
    pub(super) joined: Cell<*const Group>,
    parent: Cell<Option<&'static Task>>,
    runner: Cell<Option<&'static Thread>>,
    pub(super) body: Cell<Option<Body>>,
    pub(super) data: Cell<*mut c_void>,
    layout: Cell<Layout>,
    /// The generation of the barrier that the task is finished by.
    pub(super) phase: Cell<u64>,
    /// Ancestors that are tasks of the region; 0 for an implicit task.
    depth: Cell<u32>,
    pub(super) flags: Cell<u8>,
    finished: Cell<bool>,
    created: Cell<u64>,
    finished_here: Cell<u64>,
    released_here: Cell<u64>,
    remote: AtomicU64,
}

/// What `Task::explicit` is told.
pub(super) struct Birth {
    pub parent: &'static Task,
    pub body: Body,
    pub data: *mut c_void,
    pub layout: Layout,
    pub phase: u64,
    pub flags: u8,
}

impl Task {
    /// An implicit task that nobody executes yet.
    pub(crate) fn implicit() -> Task {
        Task {
            icv: Cell::new(crate::icv::globals().initial),
            group: Cell::new(core::ptr::null()),
            joined: Cell::new(core::ptr::null()),
            parent: Cell::new(None),
            runner: Cell::new(None),
            body: Cell::new(None),
            data: Cell::new(core::ptr::null_mut()),
            layout: Cell::new(Layout::new::<Task>()),
            phase: Cell::new(0),
            depth: Cell::new(0),
            flags: Cell::new(0),
            finished: Cell::new(false),
            created: Cell::new(0),
            finished_here: Cell::new(0),
            released_here: Cell::new(0),
            remote: AtomicU64::new(0),
        }
    }

    /// Starts an implicit task of a region on the calling thread. The tasks of
    /// the seat's last region are all done, so nobody else counts here.
    #[inline]
    pub(crate) fn begin_implicit(&self, icv: Icv, runner: &'static Thread) {
        self.icv.set(icv);
        self.group.set(core::ptr::null());
        self.runner.set(Some(runner));
        if self.created.get() != 0 {
            self.created.set(0);
            self.finished_here.set(0);
            self.released_here.set(0);
            self.remote.store(0, Ordering::Relaxed);
        }
    }

    /// An explicit task, to be written into fresh memory.
    #[inline]
    pub(super) fn explicit(birth: Birth) -> Task {
        let Birth {
            parent,
            body,
            data,
            layout,
            phase,
            flags,
        } = birth;
        Task {
            icv: Cell::new(parent.icv.get()),
            group: Cell::new(parent.group.get()),
            joined: Cell::new(core::ptr::null()),
            parent: Cell::new(Some(parent)),
            runner: Cell::new(None),
            body: Cell::new(Some(body)),
            data: Cell::new(data),
            layout: Cell::new(layout),
            phase: Cell::new(phase),
            depth: Cell::new(parent.depth.get() + 1),
            flags: Cell::new(flags),
            finished: Cell::new(false),
            created: Cell::new(0),
            finished_here: Cell::new(0),
            released_here: Cell::new(0),
            remote: AtomicU64::new(0),
        }
    }

    /// Whether this is an explicit task.
    #[inline]
    pub fn is_explicit(&self) -> bool {
        self.parent.get().is_some()
    }

    /// Whether the task or an ancestor was created with a true `final`.
    pub fn is_final(&self) -> bool {
        self.flags.get() & super::FINAL != 0
    }

    /// The thread that executes the task, from now on.
    #[inline]
    pub(super) fn start(&self, runner: &'static Thread) {
        self.runner.set(Some(runner));
    }

    /// Counts a new child. Runner only.
    #[inline]
    pub(super) fn count_child(&self) {
        self.created.set(self.created.get() + 1);
    }

    /// Whether the task may defer one more child.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        !self.is_explicit() || self.created.get() < BIAS - 1
    }

    /// Whether all children have finished. Runner only; acquires what the
    /// children on other threads wrote.
    #[inline]
    pub(super) fn children_done(&self) -> bool {
        let here = self.created.get().wrapping_sub(self.finished_here.get());
        here == 0 || here as u32 == self.remote.load(Ordering::Acquire) as u32
    }

    /// The runner is about to sleep until `children_done`.
    pub(super) fn set_waiting(&self) {
        self.remote.fetch_or(WAITING, Ordering::Relaxed);
    }

    /// The runner is awake.
    pub(super) fn clear_waiting(&self) {
        self.remote.fetch_and(!WAITING, Ordering::Relaxed);
    }

    /// Whether the task descends from `ancestor`. Parents of a live task are
    /// not freed before it, so the chain holds.
    pub(super) fn descends_from(&self, ancestor: &Task) -> bool {
        let mut task = self;
        while task.depth.get() > ancestor.depth.get() {
            match task.parent.get() {
                Some(parent) => task = parent,
                None => return false,
            }
        }
        core::ptr::eq(task, ancestor)
    }

    /// The body has returned: tells the parent, and frees the task unless
    /// children still point at it (then the last of them does). Runner only.
    #[inline]
    pub(super) fn finish(&'static self, me: &'static Thread) {
        let Some(parent) = self.parent.get() else {
            return;
        };
        let children = self.created.get().wrapping_sub(self.released_here.get());
        if children == 0 {
            // Nobody else points here, so nobody else counts here.
            self.free(me);
            parent.credit(me, FINISHED | RELEASED);
            return;
        }
        parent.credit(me, FINISHED);
        self.finished.set(true);
        // Releases this thread's use of the task to who frees it; acquires the
        // children's in case that is this thread.
        let add = (BIAS - children) << 32;
        let now = self
            .remote
            .fetch_add(add, Ordering::AcqRel)
            .wrapping_add(add);
        if now >> 32 == BIAS {
            self.release(me);
        }
    }

    /// Frees a finished task without children and tells its parent.
    #[cold]
    fn release(&'static self, me: &'static Thread) {
        let parent = self.parent.get();
        self.free(me);
        if let Some(parent) = parent {
            parent.credit(me, RELEASED);
        }
    }

    fn free(&self, me: &'static Thread) {
        let layout = self.layout.get();
        // SAFETY: explicit tasks are made by `create` in such memory, and the
        // counts say that nobody will use this one again.
        unsafe {
            me.task_cache
                .put(core::ptr::from_ref(self).cast_mut(), layout)
        };
    }

    /// A child has finished, or was released, or both.
    #[inline]
    fn credit(&'static self, me: &'static Thread, what: u64) {
        let runner = self.runner.get();
        if runner.is_some_and(|runner| core::ptr::eq(runner, me)) && !self.finished.get() {
            if what & FINISHED != 0 {
                self.finished_here.set(self.finished_here.get() + 1);
            }
            if what & RELEASED != 0 {
                self.released_here.set(self.released_here.get() + 1);
            }
            return;
        }
        // An implicit task is never freed; its middle field stays 0 so that a
        // long life cannot fill it.
        let what = if self.is_explicit() {
            what
        } else {
            what & FINISHED
        };
        if what == 0 {
            return;
        }
        let explicit = self.is_explicit();
        // After this the task may be gone: all that is needed was read before.
        let before = self.remote.fetch_add(what, Ordering::AcqRel);
        if before & WAITING != 0 {
            // The parent waits, so it is not finished; only its thread is used.
            if let Some(runner) = runner {
                runner.parker.unpark();
            }
        } else if explicit && (before.wrapping_add(what)) >> 32 == BIAS {
            self.release(me);
        }
    }
}
