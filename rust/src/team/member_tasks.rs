//! A member's part for tasking: its deque, the cut-off that decides whether a new task is
//! deferred, and the counts that others read. [`crate::tasking`] acts on it.

use crate::protocol::host_tasks::HostSleeper;
use crate::protocol::task_counts::TaskCounts;
use crate::protocol::walks::Walking;
use crate::sync::owned::Owned;
use crate::team::task::Task;
use core::ffi::c_void;
use crossbeam_deque::{Stealer, Worker};
use crossbeam_utils::CachePadded;

/// The least that [`MemberTasks::cut_off`] can be, in tasks.
const MIN_CUT_OFF: usize = 4;
/// The most that it can be, in tasks.
const MAX_CUT_OFF: usize = 512;

/// A deferred task in a deque.
pub(crate) struct TaskRef(pub &'static Task);

// SAFETY: one thread at a time uses a deferred task: its creator until it is pushed, then
// the thread that takes it. The deque orders the two. What several threads touch is
// atomic: Note [Counting children] in `protocol::children`.
unsafe impl Send for TaskRef {}

/// A member's part for tasking. The thread that has joined as the member owns the
/// [`Owned`] fields; what other threads touch says so.
pub struct MemberTasks {
    /// The member's deque. Owner only.
    pub(crate) deque: Worker<TaskRef>,
    /// The deque's other end. Any member takes tasks here.
    pub(crate) stealer: Stealer<TaskRef>,
    /// The cut-off: with this many tasks in the deque the member runs new tasks at once;
    /// see Note [The cut-off] in [`crate::tasking::execute`].
    pub(crate) cut_off: Owned<usize>,
    /// The generation + 1 for which the member has listed itself among the members that
    /// may have tasks, and among those that count; else 0. See Note [Who has tasks] in
    /// [`crate::tasking::queues`].
    pub(crate) listed: Owned<u64>,
    /// The member's looks at the ancestors of a task. The member writes it; a member that
    /// unlinks ancestors reads it.
    pub(crate) walking: CachePadded<Walking>,
    /// Tasks deep in the tree that are still to start, or to finish before their
    /// children, until the member unlinks finished ancestors of one.
    pub(crate) until_unlink: Owned<u32>,
    /// Tasks that finished here before their children did, since the member did so last.
    pub(crate) lingering: Owned<u32>,
    /// Whether the member is among those that count tasks in this region. The counts
    /// are 0 until it is.
    pub(crate) counted: Owned<bool>,
    /// The tasks that the member created and executed. The member writes them, except
    /// for those completed from outside; all members read them.
    pub(crate) counts: CachePadded<TaskCounts>,
    /// What the host keeps here for its own tasks, or null.
    pub(crate) host_data: Owned<*mut c_void>,
    /// The member's sleep for tasks of the host. The members that wake it touch it too.
    pub(crate) host_sleeper: CachePadded<HostSleeper>,
}

impl MemberTasks {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> MemberTasks {
        let deque = Worker::new_lifo();
        let stealer = deque.stealer();
        MemberTasks {
            deque,
            stealer,
            cut_off: Owned::new(MIN_CUT_OFF),
            listed: Owned::new(0),
            walking: CachePadded::new(Walking::new()),
            until_unlink: Owned::new(0),
            lingering: Owned::new(0),
            counted: Owned::new(false),
            counts: CachePadded::new(TaskCounts::new()),
            host_data: Owned::new(core::ptr::null_mut()),
            host_sleeper: CachePadded::new(HostSleeper::new()),
        }
    }

    /// The member's next thread owns the part.
    #[inline(always)]
    pub(crate) fn hand_over(&self) {
        let MemberTasks {
            deque: _,
            stealer: _,
            cut_off,
            listed,
            walking: _,
            until_unlink,
            lingering,
            counted,
            counts: _,
            host_data,
            host_sleeper: _,
        } = self;
        cut_off.hand_over();
        listed.hand_over();
        until_unlink.hand_over();
        lingering.hand_over();
        counted.hand_over();
        host_data.hand_over();
    }

    /// In the child of a fork, which may not be the thread that owned this: the host
    /// keeps nothing here.
    pub(crate) fn inherit(&self) {
        self.host_data.hand_over();
        self.host_data.set(core::ptr::null_mut());
        self.host_data.hand_over();
    }

    /// A region begins.
    #[inline]
    pub(crate) fn begin(&self) {
        if self.counted.get() {
            self.forget();
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn forget(&self) {
        self.counted.set(false);
        self.counts.reset();
    }

    /// Whether thieves have enough to take, so that a new task runs at once.
    #[inline(always)]
    pub(crate) fn above_cut_off(&self) -> bool {
        self.deque.len() >= self.cut_off.get()
    }

    /// A task has run at once: raises the cut-off if thieves have emptied the deque
    /// meanwhile.
    #[inline(always)]
    pub(crate) fn raise_cut_off_if_empty(&self) {
        if self.deque.is_empty() {
            self.raise_cut_off();
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn raise_cut_off(&self) {
        self.cut_off.set((self.cut_off.get() * 2).min(MAX_CUT_OFF));
    }

    /// Counts a task before it is pushed, in a team of `size`.
    #[inline]
    pub(crate) fn count_created(&self, phase: u64, size: u32) {
        if self.counts.count_created(phase) == 0 {
            let least = (2 * size as usize).clamp(MIN_CUT_OFF, MAX_CUT_OFF);
            self.cut_off.set((self.cut_off.get() / 2).max(least));
        }
    }
}
