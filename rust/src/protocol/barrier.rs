//! All members wait for all: a dissemination barrier.
//!
//! # Protocol
//!
//! In round r member i raises `rounds[r]` of member i + 2^r (mod n) with the
//! barrier's generation, and waits for its own. After ceil(log2 n) rounds each
//! member has heard, directly or not, of every other (raise releases, the wait
//! acquires, so all writes before are seen by all). Two threads are one round:
//! each writes one line and reads one.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `rounds[r]` of member i + 2^r -> the generation | member i, round by round, in each generation that it does not leave before | as [`Arrived`]: release; that member acquires |
//!
//! A fast member may be one barrier ahead: it raises generation g + 1 in a line
//! where a slow one still looks for g, so waits compare with `>=`. Two ahead is
//! impossible, because passing g + 1 needs the slow one's arrival there.
//!
//! A cancelled region's members leave: Note [Cancelling a region] in
//! [`crate::protocol::cancelled`]. Modelled in `tests/loom_barrier.rs` and
//! `tests/loom_cancel.rs`.

use crate::protocol::arrived::Arrived;
use crate::protocol::cancelled::Cancelled;
use crate::sync::parker::Parker;
use crossbeam_utils::CachePadded;

/// A member's signals, one per round: raised by the member 2^round before this
/// one, waited for by this one.
pub type Rounds = Box<[CachePadded<Arrived>]>;

/// The signals of a member of a team of up to `most`.
pub fn rounds(most: u32) -> Rounds {
    (0..round_count(most))
        .map(|_| CachePadded::new(Arrived::new()))
        .collect()
}

/// Rounds of a barrier of `size` members.
#[inline]
pub fn round_count(size: u32) -> u32 {
    u32::BITS - (size - 1).leading_zeros()
}

/// The partners of member `num` of `size`, round by round.
#[inline]
fn partners(num: u32, size: u32) -> impl Iterator<Item = u32> {
    (0..round_count(size)).map(move |round| {
        let partner = u64::from(num) + (1 << round);
        let size = u64::from(size);
        (if partner >= size {
            partner - size
        } else {
            partner
        }) as u32
    })
}

/// What became of a member at a barrier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It has passed, as all do.
    Passed,
    /// It has passed, and leaves the region: that was cancelled in the next
    /// generation.
    PassedAndLeaves,
    /// It leaves the region in this generation.
    Leaves,
    /// The wait said that the member does not exist in this process, or gave up.
    Gone,
}

/// Whether a member of generation `generation` need not wait for `signal` any more.
/// `LEAVES`: it does not wait either when the region is cancelled.
#[inline(always)]
pub fn is_over<const LEAVES: bool>(
    signal: &Arrived,
    cancelled: &Cancelled,
    generation: u64,
) -> bool {
    signal.reached(generation) || LEAVES && cancelled.region(generation).is_some()
}

/// What became of a member of this generation whose wait [`is_over`], and that has no more
/// to wait for.
#[inline(always)]
pub fn outcome<const LEAVES: bool>(cancelled: &Cancelled, generation: u64) -> Outcome {
    if LEAVES {
        match cancelled.region(generation) {
            Some(cancelled) if cancelled == generation => return Outcome::Leaves,
            Some(_) => return Outcome::PassedAndLeaves,
            None => {}
        }
    }
    Outcome::Passed
}

/// The rounds of member `num` of `size` > 1, whose signals are `mine`. `at` finds the
/// signals of another member, and where it sleeps; `wait` waits until a signal
/// [`is_over`], and answers false if the member is gone.
#[inline(always)]
pub fn meet<'a, const LEAVES: bool>(
    who: (u32, u32),
    generation: u64,
    mine: &'a Rounds,
    cancelled: &Cancelled,
    at: impl Fn(u32) -> (&'a Rounds, &'a Parker),
    wait: impl FnMut(&'a Arrived) -> bool,
) -> Outcome {
    meet_from::<LEAVES>(who, generation, &mut 0, mine, cancelled, at, wait)
}

/// As [`meet`] for a member that meets the others by several calls, because its
/// `wait` may give up: then the outcome is `Gone`, and the member calls again.
/// `raised` counts the rounds in which it has raised its signal, at first 0. A signal
/// must not be raised twice for one barrier: the other member may wait for the next
/// barrier by then, and the second raise would overwrite its announcement.
#[inline(always)]
pub fn meet_from<'a, const LEAVES: bool>(
    (num, size): (u32, u32),
    generation: u64,
    raised: &mut u32,
    mine: &'a Rounds,
    cancelled: &Cancelled,
    at: impl Fn(u32) -> (&'a Rounds, &'a Parker),
    mut wait: impl FnMut(&'a Arrived) -> bool,
) -> Outcome {
    let mut leaves = false;
    let first = raised.saturating_sub(1) as usize;
    for (round, partner) in partners(num, size).enumerate().skip(first) {
        if round as u32 >= *raised {
            let (theirs, parker) = at(partner);
            theirs[round].raise(generation, parker);
            *raised = round as u32 + 1;
        }
        if leaves {
            continue;
        }
        if !wait(&mine[round]) {
            return Outcome::Gone;
        }
        match outcome::<LEAVES>(cancelled, generation) {
            Outcome::Leaves => return Outcome::Leaves,
            other => leaves = other == Outcome::PassedAndLeaves,
        }
    }
    if leaves {
        Outcome::PassedAndLeaves
    } else {
        Outcome::Passed
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn everybody_hears_of_everybody() {
        for size in 2..70_u32 {
            let all: u128 = (1 << size) - 1;
            let mut heard: Vec<u128> = (0..size).map(|num| 1 << num).collect();
            for round in 0..round_count(size) as usize {
                let before = heard.clone();
                for num in 0..size {
                    let partner = partners(num, size).nth(round).unwrap();
                    heard[partner as usize] |= before[num as usize];
                }
            }
            assert!(heard.iter().all(|&heard| heard == all), "of {size}");
        }
    }
}
