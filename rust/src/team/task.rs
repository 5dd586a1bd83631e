//! A task: its data environment, its body, its place in the tree of tasks.
//!
//! `runner` is set before the first child exists and never changed, so any
//! thread may read it; whether the parent has finished is read only by its
//! runner. For the rest see Note [Counting children] in [`crate::protocol::children`].
//!
//! # Note [Chains of tasks]
//!
//! A task may create the next one, that the one after it, and so on without
//! end. Three things keep such a chain from filling the stack or the memory:
//!
//! - A task that runs inside its creator is one level deeper on the stack
//!   (`level` of its `Standing`). From [`NEST`] levels on, new tasks are deferred, in a
//!   team of one too. The creator above the middle that finds tasks left over
//!   from the levels below runs them ([`crate::tasking::execute::catch_up`]). So nobody
//!   has to wait for tasks that a task left behind, also outside of regions.
//!   A parent that defers so many that it has MANY unfinished children runs the
//!   next ones inside itself all the same: a stack deeper than NEST levels by n
//!   means n times MANY live tasks. Waits of the program nest in addition.
//! - A finished task stays for as long as its children, which count with it.
//!   A task that starts gets rid of finished ancestors that have one child
//!   left ([`Task::skip_finished`], [`Task::shorten`]). So there are about as many
//!   finished tasks as there are live ones, and stacks are deep.
//! - The last child of a finished task frees that, which may be the last child
//!   of its own parent, and so on: a loop, not a recursion ([`Task::release`]).

use crate::construct::depend::Table;
use crate::construct::reduction::Block;
use crate::icv::Icv;
use crate::protocol::children::{Children, Then, FINISHED, RELEASED};
use crate::protocol::walks;
use crate::team::group::Group;
use crate::team::task_node::TaskNode;
use crate::team::thread::{Context, Thread};
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::alloc::Layout;

/// Levels on the stack at which new tasks are deferred; see Note [Chains of
/// tasks].
const NEST: u64 = 255;
/// Levels up to which a creator runs all that was left over below.
const MIDDLE: u64 = 127;

/// Unfinished children above which a creator runs the next ones itself.
pub(crate) const MANY: u64 = 1024;

/// Depth in the tree of tasks from which a task that starts looks for finished
/// ancestors: such a look costs a line of the parent, and most trees are flat.
const DEEP: u64 = 32;
/// Such tasks that start on a thread from one look at all ancestors to the next, at
/// least.
const LOOK_UP: u32 = 16;

/// A flag besides those of [`crate::tasking::create::create()`]: the parent does not wait for the
/// task, since it was the parent of a parent.
const ADOPTED: u8 = 1 << 7;

/// Three numbers in one word, since every task takes all from its parent. It is
/// constant from when the task starts.
///
/// | bits   | meaning |
/// |--------|---------|
/// | 0..8   | flags |
/// | 8..48  | the depth: more than that of any ancestor. A task keeps its ancestors, and 2^40 fit into no memory |
/// | 48..64 | the level: tasks on the stack below this one, from the implicit task on; plus 2^15 - NEST, so that the sign says whether it is NEST. Undeferred tasks may nest any number of times; then it wraps, as if the stack began there |
#[derive(Clone, Copy)]
struct Standing(u64);

const DEPTH: u32 = 8;
const LEVEL: u32 = 48;

impl Standing {
    /// Of an implicit task.
    const IMPLICIT: Standing = Standing(((1 << 15) - NEST) << LEVEL);

    /// Of a child that runs at once.
    #[inline(always)]
    fn child(self, flags: u8) -> Standing {
        let inherited = self.0 & (!0 << DEPTH | crate::team::task::FINAL as u64);
        Standing(inherited.wrapping_add(1 << DEPTH | 1 << LEVEL) | u64::from(flags))
    }

    /// Of the task when it starts inside `outer`.
    #[inline]
    fn inside(self, outer: Standing) -> Standing {
        let level = (outer.0 >> LEVEL).wrapping_add(1) << LEVEL;
        Standing(self.0 & !(!0 << LEVEL) | level)
    }

    /// Of the task when it is a child of `parent`'s.
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

    /// Whether the level is below NEST.
    #[inline(always)]
    fn is_shallow(self) -> bool {
        (self.0 as i64) >= 0
    }
}

/// A task: implicit (in a member) or explicit (in a block of
/// [`crate::team::task_memory`], followed by the copy of its data). In the order in which
/// lines are needed: what a thief reads; what it writes; what few ask for.
#[repr(C, align(64))]
pub struct Task {
    /// Written by who begins or starts the task, and, when it has finished, by
    /// who shortens a path; see Note [Walking up the tree of tasks].
    parent: AtomicPtr<Task>,
    pub(crate) body: Cell<Option<Body>>,
    pub(crate) data: Cell<*mut c_void>,
    /// Innermost taskgroup that this task's children belong to.
    pub(crate) group: Cell<*const Group>,
    /// The taskgroup that counts this task.
    pub(crate) joined: Cell<*const Group>,
    /// What a task with dependences, an event or a priority has besides; else
    /// null. A count of an `Arc`, until the task completes.
    pub(crate) node: Cell<*const TaskNode>,
    /// The generation of the barrier that the task is finished by.
    pub(crate) phase: Cell<u64>,
    standing: Cell<Standing>,
    pub(crate) children: Children,
    runner: Cell<Option<&'static Thread>>,
    /// Which of its children depend on which; made for the first that might.
    pub(crate) table: Cell<Option<Box<Table<TaskNode>>>>,
    /// The next free block, if this is one.
    pub(crate) next_free: Cell<Option<&'static Task>>,
    /// The innermost task reductions that this task's children may name.
    pub(crate) reductions: Cell<Option<Block>>,
    /// The data environment's ICVs.
    pub icv: Cell<Icv>,
    /// Of the block: its size, and the logarithm of its alignment.
    size: usize,
    align: u8,
    finished: Cell<bool>,
}

const _: () = assert!(size_of::<Task>() == 192);

impl Task {
    /// An implicit task that nobody executes yet.
    pub(crate) fn implicit() -> Task {
        Task::free(Layout::new::<Task>())
    }

    /// A task that is not in use, to be written into fresh memory of this
    /// layout.
    pub(crate) fn free(layout: Layout) -> Task {
        Task {
            parent: AtomicPtr::new(core::ptr::null_mut()),
            body: Cell::new(None),
            data: Cell::new(core::ptr::null_mut()),
            group: Cell::new(core::ptr::null()),
            joined: Cell::new(core::ptr::null()),
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

    /// That of the block.
    pub(crate) fn layout(&self) -> Layout {
        // SAFETY: these came from a layout.
        unsafe { Layout::from_size_align_unchecked(self.size, 1 << self.align) }
    }

    /// Starts an implicit task of a region on the calling thread. The tasks of
    /// the member's last region are all done, so nobody else counts here.
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
            self.clear(); // of the table, too
        }
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
    pub(crate) fn begin(&self, parent: &'static Task, phase: u64, flags: u8) {
        self.set_parent(parent);
        self.group.set(parent.group.get());
        self.phase.set(phase);
        self.standing.set(parent.standing.get().child(flags));
        self.reductions.set(parent.reductions.get());
        self.icv.set(parent.icv.get());
    }

    /// The task may be executed by any thread: `body` with `data`.
    #[inline(always)]
    pub(crate) fn defer(&self, body: Body, data: *mut c_void) {
        self.body.set(Some(body));
        self.data.set(data);
        self.joined.set(core::ptr::null());
        self.node.set(core::ptr::null());
    }

    #[inline(always)]
    pub(crate) fn parent(&self) -> Option<&'static Task> {
        // SAFETY: null or a task. A task's parent lives as long as the task, which
        // who asks knows to live; or who asks walks (Note [Walking up the tree
        // of tasks]). Ancestors began before the task was made, so whoever has
        // the task sees all there is to see of them.
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
        self.standing.get().flags() & crate::team::task::FINAL != 0
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
        if standing.depth() >= DEEP {
            self.look_up(runner);
        }
        self.start(runner);
    }

    /// Gets rid of finished ancestors: of the nearest at once, of others now and
    /// then. A look at all costs as many steps as there are ancestors left,
    /// and no other follows for as many tasks. Not always as many, so that of
    /// two chains in turn each gets its looks.
    #[cold]
    #[inline(never)]
    fn look_up(&self, me: &'static Thread) {
        self.skip_finished(me);
        let due = &me.context().member.tasks.due;
        match due.get().checked_sub(1) {
            Some(left) => due.set(left),
            None => {
                let left = self.shorten(me);
                due.set(LOOK_UP.max(left) + me.search.next_random() % LOOK_UP);
            }
        }
    }

    /// A task that is about to start gets rid of finished ancestors that only it
    /// keeps from being freed. Nobody else can get to them: they have no
    /// other child, and this task has none yet.
    fn skip_finished(&self, me: &'static Thread) {
        while let Some(parent) = self.parent() {
            if !parent.children.is_last_of_finished() {
                break;
            }
            // Loaded after that was known: whoever shortened a path here before had
            // the other children on it.
            let Some(grandparent) = parent.parent() else {
                break;
            };
            // The grandparent knows that the parent has finished, and still
            // counts it as not released: this task takes its place.
            self.set_parent(grandparent);
            let standing = self.standing.get();
            self.standing
                .set(standing.adopted_by(grandparent.standing.get()));
            parent.free_block(me);
        }
    }

    /// A task that is about to start unlinks all finished ancestors that have one
    /// child left, if that has finished too: nobody but who shortens a path
    /// writes the parent of such a child. Others may be walking there, so they are
    /// freed when nobody can be. Answers how many ancestors are left, about.
    fn shorten(&self, me: &'static Thread) -> u32 {
        let Context { team, member, .. } = me.context();
        // Acquire and release: one at a time in a team.
        if team.tasks.shortening.swap(true, Ordering::Acquire) {
            return 0;
        }
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
        team.tasks.shortening.store(false, Ordering::Release);
        while let Some(task) = gone {
            gone = task.next_free.get();
            task.free_block(me);
        }
        left.min(u32::MAX / 2)
    }

    /// Whether the task may defer one more child.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        !self.is_explicit() || self.children.has_room()
    }

    /// Whether a child may be executed inside this task's body, for all that the
    /// stack has to hold; see Note [Chains of tasks].
    #[inline(always)]
    pub(crate) fn may_nest(&self) -> bool {
        self.is_shallow() || self.has_many()
    }

    /// Whether the task has deferred so many children that it should run some.
    #[cold]
    #[inline(never)]
    fn has_many(&self) -> bool {
        self.children.unfinished() > MANY
    }

    /// Whether nothing of the task's own is in the way of one more on the stack.
    #[inline(always)]
    pub(crate) fn is_shallow(&self) -> bool {
        self.standing.get().is_shallow()
    }

    /// Tasks that may be left over from deeper levels when a child has returned
    /// into this task's body.
    pub(crate) fn tolerates(&self) -> usize {
        if self.standing.get().level() <= MIDDLE {
            0
        } else {
            MANY as usize
        }
    }

    /// Whether the task, which is the caller's and has not begun, descends from
    /// `ancestor`.
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

    /// Whether a thread that waits in `suspended` may start the task; see Note
    /// [Task scheduling constraint].
    /// Deep on the stack it starts no strangers: waits inside them would nest
    /// without end.
    #[inline]
    pub(crate) fn may_start_in(&self, suspended: &Task, me: &'static Thread) -> bool {
        self.has(crate::team::task::UNTIED) && suspended.is_shallow()
            || self.descends_from(suspended, me)
    }

    /// The body has ended on this thread, and another may complete the task:
    /// its own counts stay as they are. Runner only.
    pub(crate) fn stop_counting_here(&self) {
        self.finished.set(true);
    }

    /// In the child of a fork: the task, if it is an explicit one, is the parent's;
    /// see Note [Returning in the child] in [`crate::atfork`].
    #[cold]
    pub(crate) fn abandon(&self) {
        if self.is_explicit() {
            self.children.abandon();
        }
    }

    /// The task completes: tells the parent, and frees the task unless children
    /// still point at it (then the last of them does). The runner calls this,
    /// or another thread after the runner's `stop_counting_here`.
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
        // Not written again where the runner may be reading it.
        if !self.finished.get() {
            self.finished.set(true);
        }
        if self.children.finish() {
            self.release(me);
        }
    }

    /// Frees a finished task without children and tells its parent, which may
    /// have finished too and have waited for just this.
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

    #[inline(always)]
    pub(crate) fn free_block(&'static self, me: &'static Thread) {
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
        if self.is_last_credit(me, what) {
            self.release(me);
        }
    }

    /// The same; true if the caller releases the task.
    #[inline]
    fn is_last_credit(&'static self, me: &'static Thread, what: u64) -> bool {
        let runner = self.runner.get();
        if runner.is_some_and(|runner| core::ptr::eq(runner, me)) && !self.finished.get() {
            self.children.credit(what);
            return false;
        }
        // An implicit task is never freed; its count of released children
        // stays 0 so that a long life cannot fill it.
        let what = if self.is_explicit() {
            what
        } else {
            what & FINISHED
        };
        if what == 0 {
            return false;
        }
        match self.children.credit_from_afar(what) {
            Then::Nothing => false,
            // The task may be gone by now; its thread's record is not.
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

/// The task and its descendants are included (flag of a task).
pub const FINAL: u8 = 2;

/// The task may be started by a thread that waits in any task.
pub const UNTIED: u8 = 1;

/// The body ends objects that `copy` makes, so it runs even if it is cancelled.
pub const COPIED: u8 = 4;

/// A region's body, as the compiler outlines it.
///
/// `"C"` and not `"C-unwind"`: GHC's runtime system ends threads whose in-call
/// is interrupted by program exit with `pthread_exit`, which unwinds. The crate
/// is built with `panic = "abort"`; frames of plain `"C"` calls then have
/// nothing that would stop the unwinding, those of `"C-unwind"` calls abort.
pub type Body = unsafe extern "C" fn(*mut c_void);
