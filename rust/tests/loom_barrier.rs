//! Models of the barriers, as `loom.rs` has them of the other protocols: the
//! signals and counters of `sync` and the shape of `team::barrier` around them.
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom_barrier`.
#![cfg(loom)]

mod loom_shared;

use ghcomp::parallel::barrier::partners;
use ghcomp::protocol::combining_tree::{self, CombiningTree};
use ghcomp::sync::parker::Parker;
use ghcomp::sync::signal::Signal;
use loom::sync::Arc;
use loom_shared::{members, model, wait, Shared};

/// Members and the way in which they meet.
struct Team<W> {
    way: W,
    parkers: Vec<Parker>,
    data: Vec<Shared>,
}

/// Twice `times` meetings of `size` members: after every other one each sees all
/// that the others wrote before the last, and none runs ahead.
fn meetings<W: Send + Sync + 'static>(
    size: u32,
    times: u64,
    preemptions: Option<usize>,
    way: impl Fn() -> W + Send + Sync + 'static,
    meet: impl Fn(&Team<W>, u32, u64) + Copy + Send + Sync + 'static,
) {
    model(preemptions, move || {
        let team = Arc::new(Team {
            way: way(),
            parkers: (0..size).map(|_| Parker::new()).collect(),
            data: (0..size).map(|_| Shared::new()).collect(),
        });
        members(size, &team, move |team, num| {
            for time in 0..times {
                team.data[num as usize].add();
                meet(team, num, 2 * time + 1);
                for data in &team.data {
                    assert_eq!(u64::from(data.get()), time + 1);
                }
                meet(team, num, 2 * time + 2);
            }
        });
    });
}

/// The dissemination barrier.
fn barrier(size: u32, times: u64, preemptions: Option<usize>) {
    let rounds = move || -> Vec<Vec<Signal>> {
        let rounds = |_| partners(0, size).map(|_| Signal::new()).collect();
        (0..size).map(rounds).collect()
    };
    meetings(size, times, preemptions, rounds, move |team, num, count| {
        for (round, partner) in partners(num, size).enumerate() {
            let partner = partner as usize;
            team.way[partner][round].raise(count, &team.parkers[partner]);
            let num = num as usize;
            wait(&team.way[num][round], count, &team.parkers[num]);
        }
    });
}

#[test]
fn barrier_of_two() {
    barrier(2, 1, Some(5));
}

#[test]
fn barrier_of_two_again() {
    barrier(2, 2, Some(2));
}

#[test]
fn barrier_of_three() {
    barrier(3, 1, Some(1));
}

/// Every interleaving of two, and more of three: minutes, so only by
/// `-- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn barriers_in_depth() {
    barrier(2, 1, None);
    barrier(3, 1, Some(2));
}

/// The barrier of crowds: whoever is the last wakes the others.
fn crowd(size: u32, times: u64, preemptions: Option<usize>) {
    let way = move || CombiningTree::new(size);
    meetings(size, times, preemptions, way, move |team, num, count| {
        if team.way.arrive(num, size) {
            team.way.release(count, size, |group| {
                for member in combining_tree::members(group, size) {
                    if member != num {
                        team.parkers[member as usize].unpark();
                    }
                }
            });
        } else {
            wait(team.way.released(num), count, &team.parkers[num as usize]);
        }
    });
}

#[test]
fn crowd_of_two() {
    crowd(2, 2, Some(3));
}

#[test]
fn crowd_of_three() {
    crowd(3, 1, Some(1));
}
