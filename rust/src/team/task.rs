//! The record of a task: its data environment, its body, its place in the tree of tasks.
//! [`crate::tasking`] creates, executes and completes tasks; [`crate::parallel`] begins
//! and ends the implicit tasks of a region.
//!
//! # Owners
//!
//! A new task belongs to its creator, until it is pushed into a deque. Then it belongs to
//! the thread that takes it, its *runner*, which executes it. The deque orders the two.
//! Only the owner touches the task's cells, except:
//!
//! - `runner` is set before the first child exists, and does not change while the task has
//!   children. So any thread that completes a child may read it.
//! - `finished`: only the runner touches it, and then the thread that completes the task.
//! - Of a detached task, the thread that completes it may be another than the runner. It
//!   is the owner from the moment that Note [Completing a detached task] in
//!   [`crate::protocol::event`] describes.
//! - `parent`: Note [Walking up the tree of tasks] in [`crate::protocol::walks`].
//! - `standing` is constant from when the task starts, and read by walks.
//! - `children`: Note [Counting children] in [`crate::protocol::children`].
//!
//! # Note [Chains of tasks]
//!
//! A task may create the next one, which creates the one after it, and so on without
//! end. Three things keep such a chain from filling the stack or the memory:
//!
//! - A task that runs inside its creator is one level deeper on the stack
//!   (`level` of its `Standing`). From [`MAX_NESTING`] levels on, new tasks are deferred,
//!   in a team of one thread too. A creator at a level up to [`LEFT_OVER_NESTING`] that
//!   finds tasks left over from deeper levels runs them
//!   ([`crate::tasking::execute::run_left_over`]). So no thread has to wait for tasks that a
//!   task left behind, not even outside of regions. A parent that has deferred so
//!   many tasks that it has [`MAX_DEFERRED_CHILDREN`] unfinished children runs the next
//!   ones inside itself all the same: a stack deeper than `MAX_NESTING` levels by n
//!   means n times `MAX_DEFERRED_CHILDREN` live tasks. Waits of the program nest in
//!   addition.
//! - A finished task stays as long as its children, which count in it.
//!   A task that starts unlinks finished ancestors that have one child left
//!   ([`Task::unlink_nearest`], [`Task::unlink_all`]). So there are about as many
//!   finished tasks as there are live ones, and stacks are deep. One member of a team
//!   at a time looks at all ancestors. The others skip their looks, but wait for their
//!   turn once [`MAX_LINGERING`] tasks of theirs have finished before their children.
//!   Otherwise tasks would pile up for as long as the member that looks, or one that it
//!   waits for, has no processor.
//! - The last child of a finished task frees that task, which may be the last child
//!   of its own parent, and so on. That is a loop, not a recursion ([`Task::release`]).

use crate::construct::depend::Table;
use crate::construct::reduction::Block;
use crate::icv::Icv;
use crate::ompt::record::TaskRecord;
use crate::protocol::children::{Children, Then, FINISHED, RELEASED};
use crate::protocol::walks;
use crate::team::group::Group;
use crate::team::task_memory;
use crate::team::task_node::TaskNode;
use crate::team::thread::{Context, Thread};
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::alloc::Layout;

/// Levels on the stack from which on new tasks are deferred; see Note [Chains of
/// tasks].
const MAX_NESTING: u64 = 255;
/// Levels on the stack up to which a creator runs all tasks that were left over from
/// deeper levels.
const LEFT_OVER_NESTING: u64 = 127;

/// Unfinished children above which a creator runs the next ones itself.
pub(crate) const MAX_DEFERRED_CHILDREN: u64 = 1024;

/// Depth in the tree of tasks from which on a task that starts looks for finished
/// ancestors. Such a look costs a cache line of the parent, and most trees are flat.
const UNLINK_DEPTH: u64 = 32;
/// The least number of such tasks that start on a thread, or finish before their
/// children, between two looks at all ancestors.
const MIN_TASKS_PER_UNLINK: u32 = 16;
/// Tasks that may finish before their children on a thread while another thread looks at
/// all ancestors. With more, the thread waits for its turn before it starts the next one.
const MAX_LINGERING: u32 = 2048;

// The flags of a task.

/// The task may be started by a thread that waits in any task (`untied`).
pub const UNTIED: u8 = 1;
/// The task and its descendants are final: tasks that they create are included.
pub const FINAL: u8 = 2;
/// The body destroys the objects that the copy function made. So it runs even if the task
/// is cancelled.
pub const COPIED: u8 = 4;
/// The parent does not wait for the task. It was an ancestor, and became the parent when
/// the finished tasks between the two were unlinked.
const ADOPTED: u8 = 1 << 7;

/// Three numbers in one word, since every task takes all of them from its parent.
/// Constant from when the task starts.
///
/// | bits   | meaning |
/// |--------|---------|
/// | 0..8   | flags |
/// | 8..48  | the depth: more than that of any ancestor. A task keeps its ancestors, and 2^40 of them fit into no memory |
/// | 48..64 | the level: the number of tasks on the stack below this one, from the implicit task on, plus 2^15 - [`MAX_NESTING`]. So the sign bit says whether the level has reached `MAX_NESTING`. Undeferred tasks may nest any number of times; then the level wraps, as if the stack began there |
#[derive(Clone, Copy)]
struct Standing(u64);

/// The first bit of the depth.
const DEPTH: u32 = 8;
/// The first bit of the level.
const LEVEL: u32 = 48;

impl Standing {
    /// That of an implicit task.
    const IMPLICIT: Standing = Standing(((1 << 15) - MAX_NESTING) << LEVEL);

    /// That of a new child, as if it runs inside this task.
    #[inline(always)]
    fn child(self, flags: u8) -> Standing {
        let inherited = self.0 & (!0 << DEPTH | FINAL as u64);
        Standing(inherited.wrapping_add(1 << DEPTH | 1 << LEVEL) | u64::from(flags))
    }

    /// That of the task when it starts inside `outer` on the stack.
    #[inline]
    fn inside(self, outer: Standing) -> Standing {
        let level = (outer.0 >> LEVEL).wrapping_add(1) << LEVEL;
        Standing(self.0 & !(!0 << LEVEL) | level)
    }

    /// That of the task when it becomes a child of `parent`.
    fn adopted_by(self, parent: Standing) -> Standing {
        let rest = self.0 & (!0 << LEVEL | !(!0 << DEPTH));
        Standing(rest | (parent.depth() + 1) << DEPTH | u64::from(ADOPTED))
    }

    #[inline(always)]
    fn flags(self) -> u8 {
        self.0 as u8
    }

    #[inline(always)]
    fn depth(self) -> u64 {
        (self.0 << (64 - LEVEL)) >> (64 - LEVEL + DEPTH)
    }

    #[inline]
    fn level(self) -> u64 {
        (self.0 >> LEVEL).wrapping_sub(Self::IMPLICIT.0 >> LEVEL) & 0xffff
    }

    /// Whether the level is below [`MAX_NESTING`].
    #[inline(always)]
    fn below_max_nesting(self) -> bool {
        (self.0 as i64) >= 0
    }
}

/// A task: implicit (in a member) or explicit (in a block of
/// [`crate::team::task_memory`], followed by the copy of its data).
///
/// The fields are in the order in which cache lines are needed: first what a thief reads,
/// then what it writes, then what is rarely used.
#[repr(C, align(64))]
pub struct Task {
    /// The parent; null of an implicit task. The owner writes it. When the task has
    /// finished, the member that unlinks ancestors does.
    parent: AtomicPtr<Task>,
    /// The body and its argument, of a deferred task.
    pub(crate) body: Cell<Option<Body>>,
    pub(crate) data: Cell<*mut c_void>,
    /// The innermost taskgroup, in which this task's children count; or null.
    pub(crate) group: Cell<*const Group>,
    /// The taskgroup that counts this task, or null.
    pub(crate) counted_by: Cell<*const Group>,
    /// What a task with dependences, an event or a priority has besides; else
    /// null. It counts in the node's `Arc` until the task completes.
    pub(crate) node: Cell<*const TaskNode>,
    /// The generation of the barrier by which the task has finished.
    pub(crate) phase: Cell<u64>,
    standing: Cell<Standing>,
    /// The counts of the task's children.
    pub(crate) children: Children,
    /// The thread that executes the task, or did.
    runner: Cell<Option<&'static Thread>>,
    /// Which children depend on which; made for the first child with dependences.
    pub(crate) table: Cell<Option<Box<Table<TaskNode>>>>,
    /// The next block in a list of free ones, if this is free.
    pub(crate) next_free: Cell<Option<&'static Task>>,
    /// The innermost task reductions, which this task and its children may name.
    pub(crate) reductions: Cell<Option<Block>>,
    /// The data environment's ICVs.
    pub icv: Cell<Icv>,
    /// The size of the block, and the logarithm of its alignment. Constant.
    size: usize,
    align: u8,
    /// Whether the runner counts children like any other thread: the body has ended.
    finished: Cell<bool>,
}

#[cfg(not(loom))] // its atomics are larger
const _: () = assert!(size_of::<Task>() == 192);

/// A task has finished before its children; see [`Task::unlink_ancestors`].
#[inline]
fn linger(me: &'static Thread) {
    let tasks = &me.context().member.tasks;
    tasks
        .until_unlink
        .set(tasks.until_unlink.get().saturating_sub(1));
    tasks.lingering.set(tasks.lingering.get().saturating_add(1));
}

impl Task {
    /// An implicit task that no thread executes yet.
    pub(crate) fn implicit() -> Task {
        Task::free(Layout::new::<Task>())
    }

    /// A task that is not in use, for fresh memory of this layout.
    pub(crate) fn free(layout: Layout) -> Task {
        Task {
            parent: AtomicPtr::new(core::ptr::null_mut()),
            body: Cell::new(None),
            data: Cell::new(core::ptr::null_mut()),
            group: Cell::new(core::ptr::null()),
            counted_by: Cell::new(core::ptr::null()),
            node: Cell::new(core::ptr::null()),
            phase: Cell::new(0),
            standing: Cell::new(Standing::IMPLICIT),
            children: Children::new(),
            runner: Cell::new(None),
            table: Cell::new(None),
            next_free: Cell::new(None),
            reductions: Cell::new(None),
            icv: Cell::new(crate::icv::globals().initial),
            size: layout.size(),
            align: layout.align().trailing_zeros() as u8,
            finished: Cell::new(false),
        }
    }

    /// Whether the block has this layout.
    #[inline(always)]
    pub(crate) fn has_layout(&self, layout: Layout) -> bool {
        self.size == layout.size() && u32::from(self.align) == layout.align().trailing_zeros()
    }

    /// The layout of the block.
    pub(crate) fn layout(&self) -> Layout {
        // SAFETY: size and alignment came from a layout.
        unsafe { Layout::from_size_align_unchecked(self.size, 1 << self.align) }
    }

    /// The part of an explicit task for the tool: the end of its block, where
    /// [`mod@crate::tasking::create`] leaves room if there is a tool.
    pub(crate) fn tool(&'static self) -> &'static TaskRecord {
        let offset = self.size - size_of::<TaskRecord>();
        // SAFETY: the block has room for a record there; the first use writes all of it
        // by cells. Zeros and any numbers are valid in it.
        unsafe { &*task_memory::address_in_block(self, offset).cast::<TaskRecord>() }
    }

    /// Begins an implicit task of a region on the calling thread. The tasks of the
    /// member's last region are all done, so no other thread counts here.
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
        if self.children.any() {
            self.clear();
        }
    }

    /// The implicit task has ended, and its children are done.
    pub(crate) fn end_implicit(&self) {
        drop(self.table.take());
        self.reductions.set(None);
        self.group.set(core::ptr::null());
        self.runner.set(None);
    }

    /// Makes a free block an explicit task.
    #[inline(always)]
    pub(crate) fn begin(&self, parent: &'static Task, phase: u64, flags: u8) {
        self.set_parent(parent);
        self.group.set(parent.group.get());
        self.phase.set(phase);
        self.standing.set(parent.standing.get().child(flags));
        self.reductions.set(parent.reductions.get());
        self.icv.set(parent.icv.get());
    }

    /// The task is to be deferred: its runner calls `body` with `data`.
    #[inline(always)]
    pub(crate) fn defer(&self, body: Body, data: *mut c_void) {
        self.body.set(Some(body));
        self.data.set(data);
        self.counted_by.set(core::ptr::null());
        self.node.set(core::ptr::null());
    }

    /// The parent; `None` of an implicit task.
    #[inline(always)]
    pub(crate) fn parent(&self) -> Option<&'static Task> {
        // SAFETY: null or a task. A task's parent lives as long as the task, and the
        // caller knows that the task lives; or the caller walks (Note [Walking up the
        // tree of tasks] in `protocol::walks`). Ancestors began before the task was made,
        // so a thread that has the task sees all that they wrote before.
        unsafe { self.parent.load(Ordering::Relaxed).as_ref() }
    }

    #[inline(always)]
    fn set_parent(&self, parent: &'static Task) {
        let parent = core::ptr::from_ref(parent).cast_mut();
        self.parent.store(parent, Ordering::Relaxed);
    }

    /// Whether this is an explicit task.
    #[inline]
    pub fn is_explicit(&self) -> bool {
        self.parent().is_some()
    }

    /// Whether the task or an ancestor was created with a true `final`.
    pub fn is_final(&self) -> bool {
        self.standing.get().flags() & FINAL != 0
    }

    /// Whether the task has this flag.
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.standing.get().flags() & flag != 0
    }

    /// The thread executes the task from now on, inside its parent.
    #[inline(always)]
    pub(crate) fn start(&self, runner: &'static Thread) {
        self.runner.set(Some(runner));
    }

    /// The thread executes the task, which was deferred, inside `outer`.
    #[inline]
    pub(crate) fn start_in(&self, outer: &Task, runner: &'static Thread) {
        let standing = self.standing.get();
        self.standing.set(standing.inside(outer.standing.get()));
        if standing.depth() >= UNLINK_DEPTH {
            self.unlink_ancestors(runner);
        }
        self.start(runner);
    }

    /// Unlinks finished ancestors: the nearest at once, others now and then. A look at
    /// all costs as many steps as there are ancestors left, so none follows for as many
    /// tasks. The number varies, so that two chains that take turns each get their looks.
    #[cold]
    #[inline(never)]
    fn unlink_ancestors(&self, me: &'static Thread) {
        self.unlink_nearest(me);
        let until_unlink = &me.context().member.tasks.until_unlink;
        match until_unlink.get().checked_sub(1) {
            Some(left) => until_unlink.set(left),
            None => {
                let left = self.unlink_all(me);
                let least = MIN_TASKS_PER_UNLINK;
                until_unlink.set(least.max(left) + me.search.next_random() % least);
            }
        }
    }

    /// The task is about to start, and frees the nearest finished ancestors that only it
    /// keeps from being freed. No other thread can get to them: they have no other child,
    /// and this task has none yet.
    fn unlink_nearest(&self, me: &'static Thread) {
        while let Some(parent) = self.parent() {
            if !parent.children.is_last_of_finished() {
                break;
            }
            // Loaded after `is_last_of_finished`: a member that unlinked here before did so
            // for one of the other children.
            let Some(grandparent) = parent.parent() else {
                break;
            };
            // The grandparent knows that the parent has finished, and still counts it as
            // not released. This task takes the parent's place.
            self.set_parent(grandparent);
            let standing = self.standing.get();
            self.standing
                .set(standing.adopted_by(grandparent.standing.get()));
            parent.free_block(me);
        }
    }

    /// The task is about to start, and unlinks all finished ancestors that have one child
    /// left, if that child has finished too: then only the member that unlinks writes the
    /// child's `parent`. Other members may be walking there, so the ancestors are freed
    /// when no walker can be at them any more. Answers about how many ancestors are left.
    ///
    /// A member that waits for its turn sleeps, and helps with nothing: more tasks would
    /// lengthen the paths that the turn is to shorten. The wait ends. It is for the turns of
    /// other members, and a turn waits for walks only, each of which ends by itself. A member
    /// that waits is not in a walk, and no turn and no walk calls the program or the host.
    /// So the processor that it leaves is all that it could give.
    fn unlink_all(&self, me: &'static Thread) -> u32 {
        let Context { team, member, .. } = me.context();
        let turn = match team.tasks.unlinking.try_lock() {
            Some(turn) => turn,
            None if member.tasks.lingering.get() < MAX_LINGERING => return 0,
            None => team.tasks.unlinking.lock(),
        };
        member.tasks.lingering.set(0);
        let (mut task, mut left, mut gone) = (self, 0_u32, None);
        while let Some(parent) = task.parent() {
            let Some(grandparent) = parent.parent() else {
                break;
            };
            let mine = core::ptr::eq(task, self);
            if parent.children.is_last_of_finished() && (mine || task.children.has_finished()) {
                task.set_parent(grandparent);
                if mine {
                    let standing = task.standing.get();
                    task.standing
                        .set(standing.adopted_by(grandparent.standing.get()));
                }
                parent.next_free.set(gone);
                gone = Some(parent);
            } else {
                task = parent;
                left = left.saturating_add(1);
            }
        }
        if gone.is_some() && team.size() > 1 {
            let others = team
                .active_members()
                .iter()
                .filter(|other| other.num != member.num);
            walks::settle(others.map(|other| &*other.tasks.walking));
        }
        drop(turn);
        while let Some(task) = gone {
            gone = task.next_free.get();
            task.free_block(me);
        }
        left.min(u32::MAX / 2)
    }

    /// Whether the counts have room for one more deferred child.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        !self.is_explicit() || self.children.has_room()
    }

    /// Whether a child may run inside this task's body, as far as the stack is
    /// concerned; see Note [Chains of tasks].
    #[inline(always)]
    pub(crate) fn may_nest(&self) -> bool {
        self.below_max_nesting() || self.has_many_children()
    }

    /// Whether the task has deferred so many children that it should run some itself.
    #[cold]
    #[inline(never)]
    fn has_many_children(&self) -> bool {
        self.children.unfinished() > MAX_DEFERRED_CHILDREN
    }

    /// Whether the task is at a level below [`MAX_NESTING`].
    #[inline(always)]
    pub(crate) fn below_max_nesting(&self) -> bool {
        self.standing.get().below_max_nesting()
    }

    /// How deep in the tree of tasks it is: deeper than any ancestor.
    pub(crate) fn depth(&self) -> u64 {
        self.standing.get().depth()
    }

    /// Tasks that may be left over from deeper levels when a child has returned
    /// into this task's body.
    pub(crate) fn max_left_over(&self) -> usize {
        if self.standing.get().level() <= LEFT_OVER_NESTING {
            0
        } else {
            MAX_DEFERRED_CHILDREN as usize
        }
    }

    /// Whether the task descends from `ancestor`. The caller has taken the task from a
    /// deque, and it has not begun.
    pub(crate) fn descends_from(&self, ancestor: &Task, me: &'static Thread) -> bool {
        let depth = ancestor.standing.get().depth();
        let Some(parent) = self.parent() else {
            return false;
        };
        if core::ptr::eq(parent, ancestor) {
            return true;
        }
        if parent.standing.get().depth() <= depth {
            return false;
        }
        me.context().member.tasks.walking.during(|| {
            let mut task = parent;
            while task.standing.get().depth() > depth {
                match task.parent() {
                    Some(parent) => task = parent,
                    None => return false,
                }
            }
            core::ptr::eq(task, ancestor)
        })
    }

    /// Whether a thread that waits in `suspended` may start the task; see
    /// Note [Task scheduling constraint] in [`crate::tasking`]. Deep on the stack it
    /// starts descendants only: waits inside other tasks would nest without end.
    #[inline]
    pub(crate) fn may_start_in(&self, suspended: &Task, me: &'static Thread) -> bool {
        self.has(UNTIED) && suspended.below_max_nesting() || self.descends_from(suspended, me)
    }

    /// The body has ended on this thread, and another thread may complete the task. From
    /// now on the task's local counts do not change. Runner only.
    pub(crate) fn stop_counting_locally(&self) {
        self.finished.set(true);
    }

    /// In the child of a fork: the task, if it is an explicit one, belongs to the parent
    /// process; see Note [Returning in the child] in [`crate::atfork`].
    #[cold]
    pub(crate) fn abandon(&self) {
        if self.is_explicit() {
            self.children.abandon();
        }
    }

    /// The task completes: tells the parent, and frees the task unless children still
    /// point at it; then the last of them frees it. The runner calls this, or another
    /// thread after the runner has called `stop_counting_locally`.
    #[inline]
    pub(crate) fn finish(&'static self, me: &'static Thread) {
        let Some(parent) = self.parent() else {
            return;
        };
        let finished = if self.has(ADOPTED) { 0 } else { FINISHED };
        if self.children.none_left() {
            self.free_block(me);
            parent.credit(me, finished | RELEASED);
            return;
        }
        parent.credit(me, finished);
        // Not written a second time, when the runner may read it at the same time.
        if !self.finished.get() {
            self.finished.set(true);
        }
        if self.children.finish() {
            self.release(me);
        } else {
            linger(me);
        }
    }

    /// Frees a finished task whose children are gone, and tells its parent. If that was
    /// the last child of a finished parent, the parent is next.
    #[cold]
    fn release(&'static self, me: &'static Thread) {
        let mut task = self;
        loop {
            let parent = task.parent();
            task.free_block(me);
            match parent {
                Some(parent) if parent.is_last_credit(me, RELEASED) => task = parent,
                _ => break,
            }
        }
    }

    /// Gives the task's block to the thread's free blocks.
    #[inline(always)]
    pub(crate) fn free_block(&'static self, me: &'static Thread) {
        if self.children.any() {
            self.clear();
        }
        self.finished.set(false);
        // SAFETY: explicit tasks are in blocks of a task cache, and the counts say that
        // no thread will use this one again.
        unsafe { me.task_cache.put(self) };
    }

    /// Makes a task that had children like one that had none.
    #[cold]
    #[inline(never)]
    fn clear(&self) {
        drop(self.table.take());
        self.children.reset();
    }

    /// A child has finished ([`FINISHED`]), or its memory is gone ([`RELEASED`]), or
    /// both.
    #[inline]
    fn credit(&'static self, me: &'static Thread, what: u64) {
        if self.is_last_credit(me, what) {
            self.release(me);
        }
    }

    /// The same. True if the caller is to release the task.
    #[inline]
    fn is_last_credit(&'static self, me: &'static Thread, what: u64) -> bool {
        let runner = self.runner.get();
        if runner.is_some_and(|runner| core::ptr::eq(runner, me)) && !self.finished.get() {
            self.children.credit_local(what);
            return false;
        }
        // An implicit task is never freed. Its count of released children stays 0, so
        // that a long life cannot fill it.
        let what = if self.is_explicit() {
            what
        } else {
            what & FINISHED
        };
        if what == 0 {
            return false;
        }
        match self.children.credit_remote(what) {
            Then::Nothing => false,
            // The task may be gone by now. Its thread's record is not.
            Then::Wake => {
                if let Some(runner) = runner {
                    runner.parker.unpark();
                }
                false
            }
            Then::Free => true,
        }
    }
}

/// A region's body, as the compiler outlines it.
///
/// `"C"` and not `"C-unwind"`: GHC's runtime system ends threads whose in-call
/// is interrupted by program exit with `pthread_exit`, which unwinds. The crate
/// is built with `panic = "abort"`; frames of plain `"C"` calls then have
/// nothing that would stop the unwinding, those of `"C-unwind"` calls abort.
pub type Body = unsafe extern "C" fn(*mut c_void);
