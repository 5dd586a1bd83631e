//! Models of the barriers (`protocol::barrier`, `protocol::combining_tree`), as
//! `loom.rs` has them of other protocols.
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom_barrier`.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::barrier::{self, Outcome, Rounds};
use ghcomp::protocol::cancelled::Cancelled;
use ghcomp::protocol::combining_tree::CombiningTree;
use ghcomp::sync::parker::Parker;
use loom::sync::Arc;
use loom_shared::{members, model, wait_in_bed, wait_until, Shared};

/// Members and the way in which they meet.
struct Team<W> {
    way: W,
    parkers: Vec<Parker>,
    data: Vec<Shared>,
}

/// Twice `times` barriers of `size` members. After every other one, each member sees
/// all that the others wrote before it, and none runs ahead.
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

/// The dissemination barrier, in regions that are not cancelled.
struct Dissemination {
    rounds: Vec<Rounds>,
    cancelled: Cancelled,
}

fn barrier(size: u32, times: u64, preemptions: Option<usize>) {
    let way = move || Dissemination {
        rounds: (0..size).map(|_| barrier::rounds(size)).collect(),
        cancelled: Cancelled::new(),
    };
    meetings(
        size,
        times,
        preemptions,
        way,
        move |team, num, generation| {
            let Dissemination { rounds, cancelled } = &team.way;
            let at = |other| (&rounds[other as usize], &team.parkers[other as usize]);
            let mine = &rounds[num as usize];
            let outcome =
                barrier::meet::<false>((num, size), generation, mine, cancelled, at, |arrived| {
                    let over = || barrier::is_over::<false>(arrived, cancelled, generation);
                    let parker = &team.parkers[num as usize];
                    wait_until(over, || arrived.announce(generation), parker);
                    true
                });
            assert_eq!(outcome, Outcome::Passed);
        },
    );
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

/// Every interleaving of two members, and more of three. It takes minutes, so it runs only
/// by `-- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn barriers_in_depth() {
    barrier(2, 1, None);
    barrier(3, 1, Some(2));
}

/// The barrier that counts its members: the last one wakes the others, a group at a time.
/// `stray`: each member also wakes the next one for some other reason, while that may sleep.
fn counted(size: u32, times: u64, preemptions: Option<usize>, stray: bool) {
    let way = move || -> &'static CombiningTree { Box::leak(Box::new(CombiningTree::new(size))) };
    meetings(
        size,
        times,
        preemptions,
        way,
        move |team, num, generation| {
            let parker = |num: u32| &team.parkers[num as usize];
            if stray {
                parker((num + 1) % size).unpark();
            }
            if team.way.arrive(num, size) {
                team.way.release(generation, size);
            } else {
                let released = team.way.released(num);
                let ready = || released.reached(generation);
                let announce = || released.announce(generation);
                wait_in_bed(ready, announce, parker(num), team.way.bed(num));
            }
        },
    );
}

#[test]
fn two_are_counted() {
    counted(2, 2, Some(3), false);
}

#[test]
fn three_are_counted() {
    counted(3, 1, Some(1), false);
}

#[test]
fn counted_members_are_woken_for_other_reasons() {
    counted(2, 1, Some(3), true);
    counted(3, 1, Some(1), true);
}
