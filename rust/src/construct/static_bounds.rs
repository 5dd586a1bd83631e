//! Static loops that are told by bounds: the compiled code asks once for its thread's part,
//! and needs no work share. The front for Clang's entries uses it.
//!
//! A loop runs over `lower..=upper` by `incr`. The answer replaces the three numbers:
//! the first part of thread `num` of `size`, and how far it is from there to the thread's
//! next part.

use crate::construct::space::IterationSpace;
use crate::protocol::ranges::block;

/// How the iterations are dealt out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deal {
    /// A block for each thread.
    Blocks,
    /// A block for each thread, whose size is a multiple of this number.
    Multiples(u64),
    /// Chunks of this many iterations, in turn.
    Chunks(u64),
}

/// A thread's part, as values of the loop variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The first value.
    pub lower: u64,
    /// The last value. Of [`Deal::Chunks`], that of a whole chunk, although the loop may end
    /// within it.
    pub upper: u64,
    /// The first iteration, counted from 0, and how many there are.
    pub iterations: (u64, u64),
    /// From this part to the thread's next one.
    pub stride: u64,
    /// Whether the thread has the loop's last iteration.
    pub is_last: bool,
}

/// The part of thread `num` of `size`; `None` if the thread has none.
pub fn part(space: IterationSpace, deal: Deal, (num, size): (u32, u32)) -> Option<Part> {
    let trip = space.trip;
    let (num, size) = (u64::from(num), u64::from(size));
    let (from, to, next) = match deal {
        Deal::Blocks => {
            let (from, to) = block(trip, num, size)?;
            (from, to, trip)
        }
        Deal::Multiples(of) => {
            let of = of.max(1);
            let length = trip.div_ceil(size).div_ceil(of).saturating_mul(of);
            let from = num.checked_mul(length).filter(|&from| from < trip)?;
            (from, trip.min(from.saturating_add(length)), trip)
        }
        Deal::Chunks(chunk) => {
            let chunk = chunk.clamp(1, trip.max(1));
            let chunks = trip.div_ceil(chunk);
            if num >= chunks {
                return None;
            }
            let from = num * chunk;
            (from, from.wrapping_add(chunk), chunk * size.min(chunks))
        }
    };
    let is_last = match deal {
        Deal::Chunks(chunk) => (trip - 1) / chunk.clamp(1, trip) % size == num,
        Deal::Blocks | Deal::Multiples(_) => to == trip,
    };
    let (lower, stride) = space.strided(next);
    let (_, ahead) = space.strided(from);
    let (_, length) = space.strided(to.wrapping_sub(from).wrapping_sub(1));
    let lower = lower.wrapping_add(ahead);
    Some(Part {
        lower,
        upper: lower.wrapping_add(length),
        iterations: (from, to.min(trip).wrapping_sub(from)),
        stride,
        is_last,
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// What the compiled code does with the answers.
    fn run(lower: i64, upper: i64, incr: i64, deal: Deal, size: u32) -> (Vec<i64>, u32) {
        let space = IterationSpace::signed_inclusive(lower, upper, incr);
        let (mut all, mut lasts) = (Vec::new(), 0);
        for num in 0..size {
            let Some(part) = part(space, deal, (num, size)) else {
                continue;
            };
            let (mut from, mut to) = (part.lower as i64, part.upper as i64);
            let is_in = |i: i64, to: i64| if incr > 0 { i <= to } else { i >= to };
            let mut last = false;
            while is_in(from, upper) {
                let mut i = from;
                while is_in(i, to) && is_in(i, upper) {
                    all.push(i);
                    last |= !is_in(i + incr, upper);
                    i += incr;
                }
                if !matches!(deal, Deal::Chunks(_)) {
                    break;
                }
                (from, to) = (from + part.stride as i64, to + part.stride as i64);
            }
            assert_eq!(
                last, part.is_last,
                "{lower} {upper} {incr} {deal:?} {num}/{size}"
            );
            lasts += u32::from(last);
        }
        all.sort_by_key(|i| i * incr.signum());
        (all, lasts)
    }

    #[test]
    fn each_iteration_has_one_thread() {
        for (lower, upper) in [(0, -1), (0, 0), (0, 9), (-3, 20), (5, 5)] {
            for incr in [1, 2, 3, 7] {
                let up: Vec<i64> = (lower..=upper).step_by(incr as usize).collect();
                let down: Vec<i64> = up.iter().map(|i| -i).collect();
                for size in 1..6 {
                    for deal in [
                        Deal::Blocks,
                        Deal::Multiples(4),
                        Deal::Chunks(1),
                        Deal::Chunks(3),
                    ] {
                        let lasts = u32::from(!up.is_empty());
                        assert_eq!(run(lower, upper, incr, deal, size), (up.clone(), lasts));
                        assert_eq!(
                            run(-lower, -upper, -incr, deal, size),
                            (down.clone(), lasts)
                        );
                    }
                }
            }
        }
    }
}
