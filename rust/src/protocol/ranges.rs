//! The pieces of a loop dealt out ahead: `schedule(nonmonotonic: dynamic)`
//! (OpenMP 5.2, 11.5.3).
//!
//! A piece is a chunk; of a loop with more chunks than [`MOST`] it is as many
//! chunks in a row as it takes. Each member begins with a block of the pieces,
//! its *range*, and takes them from the front; who has none left takes half of
//! another's, from the back. So a member that is busy, or has not come yet,
//! holds up no piece but the one that it executes, and as long as all have
//! work nobody touches another's cache line.
//!
//! The last piece is in no member's range. It is the one in that of nobody (the
//! word after the members'), where a member looks that finds nothing
//! elsewhere; and it gets no other after it. Compilers rely on that: a thread
//! takes itself for the one that has the values of `lastprivate` variables if
//! the last iteration of all was its own last (GCC, libgomp ABI).
//!
//! # Protocol
//!
//! A word per member, each in a line of its own: the epoch of the loop, and
//! the range `from..to`, empty if `from >= to`. The epoch says whose the word
//! is: with one that is not the loop's nobody has touched the word in this
//! loop, and the range is the member's block still. So a loop begins without
//! a look at the words.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | block -> block less its first | the member, once per loop, by CAS | relaxed |
//! | `from` + 1 | the member, by addition | relaxed |
//! | [`MARK`] | a thief, into its own word | relaxed |
//! | `to` -> the middle (and the epoch, if it was old) | the thief, by CAS, if not empty | release: after the mark; readers acquire |
//! | mark -> the stolen range less its first, or empty | the thief, by a store | relaxed |
//! | all -> 0 | who prepares the loop, when epochs begin again | published with the slot |
//! | member into `emptied` | a thief that found its range empty | relaxed |
//! | member out of `emptied` | itself, after the stolen range is in its word | a hint: see below |
//! | `emptied` -> empty | who prepares the loop | published with the slot |
//!
//! Relaxed where nothing is said, because a word says all there is to know about its pieces, and
//! changes of one word have one order. What the iterations touch is ordered by
//! barriers, as in every loop.
//!
//! A member's addition may find the range empty: `from` is then above `to` and
//! nothing was taken. It is never above by more than 2, as the member makes no
//! third try before it stores what it steals, or is done with the loop.
//!
//! A word that a thief has seen may be another one when it changes it, and then
//! the same again: then it says the same pieces are free, which is all that
//! counts. Nobody changes the word of an empty range but its member, so a
//! thief's store overwrites nothing. All have left a slot before it is used again, so no thief comes from
//! an earlier loop.
//!
//! A range that was stolen is nowhere to be seen until its thief has stored it,
//! which takes long if the thief loses its processor just then. The mark says
//! that it may be so. Who finds nothing looks around twice (what moves may pass
//! it by once) and stays if it has seen a mark; not for ever, as a loop that
//! loses a helper loses no piece. It takes the last piece then; so when that is
//! gone somebody has looked at all and found nothing, and the others need not.
//!
//! In a great team a look at all members by each would take the square of their
//! number. There a thief that finds a range empty puts its member into the set
//! `emptied`, and thieves pass by who is in it. A member that stores what it stole
//! takes itself out. It may be put in by a thief that saw it before: then
//! nobody helps with that range, and nothing is lost.
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

const BITS: u32 = 28;
const MASK: u64 = (1 << BITS) - 1;
const EPOCHS: u64 = 1 << (u64::BITS - 2 * BITS);

/// The most pieces that a loop may have: `from` may exceed them by two.
pub const MOST: u64 = MASK - 2;

/// The word of a thief at work: of an epoch that no loop has, and empty.
const MARK: u64 = u64::MAX;

/// How often a member that has found nothing but marks looks around again.
#[cfg(not(loom))]
const PATIENCE: u32 = 1000;
#[cfg(loom)]
const PATIENCE: u32 = 1;

/// See the module.
pub struct Ranges {
    /// [`GREAT`], or what a model says.
    great: u32,
    /// The loop's; never 0, which is that of fresh words.
    epoch: Cell<u64>,
    pieces: Cell<u64>,
    size: Cell<u64>,
    words: UnsafeCell<Box<[CachePadded<AtomicU64>]>>,
    /// In a great team: members whose ranges were found empty.
    emptied: UnsafeCell<Option<MemberSet>>,
}

/// MemberSet above which a team is great: a look at each takes too long.
const GREAT: u32 = 64;

// SAFETY: the cells are written by who prepares the slot, before it is
// published, and constant then; the words are atomic.
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
        Ranges::with_great(GREAT)
    }
}

impl Ranges {
    /// No loop yet, for teams that are great with more than so many members.
    pub fn with_great(great: u32) -> Ranges {
        Ranges {
            great,
            epoch: Cell::new(0),
            pieces: Cell::new(0),
            size: Cell::new(0),
            words: UnsafeCell::default(),
            emptied: UnsafeCell::default(),
        }
    }

    /// Deals out `pieces` (at most [`MOST`]) to `size` members. Only before
    /// the loop is known to others.
    pub fn deal(&self, pieces: u64, size: u32) {
        debug_assert!(pieces <= MOST);
        self.pieces.set(pieces);
        self.size.set(u64::from(size));
        if let Some(emptied) = self.emptied() {
            emptied.clear();
        }
        // SAFETY: the slot is the caller's alone.
        let words = unsafe { &mut *self.words.get() };
        if words.len() <= size as usize {
            *words = (0..=size)
                .map(|_| CachePadded::new(AtomicU64::new(0)))
                .collect();
            let emptied = (size > self.great).then(|| MemberSet::new(size));
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
        // SAFETY: constant since the slot was published.
        unsafe { &*self.words.get() }
    }

    #[inline]
    fn emptied(&self) -> Option<&MemberSet> {
        if self.size.get() <= u64::from(self.great) {
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

    /// The first piece of member `num`, which calls; before [`Ranges::take`],
    /// once in a loop.
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

    /// The next piece of the range of member `num`, which calls; if there is
    /// none it must [`Ranges::steal`] before the third try.
    #[inline]
    pub fn take(&self, num: u64) -> Option<u64> {
        take(self.word(num))
    }

    /// The word of member `num`, for [`take`].
    #[inline]
    pub fn word(&self, num: u64) -> &AtomicU64 {
        &self.words()[num as usize]
    }

    /// Gives member `num`, which calls and whose range is empty, half of
    /// another's, and of that the first piece; or else the last piece, after
    /// which it must ask for no more; `None` if all are empty.
    #[cold]
    pub fn steal(&self, num: u64) -> Option<u64> {
        for patience in (0..PATIENCE).rev() {
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
            if !marks || patience == 0 {
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

    /// Whether somebody has the last piece, and so has found no other.
    fn is_over(&self) -> bool {
        let nobodys = self.word(self.size.get()).load(Ordering::Relaxed);
        let (from, to) = self.range(nobodys, self.size.get());
        from >= to
    }

    /// Half of the range of `victim`, whose word is `seen` or another by now,
    /// for member `num`; its first piece.
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
        ranges.deal(MOST, 2);
        let middle = MOST / 2;
        assert_eq!(ranges.begin(1), Some(middle));
        // Member 0 has not come: half of its block is there for the other.
        let words = ranges.words();
        words[1].store(word(1, MOST - 1, MOST - 1), Ordering::Relaxed);
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
