//! Who gets which iterations (OpenMP 5.2, 11.5.3).

use crate::construct::work_share::Slot;
use crate::icv::Kind;
use crate::protocol::ranges;
use crate::sync::primitive::AtomicU64;
use core::cell::Cell;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

/// Iterations `from..to`.
pub type Chunk = (u64, u64);

/// Iterations that a team of one takes at least: few enough to stop soon.
const ALONE: u64 = 1024;

/// What a member has taken of the loop that it is in.
#[derive(Default)]
pub struct Share {
    /// Static: chunks taken. In a team of one: iterations taken.
    round: Cell<u64>,
    /// Nothing is left for this member.
    done: Cell<bool>,
    /// Ordered: the chunk that it holds.
    pub(crate) held: Cell<Option<Chunk>>,
    /// Dealt out ahead: where its own range is, once it has begun.
    own: Cell<Option<Own>>,
}

/// A member's own range of a loop that was dealt out ahead.
#[derive(Clone, Copy)]
struct Own {
    word: NonNull<AtomicU64>,
    /// The user's value of iteration 0, and its change per piece.
    start: u64,
    step: u64,
}

impl Own {
    #[inline(always)]
    fn take(&self) -> Option<u64> {
        // SAFETY: the word of the slot at which the member stands: set there,
        // and forgotten when it moves on.
        ranges::take(unsafe { self.word.as_ref() })
    }
}

impl Share {
    /// Nothing taken.
    #[inline]
    pub(crate) fn begin(&self) {
        self.round.set(0);
        self.done.set(false);
        self.held.set(None);
        self.own.set(None);
    }

    /// The next chunk for member `num` of `size`.
    #[inline(always)]
    pub(crate) fn next(&self, slot: &Slot, num: u32, size: u32) -> Option<Chunk> {
        if self.done.get() || slot.is_cancelled() {
            return None;
        }
        let trip = slot.space.get().trip;
        let chunk = slot.chunk.get();
        let (num, size) = (u64::from(num), u64::from(size));
        let taken = match slot.kind.get()? {
            Kind::Static if chunk > 0 => {
                let round = self.round.get();
                self.round.set(round + 1);
                round_robin(trip, chunk, round, num, size)
            }
            Kind::Static | Kind::Auto => {
                self.done.set(true);
                block(trip, num, size)
            }
            _ if size == 1 => {
                let from = self.round.get();
                let to = trip.min(from.saturating_add(chunk.max(ALONE)));
                self.round.set(to);
                Some((from, to)).filter(|_| from < trip)
            }
            Kind::Dynamic if slot.is_dealt.get() => self.dealt(slot, trip, chunk, num),
            Kind::Dynamic => dynamic(slot, trip, chunk.max(1), size),
            Kind::Guided => guided(slot, trip, chunk.max(1), size),
        };
        if taken.is_none() {
            self.done.set(true);
            // However often a careless caller asks on, it adds to no word.
            self.own.set(None);
        }
        taken
    }

    /// The user's values of the next piece of the member's own range, if the
    /// loop was dealt out ahead; what [`Share::next`] finds, but faster. If
    /// there is none it must be asked next.
    #[inline(always)]
    pub(crate) fn quick(&self, slot: &Slot) -> Option<(u64, u64)> {
        let own = self.own.get()?;
        if slot.is_cancelled() {
            return None;
        }
        // Never the last piece, which may be a short one.
        let piece = own.take()?;
        let from = own.start.wrapping_add(piece.wrapping_mul(own.step));
        Some((from, from.wrapping_add(own.step)))
    }

    /// A piece of what was dealt out ahead.
    #[inline]
    fn dealt(&self, slot: &Slot, trip: u64, chunk: u64, num: u64) -> Option<Chunk> {
        let ranges = &slot.ranges;
        let own = match self.own.get() {
            Some(own) => own.take(),
            None => {
                let (start, step) = slot.space.get().strided(chunk);
                let word = NonNull::from(ranges.word(num));
                self.own.set(Some(Own { word, start, step }));
                ranges.begin(num)
            }
        };
        let piece = own.or_else(|| ranges.steal(num))?;
        if piece + 1 == ranges.pieces() {
            self.own.set(None);
            self.done.set(true);
        }
        let from = piece * chunk;
        Some((from, trip.min(from.saturating_add(chunk))))
    }
}

/// Blocks that differ by at most one iteration, the larger ones first.
pub fn block(trip: u64, num: u64, size: u64) -> Option<Chunk> {
    let (quotient, rest) = (trip / size, trip % size);
    let from = num * quotient + num.min(rest);
    let to = from + quotient + u64::from(num < rest);
    Some((from, to)).filter(|_| from < to)
}

/// Chunks dealt out in turn.
fn round_robin(trip: u64, chunk: u64, round: u64, num: u64, size: u64) -> Option<Chunk> {
    let from = round
        .checked_mul(size)?
        .checked_add(num)?
        .checked_mul(chunk)?;
    Some((from, from.saturating_add(chunk).min(trip))).filter(|_| from < trip)
}

/// The next `chunk` iterations. Relaxed: only the number matters; what the
/// iterations touch is ordered by barriers.
#[inline]
fn dynamic(slot: &Slot, trip: u64, chunk: u64, size: u64) -> Option<Chunk> {
    // Each member adds at most once past the end.
    let room = size
        .checked_mul(chunk)
        .and_then(|past| trip.checked_add(past))
        .is_some();
    if room {
        let from = slot.cursor.fetch_add(chunk, Ordering::Relaxed);
        return Some((from, trip.min(from.saturating_add(chunk)))).filter(|_| from < trip);
    }
    take(slot, trip, |_| chunk)
}

/// A share of what is left, at least `chunk`.
#[inline]
fn guided(slot: &Slot, trip: u64, chunk: u64, size: u64) -> Option<Chunk> {
    take(slot, trip, |left| left.div_ceil(size).max(chunk))
}

/// Takes as many iterations as `how_many` says for what is left.
#[inline]
fn take(slot: &Slot, trip: u64, how_many: impl Fn(u64) -> u64) -> Option<Chunk> {
    let mut from = slot.cursor.load(Ordering::Relaxed);
    while from < trip {
        let left = trip - from;
        let to = from + how_many(left).min(left);
        match slot
            .cursor
            .compare_exchange_weak(from, to, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) => return Some((from, to)),
            Err(now) => from = now,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::construct::space::Space;
    use crate::worksharing::loops::Order;

    /// All chunks, members taking turns.
    fn hand_out(trip: u64, kind: Kind, chunk: u64, order: Order, size: u32) -> Vec<Chunk> {
        let slot = Slot::of(size);
        slot.plan(Space::plain(trip), kind, chunk, order);
        let shares: Vec<Share> = (0..size).map(|_| Share::default()).collect();
        let mut chunks = Vec::new();
        let mut busy = true;
        while busy {
            busy = false;
            for (num, share) in shares.iter().enumerate() {
                if let Some(taken) = share.next(&slot, num as u32, size) {
                    chunks.push(taken);
                    busy = true;
                }
            }
        }
        assert!(shares
            .iter()
            .all(|share| share.next(&slot, 0, size).is_none()));
        chunks.sort_unstable();
        chunks
    }

    #[test]
    fn every_iteration_once() {
        for kind in [Kind::Static, Kind::Dynamic, Kind::Guided, Kind::Auto] {
            for trip in [0, 1, 2, 3, 7, 16, 100, 1000] {
                for chunk in [0, 1, 2, 3, 7, 16, 99, 5000, i64::MAX as u64, u64::MAX] {
                    for size in [1, 2, 3, 4, 8, 16] {
                        for order in [Order::Any, Order::Monotonic] {
                            let mut at = 0;
                            for (from, to) in hand_out(trip, kind, chunk, order, size) {
                                assert_eq!(from, at, "{kind:?} {trip} {chunk} {size}");
                                assert!(from < to);
                                at = to;
                            }
                            assert_eq!(at, trip, "{kind:?} {trip} {chunk} {size}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_trip() {
        for kind in [Kind::Static, Kind::Dynamic, Kind::Guided] {
            let chunk = 1 << 60;
            let chunks = hand_out(u64::MAX, kind, chunk, Order::Any, 3);
            assert_eq!(chunks.last().map(|c| c.1), Some(u64::MAX));
            assert!(chunks.windows(2).all(|pair| pair[0].1 == pair[1].0));
        }
    }

    #[test]
    fn too_many_chunks_go_in_pieces() {
        for trip in [u64::MAX, 1 << 40, ranges::MOST + 1] {
            let slot = Slot::of(2);
            slot.plan(Space::plain(trip), Kind::Dynamic, 1, Order::Any);
            let (piece, pieces) = (slot.chunk.get(), slot.ranges.pieces());
            assert!(piece > 1 && pieces <= ranges::MOST);
            assert_eq!(trip.div_ceil(piece), pieces);
            assert_eq!(Share::default().next(&slot, 0, 2), Some((0, piece)));
        }
    }

    #[test]
    fn a_cancelled_loop_hands_out_nothing() {
        for kind in [Kind::Static, Kind::Dynamic, Kind::Guided, Kind::Auto] {
            let slot = Slot::of(2);
            slot.plan(Space::plain(10), kind, 2, Order::Any);
            let (one, other) = (Share::default(), Share::default());
            assert!(one.next(&slot, 0, 2).is_some());
            slot.cancel();
            assert_eq!(one.next(&slot, 0, 2), None);
            assert_eq!(other.next(&slot, 1, 2), None);
            // The next loop in the same slot is not.
            slot.plan(Space::plain(10), kind, 2, Order::Any);
            other.begin();
            assert!(other.next(&slot, 1, 2).is_some());
        }
    }

    #[test]
    fn who_asks_on_after_the_end_changes_nothing() {
        for (chunk, order) in [(3, Order::Any), (3, Order::Monotonic), (1, Order::Ordered)] {
            let slot = Slot::of(2);
            slot.plan(Space::plain(100), Kind::Dynamic, chunk, order);
            let (one, other) = (Share::default(), Share::default());
            let ask = |share: &Share, num| {
                let quick = share.quick(&slot).is_some();
                quick || share.next(&slot, num, 2).is_some()
            };
            while ask(&one, 0) | ask(&other, 1) {}
            let state = || {
                let words = (0..2).map(|num| slot.is_dealt.get().then(|| slot.ranges.word(num)));
                let words: Vec<_> = words
                    .map(|word| word.map(|word| word.load(Ordering::Relaxed)))
                    .collect();
                (words, slot.cursor.load(Ordering::Relaxed))
            };
            let before = state();
            assert!((0..1000).all(|_| !ask(&one, 0) && !ask(&other, 1)));
            assert_eq!(state(), before);
        }
    }

    #[test]
    fn blocks_are_even() {
        assert_eq!(block(10, 0, 4), Some((0, 3)));
        assert_eq!(block(10, 1, 4), Some((3, 6)));
        assert_eq!(block(10, 3, 4), Some((8, 10)));
        assert_eq!(block(2, 3, 4), None);
    }

    #[test]
    fn static_chunks_go_round() {
        let slot = Slot::of(2);
        slot.plan(Space::plain(10), Kind::Static, 2, Order::Any);
        let share = Share::default();
        assert_eq!(share.next(&slot, 1, 2), Some((2, 4)));
        assert_eq!(share.next(&slot, 1, 2), Some((6, 8)));
        assert_eq!(share.next(&slot, 1, 2), None);
    }
}
