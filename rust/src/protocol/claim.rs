//! The claim on a team: the right to use it.
//!
//! # Protocol
//!
//! One word says whether a team is in use, and how much of it may be: the capacity (members
//! that have a thread, the master's included) in the upper half, the members in use in the
//! lower (0: free).
//!
//! | change | who |
//! |--------|-----|
//! | in use 0 -> n <= capacity | a master, `claim` (acquire: sees all that the last master did) |
//! | in use n -> 0 | that master, `release` (release) |
//! | in use 0 -> n, capacity grows | the pool, under its lock, with the team claimed as `BUILDING` |
//! | capacity shrinks, never below what is in use, nor below 1 | the pool, under its lock, `take_last` |
//!
//! Modelled in `tests/loom_fork.rs`.

use crate::sync::primitive::{AtomicU64, Ordering};

/// See the module.
pub struct Claim(AtomicU64);

/// The members in use while the pool has the team: it changes the members, or keeps the
/// team as it is while the process forks.
const BUILDING: u64 = u32::MAX as u64;

impl Claim {
    /// Free, with the master's member alone.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Claim {
        Claim(AtomicU64::new(1 << 32))
    }

    /// A master wants `n` members; false if the team is busy or smaller.
    #[inline]
    pub fn claim(&self, n: u32) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        now as u32 == 0
            && now >> 32 >= u64::from(n)
            && self
                .0
                .compare_exchange(
                    now,
                    now | u64::from(n),
                    Ordering::Acquire,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// The master is done with it.
    #[inline]
    pub fn release(&self, n: u32) {
        // The capacity may have shrunk meanwhile, so not a store.
        self.0.fetch_sub(u64::from(n), Ordering::Release);
    }

    /// The pool takes a free team, to change its members.
    pub fn begin_building(&self) -> bool {
        let now = self.0.load(Ordering::Relaxed);
        now as u32 == 0
            && self
                .0
                .compare_exchange(now, now | BUILDING, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// The pool hands the changed team to a master, or frees it (`in_use` is 0).
    pub fn end_building(&self, capacity: u32, in_use: u32) {
        self.0.store(
            u64::from(capacity) << 32 | u64::from(in_use),
            Ordering::Release,
        );
    }

    /// Members that have a thread.
    pub fn capacity(&self) -> u32 {
        (self.0.load(Ordering::Relaxed) >> 32) as u32
    }

    /// Members in use; 0 for a free team.
    pub fn in_use(&self) -> u32 {
        self.0.load(Ordering::Relaxed) as u32
    }

    /// The pool takes the last member away if it is not in use. Answers its number.
    pub fn take_last(&self, only_if_busy: bool) -> Option<u32> {
        let now = self.0.load(Ordering::Relaxed);
        let (capacity, in_use) = (now >> 32, now & BUILDING);
        if capacity <= in_use.max(1) || (only_if_busy && in_use == 0) {
            return None;
        }
        self.0
            .compare_exchange(now, now - (1 << 32), Ordering::Acquire, Ordering::Relaxed)
            .ok()
            .map(|_| capacity as u32 - 1)
    }
}
