//! Counts of created and executed tasks, by which a barrier knows that all are
//! done.
//!
//! # Note [Counting a phase]
//!
//! The tasks created between two barriers of a team are a phase, named by the
//! generation of the barrier that ends it. Each member counts, in its own line,
//! the tasks that it created and those that it executed, apart for even and odd
//! phases (only two adjacent phases can be alive). When all members have arrived
//! at the barrier, the phase is over when the sum of executed equals the sum of
//! created, with the executed read first:
//!
//! - A task that is seen executed is seen created, and so are the tasks that its
//!   executor had created before (they are in the executor's release).
//! - So equal sums mean that all tasks seen created are seen executed. The tasks
//!   that bodies created are seen created (the barrier's arrival). So they are
//!   seen executed, so their children are seen created, and so on.
//!
//! Only members in the set `counted` are asked. A member enters that set before it
//! counts anything, so a thread that sees its count sees it there. The set is read
//! anew for the second sum.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `created` + 1 | the creator, before it pushes the task | release |
//! | `executed` + 1 | the executor, last of all that it does for the task | release; the sums acquire |
//! | `outside` + 1 of the task's creator | a thread outside the team that completes the task | the same |
//! | all -> 0 | the member, when it begins a region | relaxed: others read them after its arrival at a barrier of the region |
//! | [`Active`] -> the phase + 1 | a creator, before its first push in the phase; then a full fence | relaxed |
//!
//! A phase in which nothing was deferred costs one load, of [`Active`].
//!
//! # Note [Waking the finisher]
//!
//! One member waits for a phase to be over, the *finisher*: the last to arrive
//! where members are counted, else member 0. It then lets the others go, which
//! sleep or help meanwhile. A member that executes a task and has no other looks
//! whether the finisher sleeps, and then whether the phase is over.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | [`Finisher`]: 0 -> its number + 1 | the finisher, `announce`; then the heavy fence, and it looks at the sums again | relaxed |
//! | -> 0 | the finisher, `withdraw` | relaxed |
//! | read, `to_wake` | a member that has counted an executed task, after the light fence; then a full fence, and it looks at the sums | relaxed |
//!
//! So the finisher is told as a sleeper is told of a task in Note [Sleeping for
//! tasks] in [`crate::protocol::sleepers`], with "executed" in the place of
//! "pushed". Of two that execute the last tasks at once, neither may miss what the
//! other counted: that is what the full fence is for.
//!
//! Modelled in `tests/loom_tasks.rs`.

use crate::sync::fence;
use crate::sync::primitive::{self, AtomicU32, AtomicU64, Ordering};

/// Counts of one parity of the phase.
#[derive(Debug)]
struct Tally {
    created: AtomicU64,
    executed: AtomicU64,
    /// Of the tasks created here, those that were completed from outside.
    outside: AtomicU64,
}

/// The counts of one member; see the module.
#[derive(Debug)]
pub struct TaskCounts([Tally; 2]);

impl TaskCounts {
    /// Nothing counted.
    #[allow(clippy::new_without_default)]
    pub fn new() -> TaskCounts {
        let tally = || Tally {
            created: AtomicU64::new(0),
            executed: AtomicU64::new(0),
            outside: AtomicU64::new(0),
        };
        TaskCounts([tally(), tally()])
    }

    /// Starts again at 0.
    pub fn reset(&self) {
        for tally in &self.0 {
            for count in [&tally.created, &tally.executed, &tally.outside] {
                count.store(0, Ordering::Relaxed);
            }
        }
    }

    #[inline(always)]
    fn of(&self, phase: u64) -> &Tally {
        &self.0[phase as usize & 1]
    }

    /// The member has created a task, which it pushes next; how many it had created
    /// before.
    #[inline]
    pub fn count_created(&self, phase: u64) -> u64 {
        let created = &self.of(phase).created;
        let before = created.load(Ordering::Relaxed);
        created.store(before + 1, Ordering::Release);
        before
    }

    /// The member has executed a task: last of all that it does for the task.
    #[inline]
    pub fn count_executed(&self, phase: u64) {
        let executed = &self.of(phase).executed;
        executed.store(executed.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// A thread outside the team has completed a task that the member created.
    pub fn count_outside(&self, phase: u64) {
        self.of(phase).outside.fetch_add(1, Ordering::Release);
    }

    #[inline]
    fn created(&self, phase: u64) -> u64 {
        self.of(phase).created.load(Ordering::Acquire)
    }

    #[inline]
    fn executed(&self, phase: u64) -> u64 {
        let tally = self.of(phase);
        let executed = tally.executed.load(Ordering::Acquire);
        executed.wrapping_add(tally.outside.load(Ordering::Acquire))
    }
}

/// Whether the phase is over. `counted` finds the counts of the members in that set.
/// Only asked by members that know that all have arrived, or as a hint.
#[inline]
pub fn is_over<'a, I: Iterator<Item = &'a TaskCounts>>(
    phase: u64,
    counted: impl Fn() -> I,
) -> bool {
    let executed: u64 = counted().fold(0, |sum, counts| sum.wrapping_add(counts.executed(phase)));
    let created: u64 = counted().fold(0, |sum, counts| sum.wrapping_add(counts.created(phase)));
    executed == created
}

/// Per parity: the last phase in which a task was deferred, + 1.
#[derive(Debug)]
pub struct Active([AtomicU64; 2]);

impl Active {
    /// No task yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Active {
        Active([AtomicU64::new(0), AtomicU64::new(0)])
    }

    /// Whether a task of the phase was deferred.
    #[inline]
    pub fn is(&self, phase: u64) -> bool {
        self.0[phase as usize & 1].load(Ordering::Relaxed) == phase + 1
    }

    /// The caller is about to push its first task of the phase.
    #[inline]
    pub fn begin(&self, phase: u64) {
        let word = &self.0[phase as usize & 1];
        if word.load(Ordering::Relaxed) != phase + 1 {
            word.store(phase + 1, Ordering::Relaxed);
            // Before the look at the sleepers: Note [Sleeping for tasks].
            primitive::fence(Ordering::SeqCst);
        }
    }
}

/// The number + 1 of a team's finisher while it sleeps, else 0.
#[derive(Debug)]
pub struct Finisher(AtomicU32);

impl Finisher {
    /// It does not sleep.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Finisher {
        Finisher(AtomicU32::new(0))
    }

    /// Member `num` is the finisher, and about to sleep unless [`is_over`], which it
    /// asks again.
    pub fn announce(&self, num: u32) {
        self.0.store(num + 1, Ordering::Relaxed);
        fence::heavy();
    }

    /// The finisher no longer sleeps.
    pub fn withdraw(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// A task was counted as executed; the finisher to wake, if it sleeps and the
    /// phase may be over. `has_no_task`: the caller has no other.
    #[inline]
    pub fn to_wake(
        &self,
        has_no_task: impl FnOnce() -> bool,
        is_over: impl FnOnce() -> bool,
    ) -> Option<u32> {
        let finisher = self.asleep()?;
        (has_no_task() && {
            primitive::fence(Ordering::SeqCst);
            is_over()
        })
        .then_some(finisher)
    }

    /// A task was counted as completed from outside; the finisher if it sleeps.
    #[inline]
    pub fn asleep(&self) -> Option<u32> {
        fence::light();
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}
