//! Cancelling a region, or its worksharing constructs (OpenMP 5.2, 11.5).
//! `cancel taskgroup` is in [`crate::tasking`].
//!
//! # Note [Cancelling a region]
//!
//! A team's generation (the barriers that its members have passed) says when
//! something was cancelled, so nothing has to be reset: each word holds the
//! generation + 1 of the last cancellation, and a member asks whether that is
//! above its own generation. Who cancels region or construct in generation g
//! has not arrived at barrier g, so no member gets beyond g, and all have
//! arrived at barrier g - 1.
//!
//! - A member that waits at barrier g leaves it. Some rounds may have been
//!   raised by then; the region ends in generation g, and the next one begins
//!   with g + 1 and looks for higher counts.
//! - A member that still waits at barrier g - 1 knows now that all have arrived
//!   there; it raises the rounds that are left, since others may be waiting for
//!   them who cannot leave, and goes on to generation g.
//!
//! So at the end of the region, the only place where nobody leaves, all members
//! are in generation g, and gather as ever.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | word -> g + 1 | a member in generation g, in its implicit task | release; who sees it by an acquire has seen all that happened before barrier g - 1 ended |
//!
//! Who cancels a region unparks all members after the change: whoever did not
//! see the word before it parked finds the token. Modelled in
//! `tests/loom_cancel.rs`.
//!
//! The members of a cancelled region stand at different worksharing constructs;
//! the master brings them together when all have gathered
//! ([`crate::construct::work_share::WorkShares::reunite`]).

use crate::sync::primitive::{AtomicU64, Ordering};
use crate::team::register::current;
use crate::team::thread::Context;

/// What was cancelled in a team, and when.
#[derive(Debug)]
pub struct Cancelled {
    region: AtomicU64,
    worksharing: AtomicU64,
}

impl Cancelled {
    /// Nothing was.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Cancelled {
        Cancelled {
            region: AtomicU64::new(0),
            worksharing: AtomicU64::new(0),
        }
    }

    /// A member in this generation cancels the region; it unparks the others
    /// next.
    pub fn cancel_region(&self, generation: u64) {
        self.region.store(generation + 1, Ordering::Release);
    }

    /// The generation in which the region was cancelled, if it was, for a
    /// member in `generation`.
    #[inline]
    pub fn region(&self, generation: u64) -> Option<u64> {
        let word = self.region.load(Ordering::Acquire);
        (word > generation).then(|| word - 1)
    }

    /// A member in this generation cancels the worksharing construct it is in.
    pub fn cancel_worksharing(&self, generation: u64) {
        self.worksharing.store(generation + 1, Ordering::Release);
    }

    /// Whether a worksharing construct was cancelled since the last barrier of
    /// a member in `generation`.
    #[inline]
    pub fn worksharing(&self, generation: u64) -> bool {
        self.worksharing.load(Ordering::Acquire) > generation
    }
}

/// Whether there is cancellation at all (`cancel-var`).
#[inline]
pub fn enabled() -> bool {
    current().context().team.region.is_cancellable
}

/// Cancels the innermost region, for its implicit tasks: the calling thread
/// goes to the region's end next. Nothing outside of regions, nor from explicit
/// tasks, which the directive cannot be in.
pub fn cancel_region() {
    let me = current();
    let Context { team, member, task } = me.context();
    if !team.is_in_parallel() || task.is_explicit() {
        return;
    }
    team.cancelled.cancel_region(member.generation.get());
    for other in team.members() {
        if other.num != member.num {
            other.thread().parker.unpark();
        }
    }
}

/// Cancels the worksharing construct that the team is in. Nothing outside of
/// regions.
pub fn cancel_worksharing() {
    let Context { team, member, .. } = current().context();
    if team.is_in_parallel() {
        team.cancelled.cancel_worksharing(member.generation.get());
    }
}

/// Whether the worksharing construct was cancelled that the team is in.
#[inline]
pub fn worksharing_is_cancelled() -> bool {
    let Context { team, member, .. } = current().context();
    team.region.is_cancellable && team.cancelled.worksharing(member.generation.get())
}
