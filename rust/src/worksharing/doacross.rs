//! `ordered(n)` loops whose iterations wait for named earlier ones (doacross;
//! OpenMP 5.2, 15.10.2: `ordered` with `doacross` or `depend(sink)`).
//!
//! The first dimension (collapsed loops are one) is dealt out by the loop's
//! schedule; a member executes the inner dimensions of its iterations in order.
//! So what a member has posted in one chunk only grows, and one *cell* says how
//! far: there is a cell per member (static), per chunk (dynamic) or per
//! iteration of the first dimension (guided). Memory that no iteration has
//! posted to yet costs nothing ([`words`]).
//!
//! # Protocol
//!
//! A cell is a number of one or more digits, the most significant first: the
//! rank of the iteration posted last, + 1, if all ranks fit into one word;
//! else a digit per dimension, the iteration's number there + 1. It is 0 at
//! first.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | digits of a cell, the last one first | the member that has the chunk | release each: what the iteration wrote is seen by who waited |
//! | [`Sink`]'s words | a member around its sleep | see below |
//! | `sleepers` + 1, - 1 | the same, after and before | see below |
//!
//! Who waits reads the digits from the first on (acquire each) and stops at
//! the first that differs from what it wants. A counter that only grows and is
//! written from its last digit and read from its first one is never read too
//! high (Lamport 1977), so nobody goes on too early.
//!
//! A member that will sleep says in its `Sink` for what, counts itself into
//! `sleepers`, makes the heavy half of [`fence`] and reads the cell again; who
//! posts writes the cell, makes the light half, and looks at `sleepers` and
//! then at each member's `Sink`. One of the two sees the other. Posts are by
//! far the more frequent. Modelled in `tests/loom_doacross.rs`.

use crate::icv::ScheduleKind;
use crate::protocol::words::Words;
use crate::sync::fence;
use crate::sync::primitive::{AtomicU32, AtomicU64, Ordering};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::Context;
use crate::waiting::{self, Wait};
use crossbeam_utils::CachePadded;

/// Words between the cells of different members' iterations.
const LINE: usize = 8;
/// With more cells than this they are not padded: their memory would cost more
/// than sharing lines does.
const PADDED_CELLS: usize = 1 << 16;

/// How an iteration of the first dimension finds its cell.
#[derive(Clone, Copy, Debug)]
enum Cells {
    /// One per member; blocks as `schedule::block` makes them.
    Block { quotient: u64, rest: u64 },
    /// One per member; chunks dealt out in turn.
    RoundRobin { chunk: u64, size: u64 },
    /// One per chunk.
    Chunk(u64),
}

impl Cells {
    fn new(first: u64, kind: ScheduleKind, chunk: u64, size: u32) -> Cells {
        let size = u64::from(size);
        match kind {
            ScheduleKind::Static if chunk > 0 => Cells::RoundRobin { chunk, size },
            // `auto` deals out blocks whatever the chunk size: `omp_set_schedule`
            // leaves there what `OMP_SCHEDULE` said.
            ScheduleKind::Static | ScheduleKind::Auto => Cells::Block {
                quotient: first / size,
                rest: first % size,
            },
            ScheduleKind::Dynamic => Cells::Chunk(chunk.max(1)),
            ScheduleKind::Guided => Cells::Chunk(1),
        }
    }

    /// How many there are for `first` > 0 iterations of the first dimension.
    fn count(self, first: u64, size: u32) -> u64 {
        match self {
            Cells::Block { .. } | Cells::RoundRobin { .. } => u64::from(size),
            Cells::Chunk(chunk) => first.div_ceil(chunk),
        }
    }

    #[inline]
    fn of(self, first: u64) -> u64 {
        match self {
            Cells::Block { quotient, rest } => {
                let boundary = rest * (quotient + 1);
                if first < boundary {
                    first / (quotient + 1)
                } else {
                    // All iterations are below the boundary if `quotient` is 0.
                    rest + (first - boundary) / quotient.max(1)
                }
            }
            Cells::RoundRobin { chunk, size } => first / chunk % size,
            Cells::Chunk(chunk) => first / chunk,
        }
    }
}

/// The shared state of one doacross loop.
#[derive(Debug)]
pub struct Doacross {
    cells: Cells,
    dimensions: usize,
    /// Iterations of all inner dimensions together per step of each; `None`
    /// where ranks do not fit into a word and a cell has a digit per dimension.
    strides: Option<Box<[u64]>>,
    words: Words,
    /// Words from one cell to the next.
    pitch: usize,
    sleepers: CachePadded<AtomicU32>,
}

/// What a member sleeps for; written by it, read by who posts.
#[derive(Debug)]
pub struct Sink {
    /// The cell + 1; 0: it does not sleep here.
    cell: AtomicU64,
    /// The first digit that it wants there.
    digit: AtomicU64,
}

impl Default for Sink {
    fn default() -> Sink {
        Sink {
            cell: AtomicU64::new(0),
            digit: AtomicU64::new(0),
        }
    }
}

impl Doacross {
    /// The state of a loop whose dimensions have `counts` iterations, in a team
    /// of `size` > 1. `None` if there is nothing to wait for: no iterations.
    pub fn new(counts: &[u64], kind: ScheduleKind, chunk: u64, size: u32) -> Option<Doacross> {
        let first = *counts.first()?;
        if counts.contains(&0) {
            return None;
        }
        let cells = Cells::new(first, kind, chunk, size);
        let strides = strides(counts);
        let digits = if strides.is_some() { 1 } else { counts.len() };
        let count = usize::try_from(cells.count(first, size)).unwrap_or(usize::MAX);
        let pitch = if count <= PADDED_CELLS {
            digits.next_multiple_of(LINE)
        } else {
            digits
        };
        Some(Doacross {
            cells,
            dimensions: counts.len(),
            strides,
            words: Words::new(count.saturating_mul(pitch)),
            pitch,
            sleepers: CachePadded::new(AtomicU32::new(0)),
        })
    }

    /// The digits of a cell; none for an iteration outside of the loop.
    #[inline]
    fn digits(&self, cell: u64) -> &[AtomicU64] {
        let from = (cell as usize).saturating_mul(self.pitch);
        let length = if self.strides.is_some() {
            1
        } else {
            self.dimensions
        };
        self.words
            .get(from..from.saturating_add(length))
            .unwrap_or_default()
    }

    /// What the first digit of a cell is when `iteration` has been posted.
    #[inline]
    fn first_digit(&self, iteration: &[u64]) -> u64 {
        match &self.strides {
            Some(strides) => {
                let ranks = strides.iter().zip(iteration);
                ranks.fold(1, |sum: u64, (stride, i)| {
                    sum.wrapping_add(stride.wrapping_mul(*i))
                })
            }
            None => iteration[0] + 1,
        }
    }

    /// `iteration`, which the caller executes, is posted; the cell and its
    /// first digit if somebody sleeps, who must be looked for and woken.
    #[inline]
    pub fn post(&self, iteration: &[u64]) -> Option<(u64, u64)> {
        let cell = self.cells.of(iteration[0]);
        let first = self.first_digit(iteration);
        if let [head, tail @ ..] = self.digits(cell) {
            for (digit, i) in tail.iter().zip(&iteration[1..]).rev() {
                digit.store(i + 1, Ordering::Release);
            }
            head.store(first, Ordering::Release);
        }
        fence::light();
        (self.sleepers.load(Ordering::Relaxed) > 0).then_some((cell, first))
    }

    /// Whether `iteration`, or a later one that is known to follow it in its
    /// cell, has been posted; acquires what was written before.
    #[inline]
    pub fn is_posted(&self, iteration: &[u64]) -> bool {
        let [head, tail @ ..] = self.digits(self.cells.of(iteration[0])) else {
            return true;
        };
        let wanted = self.first_digit(iteration);
        let found = head.load(Ordering::Acquire);
        if found != wanted {
            return found > wanted;
        }
        for (digit, i) in tail.iter().zip(&iteration[1..]) {
            let found = digit.load(Ordering::Acquire);
            if found != i + 1 {
                return found > i + 1;
            }
        }
        true
    }

    /// The owner of `mine` will sleep until `iteration` is posted; false if it
    /// is already.
    pub fn announce(&self, mine: &Sink, iteration: &[u64]) -> bool {
        // Relaxed: the fence orders all three before the look at the cell.
        mine.digit
            .store(self.first_digit(iteration), Ordering::Relaxed);
        mine.cell
            .store(self.cells.of(iteration[0]) + 1, Ordering::Relaxed);
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        fence::heavy();
        if self.is_posted(iteration) {
            self.retire(mine);
            return false;
        }
        true
    }

    /// The owner of `mine` sleeps no more. Relaxed: seen late, it costs a
    /// wake-up for nothing.
    pub fn retire(&self, mine: &Sink) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        mine.cell.store(0, Ordering::Relaxed);
    }
}

impl Sink {
    /// Whether the member sleeps for what the cell says now. Relaxed: asked
    /// after the fence in [`Doacross::post`].
    pub fn wants(&self, (cell, first): (u64, u64)) -> bool {
        self.cell.load(Ordering::Relaxed) == cell + 1 && self.digit.load(Ordering::Relaxed) <= first
    }
}

/// Iterations per step of each dimension, if those of the whole loop have
/// ranks that fit into a word.
fn strides(counts: &[u64]) -> Option<Box<[u64]>> {
    let mut strides = vec![1u64; counts.len()].into_boxed_slice();
    let mut all = 1u64;
    for (stride, count) in strides.iter_mut().zip(counts).rev() {
        *stride = all;
        all = all.checked_mul(*count)?;
    }
    (all < u64::MAX).then_some(strides)
}

struct Posted<'a> {
    team: &'static Team,
    doacross: &'static Doacross,
    member: &'static Member,
    iteration: &'a [u64],
}

impl Wait for Posted<'_> {
    fn ready(&mut self) -> bool {
        self.doacross.is_posted(self.iteration)
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        self.doacross
            .announce(&self.member.cursor.sink, self.iteration)
    }
    fn awoken(&mut self) {
        self.doacross.retire(&self.member.cursor.sink);
    }
}

/// The dimensions of the doacross loop that the calling thread is in; 0 where
/// nobody waits for anybody: outside of such loops and in a team of one.
#[inline]
pub fn dimensions() -> usize {
    let doacross = current().context().member.cursor.work_share().doacross();
    doacross.map_or(0, |doacross| doacross.dimensions)
}

/// The calling thread has done what others may wait for in its iteration: the
/// first of `iteration`'s numbers, one per dimension.
///
/// # Safety
///
/// `iteration` must point to as many numbers as [`dimensions`] says.
#[inline]
pub unsafe fn post(iteration: *const u64) {
    let Context { team, member, .. } = current().context();
    let Some(doacross) = member.cursor.work_share().doacross() else {
        return;
    };
    // SAFETY: the caller's promise.
    let iteration = unsafe { core::slice::from_raw_parts(iteration, doacross.dimensions) };
    if let Some(posted) = doacross.post(iteration) {
        for member in team.members() {
            if member.cursor.sink.wants(posted) {
                member.thread().parker.unpark();
            }
        }
    }
}

/// Waits until the iteration of these numbers has been posted.
///
/// # Safety
///
/// As for [`post`].
#[inline]
pub unsafe fn wait(iteration: *const u64) {
    let me = current();
    let Context { team, member, .. } = me.context();
    let Some(doacross) = member.cursor.work_share().doacross() else {
        return;
    };
    // SAFETY: the caller's promise.
    let iteration = unsafe { core::slice::from_raw_parts(iteration, doacross.dimensions) };
    let mut posted = Posted {
        team,
        doacross,
        member,
        iteration,
    };
    waiting::wait(&mut posted, &me.parker, me.is_worker.get());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::construct::schedule::block;

    #[test]
    fn blocks_find_their_member() {
        for size in 1..9u32 {
            for first in 1..40u64 {
                for (kind, chunk) in [
                    (ScheduleKind::Static, 0),
                    (ScheduleKind::Auto, 0),
                    (ScheduleKind::Auto, 2),
                ] {
                    let cells = Cells::new(first, kind, chunk, size);
                    for num in 0..u64::from(size) {
                        if let Some((from, to)) = block(first, num, u64::from(size)) {
                            assert!((from..to).all(|i| cells.of(i) == num), "{first} {size}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn posted_means_it_or_later() {
        let wide = [3, 1 << 40, 1 << 40];
        for counts in [[3, 4, 5], wide] {
            let loops = Doacross::new(&counts, ScheduleKind::Static, 0, 2).expect("has iterations");
            assert_eq!(loops.strides.is_none(), counts == wide);
            // Member 0 has 0..2 of the first dimension.
            assert!(!loops.is_posted(&[0, 0, 0]));
            assert_eq!(loops.post(&[0, 1, 2]), None);
            assert!(loops.is_posted(&[0, 0, 0]));
            assert!(loops.is_posted(&[0, 0, 4]));
            assert!(loops.is_posted(&[0, 1, 2]));
            assert!(!loops.is_posted(&[0, 1, 3]));
            assert!(!loops.is_posted(&[1, 0, 0]));
            assert!(!loops.is_posted(&[2, 0, 0]));
            loops.post(&[1, 0, 0]);
            assert!(loops.is_posted(&[0, 3, 4]));
            assert!(!loops.is_posted(&[1, 0, 1]));
            // An iteration that is not in the loop holds nobody up.
            let chunks =
                Doacross::new(&counts, ScheduleKind::Dynamic, 1, 2).expect("has iterations");
            assert!(chunks.is_posted(&[u64::MAX, 0, 0]));
        }
    }

    #[test]
    fn no_iterations_no_state() {
        assert!(Doacross::new(&[0, 3], ScheduleKind::Static, 0, 2).is_none());
        assert!(Doacross::new(&[3, 0], ScheduleKind::Guided, 1, 2).is_none());
    }
}
