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

/// See [`Task::may_nest`].
const STRETCH: u32 = 256;

/// A task: implicit (in a seat) or explicit (in a block of
/// [`super::alloc`], followed by the copy of its data). In the order in which
/// lines are needed: what a thief reads; what it writes; what few ask for.
#[repr(C, align(64))]
pub struct Task {
    parent: Cell<Option<&'static Task>>,
    pub(super) body: Cell<Option<Body>>,
    pub(super) data: Cell<*mut c_void>,
    /// Innermost taskgroup that this task's children belong to.
    pub(super) group: Cell<*const Group>,
    /// The taskgroup that counts this task.
    pub(super) joined: Cell<*const Group>,
    /// What a task with dependences, an event or a priority has besides; else
    /// null. A count of an `Arc`, until the task completes.
    pub(super) special: Cell<*const Special>,
    /// The generation of the barrier that the task is finished by.
    pub(super) phase: Cell<u64>,
    /// Ancestors that are tasks of the region; 0 for an implicit task.
    depth: Cell<u32>,
    pub(super) flags: Cell<u8>,
    finished: Cell<bool>,
    pub(super) children: Children,
    runner: Cell<Option<&'static Thread>>,
    /// Which of its children depend on which; made for the first that might.
    pub(super) table: Cell<Option<Box<Table<Special>>>>,
    /// The next free block, if this is one.
    pub(super) next_free: Cell<Option<&'static Task>>,
    /// The innermost task reductions that this task's children may name.
    pub(super) reductions: Cell<Option<Block>>,
    /// The data environment's ICVs.
    pub icv: Cell<Icv>,
    /// Of the block.
    pub(super) layout: Layout,
}

impl Task {
    /// An implicit task that nobody executes yet.
    pub(crate) fn implicit() -> Task {
        Task::free(Layout::new::<Task>())
    }

    /// A task that is not in use, to be written into fresh memory of this
    /// layout.
    pub(super) fn free(layout: Layout) -> Task {
        Task {
            parent: Cell::new(None),
            body: Cell::new(None),
            data: Cell::new(core::ptr::null_mut()),
            group: Cell::new(core::ptr::null()),
            joined: Cell::new(core::ptr::null()),
            special: Cell::new(core::ptr::null()),
            phase: Cell::new(0),
            depth: Cell::new(0),
            flags: Cell::new(0),
            finished: Cell::new(false),
            children: Children::new(),
            runner: Cell::new(None),
            table: Cell::new(None),
            next_free: Cell::new(None),
            reductions: Cell::new(None),
            icv: Cell::new(crate::icv::globals().initial),
            layout,
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

    /// The implicit task's thread is done with it, and so are its children.
    pub(crate) fn end_implicit(&self) {
        drop(self.table.take());
        self.reductions.set(None);
        self.group.set(core::ptr::null());
        self.runner.set(None);
    }

    /// Starts an explicit task in a free block.
    #[inline(always)]
    pub(super) fn begin(&self, parent: &'static Task, phase: u64, flags: u8) {
        self.parent.set(Some(parent));
        self.group.set(parent.group.get());
        self.phase.set(phase);
        self.depth.set(parent.depth.get() + 1);
        self.flags.set(flags);
        self.reductions.set(parent.reductions.get());
        self.icv.set(parent.icv.get());
    }

    /// The task may be executed by any thread: `body` with `data`.
    #[inline(always)]
    pub(super) fn defer(&self, body: Body, data: *mut c_void) {
        self.body.set(Some(body));
        self.data.set(data);
        self.joined.set(core::ptr::null());
        self.special.set(core::ptr::null());
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

    /// Whether a child may be executed inside this task's body, for all that the
    /// stack has to hold. A chain of tasks, each creating the next, may be of any
    /// length; so in every [`STRETCH`] generations one is deferred.
    #[inline(always)]
    pub(super) fn may_nest(&self) -> bool {
        self.depth.get() % STRETCH != STRETCH - 1
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

    /// The task, which its creator executed at once in a block of `get_small`,
    /// completes. Its parent has not counted it, and need not unless children
    /// still point at it.
    #[inline(always)]
    pub(super) fn finish_at_once(&'static self, me: &'static Thread) {
        if self.children.any() {
            self.finish_uncounted(me);
        } else {
            // SAFETY: it lies in such a block, and nobody will use it again,
            // having had no children that are counted.
            unsafe { me.task_cache.put_small(self) };
        }
    }

    /// As `finish_at_once`, in any block.
    #[inline(never)]
    pub(super) fn finish_uncounted(&'static self, me: &'static Thread) {
        match self.parent.get() {
            Some(parent) if !self.children.none_left() => {
                parent.children.add();
                self.finish(me);
            }
            _ => self.free_block(me),
        }
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
            self.free_block(me);
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
        self.free_block(me);
        if let Some(parent) = parent {
            parent.credit(me, RELEASED);
        }
    }

    #[inline(always)]
    fn free_block(&'static self, me: &'static Thread) {
        if self.children.any() {
            self.clear();
        }
        self.finished.set(false);
        // SAFETY: explicit tasks lie in blocks of the cache, and the counts say
        // that nobody will use this one again.
        unsafe { me.task_cache.put(self) };
    }

    /// A task that had children is as one that had none.
    #[cold]
    #[inline(never)]
    fn clear(&self) {
        drop(self.table.take());
        self.children.reset();
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
