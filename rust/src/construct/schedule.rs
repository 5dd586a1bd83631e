//! Which member gets which iterations (OpenMP 5.2, 11.5.3).

use crate::construct::work_share::{WorkShare, MIN_SERIAL_CHUNK};
use crate::icv::ScheduleKind;
use crate::protocol::ranges::{self, block};
use crate::sync::primitive::AtomicU64;
use core::cell::Cell;
use core::ptr::NonNull;

/// Iterations `from..to`.
pub type Chunk = (u64, u64);

/// What a member has taken of the loop that it is in.
#[derive(Default)]
pub struct LoopState {
    /// Static: chunks taken. In a team of one: iterations taken.
    round: Cell<u64>,
    /// Nothing is left for this member.
    done: Cell<bool>,
    /// In a loop with `ordered`, the chunk whose turn the member waits for or has. In a loop of
    /// the Haskell library, the rest of a chunk, for the member's next call.
    pub(crate) held: Cell<Option<Chunk>>,
    /// Dealt out in advance: where its own range is, once it has begun.
    own: Cell<Option<Own>>,
}

/// A member's own range of a loop that was dealt out in advance.
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
        // SAFETY: the word of the work share at which the member stands: set there,
        // and forgotten when it moves on.
        ranges::take(unsafe { self.word.as_ref() })
    }
}

impl LoopState {
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
    pub(crate) fn next(&self, work_share: &WorkShare, num: u32, size: u32) -> Option<Chunk> {
        if self.done.get() || work_share.is_stopped() {
            return None;
        }
        let trip = work_share.space.get().trip;
        let chunk = work_share.chunk.get();
        let (num, size) = (u64::from(num), u64::from(size));
        let next = &*work_share.next_iteration;
        let taken = match work_share.kind.get()? {
            ScheduleKind::Static if chunk > 0 => {
                let round = self.round.get();
                self.round.set(round + 1);
                round_robin(trip, chunk, round, num, size)
            }
            ScheduleKind::Static | ScheduleKind::Auto => {
                self.done.set(true);
                block(trip, num, size)
            }
            _ if size == 1 => {
                let from = self.round.get();
                let to = trip.min(from.saturating_add(chunk.max(MIN_SERIAL_CHUNK)));
                self.round.set(to);
                Some((from, to)).filter(|_| from < trip)
            }
            ScheduleKind::Dynamic if work_share.is_dealt.get() => {
                self.dealt(work_share, trip, chunk, num)
            }
            ScheduleKind::Dynamic => next.take_chunk(trip, chunk.max(1), size),
            ScheduleKind::Guided => {
                next.take_share(trip, chunk.max(1), size, work_share.multiple.get())
            }
        };
        if taken.is_none() {
            self.done.set(true);
            // A careless caller that asks again adds to no word.
            self.own.set(None);
        }
        taken
    }

    /// The user's values of the next piece of the member's own range, if the loop was
    /// dealt out in advance: what [`LoopState::next`] finds, but faster. If there is none,
    /// the caller asks that next.
    #[inline(always)]
    pub(crate) fn quick(&self, work_share: &WorkShare) -> Option<(u64, u64)> {
        let own = self.own.get()?;
        if work_share.is_stopped() {
            return None;
        }
        // Never the last piece, which may be a short one.
        let piece = own.take()?;
        let from = own.start.wrapping_add(piece.wrapping_mul(own.step));
        Some((from, from.wrapping_add(own.step)))
    }

    /// A piece of a loop that was dealt out in advance.
    #[inline]
    fn dealt(&self, work_share: &WorkShare, trip: u64, chunk: u64, num: u64) -> Option<Chunk> {
        let ranges = &work_share.ranges;
        let own = match self.own.get() {
            Some(own) => own.take(),
            None => {
                let (start, step) = work_share.space.get().strided(chunk);
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

/// Chunks dealt out in turn.
fn round_robin(trip: u64, chunk: u64, round: u64, num: u64, size: u64) -> Option<Chunk> {
    let from = round
        .checked_mul(size)?
        .checked_add(num)?
        .checked_mul(chunk)?;
    Some((from, from.saturating_add(chunk).min(trip))).filter(|_| from < trip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::construct::space::IterationSpace;
    use crate::construct::work_share::Order;
    use core::sync::atomic::Ordering;

    /// All chunks, members taking turns.
    fn hand_out(trip: u64, kind: ScheduleKind, chunk: u64, order: Order, size: u32) -> Vec<Chunk> {
        let work_share = WorkShare::of(size);
        work_share.plan(IterationSpace::plain(trip), kind, chunk, order);
        taken(&work_share, size)
    }

    /// All chunks of a planned loop.
    fn taken(work_share: &WorkShare, size: u32) -> Vec<Chunk> {
        let shares: Vec<LoopState> = (0..size).map(|_| LoopState::default()).collect();
        let mut chunks = Vec::new();
        let mut busy = true;
        while busy {
            busy = false;
            for (num, loop_state) in shares.iter().enumerate() {
                if let Some(taken) = loop_state.next(work_share, num as u32, size) {
                    chunks.push(taken);
                    busy = true;
                }
            }
        }
        assert!(shares
            .iter()
            .all(|loop_state| loop_state.next(work_share, 0, size).is_none()));
        chunks.sort_unstable();
        chunks
    }

    #[test]
    fn every_iteration_once() {
        for kind in [
            ScheduleKind::Static,
            ScheduleKind::Dynamic,
            ScheduleKind::Guided,
            ScheduleKind::Auto,
        ] {
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
    fn simd_chunks_are_whole_groups() {
        for kind in [
            ScheduleKind::Static,
            ScheduleKind::Dynamic,
            ScheduleKind::Guided,
            ScheduleKind::Auto,
        ] {
            for trip in [0, 1, 7, 16, 27, 100, 5000] {
                for (chunk, width) in [(0, 4), (1, 4), (2, 4), (3, 8), (1, u64::MAX), (2, 1)] {
                    for size in [1, 2, 3, 8] {
                        for order in [Order::Any, Order::Monotonic, Order::Ordered] {
                            let work_share = WorkShare::of(size);
                            let space = IterationSpace::plain(trip);
                            work_share.plan_simd(space, kind, chunk, order, width);
                            let chunks = taken(&work_share, size);
                            let mut at = 0;
                            for &(from, to) in &chunks {
                                assert_eq!(from, at, "{kind:?} {trip} {chunk}*{width} {size}");
                                let whole = match kind {
                                    ScheduleKind::Auto => width,
                                    _ => chunk.max(1).saturating_mul(width),
                                };
                                assert!(to == trip || (to - from) % whole == 0);
                                at = to;
                            }
                            assert_eq!(at, trip, "{kind:?} {trip} {chunk}*{width} {size}");
                        }
                    }
                }
            }
        }
        // The next loop in the same work share has chunks of any size.
        let work_share = WorkShare::of(2);
        let space = IterationSpace::plain(100);
        work_share.plan_simd(space, ScheduleKind::Guided, 1, Order::Any, 8);
        assert_eq!(LoopState::default().next(&work_share, 0, 2), Some((0, 56)));
        work_share.plan(space, ScheduleKind::Guided, 1, Order::Any);
        assert_eq!(LoopState::default().next(&work_share, 0, 2), Some((0, 50)));
    }

    #[test]
    fn the_largest_trip() {
        for kind in [
            ScheduleKind::Static,
            ScheduleKind::Dynamic,
            ScheduleKind::Guided,
        ] {
            let chunk = 1 << 60;
            let chunks = hand_out(u64::MAX, kind, chunk, Order::Any, 3);
            assert_eq!(chunks.last().map(|c| c.1), Some(u64::MAX));
            assert!(chunks.windows(2).all(|pair| pair[0].1 == pair[1].0));
        }
    }

    #[test]
    fn too_many_chunks_go_in_pieces() {
        for trip in [u64::MAX, 1 << 40, ranges::MAX_PIECES + 1] {
            let work_share = WorkShare::of(2);
            work_share.plan(
                IterationSpace::plain(trip),
                ScheduleKind::Dynamic,
                1,
                Order::Any,
            );
            let (piece, pieces) = (work_share.chunk.get(), work_share.ranges.pieces());
            assert!(piece > 1 && pieces <= ranges::MAX_PIECES);
            assert_eq!(trip.div_ceil(piece), pieces);
            assert_eq!(
                LoopState::default().next(&work_share, 0, 2),
                Some((0, piece))
            );
        }
    }

    #[test]
    fn a_stopped_loop_hands_out_nothing() {
        for kind in [
            ScheduleKind::Static,
            ScheduleKind::Dynamic,
            ScheduleKind::Guided,
            ScheduleKind::Auto,
        ] {
            let work_share = WorkShare::of(2);
            work_share.plan(IterationSpace::plain(10), kind, 2, Order::Any);
            let (one, other) = (LoopState::default(), LoopState::default());
            assert!(one.next(&work_share, 0, 2).is_some());
            work_share.stop();
            assert_eq!(one.next(&work_share, 0, 2), None);
            assert_eq!(other.next(&work_share, 1, 2), None);
            // The next loop in the same work share is not.
            work_share.plan(IterationSpace::plain(10), kind, 2, Order::Any);
            other.begin();
            assert!(other.next(&work_share, 1, 2).is_some());
        }
    }

    #[test]
    fn asking_again_after_the_end_changes_nothing() {
        for (chunk, order) in [(3, Order::Any), (3, Order::Monotonic), (1, Order::Ordered)] {
            let work_share = WorkShare::of(2);
            work_share.plan(
                IterationSpace::plain(100),
                ScheduleKind::Dynamic,
                chunk,
                order,
            );
            let (one, other) = (LoopState::default(), LoopState::default());
            let ask = |loop_state: &LoopState, num| {
                let quick = loop_state.quick(&work_share).is_some();
                quick || loop_state.next(&work_share, num, 2).is_some()
            };
            while ask(&one, 0) | ask(&other, 1) {}
            let state = || {
                let words = (0..2).map(|num| {
                    work_share
                        .is_dealt
                        .get()
                        .then(|| work_share.ranges.word(num))
                });
                let words: Vec<_> = words
                    .map(|word| word.map(|word| word.load(Ordering::Relaxed)))
                    .collect();
                (words, work_share.next_iteration.now())
            };
            let before = state();
            assert!((0..1000).all(|_| !ask(&one, 0) && !ask(&other, 1)));
            assert_eq!(state(), before);
        }
    }

    #[test]
    fn static_chunks_go_round() {
        let work_share = WorkShare::of(2);
        work_share.plan(
            IterationSpace::plain(10),
            ScheduleKind::Static,
            2,
            Order::Any,
        );
        let loop_state = LoopState::default();
        assert_eq!(loop_state.next(&work_share, 1, 2), Some((2, 4)));
        assert_eq!(loop_state.next(&work_share, 1, 2), Some((6, 8)));
        assert_eq!(loop_state.next(&work_share, 1, 2), None);
    }
}
