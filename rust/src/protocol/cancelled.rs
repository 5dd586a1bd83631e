//! Which of a team's constructs were cancelled (OpenMP 5.2, 11.5).
//!
//! # Note [Cancelling a region]
//!
//! A team's generation (the barriers that its members have passed) says when
//! something was cancelled, so nothing has to be reset. Each word holds the
//! generation + 1 of the last cancellation. A member asks whether that is
//! above its own generation. A member that cancels the region or the construct
//! in generation g has not arrived at barrier g. So no member gets beyond g, and
//! all have arrived at barrier g - 1.
//!
//! - A member that waits at barrier g leaves it. Some rounds may have been
//!   raised by then; the region ends in generation g, and the next one begins
//!   with g + 1 and looks for higher counts.
//! - A member that still waits at barrier g - 1 now knows that all have arrived
//!   there. Others may wait for it and be unable to leave, so it raises the
//!   rounds that are left. Then it goes on to generation g.
//!
//! A barrier that counts its members ([`combining_tree`](crate::protocol::combining_tree))
//! has counted some that leave it. Nobody completes it, since the canceller has not
//! arrived, so the master forgets the arrivals at the end of the region. At barrier g - 1 no
//! member waits for another that waits, so nobody has to do anything for others there.
//!
//! So all members reach the end of the region in generation g. No wait there ends
//! early, so they gather as in any region.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | word -> g + 1 | a member in generation g, in its implicit task | release; a member that sees it by an acquire has seen all that happened before barrier g - 1 ended |
//!
//! A member that cancels a region unparks all others after the change. One that
//! did not see the word before it parked finds the token. Modelled in
//! `tests/loom_cancel.rs`.

use crate::sync::primitive::{AtomicU64, Ordering};

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

    /// Member `num` of `size`, in this generation, cancels the region. `unpark`
    /// wakes another member.
    pub fn cancel_region(&self, generation: u64, num: u32, size: u32, unpark: impl FnMut(u32)) {
        self.region.store(generation + 1, Ordering::Release);
        (0..size).filter(|&other| other != num).for_each(unpark);
    }

    /// The generation in which the region was cancelled, if it was, for a
    /// member in `generation`.
    #[inline]
    pub fn region(&self, generation: u64) -> Option<u64> {
        let word = self.region.load(Ordering::Acquire);
        (word > generation).then(|| word - 1)
    }

    /// A member in this generation cancels the team's current worksharing
    /// construct.
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
