//! A set of a team's members, a bit each. A look at n / 64 words finds which of
//! thousands of members may have tasks, or sleep.
//!
//! The words carry no more than that. The users of a set say what a bit promises, and who
//! may change it.

use crate::sync::primitive::{AtomicU64, Ordering};

/// Members per word.
const BITS: u32 = u64::BITS;

/// See the module.
#[derive(Debug)]
pub struct MemberSet(Box<[AtomicU64]>);

impl MemberSet {
    /// The empty set, of a team with up to `most` members.
    pub fn new(most: u32) -> MemberSet {
        let words = most.div_ceil(BITS);
        MemberSet((0..words).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether one look shows all.
    #[inline]
    pub fn is_one_word(&self) -> bool {
        self.0.len() == 1
    }

    #[inline]
    fn word(&self, num: u32) -> (&AtomicU64, u64) {
        (&self.0[(num / BITS) as usize], 1 << (num % BITS))
    }

    /// Puts a member in. Release: a thread that takes it out has seen what the caller
    /// wrote before, even if the member was in the set already.
    pub fn insert(&self, num: u32) {
        let (word, bit) = self.word(num);
        word.fetch_or(bit, Ordering::Release);
    }

    /// As `insert`, but writes nothing if the member is in the set, and orders
    /// nothing. For sets that a member leaves by itself.
    pub fn ensure(&self, num: u32) {
        if !self.contains(num) {
            let (word, bit) = self.word(num);
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Takes a member out; false if it was not in. Acquires what it wrote before
    /// it was put in.
    pub fn remove(&self, num: u32) -> bool {
        let (word, bit) = self.word(num);
        word.fetch_and(!bit, Ordering::Acquire) & bit != 0
    }

    /// Whether the member is in the set.
    pub fn contains(&self, num: u32) -> bool {
        let (word, bit) = self.word(num);
        word.load(Ordering::Relaxed) & bit != 0
    }

    /// Empties the set, which nobody else uses now.
    pub fn clear(&self) {
        for word in &self.0 {
            if word.load(Ordering::Relaxed) != 0 {
                word.store(0, Ordering::Relaxed);
            }
        }
    }

    /// The members, from `first` on and around. Each word is read when its turn
    /// comes, `first`'s twice.
    #[inline]
    pub fn from(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        self.walk(first, 0)
    }

    /// The numbers that are not in the set, likewise; they go on to a multiple of
    /// 64.
    pub fn without(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        self.walk(first, !0)
    }

    #[inline]
    fn walk(&self, first: u32, flip: u64) -> impl Iterator<Item = u32> + '_ {
        let words = self.0.len();
        let begin = (first / BITS) as usize;
        let not_below = !0 << (first % BITS);
        (0..=words).flat_map(move |turn| {
            let index = (begin + turn) % words;
            let mask = match turn {
                0 => not_below,
                _ if turn == words => !not_below,
                _ => !0,
            };
            let mut left = if mask == 0 {
                0
            } else {
                (self.0[index].load(Ordering::Relaxed) ^ flip) & mask
            };
            core::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(index as u32 * BITS + bit)
            })
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_member_once_from_any_first() {
        for most in [1, 4, 64, 128, 1024] {
            let set = MemberSet::new(most);
            let members: Vec<u32> = (0..most).filter(|num| num % 3 != 1).collect();
            members.iter().for_each(|&num| set.insert(num));
            members.iter().for_each(|&num| set.ensure(num));
            for first in 0..most {
                let (below, above) = members.split_at(members.partition_point(|&n| n < first));
                let around: Vec<u32> = above.iter().chain(below).copied().collect();
                assert_eq!(set.from(first).collect::<Vec<_>>(), around);
                let mut all: Vec<_> = set.without(first).collect();
                all.extend(around);
                all.sort_unstable();
                assert_eq!(all, (0..most.next_multiple_of(BITS)).collect::<Vec<_>>());
            }
            assert!(members.iter().all(|&num| set.remove(num)));
            assert!(members.iter().all(|&num| !set.remove(num)));
            assert_eq!(set.from(0).next(), None);
        }
    }
}
