//! Meeting by being counted: the barrier of crowds.
//!
//! Members are counted at the leaves of a tree of counters. Whoever completes a
//! node goes on to the node above; whoever completes the root is the last of
//! all, and lets every group of members go by raising the group's signal. So a
//! member waits once and for one line, whoever comes last. Where members share
//! processors that is what counts: a member that has to hear of others in
//! several rounds needs its processor several times, and gets it in turn.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | counter + 1 | a member, once per meeting in each node it reaches | acquire and release: who completes the node has seen what all below it wrote |
//! | counter = 0 | who completed it, before it goes on | relaxed: the next meeting's members come by way of the signals |
//! | group's signal | the last of all | as [`Signal::raise_for`]: release, acquired by the members |
//!
//! All members of a meeting use the same size, and nobody can be in the next
//! meeting before the signals of this one are raised. Modelled in
//! `tests/loom_barrier.rs`.

use crate::sync::primitive::{AtomicU32, Ordering};
use crate::sync::signal::Signal;
use crossbeam_utils::CachePadded;

/// Members per group, and nodes below a node.
pub const ARITY: u32 = 8;

/// See the module.
#[derive(Debug)]
pub struct CombiningTree {
    /// The tree's nodes, the leaves first. A smaller meeting's tree uses the
    /// front.
    counters: Box<[CachePadded<AtomicU32>]>,
    /// Raised to let a group go.
    released: Box<[CachePadded<Signal>]>,
}

/// The group of a member.
#[inline]
pub fn group(num: u32) -> u32 {
    num / ARITY
}

/// The members of a group, in a meeting of `size`.
#[inline]
pub fn members(group: u32, size: u32) -> core::ops::Range<u32> {
    group * ARITY..(group * ARITY + ARITY).min(size)
}

impl CombiningTree {
    /// For meetings of up to `most` members.
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
                .map(|_| CachePadded::new(Signal::new()))
                .collect(),
        }
    }

    /// Counts member `num` of `size` in; true for the last, who releases next.
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
    pub fn released(&self, num: u32) -> &Signal {
        &self.released[group(num) as usize]
    }

    /// The last one lets all `size` members go. `wake` is called with groups in
    /// which some may sleep.
    #[inline]
    pub fn release(&self, count: u64, size: u32, mut wake: impl FnMut(u32)) {
        for group in 0..size.div_ceil(ARITY) {
            self.released[group as usize].raise_for(count, || wake(group));
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
