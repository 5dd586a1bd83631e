//! A barrier that counts its members: for teams that have more threads than
//! processors.
//!
//! Members are counted at the leaves of a tree of counters. The member that
//! completes a node goes on to the node above. The member that completes the root
//! is the last of all: it lets every group of members go by raising the group's
//! signal. So a member waits once and for one line, whichever comes last. That
//! matters where members share processors: a member that has to hear of others in
//! several rounds needs its processor several times, and has to wait for it each
//! time.
//!
//! The members of a group sleep in one dormitory, so that one system call wakes them. A group
//! is as large as a dormitory. (1,000 threads on 2 processors: a call for each sleeper made a
//! barrier take 1.3 times as long.)
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | counter + 1 | a member, once per meeting in each node it reaches | acquire and release: the member that completes the node has seen what all below it wrote |
//! | counter -> 0 | the member that completed it, before it goes on | relaxed: the next meeting's members come by way of the signals |
//! | all counters -> 0 | the master, at the end of a cancelled region, when all have gathered | relaxed: the next region's messages bring it to the members |
//! | group's signal -> the generation | the last of all | as [`Arrived::raise_for`]: release, acquired by the members |
//! | group's dormitory: all wake up | the last of all, if a member of the group may sleep | as [`Dormitory`] says |
//!
//! All members of a meeting use the same size, and nobody can be in the next
//! meeting before the signals of this one are raised. Modelled in
//! `tests/loom_barrier.rs`, with cancellation in `tests/loom_cancel.rs`.

use crate::protocol::arrived::Arrived;
use crate::sync::dormitory::{Bed, Dormitory, BEDS};
use crate::sync::primitive::{AtomicU32, Ordering};
use crossbeam_utils::CachePadded;

/// Members below a leaf, and nodes below a node.
const ARITY: u32 = 8;
/// Members per group.
const GROUP: u32 = BEDS;

/// See the module.
#[derive(Debug)]
pub struct CombiningTree {
    /// The tree's nodes, the leaves first. A smaller meeting's tree uses the
    /// front.
    counters: Box<[CachePadded<AtomicU32>]>,
    /// One per group.
    groups: Box<[CachePadded<Group>]>,
}

/// What a group of members waits for.
#[derive(Debug)]
struct Group {
    /// Raised to let the group go.
    released: Arrived,
    /// Where its members sleep until then.
    dormitory: Dormitory,
}

/// The group of a member.
#[inline]
fn group(num: u32) -> u32 {
    num / GROUP
}

impl CombiningTree {
    /// For barriers of up to `most` members.
    pub fn new(most: u32) -> CombiningTree {
        let mut level = most.div_ceil(ARITY);
        let mut nodes = level;
        while level > 1 {
            level = level.div_ceil(ARITY);
            nodes += level;
        }
        CombiningTree {
            counters: (0..nodes)
                .map(|_| CachePadded::new(AtomicU32::new(0)))
                .collect(),
            groups: (0..most.div_ceil(GROUP))
                .map(|_| {
                    CachePadded::new(Group {
                        released: Arrived::new(),
                        dormitory: Dormitory::new(),
                    })
                })
                .collect(),
        }
    }

    /// Counts member `num` of `size` in; true for the last, which calls `release`
    /// next.
    #[inline]
    pub fn arrive(&self, num: u32, size: u32) -> bool {
        let (mut index, mut width, mut first) = (num, size, 0);
        while width > 1 {
            let node = index / ARITY;
            let counter = &self.counters[(first + node) as usize];
            let below = ARITY.min(width - node * ARITY);
            if counter.fetch_add(1, Ordering::AcqRel) + 1 < below {
                return false;
            }
            counter.store(0, Ordering::Relaxed);
            index = node;
            width = width.div_ceil(ARITY);
            first += width;
        }
        true
    }

    /// All members have left a region that was cancelled; see Note [Cancelling a region] in
    /// [`crate::protocol::cancelled`].
    pub fn forget_arrivals(&self) {
        for counter in &self.counters {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// What member `num` waits for. It sleeps in its [`bed`](CombiningTree::bed).
    #[inline]
    pub fn released(&self, num: u32) -> &Arrived {
        &self.groups[group(num) as usize].released
    }

    /// Where member `num` sleeps until it is released.
    #[inline]
    pub fn bed(&'static self, num: u32) -> Bed {
        Bed {
            dormitory: &self.groups[group(num) as usize].dormitory,
            num: num % BEDS,
        }
    }

    /// The last member lets all `size` members go.
    #[inline]
    pub fn release(&self, generation: u64, size: u32) {
        for group in &self.groups[..size.div_ceil(GROUP) as usize] {
            group
                .released
                .raise_for(generation, || group.dormitory.wake_all());
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_is_the_last_in_every_order() {
        for size in 1..200_u32 {
            let combining_tree = CombiningTree::new(size.next_power_of_two());
            for turn in 0..3 {
                let mut last = 0;
                for num in 0..size {
                    let num = (num + 5 * turn) % size;
                    last += u32::from(combining_tree.arrive(num, size));
                }
                assert_eq!(last, 1, "of {size}");
            }
        }
    }
}
