//! The turn of an ordered loop: chunks take it in the order of the iterations.
//!
//! # Protocol
//!
//! `now` is the first iteration of the chunk whose turn it is. The holder of
//! that chunk passes the turn on when it is done with the chunk: it stores the
//! first iteration of the next one. It does so whether it has executed an
//! ordered region or not. Only the holder writes, so a store is enough.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `now` -> next chunk | the holder of the turn | release: later ordered regions see the earlier ones |
//! | `Awaiting` -> chunk, -> nothing | a member around its sleep | see below |
//! | `sleepers` + 1, - 1 | the same member, after and before | see below |
//!
//! A member that is about to sleep writes what it waits for into its
//! [`Awaiting`], counts itself into `sleepers`, makes a full fence, and looks at
//! `now` again. A member that passes the turn writes `now`, makes a full fence,
//! and looks at `sleepers` and then at each member's `Awaiting`: it wakes those
//! that wait for the chunk. One of the two
//! sees the other: if the sleeper's fence comes first, both its writes are seen;
//! if not, it sees the new `now`. Modelled in `tests/loom.rs`.

use crate::sync::parker::Parker;
use crate::sync::primitive::{fence, AtomicU32, AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub struct Turn {
    now: AtomicU64,
    sleepers: AtomicU32,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn {
            now: AtomicU64::new(0),
            sleepers: AtomicU32::new(0),
        }
    }
}

impl Turn {
    /// Gives the turn to the first chunk. Only before others know the loop.
    pub fn reset(&self) {
        self.now.store(0, Ordering::Relaxed);
    }

    /// Whether it is this chunk's turn.
    #[inline]
    pub fn is(&self, from: u64) -> bool {
        self.now.load(Ordering::Acquire) == from
    }

    /// Passes the turn to the chunk that starts at `to`, and wakes the member of the team
    /// that sleeps for it, if one does.
    #[inline]
    pub fn pass<'a, M: 'a>(
        &self,
        to: u64,
        members: &'a [M],
        awaiting: impl Fn(&'a M) -> &'a Awaiting,
        parker: impl Fn(&'a M) -> &'a Parker,
    ) {
        self.now.store(to, Ordering::Release);
        fence(Ordering::SeqCst);
        if self.sleepers.load(Ordering::Relaxed) > 0 {
            // A member that sleeps has a thread, and so a parker; others may have none yet.
            for member in members {
                if awaiting(member).is(to) {
                    parker(member).unpark();
                }
            }
        }
    }

    /// The owner of `mine` is about to sleep until it is the turn of the chunk
    /// that starts at `from`; false if it is already.
    pub fn announce(&self, mine: &Awaiting, from: u64) -> bool {
        // Relaxed: the fence orders both before the look at `now`.
        mine.0.store(from + 1, Ordering::Relaxed);
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.is(from) {
            self.withdraw(mine);
            return false;
        }
        true
    }

    /// The owner of `mine` no longer sleeps. Relaxed: if another member sees this late, it
    /// wakes the owner needlessly. That may be as late as in the team's next ordered loop.
    /// So [`Turn::pass`] wakes all that seem to sleep for the chunk: the first one may only
    /// seem to.
    pub fn withdraw(&self, mine: &Awaiting) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        mine.0.store(0, Ordering::Relaxed);
    }
}

/// What a member sleeps for: the first iteration of its chunk, + 1; or 0. The
/// member writes it; a member that passes the turn reads it.
#[derive(Debug)]
pub struct Awaiting(AtomicU64);

impl Default for Awaiting {
    fn default() -> Awaiting {
        Awaiting(AtomicU64::new(0))
    }
}

impl Awaiting {
    /// Whether the member sleeps for the chunk that starts at `from`. Relaxed:
    /// the fence in [`Turn::pass`] comes before.
    pub fn is(&self, from: u64) -> bool {
        self.0.load(Ordering::Relaxed) == from + 1
    }
}
