//! Tasks that the host keeps: what the core does for tasks whose bodies only
//! the host can run (closures, which a collector moves).
//!
//! They lie in the host's memory and never in the deques here, so no wait of C
//! code can meet one. The core counts them. It puts members that find none to sleep.
//!
//! # Note [Counting host tasks]
//!
//! A group of host tasks has one [`Tally`] per member of the team, written by
//! that member alone: tasks created, tasks executed. The group is over when the
//! sums are equal, with the executed read first. Note [Counting a phase] in
//! [`crate::protocol::task_counts`] says why that is right (the opener of the group, which
//! asks, is the body there).
//!
//! # Note [Sleeping for host tasks]
//!
//! What a member waits for is in the host's memory too, so the wait is taken
//! apart. The member calls `prepare`, looks at everything once more, and calls
//! `wake` for itself or `fall_asleep`. Its [`HostSleeper`] is AWAKE, IDLE (any task will
//! do) or WAITING (for something in particular); `fall_asleep` adds ASLEEP.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `announced` + 1, then AWAKE -> IDLE or WAITING | the member, `prepare` | relaxed, then the heavy fence |
//! | -> with ASLEEP, then `asleep` + 1 | the member, `fall_asleep` | CAS; relaxed |
//! | `asleep` - 1 if it has ASLEEP; -> AWAKE, then `announced` - 1 (or, if the CAS fails, `asleep` + 1) | any member, `wake` | CAS, release, which the sleeper acquires; a waker then unparks it |
//!
//! A thread that makes something that members may wait for writes it, makes the light
//! fence and reads `announced`. As in Note [Sleeping for tasks] in
//! [`crate::protocol::sleepers`], either it sees the member or the member, looking once
//! more, sees what it wrote.
//!
//! A new task wakes one idle member, which may run anything, as SEARCHING. While one
//! member searches no other is woken (`searching`). When it has found a task it wakes the
//! next. When it has found none it makes the heavy fence of `prepare` and looks once more.
//! So a stream of small tasks does not wake all sleepers at once. If no member is idle,
//! all that wait are woken, since not each of them may run the task.
//!
//! | `searching` | who | ordering |
//! |-------------|-----|----------|
//! | 0 -> 1 | the creator of a task, before it wakes an idle member | CAS, relaxed |
//! | 1 -> 0 | that creator if no member is idle; it then looks for sleepers again. Else the member that it woke, after its search | relaxed, before a fence |
//!
//! A member that is awake is not counted in `asleep`, not even from an earlier sleep: its
//! waker took it out before it woke. So the member that brings `asleep` to the
//! team's size knows that nobody is left to wake anybody: the tasks that are waited for
//! wait for each other.
//!
//! Modelled in `tests/loom.rs`.

use crate::sync::fence;
use crate::sync::primitive::{AtomicU32, AtomicU64, Ordering};

/// One member's counts of one group.
#[repr(C)]
#[derive(Debug)]
pub struct Tally {
    created: AtomicU64,
    executed: AtomicU64,
    // A cache line in all, so that each tally has one, wherever the first one begins.
    _rest: [u64; 6],
}

impl Tally {
    /// Nothing counted yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Tally {
        Tally {
            created: AtomicU64::new(0),
            executed: AtomicU64::new(0),
            _rest: [0; 6],
        }
    }

    /// A task was created. Called before others can find it.
    #[inline]
    pub fn count_created(&self) {
        let created = self.created.load(Ordering::Relaxed) + 1;
        self.created.store(created, Ordering::Release);
    }

    /// A task was executed. Called last of all that is done for it.
    #[inline]
    pub fn count_executed(&self) {
        let executed = self.executed.load(Ordering::Relaxed) + 1;
        self.executed.store(executed, Ordering::Release);
    }
}

/// Whether all tasks of the group have been executed.
#[inline]
pub fn is_over(tallies: &[Tally]) -> bool {
    let executed = tallies.iter().fold(0u64, |sum, tally| {
        sum.wrapping_add(tally.executed.load(Ordering::Acquire))
    });
    let created = tallies.iter().fold(0u64, |sum, tally| {
        sum.wrapping_add(tally.created.load(Ordering::Acquire))
    });
    executed == created
}

/// A member that sleeps or is about to; see the module.
#[derive(Debug)]
pub struct HostSleeper(AtomicU32);

const AWAKE: u32 = 0;
/// Awake, to search for a task.
const SEARCHING: u32 = 8;
/// Any task will do.
pub const IDLE: u32 = 1;
/// Waits for something in particular.
pub const WAITING: u32 = 2;
const ASLEEP: u32 = 4;

/// What became of falling asleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sleep {
    /// Another member has woken it already.
    Woken,
    /// It is asleep.
    Asleep,
    /// All members would be asleep; this one is awake again.
    AllAsleep,
}

impl HostSleeper {
    /// Awake.
    #[allow(clippy::new_without_default)]
    pub fn new() -> HostSleeper {
        HostSleeper(AtomicU32::new(AWAKE))
    }

    /// Whether another member has woken this one since `prepare`.
    #[inline]
    pub fn is_awake(&self) -> bool {
        self.0.load(Ordering::Acquire) & (IDLE | WAITING) == 0
    }

    /// Whether it was woken to search; `HostSleepers::searched` must follow.
    #[inline]
    pub fn is_searching(&self) -> bool {
        self.0.load(Ordering::Relaxed) == SEARCHING
    }
}

/// A team's sleepers; see the module.
#[derive(Debug)]
pub struct HostSleepers {
    announced: AtomicU32,
    asleep: AtomicU32,
    searching: AtomicU32,
}

impl HostSleepers {
    /// Nobody sleeps.
    #[allow(clippy::new_without_default)]
    pub fn new() -> HostSleepers {
        HostSleepers {
            announced: AtomicU32::new(0),
            asleep: AtomicU32::new(0),
            searching: AtomicU32::new(0),
        }
    }

    /// The calling member is about to sleep, as IDLE or WAITING, unless it finds
    /// something when it looks once more.
    pub fn prepare(&self, host_sleeper: &HostSleeper, how: u32) {
        self.announced.fetch_add(1, Ordering::Relaxed);
        host_sleeper.0.store(how, Ordering::Relaxed);
        fence::heavy();
    }

    /// The calling member sleeps, in a team of `size`.
    pub fn fall_asleep(&self, host_sleeper: &HostSleeper, size: u32) -> Sleep {
        let how = host_sleeper.0.load(Ordering::Acquire);
        if how & (IDLE | WAITING) == 0
            || host_sleeper
                .0
                .compare_exchange(how, how | ASLEEP, Ordering::Relaxed, Ordering::Acquire)
                .is_err()
        {
            return Sleep::Woken;
        }
        if self.asleep.fetch_add(1, Ordering::Relaxed).wrapping_add(1) != size {
            return Sleep::Asleep;
        }
        self.wake(host_sleeper, IDLE | WAITING);
        Sleep::AllAsleep
    }

    /// Wakes a member that sleeps in one of these ways; true if this call did,
    /// and then the caller unparks it.
    pub fn wake(&self, host_sleeper: &HostSleeper, ways: u32) -> bool {
        self.wake_into(host_sleeper, ways, AWAKE)
    }

    /// As `wake`, for an idle member and a new task.
    pub fn wake_to_search(&self, host_sleeper: &HostSleeper) -> bool {
        self.wake_into(host_sleeper, IDLE, SEARCHING)
    }

    fn wake_into(&self, host_sleeper: &HostSleeper, ways: u32, to: u32) -> bool {
        let mut how = host_sleeper.0.load(Ordering::Relaxed);
        while how & ways != 0 {
            let counted = u32::from(how & ASLEEP != 0);
            self.asleep.fetch_sub(counted, Ordering::Relaxed);
            match host_sleeper
                .0
                .compare_exchange(how, to, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => {
                    self.announced.fetch_sub(1, Ordering::Relaxed);
                    return true;
                }
                Err(now) => {
                    self.asleep.fetch_add(counted, Ordering::Relaxed);
                    how = now;
                }
            }
        }
        false
    }

    /// The caller has written something that members may wait for: whether any may have
    /// to be woken.
    #[inline]
    pub fn any(&self) -> bool {
        fence::light();
        self.announced.load(Ordering::Relaxed) > 0
    }

    /// The caller has put a task where members find it. Wakes a member for it: calls
    /// `wake_one`, which calls `wake_to_search` until that says true, or else `wake_all`.
    #[inline]
    pub fn notify(&self, wake_one: impl FnOnce() -> bool, wake_all: impl FnOnce()) {
        if self.any() && self.searching.load(Ordering::Relaxed) == 0 {
            self.wake_for_work(wake_one, wake_all);
        }
    }

    #[cold]
    fn wake_for_work(&self, wake_one: impl FnOnce() -> bool, wake_all: impl FnOnce()) {
        let mine = self
            .searching
            .compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
        if mine.is_err() || wake_one() {
            return;
        }
        self.searching.store(0, Ordering::Relaxed);
        if self.any() {
            wake_all();
        }
    }

    /// The member that was woken to search has found a task, and calls `notify` next, or
    /// has found none, and calls `prepare`.
    pub fn searched(&self, host_sleeper: &HostSleeper) {
        host_sleeper.0.store(AWAKE, Ordering::Relaxed);
        self.searching.store(0, Ordering::Relaxed);
    }
}
