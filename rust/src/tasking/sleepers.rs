//! The members of a team that sleep and want to be woken for tasks.
//!
//! # Note [Sleeping for tasks]
//!
//! A member that waits may sleep although the region can still make tasks. It
//! lies down ([`Sleepers::lie_down`]), makes a fence, and looks for tasks again.
//! A creator lists itself as one who may have tasks, pushes, makes a fence, and
//! looks whether anybody sleeps. One of the two sees the other. The first
//! creator of a phase makes a full fence; the others make the light half of
//! [`fence`], and a sleeper that finds the phase active the heavy one.
//!
//! One is woken at a time: while one that was woken has not got up, creators
//! wake no other. Who gets up makes the heavy fence and looks how many tasks
//! there are, so it sees those for which nobody was woken because of it. If
//! they are more than it will look after itself, it wakes the next. So a stream
//! of small tasks does not wake a crowd, and no task is left without one who
//! looks for it while somebody sleeps.
//!
//! # Protocol
//!
//! A thread's word ([`Sleeping`]) is 0, the team that it sleeps in, or that with
//! WOKEN. `asleep` is where to look: a sleeper is in it, but not everybody in it
//! sleeps.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | word: 0 -> team; into `asleep`; `count` + 1 | the thread, `lie_down` | relaxed; release; relaxed. Then the caller's fence |
//! | out of `asleep` | a waker | acquire, so that it sees the word of whoever put the member in |
//! | word: team -> WOKEN; `count` - 1; `waking` + 1; unparks | that waker, next | CAS; relaxed |
//! | word: team -> 0; `count` - 1 | the thread, `get_up`, that nobody woke | CAS, relaxed |
//! | word: WOKEN -> 0; `waking` - 1 | the thread, `get_up`, that was woken | relaxed, then the heavy fence |
//!
//! A waker that has taken a member out wakes it if it sleeps, whatever happens
//! meanwhile; so who finds the set without it may rely on that. `waking` may be
//! below 0 for a moment, as a thread may get up before its waker has counted it:
//! then a creator wakes one more.
//!
//! The member's seat says whom to wake. A worker that has left its region may
//! sleep on while another thread gets its seat; it is then woken for its next
//! region, and stays in `count` until then.
//!
//! Modelled in `tests/loom_sleepers.rs`.

use crate::sync::fence;
use crate::sync::members::Members;
use crate::sync::parker::Parker;
use crate::sync::primitive::{AtomicU32, AtomicU64, Ordering};

const WOKEN: u64 = 1;

/// Where a thread sleeps, if it does.
#[derive(Debug)]
pub struct Sleeping(AtomicU64);

impl Sleeping {
    /// Nowhere.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Sleeping {
        Sleeping(AtomicU64::new(0))
    }

    /// The thread's record gets another thread; it had got up.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn change(&self, from: u64, to: u64) -> bool {
        self.0
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// See the module.
#[derive(Debug)]
pub struct Sleepers {
    /// Those who sleep, or are about to.
    count: AtomicU32,
    /// Those who were woken and have not got up.
    waking: AtomicU32,
    asleep: Members,
}

impl Sleepers {
    /// Of a team with up to `most` members.
    pub fn new(most: u32) -> Sleepers {
        Sleepers {
            count: AtomicU32::new(0),
            waking: AtomicU32::new(0),
            asleep: Members::new(most),
        }
    }

    /// This team, in a thread's word.
    fn team(&self) -> u64 {
        core::ptr::from_ref(self).addr() as u64
    }

    /// The calling thread, member `num`, will sleep. A fence must follow, then a
    /// look at the tasks, and in the end `get_up`.
    pub fn lie_down(&self, thread: &Sleeping, num: u32) {
        thread.0.store(self.team(), Ordering::Relaxed);
        self.asleep.insert(num);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The calling thread does not sleep, or no longer; true if it was woken for
    /// tasks. A thread that did not lie down may call this too.
    pub fn get_up(&self, thread: &Sleeping) -> bool {
        if thread.0.load(Ordering::Relaxed) == 0 {
            return false;
        }
        if thread.change(self.team(), 0) {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        thread.0.store(0, Ordering::Relaxed);
        self.waking.fetch_sub(1, Ordering::Relaxed);
        fence::heavy();
        true
    }

    /// A task was pushed: whether [`Sleepers::wake_one`] must follow.
    #[inline]
    pub fn any(&self) -> bool {
        fence::light();
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Wakes a sleeper, unless one that was woken has yet to get up. `at` knows
    /// the thread at a seat.
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
                self.count.fetch_sub(1, Ordering::Relaxed);
                self.waking.fetch_add(1, Ordering::Relaxed);
                parker.unpark();
                return;
            }
        }
    }
}
