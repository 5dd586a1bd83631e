//! Models of cancellation, as `loom.rs` has them of the other protocols: the
//! words of `team::cancel` and the shapes of barrier and join around them.
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom_cancel`.
#![cfg(loom)]

mod loom_shared;

use ghcomp::parallel::barrier::partners;
use ghcomp::protocol::cancelled::Cancelled;
use ghcomp::sync::parker::Parker;
use ghcomp::sync::signal::Signal;
use loom::sync::Arc;
use loom_shared::{members, Shared};

struct Member {
    rounds: Vec<Signal>,
    arrived: Signal,
    parker: Parker,
    data: Shared,
}

struct Team {
    cancelled: Cancelled,
    members: Vec<Member>,
}

impl Team {
    fn new(size: u32) -> Arc<Team> {
        Arc::new(Team {
            cancelled: Cancelled::new(),
            members: (0..size)
                .map(|_| Member {
                    rounds: partners(0, size).map(|_| Signal::new()).collect(),
                    arrived: Signal::new(),
                    parker: Parker::new(),
                    data: Shared::new(),
                })
                .collect(),
        })
    }

    fn size(&self) -> u32 {
        self.members.len() as u32
    }

    /// The member's data, which it alone writes, go up.
    fn work(&self, num: u32) {
        self.members[num as usize].data.add();
    }

    fn data(&self, num: u32) -> u32 {
        self.members[num as usize].data.get()
    }

    /// What `sync::wait` does once its budget is spent; `leaves` as in the
    /// barrier.
    fn wait(&self, num: u32, signal: &Signal, generation: u64, leaves: bool) {
        let ready = || {
            signal.reached(generation + 1) || leaves && self.cancelled.region(generation).is_some()
        };
        while !ready() {
            if signal.announce(generation + 1) {
                self.members[num as usize].parker.park();
            }
        }
    }

    /// `team::barrier`: true if the region is cancelled.
    fn barrier(&self, num: u32, generation: &mut u64) -> bool {
        let now = *generation;
        if self.cancelled.region(now).is_some() {
            return true;
        }
        let mut leaves = false;
        for (round, partner) in partners(num, self.size()).enumerate() {
            let partner = &self.members[partner as usize];
            partner.rounds[round].raise(now + 1, &partner.parker);
            if leaves {
                continue;
            }
            self.wait(num, &self.members[num as usize].rounds[round], now, true);
            match self.cancelled.region(now) {
                Some(cancelled) if cancelled == now => return true,
                later => leaves = later.is_some(),
            }
        }
        *generation += 1;
        leaves
    }

    fn cancel(&self, num: u32, generation: u64) {
        let unpark = |other: u32| self.members[other as usize].parker.unpark();
        self.cancelled
            .cancel_region(generation, num, self.size(), unpark);
    }

    /// The end of a region, for a team that is one parent and its children.
    fn join(&self, num: u32, generation: &mut u64) {
        if num > 0 {
            let me = &self.members[num as usize];
            me.arrived.raise(*generation + 1, &self.members[0].parker);
        } else {
            for child in &self.members[1..] {
                self.wait(0, &child.arrived, *generation, false);
            }
        }
    }
}

fn model(preemptions: usize, size: u32, body: impl Fn(&Team, u32) + Copy + Sync + Send + 'static) {
    loom_shared::model(Some(preemptions), move || {
        members(size, &Team::new(size), body);
    });
}

/// The last member cancels after `before` barriers; the others wait at the
/// next one. All get to the join, in the same generation, and the master sees
/// what all wrote.
fn region(team: &Team, num: u32, before: u64) {
    let canceller = team.size() - 1;
    let mut generation = 0;
    let mut gone = false;
    team.work(num);
    for _ in 0..before {
        gone = gone || team.barrier(num, &mut generation);
    }
    if num == canceller {
        assert!(!gone);
        team.cancel(num, generation);
    } else if !gone {
        assert!(team.barrier(num, &mut generation));
    }
    assert_eq!(generation, before);
    if before > 0 {
        // The first barrier was passed, or is known to have been.
        assert!((0..team.size()).all(|other| team.data(other) == 1));
    }
    team.join(num, &mut generation);
    if num == 0 {
        assert!((0..team.size()).all(|other| team.data(other) == 1));
    }
}

#[test]
fn two_leave_their_first_barrier() {
    model(4, 2, |team, num| region(team, num, 0));
}

#[test]
fn two_leave_their_second_barrier() {
    model(3, 2, |team, num| region(team, num, 1));
}

#[test]
fn three_leave_their_first_barrier() {
    model(2, 3, |team, num| region(team, num, 0));
}

#[test]
fn three_leave_their_second_barrier() {
    model(1, 3, |team, num| region(team, num, 1));
}

/// A cancelled region leaves rounds raised and sleepers marked; the next one's
/// barriers are whole.
#[test]
fn the_next_region_is_whole() {
    model(2, 2, |team, num| {
        let mut generation = 0;
        team.work(num);
        if num == 1 {
            team.cancel(num, generation);
        } else {
            assert!(team.barrier(num, &mut generation));
        }
        team.join(num, &mut generation);
        generation += 1;
        // The master posts the next region.
        if num == 0 {
            team.work(0);
            let worker = &team.members[1];
            worker.arrived.raise(100, &worker.parker);
        } else {
            team.wait(num, &team.members[1].arrived, 99, false);
            team.work(1);
        }
        assert!(!team.barrier(num, &mut generation));
        assert_eq!([team.data(0), team.data(1)], [2, 2]);
    });
}
