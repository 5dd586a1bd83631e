//! How a taskgroup counts its tasks.
//!
//! # Note [Counting a group]
//!
//! A group counts its unfinished tasks. The thread that opened it counts in the plain
//! cell `local`. Other threads count in `remote`, which starts at [`REMOTE_START`]. A task
//! may be created on one side and finished on the other, so only the sum means
//! something. Only the opener waits, and `local` is exact when the opener reads it. So
//! the sum is exact for the moment of the opener's load of `remote`.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `local` + 1, - 1 | the opener, when it has created or finished a task | plain |
//! | `remote` + 1 | another thread that has created a task; it is in a task of the group | relaxed: that task's own finish, later, releases it |
//! | `remote` - 1 | another thread that has finished a task, `finish_remote`; it unparks the opener if the old value says that it sleeps | release; the opener acquires |
//! | OPENER_SLEEPS set, cleared | the opener around its sleep; after `announce` it asks `is_done` again | relaxed: the mark and the count are one word, so either the last task sees the mark or the opener sees its count |
//!
//! After its count a thread does not touch the group, which may be gone. Modelled in
//! `tests/loom_tasks.rs`.

use crate::sync::owned::Owned;
use crate::sync::primitive::{AtomicU64, Ordering};

/// Where `remote` starts, so that no number of tasks takes it below 0 or to
/// [`OPENER_SLEEPS`].
const REMOTE_START: u64 = 1 << 62;

/// A bit of `remote`: the opener sleeps, or is about to.
const OPENER_SLEEPS: u64 = 1 << 63;

/// See the module.
pub struct GroupCount {
    /// Tasks created minus tasks finished by the opener (wrapping). Opener only.
    local: Owned<u64>,
    /// [`REMOTE_START`] + tasks created - tasks finished by other threads, and the bit
    /// [`OPENER_SLEEPS`].
    remote: AtomicU64,
}

impl GroupCount {
    /// No tasks.
    #[allow(clippy::new_without_default)]
    pub fn new() -> GroupCount {
        GroupCount {
            local: Owned::new(0),
            remote: AtomicU64::new(REMOTE_START),
        }
    }

    /// The opener has created a task.
    #[inline(always)]
    pub fn create(&self) {
        self.local.set(self.local.get().wrapping_add(1));
    }

    /// Another thread has created a task.
    #[inline(always)]
    pub fn create_remote(&self) {
        self.remote.fetch_add(1, Ordering::Relaxed);
    }

    /// The opener has finished a task.
    #[inline(always)]
    pub fn finish(&self) {
        self.local.set(self.local.get().wrapping_sub(1));
    }

    /// Another thread has finished a task; true if the opener sleeps, and is to be
    /// unparked.
    #[inline(always)]
    pub fn finish_remote(&self) -> bool {
        self.remote.fetch_sub(1, Ordering::Release) & OPENER_SLEEPS != 0
    }

    /// Whether all tasks have finished; acquires what they wrote. Opener only.
    pub fn is_done(&self) -> bool {
        let remote = self.remote.load(Ordering::Acquire) & !OPENER_SLEEPS;
        self.local.get().wrapping_add(remote) == REMOTE_START
    }

    /// The opener is about to sleep unless `is_done`, which it asks again.
    pub fn announce(&self) {
        self.remote.fetch_or(OPENER_SLEEPS, Ordering::Relaxed);
    }

    /// The opener no longer sleeps.
    pub fn withdraw(&self) {
        self.remote.fetch_and(!OPENER_SLEEPS, Ordering::Relaxed);
    }
}
