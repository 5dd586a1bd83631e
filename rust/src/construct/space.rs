//! Iterations as numbers from 0, and back.
//!
//! All schedules count iterations in a `u64`, which holds every trip count
//! that a canonical loop over `long` or `unsigned long long` can have. The
//! user's values are `start + i * incr`, computed in wrapping 64-bit
//! arithmetic; the end of the last chunk is the user's own `end`, so that a
//! step that overshoots never wraps.

/// The iterations of one loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IterationSpace {
    start: u64,
    end: u64,
    incr: u64,
    /// How many iterations there are.
    pub trip: u64,
}

impl IterationSpace {
    /// `for (i = start; i < end; i += incr)`, or `i > end` when `incr` is
    /// negative. No iterations when `incr` is 0.
    #[inline]
    pub fn signed(start: i64, end: i64, incr: i64) -> IterationSpace {
        let trip = if incr > 0 && start < end {
            steps(end.wrapping_sub(start) as u64, incr as u64)
        } else if incr < 0 && start > end {
            steps(start.wrapping_sub(end) as u64, incr.unsigned_abs())
        } else {
            0
        };
        IterationSpace {
            start: start as u64,
            end: end as u64,
            incr: incr as u64,
            trip,
        }
    }

    /// The same over unsigned values; with `up` false the loop counts down and
    /// `incr` is the negative step, wrapped.
    #[inline]
    pub fn unsigned(up: bool, start: u64, end: u64, incr: u64) -> IterationSpace {
        let trip = if up && incr > 0 && start < end {
            steps(end - start, incr)
        } else if !up && incr != 0 && start > end {
            steps(start - end, incr.wrapping_neg())
        } else {
            0
        };
        IterationSpace {
            start,
            end,
            incr,
            trip,
        }
    }

    /// The values from `lower` to `upper`, both included, by `incr`: as Clang describes
    /// loops. No iterations when `incr` is 0.
    pub fn signed_inclusive(lower: i64, upper: i64, incr: i64) -> IterationSpace {
        let trip = if incr > 0 && lower <= upper {
            1 + upper.wrapping_sub(lower) as u64 / incr as u64
        } else if incr < 0 && lower >= upper {
            1 + lower.wrapping_sub(upper) as u64 / incr.unsigned_abs()
        } else {
            0
        };
        IterationSpace::counted(lower as u64, incr as u64, trip)
    }

    /// The same over unsigned values. A negative `incr` counts down.
    pub fn unsigned_inclusive(lower: u64, upper: u64, incr: i64) -> IterationSpace {
        let trip = if incr > 0 && lower <= upper {
            1 + (upper - lower) / incr as u64
        } else if incr < 0 && lower >= upper {
            1 + (lower - upper) / incr.unsigned_abs()
        } else {
            0
        };
        IterationSpace::counted(lower, incr as u64, trip)
    }

    /// `trip` values from `start` on.
    fn counted(start: u64, incr: u64, trip: u64) -> IterationSpace {
        IterationSpace {
            start,
            end: start.wrapping_add(trip.wrapping_mul(incr)),
            incr,
            trip,
        }
    }

    /// The first and the last of the values that [`IterationSpace::values`] gives for a
    /// chunk, and whether the chunk has the loop's last iteration. For a space with
    /// inclusive bounds.
    #[inline]
    pub fn bounds(&self, (from, to): (u64, u64)) -> (u64, u64, bool) {
        (from, to.wrapping_sub(self.incr), to == self.end)
    }

    /// The number of the iteration with this value; `None` for a value outside of the loop.
    #[inline]
    pub fn number(&self, value: u64) -> Option<u64> {
        let distance = value.wrapping_sub(self.start);
        let number = if (self.incr as i64) < 0 {
            distance.wrapping_neg() / self.incr.wrapping_neg()
        } else {
            distance / self.incr.max(1)
        };
        (number < self.trip).then_some(number)
    }

    /// The change of the value from one iteration to the next.
    #[inline]
    pub fn incr(&self) -> u64 {
        self.incr
    }

    /// Iterations numbered from 0, as they are.
    #[inline]
    pub fn plain(trip: u64) -> IterationSpace {
        IterationSpace {
            start: 0,
            end: trip,
            incr: 1,
            trip,
        }
    }

    /// The user's value of iteration 0, and its change per `count` iterations.
    pub fn strided(&self, count: u64) -> (u64, u64) {
        (self.start, self.incr.wrapping_mul(count))
    }

    /// The user's values for iterations `from..to`.
    #[inline]
    pub fn values(&self, (from, to): (u64, u64)) -> (u64, u64) {
        let value = |i: u64| self.start.wrapping_add(i.wrapping_mul(self.incr));
        (
            value(from),
            if to == self.trip { self.end } else { value(to) },
        )
    }
}

/// Steps of `step` > 0 to cover `distance` > 0.
fn steps(distance: u64, step: u64) -> u64 {
    (distance - 1) / step + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_loops_as_a_loop_counts_them() {
        for start in -7i64..7 {
            for end in -7i64..7 {
                for incr in [-9, -4, -3, -2, -1, 1, 2, 3, 4, 9] {
                    let mut count = 0;
                    let mut i = start;
                    while if incr > 0 { i < end } else { i > end } {
                        let space = IterationSpace::signed(start, end, incr);
                        assert_eq!(space.values((count, count + 1)).0 as i64, i);
                        count += 1;
                        i += incr;
                    }
                    assert_eq!(IterationSpace::signed(start, end, incr).trip, count);
                    let (ustart, uend) = ((start + 100) as u64, (end + 100) as u64);
                    assert_eq!(
                        IterationSpace::unsigned(incr > 0, ustart, uend, incr as u64).trip,
                        count
                    );
                }
            }
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        assert_eq!(IterationSpace::signed(i64::MIN, i64::MAX, 1).trip, u64::MAX);
        assert_eq!(
            IterationSpace::signed(i64::MAX, i64::MIN, -1).trip,
            u64::MAX
        );
        assert_eq!(IterationSpace::signed(i64::MIN, i64::MAX, i64::MAX).trip, 3);
        assert_eq!(IterationSpace::signed(i64::MAX, i64::MIN, i64::MIN).trip, 2);
        assert_eq!(
            IterationSpace::unsigned(true, 0, u64::MAX, 1).trip,
            u64::MAX
        );
        assert_eq!(
            IterationSpace::unsigned(false, u64::MAX, 0, u64::MAX).trip,
            u64::MAX
        );
        assert_eq!(IterationSpace::signed(0, 10, 0).trip, 0);
        let space = IterationSpace::signed(i64::MAX - 5, i64::MAX, 10);
        assert_eq!(
            space.values((0, 1)),
            ((i64::MAX - 5) as u64, i64::MAX as u64)
        );
    }
}
