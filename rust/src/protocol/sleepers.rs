//! The members of a team that sleep and want to be woken for tasks.
//!
//! # Note [Sleeping for tasks]
//!
//! A member that waits may sleep although the region can still make tasks. It
//! lies down ([`Sleepers::lie_down`]), makes a fence, and looks for tasks again.
//! A creator lists itself as a member that may have tasks, pushes, makes a fence, and
//! looks for sleepers. One of the two sees the other. The first creator of a phase makes a
//! full fence. The others make the light half of [`fence`], and a sleeper that finds the
//! phase active makes the heavy one.
//!
//! The heavy half interrupts every processor, so in a great team not every sleeper makes
//! it: a sleeper that finds, after it was counted, that another is *covered* does not. The
//! first sleeper to be covered has made it. A sleeper that relies on a covered one is
//! covered too. So, since that heavy fence, `count` has not been 0 while a sleeper is
//! covered. If a creator looked before the fence, all that look after the fence see its
//! push. If it looked later, it found a sleeper, and wakes one, which looks at all members.
//!
//! One sleeper is woken at a time: while a woken one has not got up, creators wake no
//! other. A sleeper that gets up makes the heavy fence and looks how many tasks there
//! are, so it sees those for which nobody was woken because of it. If they are more than
//! it will look after itself, it wakes the next. So a stream of small tasks does not wake
//! all sleepers at once, and no task is without a member that looks for it while others
//! sleep.
//!
//! # Protocol
//!
//! A thread's word ([`Sleeping`]) is 0, the team that it sleeps in, or that with
//! WOKEN. `asleep` is where to look: every sleeper is in it, but not every member in it
//! sleeps.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | word: 0 -> team; into `asleep`; `count` + 1 | the thread, `lie_down` | relaxed; release; acquire. Then the caller's fence |
//! | `covered` + 1 | the thread, `cover`, after that fence, and after the heavy one if it found 0 | acquire and release: the first one's heavy fence is before the last one's look |
//! | out of `asleep` | a waker | acquire, so that it sees the word of the thread that put the member in |
//! | word: team -> WOKEN; `waking` + 1; unparks | that waker, next | CAS; relaxed |
//! | word -> 0; `covered` - 1 if it is covered; `count` - 1 | the thread, `get_up` | CAS or store; relaxed; release, so that a thread that finds a covered sleeper was counted before that one left |
//! | `waking` - 1 | the thread, next, if it was woken | relaxed, then the heavy fence |
//!
//! A waker that has taken a member out wakes it if it sleeps, whatever happens
//! meanwhile. So a thread that finds the set without the member may rely on that. `waking`
//! may be below 0 for a moment, as a thread may get up before its waker has counted it:
//! then a creator wakes one more.
//!
//! The member's number says which thread to wake. A worker that has left its region may
//! sleep on while another thread gets its member. It is then woken for its next region,
//! and stays in `count` until then.
//!
//! Modelled in `tests/loom_sleepers.rs`.

use crate::sync::fence;
use crate::sync::member_set::MemberSet;
use crate::sync::parker::Parker;
use crate::sync::primitive::{AtomicU32, AtomicU64, Ordering};

/// Added to the team in a thread's word.
const WOKEN: u64 = 1;

/// Where a thread sleeps, if it does.
#[derive(Debug)]
pub struct Sleeping {
    word: AtomicU64,
    /// Whether it is covered. Only the thread touches it.
    covered: AtomicU32,
}

impl Sleeping {
    /// Nowhere.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Sleeping {
        Sleeping {
            word: AtomicU64::new(0),
            covered: AtomicU32::new(0),
        }
    }

    /// The record gets another thread; the last one had got up.
    pub fn reset(&self) {
        self.word.store(0, Ordering::Relaxed);
        self.covered.store(0, Ordering::Relaxed);
    }

    fn change(&self, from: u64, to: u64) -> bool {
        self.word
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// See the module.
#[derive(Debug)]
pub struct Sleepers {
    /// Members that sleep, or are about to.
    count: AtomicU32,
    /// Those of them that are covered.
    covered: AtomicU32,
    /// Members that were woken and have not got up.
    waking: AtomicU32,
    asleep: MemberSet,
}

impl Sleepers {
    /// Of a team with up to `most` members.
    pub fn new(most: u32) -> Sleepers {
        Sleepers {
            count: AtomicU32::new(0),
            covered: AtomicU32::new(0),
            waking: AtomicU32::new(0),
            asleep: MemberSet::new(most),
        }
    }

    /// In the child of a fork: nobody sleeps any more.
    pub fn forget(&self) {
        self.count.store(0, Ordering::Relaxed);
        self.covered.store(0, Ordering::Relaxed);
        self.waking.store(0, Ordering::Relaxed);
        self.asleep.clear();
    }

    /// This team, in a thread's word.
    fn team(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }

    /// The calling thread, member `num`, is about to sleep. A full fence must follow,
    /// then `cover` if there may be tasks, then a look at them, and in the end
    /// `get_up`.
    pub fn lie_down(&self, thread: &Sleeping, num: u32) {
        thread.word.store(self.team(), Ordering::Relaxed);
        self.asleep.insert(num);
        self.count.fetch_add(1, Ordering::Acquire);
    }

    /// Ensures that either the thread sees a task, or the task's creator sees the thread.
    pub fn cover(&self, thread: &Sleeping) {
        if self.covered.load(Ordering::Acquire) == 0 {
            fence::heavy();
        }
        thread.covered.store(1, Ordering::Relaxed);
        self.covered.fetch_add(1, Ordering::AcqRel);
    }

    /// The calling thread does not sleep, or no longer does; true if it was woken for
    /// tasks. A thread that did not lie down may call this too.
    pub fn get_up(&self, thread: &Sleeping) -> bool {
        if thread.word.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let woken = !thread.change(self.team(), 0);
        thread.word.store(0, Ordering::Relaxed);
        if thread.covered.load(Ordering::Relaxed) != 0 {
            thread.covered.store(0, Ordering::Relaxed);
            self.covered.fetch_sub(1, Ordering::Relaxed);
        }
        self.count.fetch_sub(1, Ordering::Release);
        if woken {
            self.waking.fetch_sub(1, Ordering::Relaxed);
            fence::heavy();
        }
        woken
    }

    /// A task was pushed: whether [`Sleepers::wake_one`] must follow.
    #[inline]
    pub fn any(&self) -> bool {
        fence::light();
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Wakes a sleeper, unless one that was woken has yet to get up. `at` finds a
    /// member's thread.
    #[cold]
    pub fn wake_one<'a>(&self, at: impl Fn(u32) -> Option<(&'a Sleeping, &'a Parker)>) {
        if self.waking.load(Ordering::Relaxed) as i32 > 0 {
            return;
        }
        for num in self.asleep.from(0) {
            if !self.asleep.remove(num) {
                continue;
            }
            let Some((thread, parker)) = at(num) else {
                continue;
            };
            if thread.change(self.team(), self.team() | WOKEN) {
                self.waking.fetch_add(1, Ordering::Relaxed);
                parker.unpark();
                return;
            }
        }
    }
}
