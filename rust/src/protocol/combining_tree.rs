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
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | counter + 1 | a member, once per meeting in each node it reaches | acquire and release: the member that completes the node has seen what all below it wrote |
//! | counter -> 0 | the member that completed it, before it goes on | relaxed: the next meeting's members come by way of the signals |
//! | group's signal -> the generation | the last of all | as [`Arrived::raise_for`]: release, acquired by the members |
//!
//! All members of a meeting use the same size, and nobody can be in the next
//! meeting before the signals of this one are raised. Modelled in
//! `tests/loom_barrier.rs`.

use crate::protocol::arrived::Arrived;
use crate::sync::primitive::{AtomicU32, Ordering};
use crossbeam_utils::CachePadded;

/// Members per group, and nodes below a node.
const ARITY: u32 = 8;

/// See the module.
#[derive(Debug)]
pub struct CombiningTree {
    /// The tree's nodes, the leaves first. A smaller meeting's tree uses the
    /// front.
    counters: Box<[CachePadded<AtomicU32>]>,
    /// Raised to let a group go.
    released: Box<[CachePadded<Arrived>]>,
}

/// The group of a member.
#[inline]
fn group(num: u32) -> u32 {
    num / ARITY
}

/// The members of a group, in a meeting of `size`.
#[inline]
fn members(group: u32, size: u32) -> core::ops::Range<u32> {
    group * ARITY..(group * ARITY + ARITY).min(size)
}

impl CombiningTree {
    /// For barriers of up to `most` members.
    pub fn new(most: u32) -> CombiningTree {
        let groups = most.div_ceil(ARITY);
        let mut nodes = groups;
        let mut level = groups;
        while level > 1 {
            level = level.div_ceil(ARITY);
            nodes += level;
        }
        CombiningTree {
            counters: (0..nodes)
                .map(|_| CachePadded::new(AtomicU32::new(0)))
                .collect(),
            released: (0..groups)
                .map(|_| CachePadded::new(Arrived::new()))
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

    /// What member `num` waits for.
    #[inline]
    pub fn released(&self, num: u32) -> &Arrived {
        &self.released[group(num) as usize]
    }

    /// Member `num`, the last one, lets all `size` members go. `unpark` wakes
    /// another member, which may sleep.
    #[inline]
    pub fn release(&self, generation: u64, num: u32, size: u32, mut unpark: impl FnMut(u32)) {
        for group in 0..size.div_ceil(ARITY) {
            self.released[group as usize].raise_for(generation, || {
                let others = members(group, size).filter(|&member| member != num);
                others.for_each(&mut unpark);
            });
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

    #[test]
    fn groups_have_all_members() {
        for size in 1..100_u32 {
            let mut all = (0..size.div_ceil(ARITY)).flat_map(|g| members(g, size));
            assert!((0..size).all(|num| all.next() == Some(num)) && all.next().is_none());
            assert!((0..size).all(|num| members(group(num), size).contains(&num)));
        }
    }
}
