//! Who wakes and gathers whom in a team.
//!
//! A level of the tree is a digit of the members' numbers: a member's parent has 0
//! in the place of the last digit that is not 0, so as many threads as a digit
//! has values are one step, and the master is a parent on each level. Waking and
//! gathering take a parent as long as it has children, so with digits to the base
//! 4 nobody has many at a time: who has children on several levels wakes those
//! first that have most below them, and gathers them last (`tests/lines` has
//! figures for this and other trees).
//!
//! In a crowd a thread between the master and another does not run when it is
//! needed: it has to get a processor from others before those below it can, and
//! again when they are done. What the master does itself costs it less than one
//! such turn, so there a digit has 256 values.

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
    pub fn children(
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

    /// Who wakes and gathers `num`, which is not 0: the number without its last
    /// digit that is not 0.
    #[inline]
    pub fn parent(self, num: u32) -> u32 {
        let level = num.trailing_zeros() >> self.0;
        num & !(((1 << self.bits()) - 1) << (level << self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seat_has_one_parent() {
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
