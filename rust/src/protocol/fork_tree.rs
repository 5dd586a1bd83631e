//! Fork and join: messages go down a tree of members, arrivals come up.
//!
//! # The tree
//!
//! A level of the tree is a digit of the members' numbers. A member's parent has 0
//! in the place of the last digit that is not 0. So as many threads as a digit
//! has values are one step, and the master is a parent on each level. Waking and
//! gathering take a parent longer the more children it has, so with digits to the
//! base 4 no member has many at a time. A member with children on several levels
//! first wakes those that have most below them, and gathers them last
//! (`tests/lines` has figures for this and other trees).
//!
//! Where threads outnumber processors, a thread between the master and another
//! does not run when it is needed: it has to get a processor from others before
//! those below it can, and again when they are done. What the master does itself
//! costs it less than one such turn, so there a digit has 256 values.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | a child's [`Mailbox`] gets the message | its parent, `post`, when it has the message itself | release; the child acquires |
//! | a child's [`Arrived`] -> the generation | the child, `arrive`, when it has gathered its own children | release; the parent acquires, `gather` |
//!
//! So a region costs each worker one cache line down and one up. All bodies see
//! what the master wrote before the fork, and the master sees all that the bodies
//! wrote after the join. Modelled in `tests/loom_fork.rs`.

use crate::protocol::arrived::Arrived;
use crate::protocol::mailbox::Mailbox;
use crate::sync::parker::Parker;

/// The shape: the binary logarithm of how many bits a digit has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tree(u32);

impl Tree {
    /// Digits to the base 4.
    pub const DEEP: Tree = Tree(1);
    /// Digits to the base 256.
    pub const FLAT: Tree = Tree(3);

    /// The tree for a team whose members are more than the processors, or not.
    #[inline]
    pub fn of(exceeds_processors: bool) -> Tree {
        if exceeds_processors {
            Tree::FLAT
        } else {
            Tree::DEEP
        }
    }

    fn bits(self) -> u32 {
        1 << self.0
    }

    /// The members that `num` wakes and gathers in a team of `size`, level by
    /// level, those with most below them last: the numbers with one more digit
    /// than `num` before the zeros at its end.
    #[inline]
    fn children(
        self,
        num: u32,
        size: u32,
    ) -> impl DoubleEndedIterator<Item = impl Iterator<Item = u32>> {
        let levels = match num {
            0 => (u32::BITS - (size - 1).leading_zeros() + self.bits() - 1) >> self.0,
            _ => num.trailing_zeros() >> self.0,
        };
        (0..levels).map(move |level| {
            (1..1 << self.bits())
                .map(move |digit| num + (digit << (level << self.0)))
                .take_while(move |&child| child < size)
        })
    }

    /// The member that wakes and gathers `num`, which is not 0: the number without
    /// its last digit that is not 0.
    #[inline]
    fn parent(self, num: u32) -> u32 {
        let level = num.trailing_zeros() >> self.0;
        num & !(((1 << self.bits()) - 1) << (level << self.0))
    }

    /// Member `num` of `size` has the message, and hands it to its children. `at`
    /// finds a child's mailbox, and where it sleeps.
    #[inline(always)]
    pub fn post<'a, M: Copy + 'a>(
        self,
        num: u32,
        size: u32,
        at: impl Fn(u32) -> (&'a Mailbox<M>, &'a Parker),
        message: impl Fn(u32) -> M,
    ) {
        for child in self.children(num, size).rev().flatten() {
            let (mailbox, parker) = at(child);
            mailbox.post(Some(message(child)), parker);
        }
    }

    /// Member `num` of `size` waits for its children. `wait` waits until one has
    /// arrived, and answers false if the member does not exist in this process; then
    /// so does `gather`.
    #[inline(always)]
    pub fn gather<'a>(
        self,
        num: u32,
        size: u32,
        arrived: impl Fn(u32) -> &'a Arrived,
        mut wait: impl FnMut(&'a Arrived) -> bool,
    ) -> bool {
        for child in self.children(num, size).flatten() {
            if !wait(arrived(child)) {
                return false;
            }
        }
        true
    }

    /// Member `num`, which is not 0, has gathered its children, and tells its
    /// parent, which sleeps where `at` says. The parent's record is its own for as
    /// long as this child has not arrived.
    #[inline(always)]
    pub fn arrive<'a>(
        self,
        num: u32,
        generation: u64,
        arrived: &Arrived,
        at: impl FnOnce(u32) -> &'a Parker,
    ) {
        arrived.raise(generation, at(self.parent(num)));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_member_has_one_parent() {
        for tree in [Tree::DEEP, Tree::FLAT] {
            for size in (1..200).chain([256, 257, 300, 1000]) {
                let mut parents = vec![0; size as usize];
                for num in 0..size {
                    for child in tree.children(num, size).flatten() {
                        assert_eq!(tree.parent(child), num);
                        parents[child as usize] += 1;
                    }
                }
                assert!(
                    parents[1..].iter().all(|&n| n == 1),
                    "{tree:?}, size {size}: {parents:?}"
                );
            }
        }
    }
}
