//! Models of cancellation (`protocol::cancelled`, in the barrier and at the join), as
//! `loom.rs` has them of other protocols.
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom_cancel`.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::arrived::Arrived;
use ghcomp::protocol::barrier::{self, Outcome, Rounds};
use ghcomp::protocol::cancelled::Cancelled;
use ghcomp::protocol::combining_tree::CombiningTree;
use ghcomp::protocol::fork_tree::Tree;
use ghcomp::sync::parker::Parker;
use loom::sync::Arc;
use loom_shared::{members, wait_in_bed, wait_until, Shared};

struct Member {
    rounds: Rounds,
    arrived: Arrived,
    parker: Parker,
    data: Shared,
}

/// How the members meet.
#[derive(Clone, Copy)]
enum Way {
    Rounds,
    /// In rounds, and some barriers take two calls.
    RoundsInCalls,
    Counting,
}

struct Team {
    cancelled: Cancelled,
    members: Vec<Member>,
    /// For barriers that count the members.
    tree: &'static CombiningTree,
}

impl Team {
    fn new(size: u32) -> Arc<Team> {
        Arc::new(Team {
            cancelled: Cancelled::new(),
            tree: Box::leak(Box::new(CombiningTree::new(size))),
            members: (0..size)
                .map(|_| Member {
                    rounds: barrier::rounds(size),
                    arrived: Arrived::new(),
                    parker: Parker::new(),
                    data: Shared::new(),
                })
                .collect(),
        })
    }

    fn size(&self) -> u32 {
        self.members.len() as u32
    }

    /// The member writes its data; no other does.
    fn work(&self, num: u32) {
        self.members[num as usize].data.add();
    }

    fn data(&self, num: u32) -> u32 {
        self.members[num as usize].data.get()
    }

    /// Waits in a barrier or, if it never `LEAVES`, at the join.
    fn wait<const LEAVES: bool>(&self, num: u32, arrived: &Arrived, generation: u64) -> bool {
        let over = || barrier::is_over::<LEAVES>(arrived, &self.cancelled, generation);
        let parker = &self.members[num as usize].parker;
        wait_until(over, || arrived.announce(generation), parker);
        true
    }

    /// A barrier in rounds; true if the region is cancelled. `in_calls`: the member looks
    /// once, gives up, and waits in a second call, as Haskell's do.
    fn barrier_by(&self, num: u32, generation: &mut u64, in_calls: bool) -> bool {
        let now = *generation;
        if self.cancelled.region(now).is_some() {
            return true;
        }
        let at = |other: u32| {
            let other = &self.members[other as usize];
            (&other.rounds, &other.parker)
        };
        let mine = &self.members[num as usize].rounds;
        let wait = |arrived| self.wait::<true>(num, arrived, now);
        let look = |arrived: &_| barrier::is_over::<true>(arrived, &self.cancelled, now);
        let who = (num, self.size());
        let (raised, cancelled) = (&mut 0, &self.cancelled);
        let mut outcome = Outcome::Gone;
        if in_calls {
            outcome = barrier::meet_from::<true>(who, now, raised, mine, cancelled, at, look);
        }
        if outcome == Outcome::Gone {
            outcome = barrier::meet_from::<true>(who, now, raised, mine, cancelled, at, wait);
        }
        if outcome != Outcome::Leaves {
            *generation += 1;
        }
        outcome != Outcome::Passed
    }

    /// The same, by counting the members. They sleep in beds.
    fn counting_barrier(&self, num: u32, generation: &mut u64) -> bool {
        let now = *generation;
        if self.cancelled.region(now).is_some() {
            return true;
        }
        if self.tree.arrive(num, self.size()) {
            self.tree.release(now, self.size());
        } else {
            let released = self.tree.released(num);
            let over = || barrier::is_over::<true>(released, &self.cancelled, now);
            let parker = &self.members[num as usize].parker;
            wait_in_bed(over, || released.announce(now), parker, self.tree.bed(num));
        }
        let outcome = barrier::outcome::<true>(&self.cancelled, now);
        if outcome != Outcome::Leaves {
            *generation += 1;
        }
        outcome != Outcome::Passed
    }

    fn barrier_in(&self, way: Way, num: u32, generation: &mut u64, is_second: bool) -> bool {
        match way {
            Way::Rounds => self.barrier_by(num, generation, false),
            Way::RoundsInCalls => self.barrier_by(num, generation, is_second || num != 1),
            Way::Counting => self.counting_barrier(num, generation),
        }
    }

    fn cancel(&self, num: u32, generation: u64) {
        let unpark = |other: u32| self.members[other as usize].parker.unpark();
        self.cancelled
            .cancel_region(generation, num, self.size(), unpark);
    }

    /// The end of a region, in a flat tree.
    fn join(&self, num: u32, generation: u64) {
        let arrived = |child: u32| &self.members[child as usize].arrived;
        let wait = |arrived| self.wait::<false>(num, arrived, generation);
        assert!(Tree::FLAT.gather(num, self.size(), arrived, wait));
        if num > 0 {
            let at = |parent: u32| &self.members[parent as usize].parker;
            Tree::FLAT.arrive(num, generation, arrived(num), at);
        }
    }
}

fn model(preemptions: usize, size: u32, body: impl Fn(&Team, u32) + Copy + Sync + Send + 'static) {
    loom_shared::model(Some(preemptions), move || {
        members(size, &Team::new(size), body);
    });
}

/// The last member cancels after `before` barriers, while the others wait at the
/// next one. All get to the join in the same generation, and the master sees
/// what all wrote.
fn region(team: &Team, num: u32, before: u64, way: Way) {
    let canceller = team.size() - 1;
    let mut generation = 0;
    let mut gone = false;
    team.work(num);
    for _ in 0..before {
        gone = gone || team.barrier_in(way, num, &mut generation, false);
    }
    if num == canceller {
        assert!(!gone);
        team.cancel(num, generation);
    } else if !gone {
        assert!(team.barrier_in(way, num, &mut generation, true));
    }
    assert_eq!(generation, before);
    if before > 0 {
        // The first barrier was passed, or is known to have been.
        assert!((0..team.size()).all(|other| team.data(other) == 1));
    }
    team.join(num, generation);
    if num == 0 {
        assert!((0..team.size()).all(|other| team.data(other) == 1));
    }
}

#[test]
fn two_leave_their_first_barrier() {
    model(4, 2, |team, num| region(team, num, 0, Way::Rounds));
}

#[test]
fn two_leave_their_second_barrier() {
    model(3, 2, |team, num| region(team, num, 1, Way::Rounds));
}

#[test]
fn three_leave_their_first_barrier() {
    model(2, 3, |team, num| region(team, num, 0, Way::Rounds));
}

#[test]
fn three_leave_their_second_barrier() {
    model(1, 3, |team, num| region(team, num, 1, Way::Rounds));
}

#[test]
fn two_leave_a_barrier_of_two_calls() {
    model(3, 2, |team, num| region(team, num, 0, Way::RoundsInCalls));
    model(2, 2, |team, num| region(team, num, 1, Way::RoundsInCalls));
}

#[test]
fn three_leave_a_barrier_of_two_calls() {
    model(1, 3, |team, num| region(team, num, 0, Way::RoundsInCalls));
}

#[test]
fn two_leave_a_barrier_that_counts() {
    model(3, 2, |team, num| region(team, num, 0, Way::Counting));
    model(3, 2, |team, num| region(team, num, 1, Way::Counting));
}

#[test]
fn three_leave_a_barrier_that_counts() {
    model(2, 3, |team, num| region(team, num, 0, Way::Counting));
    model(1, 3, |team, num| region(team, num, 1, Way::Counting));
}

/// Without a failure: two barriers, of which one member passes each by two calls.
#[test]
fn two_pass_barriers_of_two_calls() {
    model(2, 2, |team, num| {
        let mut generation = 0;
        team.work(num);
        assert!(!team.barrier_by(num, &mut generation, num == 0));
        assert_eq!(team.data(1 - num), 1);
        assert!(!team.barrier_by(num, &mut generation, num == 1));
        team.join(num, generation);
    });
}

/// A cancelled region leaves rounds raised, members counted and sleepers marked. The
/// barriers of the next one work all the same.
fn next_region(way: Way) {
    model(2, 2, move |team, num| {
        let mut generation = 0;
        team.work(num);
        if num == 1 {
            team.cancel(num, generation);
        } else {
            assert!(team.barrier_in(way, num, &mut generation, false));
        }
        team.join(num, generation);
        generation += 1;
        // The master posts the next region.
        if num == 0 {
            team.tree.forget_arrivals();
            team.work(0);
            let worker = &team.members[1];
            worker.arrived.raise(99, &worker.parker);
        } else {
            team.wait::<false>(num, &team.members[1].arrived, 99);
            team.work(1);
        }
        assert!(!team.barrier_in(way, num, &mut generation, false));
        assert_eq!([team.data(0), team.data(1)], [2, 2]);
    });
}

#[test]
fn the_next_region_has_whole_barriers() {
    next_region(Way::Rounds);
    next_region(Way::Counting);
}
