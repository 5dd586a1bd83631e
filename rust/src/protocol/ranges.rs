//! The pieces of a loop, dealt out in advance and stolen: `schedule(nonmonotonic:
//! dynamic)` (OpenMP 5.2, 11.5.3).
//!
//! A piece is a chunk. If a loop has more chunks than [`MAX_PIECES`], a piece is as many
//! chunks in a row as it takes. Each member begins with a block of the pieces, its
//! *range*, and takes them from the front. A member that has none left takes half of
//! another's, from the back. So a member that is busy, or has not come yet, holds up no
//! piece but the one that it executes. As long as all have work, no member touches
//! another's cache line.
//!
//! The last piece is in no member's range. It is in a range that is nobody's (the word
//! after the members'), where a member looks that finds nothing elsewhere. That member
//! gets no other piece after it. Compilers rely on that: a thread takes itself for the
//! one that has the values of `lastprivate` variables if the last iteration of all was
//! its own last (GCC, libgomp ABI).
//!
//! # Protocol
//!
//! There is a word per member, each in a line of its own: the epoch of the loop, and
//! the range `from..to`, empty if `from >= to`. A word with an epoch that is not the
//! loop's has not been touched in this loop, and the range is the member's block still. So
//! a loop begins without a look at the words.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | block -> block less its first piece | the member, once per loop, by CAS | relaxed |
//! | `from` + 1 | the member, by addition | relaxed |
//! | -> [`MARK`] | a thief, in its own word | relaxed |
//! | `to` -> the middle (and the epoch, if it was old) | the thief, by CAS, if not empty | release: after the mark; readers acquire |
//! | mark -> the stolen range less its first piece, or empty | the thief, by a store | relaxed |
//! | all -> 0 | the member that prepares the loop, when epochs begin again | published with the work share |
//! | member into `emptied` | a thief that found its range empty | relaxed |
//! | member out of `emptied` | itself, after the stolen range is in its word | a hint: see below |
//! | `emptied` -> empty | the member that prepares the loop | published with the work share |
//!
//! The changes may be relaxed because a word says all there is to know about its pieces,
//! and changes of one word have one order. Barriers order what the iterations touch, as
//! in every loop.
//!
//! A member's addition may find the range empty: `from` is then above `to` and
//! nothing was taken. It is never above by more than 2, as the member makes no
//! third try before it stores what it steals, or is done with the loop.
//!
//! A word that a thief has seen may change and become the same again before the thief
//! changes it. Then it says that the same pieces are free, which is all that counts. Only
//! the member changes the word of an empty range, so a thief's store overwrites nothing.
//! All have left a work share before it is used again, so no thief comes from an earlier
//! loop.
//!
//! No member sees a stolen range until its thief has stored it. That takes long if the
//! thief loses its processor just then. The mark says that it may be so. A member that
//! finds nothing looks around twice (pieces that move may pass it by once), and stays if
//! it has seen a mark. It does not stay for ever, as a loop that loses a helper loses no
//! piece. Then it takes the last piece. So when that is gone, a member has looked at all
//! and found nothing, and the others need not look.
//!
//! In a great team, if each member looked at all, the looks would grow as the square of
//! the members. There a thief that finds a range empty puts its member into the set
//! `emptied`, and thieves pass by members that are in it. A member that stores what it
//! stole takes itself out. A thief that saw it before may put it in again: then no member
//! helps with that range, and nothing is lost.
//! Modelled in `tests/loom_ranges.rs`.
//!
//! # Cost
//!
//! Lines that move per piece: none, but two per theft (the victim's, there and
//! back). A member whose range is long sees as many thefts as there are
//! halvings, so a balanced loop has a handful of them for each member, at its
//! end. Per loop: a member's own line once, if others have looked at it.

use crate::sync::member_set::MemberSet;
use crate::sync::primitive::{AtomicU64, Ordering};
use core::cell::{Cell, UnsafeCell};
use crossbeam_utils::CachePadded;
#[cfg(loom)]
use loom::thread::yield_now;
#[cfg(not(loom))]
use std::thread::yield_now;

/// Bits of `from` and of `to` in a word. The epoch has the rest.
const BITS: u32 = 28;
const MASK: u64 = (1 << BITS) - 1;
/// How many epochs there are.
const EPOCHS: u64 = 1 << (u64::BITS - 2 * BITS);

/// The most pieces that a loop may have: `from` may exceed them by two.
pub const MAX_PIECES: u64 = MASK - 2;

/// The word of a thief at work: of an epoch that no loop has, and empty.
const MARK: u64 = u64::MAX;

/// How often a member that finds nothing but marks looks around at most.
#[cfg(not(loom))]
const MAX_ROUNDS: u32 = 1000;
#[cfg(loom)]
const MAX_ROUNDS: u32 = 1;

/// See the module.
pub struct Ranges {
    /// [`MAX_SMALL_TEAM`], or what a model says.
    max_small_team: u32,
    /// The loop's; never 0, which is that of fresh words.
    epoch: Cell<u64>,
    pieces: Cell<u64>,
    size: Cell<u64>,
    words: UnsafeCell<Box<[CachePadded<AtomicU64>]>>,
    /// In a great team: members whose ranges were found empty.
    emptied: UnsafeCell<Option<MemberSet>>,
}

/// A team with more members is great: a look at each member takes too long.
const MAX_SMALL_TEAM: u32 = 64;

// SAFETY: the member that prepares the work share writes the cells before that is
// published, and they are constant then. The words are atomic.
unsafe impl Sync for Ranges {}

/// The parts of a word.
#[inline(always)]
fn parts(word: u64) -> (u64, u64, u64) {
    (word >> (2 * BITS), word & MASK, word >> BITS & MASK)
}

/// As [`Ranges::take`], of the caller's own word.
#[inline(always)]
pub fn take(mine: &AtomicU64) -> Option<u64> {
    let (_, from, to) = parts(mine.fetch_add(1, Ordering::Relaxed));
    (from < to).then_some(from)
}

/// The block of member `num` of `size`: blocks differ by at most one iteration (or
/// piece), the larger ones come first.
pub fn block(trip: u64, num: u64, size: u64) -> Option<(u64, u64)> {
    let (quotient, rest) = (trip / size, trip % size);
    let from = num * quotient + num.min(rest);
    let to = from + quotient + u64::from(num < rest);
    Some((from, to)).filter(|_| from < to)
}

fn word(epoch: u64, from: u64, to: u64) -> u64 {
    epoch << (2 * BITS) | to << BITS | from
}

impl Default for Ranges {
    fn default() -> Ranges {
        Ranges::with_max_small_team(MAX_SMALL_TEAM)
    }
}

impl Ranges {
    /// No loop yet. Teams with more than so many members are great.
    pub fn with_max_small_team(max_small_team: u32) -> Ranges {
        Ranges {
            max_small_team,
            epoch: Cell::new(0),
            pieces: Cell::new(0),
            size: Cell::new(0),
            words: UnsafeCell::default(),
            emptied: UnsafeCell::default(),
        }
    }

    /// Deals out `pieces` (at most [`MAX_PIECES`]) to `size` members. Only before
    /// the loop is known to others.
    pub fn deal(&self, pieces: u64, size: u32) {
        debug_assert!(pieces <= MAX_PIECES);
        self.pieces.set(pieces);
        self.size.set(u64::from(size));
        if let Some(emptied) = self.emptied() {
            emptied.clear();
        }
        // SAFETY: the work share is the caller's alone.
        let words = unsafe { &mut *self.words.get() };
        if words.len() <= size as usize {
            *words = (0..=size)
                .map(|_| CachePadded::new(AtomicU64::new(0)))
                .collect();
            let emptied = (size > self.max_small_team).then(|| MemberSet::new(size));
            // SAFETY: as above.
            unsafe { *self.emptied.get() = emptied };
        }
        let mut epoch = self.epoch.get() + 1;
        if epoch == EPOCHS - 1 {
            epoch = 1;
            for word in &words[..] {
                word.store(0, Ordering::Relaxed);
            }
        }
        self.epoch.set(epoch);
    }

    /// How many pieces there are.
    pub fn pieces(&self) -> u64 {
        self.pieces.get()
    }

    #[inline]
    fn words(&self) -> &[CachePadded<AtomicU64>] {
        // SAFETY: constant since the work share was published.
        unsafe { &*self.words.get() }
    }

    #[inline]
    fn emptied(&self) -> Option<&MemberSet> {
        if self.size.get() <= u64::from(self.max_small_team) {
            return None;
        }
        // SAFETY: as above.
        unsafe { (*self.emptied.get()).as_ref() }
    }

    /// What `seen`, the word of member `num`, says.
    fn range(&self, seen: u64, num: u64) -> (u64, u64) {
        let (epoch, from, to) = parts(seen);
        if seen == MARK || epoch == self.epoch.get() {
            return (from, to);
        }
        let (pieces, size) = (self.pieces.get(), self.size.get());
        if num == size {
            return (pieces.saturating_sub(1), pieces);
        }
        block(pieces.saturating_sub(1), num, size).unwrap_or((0, 0))
    }

    /// The first piece of member `num`, which calls this once in a loop, before
    /// [`Ranges::take`].
    #[inline]
    pub fn begin(&self, num: u64) -> Option<u64> {
        let mine = &self.words()[num as usize];
        let seen = mine.load(Ordering::Relaxed);
        if parts(seen).0 != self.epoch.get() {
            let (from, to) = self.range(seen, num);
            let rest = word(self.epoch.get(), (from + 1).min(to), to);
            if mine
                .compare_exchange(seen, rest, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                return Some(from).filter(|_| from < to);
            }
            // A thief was here.
        }
        self.take(num)
    }

    /// The next piece of the range of member `num`, which calls. If there is none, it
    /// must [`Ranges::steal`] before the third try.
    #[inline]
    pub fn take(&self, num: u64) -> Option<u64> {
        take(self.word(num))
    }

    /// The word of member `num`, for [`take`].
    #[inline]
    pub fn word(&self, num: u64) -> &AtomicU64 {
        &self.words()[num as usize]
    }

    /// Gives member `num`, which calls and whose range is empty, half of another's range,
    /// and answers the first piece of it. If there is none, answers the last piece, after
    /// which the member must ask for no more. `None` if all are empty.
    #[cold]
    pub fn steal(&self, num: u64) -> Option<u64> {
        for rounds_left in (0..MAX_ROUNDS).rev() {
            let mut marks = false;
            for victim in self.others(num).chain(self.others(num)) {
                if self.is_over() {
                    return None;
                }
                let seen = self.words()[victim as usize].load(Ordering::Acquire);
                let stolen = self.rob(victim, seen, num);
                if stolen.is_some() {
                    return stolen;
                }
                if seen == MARK {
                    marks = true;
                } else if let Some(emptied) = self.emptied() {
                    emptied.ensure(victim as u32);
                }
            }
            if !marks || rounds_left == 0 {
                break;
            }
            yield_now();
        }
        let last = self.word(self.size.get()).load(Ordering::Relaxed);
        self.rob(self.size.get(), last, num)
    }

    /// The members that `num` may rob, those after it first.
    fn others(&self, num: u64) -> impl Iterator<Item = u64> + '_ {
        let size = self.size.get();
        let emptied = self.emptied();
        let all = emptied.is_none().then(|| (num + 1..size).chain(0..num));
        let some = emptied.map(|emptied| emptied.without(num as u32).map(u64::from));
        let some = some.into_iter().flatten();
        all.into_iter()
            .flatten()
            .chain(some.filter(move |&other| other < size && other != num))
    }

    /// Whether a member has the last piece, and so has found no other.
    fn is_over(&self) -> bool {
        let nobodys = self.word(self.size.get()).load(Ordering::Relaxed);
        let (from, to) = self.range(nobodys, self.size.get());
        from >= to
    }

    /// Takes half of the range of `victim`, whose word was `seen`, for member `num`.
    /// Answers the first piece of it.
    fn rob(&self, victim: u64, mut seen: u64, num: u64) -> Option<u64> {
        let (theirs, mine) = (self.word(victim), self.word(num));
        let epoch = self.epoch.get();
        let mut marked = false;
        loop {
            let (from, to) = self.range(seen, victim);
            if from >= to {
                if marked {
                    mine.store(word(epoch, 0, 0), Ordering::Relaxed);
                }
                return None;
            }
            if !marked {
                mine.store(MARK, Ordering::Relaxed);
                marked = true;
            }
            let middle = to - (to - from).div_ceil(2);
            let rest = word(epoch, from, middle);
            match theirs.compare_exchange(seen, rest, Ordering::Release, Ordering::Acquire) {
                Ok(_) => {
                    mine.store(word(epoch, middle + 1, to), Ordering::Relaxed);
                    if let Some(emptied) = self.emptied() {
                        if emptied.contains(num as u32) {
                            emptied.remove(num as u32);
                        }
                    }
                    return Some(middle);
                }
                Err(now) => seen = now,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Takes all pieces, the members in turn as `order` says.
    fn empty(ranges: &Ranges, size: u64, order: impl Fn(u64) -> u64) -> Vec<u64> {
        let (mut begun, mut done) = (vec![false; size as usize], vec![false; size as usize]);
        let mut taken = Vec::new();
        for round in 0.. {
            let num = order(round) % size;
            if done.iter().all(|&done| done) {
                break;
            }
            if done[num as usize] {
                continue;
            }
            let own = if std::mem::replace(&mut begun[num as usize], true) {
                ranges.take(num)
            } else {
                ranges.begin(num)
            };
            let piece = own.or_else(|| ranges.steal(num));
            taken.extend(piece);
            done[num as usize] = piece.is_none_or(|piece| piece + 1 == ranges.pieces());
        }
        taken.sort_unstable();
        taken
    }

    #[test]
    fn each_piece_once_in_loop_after_loop() {
        let ranges = Ranges::default();
        // More loops than epochs, by different numbers of members.
        for turn in 0..2 * EPOCHS {
            let (size, pieces) = ([1, 2, 3, 8, 16][turn as usize % 5], turn % 37);
            ranges.deal(pieces, size as u32);
            let taken = match turn % 3 {
                0 => empty(&ranges, size, |round| round),
                1 => empty(&ranges, size, |round| round / 3),
                // One is slow.
                _ => empty(
                    &ranges,
                    size,
                    |round| if round % 7 == 0 { round / 7 } else { 0 },
                ),
            };
            assert_eq!(taken, (0..pieces).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn the_most_pieces() {
        let ranges = Ranges::default();
        ranges.deal(MAX_PIECES, 2);
        let middle = MAX_PIECES / 2;
        assert_eq!(ranges.begin(1), Some(middle));
        // Member 0 has not come: half of its block is there for the other.
        let words = ranges.words();
        words[1].store(word(1, MAX_PIECES - 1, MAX_PIECES - 1), Ordering::Relaxed);
        assert_eq!(ranges.take(1), None);
        assert_eq!(ranges.steal(1), Some(middle - middle.div_ceil(2)));
        assert_eq!(ranges.begin(0), Some(0));
    }

    #[test]
    fn a_busy_member_keeps_nothing() {
        let ranges = Ranges::default();
        ranges.deal(20, 2);
        assert_eq!(ranges.begin(0), Some(0));
        let mut taken: Vec<u64> = ranges.begin(1).into_iter().collect();
        while let Some(piece) = ranges.take(1).or_else(|| ranges.steal(1)) {
            taken.push(piece);
        }
        taken.sort_unstable();
        assert_eq!(taken, (1..20).collect::<Vec<_>>());
        assert_eq!(ranges.take(0), None);
        assert_eq!(ranges.steal(0), None);
    }

    #[test]
    fn blocks_are_even() {
        assert_eq!(block(10, 0, 4), Some((0, 3)));
        assert_eq!(block(10, 1, 4), Some((3, 6)));
        assert_eq!(block(10, 3, 4), Some((8, 10)));
        assert_eq!(block(2, 3, 4), None);
    }
}
