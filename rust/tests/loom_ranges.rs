//! Models of loops whose chunks are dealt out in advance (`protocol::ranges`), or taken in
//! increasing order (`protocol::next_iteration`). They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::next_iteration::NextIteration;
use ghcomp::protocol::ranges::Ranges;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::Arc;
use loom::thread;
use loom_shared::{members, model};
use std::sync::atomic::AtomicU32 as Count;

struct Loop {
    ranges: Ranges,
    /// How often each piece was taken.
    taken: [Count; 8],
    left: AtomicU32,
    loops: AtomicU32,
}

impl Loop {
    fn new(pieces: u64, size: u32) -> Arc<Loop> {
        Loop::of(Ranges::default(), pieces, size)
    }

    fn of(ranges: Ranges, pieces: u64, size: u32) -> Arc<Loop> {
        let model = Loop {
            ranges,
            taken: [(); 8].map(|()| Count::new(0)),
            left: AtomicU32::new(0),
            loops: AtomicU32::new(0),
        };
        model.ranges.deal(pieces, size);
        Arc::new(model)
    }

    /// Counts a piece; false after the last one.
    fn count(&self, piece: Option<u64>) -> bool {
        piece.is_some_and(|piece| {
            self.taken[piece as usize].fetch_add(1, Ordering::Relaxed);
            piece + 1 < self.ranges.pieces()
        })
    }

    /// A member's way through a loop.
    fn run(&self, num: u64) {
        let ranges = &self.ranges;
        let mut piece = ranges.begin(num).or_else(|| ranges.steal(num));
        while self.count(piece) {
            piece = ranges.take(num).or_else(|| ranges.steal(num));
        }
    }

    fn check(&self, pieces: u64, times: u32) {
        for (piece, taken) in self.taken.iter().enumerate() {
            let expected = if (piece as u64) < pieces { times } else { 0 };
            assert_eq!(taken.load(Ordering::Relaxed), expected, "piece {piece}");
        }
    }
}

/// Each takes from the other, also before that has begun and while it adds.
#[test]
fn owner_against_thief() {
    for pieces in [2, 4] {
        model(Some(3), move || {
            let team = Loop::new(pieces, 2);
            let other = team.clone();
            let second = thread::spawn(move || other.run(1));
            team.run(0);
            second.join().unwrap();
            team.check(pieces, 1);
        });
    }
}

/// The same in a great team, where thieves pass by members that have nothing.
#[test]
fn owner_against_thief_in_a_great_team() {
    model(Some(2), || {
        let team = Loop::of(Ranges::with_max_small_team(1), 4, 2);
        let other = team.clone();
        let second = thread::spawn(move || other.run(1));
        team.run(0);
        second.join().unwrap();
        team.check(4, 1);
    });
}

/// Two members rob one that is at work, and perhaps each other.
#[test]
fn two_thieves() {
    model(Some(2), || {
        let team = Loop::new(7, 3);
        for num in [1, 2] {
            team.count(team.ranges.begin(num));
            team.count(team.ranges.take(num));
        }
        let thieves = [1, 2].map(|num| {
            let team = team.clone();
            thread::spawn(move || team.count(team.ranges.steal(num)))
        });
        team.count(team.ranges.begin(0));
        let all = thieves.map(|thief| thief.join().unwrap());
        // Unless one of them got the last piece, there are more.
        for num in 0..3 {
            while team.count(team.ranges.take(num)) {}
        }
        if all == [true, true] {
            team.count(team.ranges.steal(0));
        }
        team.check(7, 1);
    });
}

/// The last to leave deals out the next loop in the same words.
#[test]
fn the_next_loop_in_the_same_work_share() {
    model(Some(1), || {
        fn both(team: &Loop, num: u64) {
            team.run(num);
            // As `construct_list::Walk::advance` counts out and publishes.
            if team.left.fetch_add(1, Ordering::AcqRel) + 1 == 2 {
                team.ranges.deal(3, 2);
                team.loops.store(1, Ordering::Release);
            }
            // Nothing else is left to do for the other one.
            if team.loops.load(Ordering::Acquire) == 1 {
                team.run(num);
            }
        }
        let team = Loop::new(3, 2);
        let other = team.clone();
        let second = thread::spawn(move || both(&other, 1));
        both(&team, 0);
        second.join().unwrap();
        team.check(3, 2);
    });
}

/// Two members take chunks, or shares of what is left: each iteration once, and each member
/// in increasing order.
#[test]
fn each_iteration_is_taken_once() {
    type Take = fn(&NextIteration) -> Option<(u64, u64)>;
    let takes: [Take; 2] = [
        |next| next.take_chunk(5, 2, 2),
        |next| next.take_share(5, 1, 2, 1),
    ];
    for take in takes {
        model(Some(3), move || {
            let taken = [(); 5].map(|()| Count::new(0));
            let shared = Arc::new((NextIteration::default(), taken));
            members(2, &shared, move |(next, taken), _| {
                let mut end = 0;
                while let Some((from, to)) = take(next) {
                    assert!(end <= from && from < to);
                    end = to;
                    for iteration in from..to {
                        taken[iteration as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            for taken in &shared.1 {
                assert_eq!(taken.load(Ordering::Relaxed), 1);
            }
        });
    }
}
