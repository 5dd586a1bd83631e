//! A member's part of the tasking: its deque, and the counts that others read.

use crate::protocol::host_tasks::HostSleeper;
use crate::protocol::walks::Walking;
use crate::team::task::Task;
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};
use crossbeam_deque::{Stealer, Worker};
use crossbeam_utils::CachePadded;

/// The least and the most that [`MemberTasks::deep`] can be.
const SHALLOW: usize = 4;

const DEEPEST: usize = 512;

/// A deferred task in a deque.
pub(crate) struct TaskRef(pub &'static Task);

// SAFETY: a deferred task is used by one thread at a time: its creator until
// it is pushed, then whoever takes it; the deque orders the two. What several
// threads touch is atomic, see Note [Counting children].
unsafe impl Send for TaskRef {}

/// Tasks of one parity of the generation, created and executed by one member.
/// Written by that member only, except for `outside`; read by all.
#[derive(Default)]
struct Tally {
    created: AtomicU64,
    executed: AtomicU64,
    /// Of the tasks created here, those that were completed from outside; added
    /// to by anybody.
    outside: AtomicU64,
}

/// A member's part of the tasking.
pub struct MemberTasks {
    /// The member's own deque.
    pub(crate) deque: Worker<TaskRef>,
    /// Its other end.
    pub(crate) stealer: Stealer<TaskRef>,
    /// Tasks in the deque at which the member runs new ones at once; see Note
    /// [How deep is deep].
    pub(crate) deep: Cell<usize>,
    /// The phase + 1 in which the member is among those who may have tasks, and
    /// counted; else 0. See Note [Who has tasks] in [`crate::tasking::quiescence`].
    pub(crate) listed: Cell<u64>,
    /// Whether the member looks at the ancestors of a task.
    pub(crate) walking: CachePadded<Walking>,
    /// Tasks deep in the tree until a look at all ancestors of one.
    pub(crate) due: Cell<u32>,
    /// Whether the member is among those who count tasks in this region. The
    /// tallies are 0 until it is.
    pub(crate) counted: Cell<bool>,
    tallies: CachePadded<[Tally; 2]>,
    /// What the host keeps for its own tasks; the member's own.
    pub(crate) hosted: Cell<*mut c_void>,
    /// Its sleep for them.
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
            deep: Cell::new(SHALLOW),
            listed: Cell::new(0),
            walking: CachePadded::new(Walking::new()),
            due: Cell::new(0),
            counted: Cell::new(false),
            tallies: Default::default(),
            hosted: Cell::new(core::ptr::null_mut()),
            host_sleeper: CachePadded::new(HostSleeper::new()),
        }
    }

    /// A region begins. Others read the tallies only after this member has
    /// arrived at a barrier of the region, which orders these stores.
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
        for tally in self.tallies.iter() {
            let Tally {
                created,
                executed,
                outside,
            } = tally;
            for count in [created, executed, outside] {
                count.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Whether thieves have enough to take.
    #[inline(always)]
    pub(crate) fn is_deep(&self) -> bool {
        self.deque.len() >= self.deep.get()
    }

    /// A task has run at once: whether thieves had enough meanwhile.
    #[inline(always)]
    pub(crate) fn look_back(&self) {
        if self.deque.is_empty() {
            self.deepen();
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn deepen(&self) {
        self.deep.set((self.deep.get() * 2).min(DEEPEST));
    }

    /// Counts a task before it is pushed, in a team of `size`: who executes it,
    /// and then counts that with a release, has seen this.
    #[inline]
    pub(crate) fn count_created(&self, phase: u64, size: u32) {
        let created = &self.tallies[phase as usize & 1].created;
        let before = created.load(Ordering::Relaxed);
        if before == 0 {
            let shallow = (2 * size as usize).clamp(SHALLOW, DEEPEST);
            self.deep.set((self.deep.get() / 2).max(shallow));
        }
        created.store(before + 1, Ordering::Release);
    }

    /// Counts an executed task, last of all that is done for it.
    #[inline]
    pub(crate) fn count_executed(&self, phase: u64) {
        let executed = &self.tallies[phase as usize & 1].executed;
        executed.store(executed.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Tasks created here.
    #[inline]
    pub(crate) fn created(&self, phase: u64) -> u64 {
        self.tallies[phase as usize & 1]
            .created
            .load(Ordering::Acquire)
    }

    /// Counts a task that a thread outside the team completed, likewise.
    pub(crate) fn count_outside(&self, phase: u64) {
        let outside = &self.tallies[phase as usize & 1].outside;
        outside.fetch_add(1, Ordering::Release);
    }

    /// Tasks executed here, or counted here from outside.
    #[inline]
    pub(crate) fn executed(&self, phase: u64) -> u64 {
        let tally = &self.tallies[phase as usize & 1];
        let executed = tally.executed.load(Ordering::Acquire);
        executed.wrapping_add(tally.outside.load(Ordering::Acquire))
    }
}
