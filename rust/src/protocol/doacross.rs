//! The iterations of a doacross loop wait for earlier ones that they name
//! (OpenMP 5.2, 15.10.2).
//!
//! The loop's schedule deals out the first dimension (collapsed loops are one); a
//! member executes the inner dimensions of its iterations in order. So what a
//! member has posted in one chunk only grows, and one *cell* says how far. There
//! is a cell per member (static), per chunk (dynamic) or per iteration of the
//! first dimension (guided). Where nobody knows how the iterations are dealt out, each has a
//! bit instead. Memory to which no iteration has posted yet costs
//! nothing ([`words`](crate::protocol::words)).
//!
//! # Protocol
//!
//! A cell is a number of one or more digits, the most significant first. If all
//! ranks fit into one word, the only digit is the rank of the iteration posted
//! last, + 1. If not, there is a digit per dimension: the iteration's number
//! there + 1. It is 0 at first.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | digits of a cell, the last one first | the member that has the chunk | release each: a waiter sees what the iteration wrote |
//! | the bit of an iteration | the member that executed it | release: a waiter sees what the iteration wrote |
//! | [`Sink`]'s words | a member around its sleep | see below |
//! | `sleepers` + 1, - 1 | the same member, after and before | see below |
//!
//! A waiter reads the digits from the first on (acquire each), and stops at the
//! first one that differs from what it wants. A counter that only grows, is
//! written from its last digit on and read from its first one on, is never read
//! too high (Lamport 1977). So no waiter goes on too early.
//!
//! A member that is about to sleep says in its `Sink` what for, counts itself
//! into `sleepers`, makes the heavy half of [`fence`] and reads the cell again. A
//! member that posts writes the cell, makes the light half, and looks at
//! `sleepers` and then at each member's `Sink`. One of the two sees the other.
//! Posts are by far the more frequent. Modelled in `tests/loom_doacross.rs`.

use crate::protocol::words::Words;
use crate::sync::fence;
use crate::sync::primitive::{AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// Words in a cache line: cells are so far apart where they are padded.
const LINE_WORDS: usize = 8;
/// More cells than this are not padded: their memory would cost more than
/// sharing lines does.
const MOST_PADDED_CELLS: usize = 1 << 16;

/// How the schedule deals out the iterations of the first dimension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deal {
    /// A block per member, as [`block`](crate::protocol::ranges::block) makes them.
    Blocks,
    /// Chunks of so many iterations, to the members in turn.
    RoundRobin(u64),
    /// Chunks of so many iterations at most, to any member.
    Chunks(u64),
    /// Any iteration to any member, in all dimensions.
    Each,
}

/// How an iteration of the first dimension finds its cell.
#[derive(Clone, Copy, Debug)]
enum Cells {
    /// One per member; blocks.
    Block { quotient: u64, rest: u64 },
    /// One per member; chunks dealt out in turn.
    RoundRobin { chunk: u64, size: u64 },
    /// One per chunk.
    Chunk(u64),
    /// A bit per iteration of all dimensions.
    Bit,
}

impl Cells {
    fn new(first: u64, deal: Deal, size: u32) -> Cells {
        let size = u64::from(size);
        match deal {
            Deal::Blocks => Cells::Block {
                quotient: first / size,
                rest: first % size,
            },
            Deal::RoundRobin(chunk) => Cells::RoundRobin { chunk, size },
            Deal::Chunks(chunk) => Cells::Chunk(chunk),
            Deal::Each => Cells::Bit,
        }
    }

    /// How many there are for `first` > 0 iterations of the first dimension.
    fn count(self, first: u64, size: u32) -> u64 {
        match self {
            Cells::Block { .. } | Cells::RoundRobin { .. } => u64::from(size),
            Cells::Chunk(chunk) => first.div_ceil(chunk),
            Cells::Bit => first.div_ceil(u64::from(u64::BITS)),
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
            Cells::Bit => first,
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

/// What a member sleeps for. The member writes it; one that posts reads it.
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
    /// of `size` > 1. `None` if the loop has no iterations: nobody waits then.
    pub fn new(counts: &[u64], deal: Deal, size: u32) -> Option<Doacross> {
        let first = *counts.first()?;
        if counts.contains(&0) {
            return None;
        }
        let strides = strides(counts);
        // Without ranks there are no bits. A cell per iteration of the first dimension
        // serves if a member executes the others in order.
        let deal = match deal {
            Deal::Each if strides.is_none() => Deal::Chunks(1),
            deal => deal,
        };
        let first = match deal {
            Deal::Each => counts.iter().product(),
            _ => first,
        };
        let cells = Cells::new(first, deal, size);
        let digits = if strides.is_some() { 1 } else { counts.len() };
        let count = usize::try_from(cells.count(first, size)).unwrap_or(usize::MAX);
        let pitch = if deal == Deal::Each {
            1
        } else if count <= MOST_PADDED_CELLS {
            digits.next_multiple_of(LINE_WORDS)
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

    /// Dimensions of the loop; an iteration has a number in each.
    #[inline]
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The cell of an iteration; of bits, its rank.
    #[inline]
    fn cell_of(&self, iteration: &[u64]) -> u64 {
        match self.cells {
            Cells::Bit => self.first_digit(iteration) - 1,
            cells => cells.of(iteration[0]),
        }
    }

    /// The word and the bit of a rank; `None` for an iteration outside of the loop.
    #[inline]
    fn bit(&self, rank: u64) -> Option<(&AtomicU64, u64)> {
        let word = self.words.get((rank / u64::from(u64::BITS)) as usize)?;
        Some((word, 1 << (rank % u64::from(u64::BITS))))
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

    /// Posts `iteration`, which the caller executes. Answers the cell and its
    /// first digit if members sleep: then the caller looks for those that want
    /// it, and wakes them.
    #[inline]
    pub fn post(&self, iteration: &[u64]) -> Option<(u64, u64)> {
        let cell = self.cell_of(iteration);
        let first = self.first_digit(iteration);
        if let Cells::Bit = self.cells {
            if let Some((word, bit)) = self.bit(cell) {
                word.fetch_or(bit, Ordering::Release);
            }
        } else if let [head, tail @ ..] = self.digits(cell) {
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
        if let Cells::Bit = self.cells {
            let bit = self.bit(self.cell_of(iteration));
            return bit.is_none_or(|(word, bit)| word.load(Ordering::Acquire) & bit != 0);
        }
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

    /// The owner of `mine` is about to sleep until `iteration` is posted; false
    /// if it is already.
    pub fn announce(&self, mine: &Sink, iteration: &[u64]) -> bool {
        // Relaxed: the fence orders all three before the look at the cell.
        mine.digit
            .store(self.first_digit(iteration), Ordering::Relaxed);
        mine.cell
            .store(self.cell_of(iteration) + 1, Ordering::Relaxed);
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        fence::heavy();
        if self.is_posted(iteration) {
            self.withdraw(mine);
            return false;
        }
        true
    }

    /// The owner of `mine` no longer sleeps. Relaxed: if this is seen late, it
    /// costs a needless wake-up.
    pub fn withdraw(&self, mine: &Sink) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        mine.cell.store(0, Ordering::Relaxed);
    }
}

impl Sink {
    /// Whether the member sleeps for what the cell says now. Relaxed: the fence
    /// in [`Doacross::post`] comes before.
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::protocol::ranges::block;

    #[test]
    fn blocks_find_their_member() {
        for size in 1..9u32 {
            for first in 1..40u64 {
                let cells = Cells::new(first, Deal::Blocks, size);
                for num in 0..u64::from(size) {
                    if let Some((from, to)) = block(first, num, u64::from(size)) {
                        assert!((from..to).all(|i| cells.of(i) == num), "{first} {size}");
                    }
                }
            }
        }
    }

    #[test]
    fn posted_means_it_or_later() {
        let wide = [3, 1 << 40, 1 << 40];
        for counts in [[3, 4, 5], wide] {
            let loops = Doacross::new(&counts, Deal::Blocks, 2).expect("has iterations");
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
            let chunks = Doacross::new(&counts, Deal::Chunks(1), 2).expect("has iterations");
            assert!(chunks.is_posted(&[u64::MAX, 0, 0]));
        }
    }

    #[test]
    fn no_iterations_no_state() {
        assert!(Doacross::new(&[0, 3], Deal::Blocks, 2).is_none());
        assert!(Doacross::new(&[3, 0], Deal::Chunks(1), 2).is_none());
    }
}
