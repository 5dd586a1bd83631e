//! A task: its data environment, its body, its place in the tree of tasks.
//!
//! `runner` is set before the first child exists and never changed, so any
//! thread may read it; whether the parent has finished is read only by its
//! runner. For the rest see Note [Counting children] in [`super::children`].

use super::children::{Children, Then, FINISHED, RELEASED};
use super::depend::Table;
use super::reduction::Block;
use super::special::Special;
use super::wait::Group;
use crate::icv::Icv;
use crate::team::{Body, Thread};
use core::cell::Cell;
use core::ffi::c_void;
use std::alloc::Layout;

/// A task: implicit (in a seat) or explicit (on the heap, followed by the
/// copy of its data).
pub struct Task {
    /// The data environment's ICVs.
    pub icv: Cell<Icv>,
    /// Innermost taskgroup that this task's children belong to.
    pub(super) group: Cell<*const Group>,
    /// The taskgroup that counts this task.
    pub(super) joined: Cell<*const Group>,
    /// The innermost task reductions that this task's children may name.
    pub(super) reductions: Cell<Option<Block>>,
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
    /// What a task with dependences, an event or a priority has besides; else
    /// null. A count of an `Arc`, until the task completes.
    pub(super) special: Cell<*const Special>,
    /// Which of its children depend on which; made for the first that might.
    pub(super) table: Cell<Option<Box<Table<Special>>>>,
    pub(super) children: Children,
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
            reductions: Cell::new(None),
            parent: Cell::new(None),
            runner: Cell::new(None),
            body: Cell::new(None),
            data: Cell::new(core::ptr::null_mut()),
            layout: Cell::new(Layout::new::<Task>()),
            phase: Cell::new(0),
            depth: Cell::new(0),
            flags: Cell::new(0),
            finished: Cell::new(false),
            special: Cell::new(core::ptr::null()),
            table: Cell::new(None),
            children: Children::new(),
        }
    }

    /// Starts an implicit task of a region on the calling thread. The tasks of
    /// the seat's last region are all done, so nobody else counts here.
    #[inline]
    pub(crate) fn begin_implicit(
        &self,
        icv: Icv,
        reductions: Option<Block>,
        runner: &'static Thread,
    ) {
        self.icv.set(icv);
        self.reductions.set(reductions);
        self.group.set(core::ptr::null());
        self.runner.set(Some(runner));
        self.children.reset();
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
            reductions: Cell::new(parent.reductions.get()),
            parent: Cell::new(Some(parent)),
            runner: Cell::new(None),
            body: Cell::new(Some(body)),
            data: Cell::new(data),
            layout: Cell::new(layout),
            phase: Cell::new(phase),
            depth: Cell::new(parent.depth.get() + 1),
            flags: Cell::new(flags),
            finished: Cell::new(false),
            special: Cell::new(core::ptr::null()),
            table: Cell::new(None),
            children: Children::new(),
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

    /// Whether the task may defer one more child.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        !self.is_explicit() || self.children.has_room()
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

    /// Whether a thread that waits in `suspended` may start the task; see Note
    /// [Task scheduling constraint].
    #[inline]
    pub(super) fn may_start_in(&self, suspended: &Task) -> bool {
        self.flags.get() & super::UNTIED != 0 || self.descends_from(suspended)
    }

    /// The body has ended on this thread, and another may complete the task:
    /// its own counts stay as they are. Runner only.
    pub(super) fn stop_counting_here(&self) {
        self.finished.set(true);
    }

    /// The task completes: tells the parent, and frees the task unless children
    /// still point at it (then the last of them does). The runner calls this,
    /// or another thread after the runner's `stop_counting_here`.
    #[inline]
    pub(super) fn finish(&'static self, me: &'static Thread) {
        let Some(parent) = self.parent.get() else {
            return;
        };
        if self.children.none_left() {
            self.free(me);
            parent.credit(me, FINISHED | RELEASED);
            return;
        }
        parent.credit(me, FINISHED);
        // Not written again where the runner may be reading it.
        if !self.finished.get() {
            self.finished.set(true);
        }
        if self.children.finish() {
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

    #[inline]
    fn free(&self, me: &'static Thread) {
        drop(self.table.take());
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
            self.children.credit(what);
            return;
        }
        // An implicit task is never freed; its count of released children
        // stays 0 so that a long life cannot fill it.
        let what = if self.is_explicit() {
            what
        } else {
            what & FINISHED
        };
        if what == 0 {
            return;
        }
        match self.children.credit_from_afar(what) {
            Then::Nothing => {}
            // The task may be gone by now; its thread's record is not.
            Then::Wake => {
                if let Some(runner) = runner {
                    runner.parker.unpark();
                }
            }
            Then::Free => self.release(me),
        }
    }
}
