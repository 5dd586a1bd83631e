//! Finding a task and executing it.

use super::create::COPIED;
use super::hosted::Nap;
use super::phase;
use super::task::Task;
use super::wait;
use crate::team::thread::Place;
use crate::team::Thread;
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};
use crossbeam_deque::{Steal, Stealer, Worker};
use crossbeam_utils::CachePadded;

/// A deferred task in a deque.
pub(super) struct TaskRef(pub &'static Task);

// SAFETY: a deferred task is used by one thread at a time: its creator until
// it is pushed, then whoever takes it; the deque orders the two. What several
// threads touch is atomic, see Note [Counting children].
unsafe impl Send for TaskRef {}

/// Tasks of one parity of the generation, created and executed by one member.
/// Written by that member only, read by all.
#[derive(Default)]
struct Tally {
    created: AtomicU64,
    executed: AtomicU64,
}

/// A seat's part of the tasking.
pub struct SeatTasks {
    /// The member's own deque.
    pub(super) deque: Worker<TaskRef>,
    /// Its other end.
    pub(super) stealer: Stealer<TaskRef>,
    tallies: CachePadded<[Tally; 2]>,
    /// What the host keeps for its own tasks; the member's own.
    pub(crate) hosted: Cell<*mut c_void>,
    /// Its sleep for them.
    pub(crate) nap: CachePadded<Nap>,
}

impl SeatTasks {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> SeatTasks {
        let deque = Worker::new_lifo();
        let stealer = deque.stealer();
        SeatTasks {
            deque,
            stealer,
            tallies: Default::default(),
            hosted: Cell::new(core::ptr::null_mut()),
            nap: CachePadded::new(Nap::new()),
        }
    }

    /// A region begins. Others read the tallies only after this member has
    /// arrived at a barrier of the region, which orders these stores.
    #[inline]
    pub(crate) fn begin(&self) {
        for tally in self.tallies.iter() {
            if tally.created.load(Ordering::Relaxed) | tally.executed.load(Ordering::Relaxed) != 0 {
                tally.created.store(0, Ordering::Relaxed);
                tally.executed.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Counts a task before it is pushed: who executes it, and then counts
    /// that with a release, has seen this.
    #[inline]
    pub(super) fn count_created(&self, phase: u64) {
        let created = &self.tallies[phase as usize & 1].created;
        created.store(created.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Counts an executed task, last of all that is done for it.
    #[inline]
    fn count_executed(&self, phase: u64) {
        let executed = &self.tallies[phase as usize & 1].executed;
        executed.store(executed.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Tasks created here.
    #[inline]
    pub(super) fn created(&self, phase: u64) -> u64 {
        self.tallies[phase as usize & 1]
            .created
            .load(Ordering::Acquire)
    }

    /// Tasks executed here.
    #[inline]
    pub(super) fn executed(&self, phase: u64) -> u64 {
        self.tallies[phase as usize & 1]
            .executed
            .load(Ordering::Acquire)
    }
}

/// Calls the task's body with the task as the current one.
#[inline]
pub(super) fn run_body(me: &'static Thread, task: &'static Task) {
    let place = me.place();
    task.start(me);
    me.enter(Place { task, ..place });
    if let Some(body) = task.body.get() {
        // SAFETY: who created the task promised that its body may be called
        // with its data, once, and this thread took it from the deque.
        unsafe { body(task.data.get()) };
    }
    me.enter(place);
}

/// Whether a task that has not begun does not run, because its taskgroup or
/// its region was cancelled. One whose data need to be ended does.
#[inline]
fn is_discarded(me: &'static Thread, task: &Task) -> bool {
    let place = me.place();
    place.team.region.is_cancellable
        && task.flags.get() & COPIED == 0
        && wait::is_cancelled(&place, task)
}

/// Executes a deferred task.
#[inline]
pub(super) fn execute(me: &'static Thread, task: &'static Task) {
    let phase = task.phase.get();
    let group = task.joined.get();
    if !is_discarded(me, task) {
        run_body(me, task);
    }
    task.finish(me);
    wait::leave_group(me, group);
    let Place { team, seat, .. } = me.place();
    seat.tasks.count_executed(phase);
    phase::wake_if_done(team, seat, phase);
}

/// Takes a task that `allowed` accepts and executes it; false if none was
/// found. See Note [Task scheduling constraint].
pub(super) fn run_one(me: &'static Thread, allowed: impl Fn(&Task) -> bool) -> bool {
    let Place { team, seat, .. } = me.place();
    let deque = &seat.tasks.deque;
    if let Some(TaskRef(task)) = deque.pop() {
        if allowed(task) {
            execute(me, task);
            return true;
        }
        deque.push(TaskRef(task));
    }
    let size = team.size();
    let first = me.next_random() % size;
    for i in 0..size {
        let victim = (first + i) % size;
        let stealer = &team.seats[victim as usize].tasks.stealer;
        loop {
            match stealer.steal() {
                Steal::Success(TaskRef(task)) if allowed(task) => {
                    execute(me, task);
                    return true;
                }
                Steal::Success(task) => {
                    deque.push(task);
                    break;
                }
                Steal::Retry => continue,
                Steal::Empty => break,
            }
        }
    }
    false
}
