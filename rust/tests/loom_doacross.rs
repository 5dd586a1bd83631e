//! Models of doacross loops (`protocol::doacross`), with cells of one digit and of many
//! digits. They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::doacross::{Deal, Doacross, Sink};
use ghcomp::sync::parker::Parker;
use loom::sync::Arc;
use loom::thread;
use loom_shared::{model, Shared};

struct Loop {
    doacross: Doacross,
    members: [(Sink, Parker); 2],
    /// What the iterations write.
    written: [Shared; 3],
}

impl Loop {
    fn new(counts: &[u64], deal: Deal) -> Loop {
        Loop {
            doacross: Doacross::new(counts, deal, 2).unwrap(),
            members: [(); 2].map(|()| (Sink::default(), Parker::new())),
            written: [(); 3].map(|()| Shared::new()),
        }
    }

    /// Executes an iteration: writes and posts.
    fn execute(&self, number: usize, iteration: &[u64]) {
        self.written[number].add();
        if let Some(posted) = self.doacross.post(iteration) {
            for (sink, parker) in &self.members {
                if sink.wants(posted) {
                    parker.unpark();
                }
            }
        }
    }

    /// What `waiting::wait` does for member `num` when it has spun enough.
    fn wait(&self, num: usize, number: usize, iteration: &[u64]) {
        let (sink, parker) = &self.members[num];
        while !self.doacross.is_posted(iteration) {
            if self.doacross.announce(sink, iteration) {
                parker.park();
                self.doacross.withdraw(sink);
            }
        }
        assert_eq!(self.written[number].get(), 1);
    }
}

fn wait_for(
    counts: &'static [u64],
    deal: Deal,
    iterations: &'static [&'static [u64]; 3],
    wanted: usize,
) {
    model(Some(3), move || {
        let doacross = Arc::new(Loop::new(counts, deal));
        let other = doacross.clone();
        let waiter = thread::spawn(move || other.wait(1, wanted, iterations[wanted]));
        for (number, iteration) in iterations.iter().enumerate() {
            doacross.execute(number, iteration);
        }
        waiter.join().unwrap();
    });
}

const ITERATIONS: [&[u64]; 3] = [&[0, 0, 1], &[0, 1, 0], &[0, 1, 1]];

#[test]
fn ranks_in_one_word() {
    for wanted in 0..3 {
        wait_for(&[2, 2, 2], Deal::Chunks(1), &ITERATIONS, wanted);
    }
}

#[test]
fn a_digit_per_dimension() {
    for wanted in 0..3 {
        wait_for(
            &[2, u64::MAX, u64::MAX],
            Deal::Chunks(1),
            &ITERATIONS,
            wanted,
        );
    }
}

#[test]
fn a_bit_per_iteration() {
    for wanted in 0..3 {
        wait_for(&[2, 2, 2], Deal::Each, &ITERATIONS, wanted);
    }
}

/// Two members, each of which waits for the other's iteration before its own. Both sleep
/// and wake at the same `sleepers`.
#[test]
fn turn_and_turn_about() {
    model(Some(2), || {
        let doacross = Arc::new(Loop::new(&[3], Deal::Chunks(1)));
        let other = doacross.clone();
        let second = thread::spawn(move || {
            other.wait(1, 0, &[0]);
            other.execute(1, &[1]);
        });
        doacross.execute(0, &[0]);
        doacross.wait(0, 1, &[1]);
        doacross.execute(2, &[2]);
        second.join().unwrap();
    });
}
