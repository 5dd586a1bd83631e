//! Models of the protocols. loom tries the interleavings and reorderings that the
//! orderings allow, on the real code of the protocols. A model's members stand for the
//! threads that call them.
//!
//! Run them by `RUSTFLAGS="--cfg loom" cargo test --release --test 'loom*'`. A model
//! that would take minutes bounds the preemptions, and says the bound. The table in
//! `protocol/mod.rs` says which file models which protocol. This one has those of
//! `sync`, `protocol::host_tasks`, `protocol::slots` and `protocol::turn`.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::host_tasks::{
    is_over, HostSleeper, HostSleepers, Sleep, Tally, IDLE, WAITING,
};
use ghcomp::protocol::slots::Slots;
use ghcomp::protocol::turn::{Awaiting, Turn};
use ghcomp::sync::dormitory::Bed;
use ghcomp::sync::lock::{Lock, Patience};
use ghcomp::sync::made::Made;
use ghcomp::sync::parker::Parker;
use ghcomp::sync::signal::Signal;
use ghcomp::waiting;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use loom::sync::Arc;
use loom::thread;
use loom_shared::{dormitory, members, model, wait, wait_in_bed, Shared};

#[test]
fn parker_loses_no_token() {
    model(None, || {
        let shared = Arc::new((Parker::new(), Shared::new()));
        let other = shared.clone();
        let waker = thread::spawn(move || {
            other.1.add();
            other.0.unpark();
        });
        shared.0.park();
        assert_eq!(shared.1.get(), 1);
        waker.join().unwrap();
    });
}

/// A record's next thread is not left asleep, whatever the waker of its last one
/// still does. Between the two the parker is made like a new one.
#[test]
fn a_recycled_parker_loses_no_token() {
    model(Some(3), || {
        let shared = Arc::new((Parker::new(), [Signal::new(), Signal::new()]));
        let wakers = [0, 1].map(|life| {
            let other = shared.clone();
            thread::spawn(move || other.1[life].raise(1, &other.0))
        });
        for signal in &shared.1 {
            shared.0.reset();
            while !signal.reached(1) {
                if signal.announce(1) {
                    shared.0.park();
                }
            }
        }
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

/// A thread that lies in a bed is woken alone, by an `unpark`.
#[test]
fn a_bed_loses_no_token() {
    model(None, || {
        let shared = Arc::new((Parker::new(), AtomicU32::new(0), Shared::new()));
        let other = shared.clone();
        let waker = thread::spawn(move || {
            other.2.add();
            other.1.store(1, Ordering::Release);
            other.0.unpark();
        });
        let ready = || shared.1.load(Ordering::Acquire) == 1;
        let bed = Bed {
            dormitory: dormitory(),
            num: 0,
        };
        wait_in_bed(ready, || true, &shared.0, bed);
        assert_eq!(shared.2.get(), 1);
        waker.join().unwrap();
    });
}

/// Two threads sleep in one dormitory until a signal is raised. One of them also waits for a
/// reason of its own, by which it is woken alone.
#[test]
fn all_beds_are_woken_and_one() {
    model(Some(2), || {
        let dormitory = dormitory();
        let shared = Arc::new((
            Signal::new(),
            [Parker::new(), Parker::new()],
            AtomicU32::new(0),
        ));
        let other = shared.clone();
        let reason = thread::spawn(move || {
            other.2.store(1, Ordering::Release);
            other.1[0].unpark();
        });
        members(3, &shared, move |(signal, parkers, reason), num| {
            if num == 2 {
                signal.raise_for(1, || dormitory.wake_all());
                return;
            }
            let bed = Bed { dormitory, num };
            let parker = &parkers[num as usize];
            if num == 0 {
                let ready = || reason.load(Ordering::Acquire) == 1;
                // A thread that sleeps for the reason may be woken by the signal too, or in
                // vain.
                wait_in_bed(ready, || true, parker, bed);
            }
            let ready = || signal.reached(1);
            wait_in_bed(ready, || signal.announce(1), parker, bed);
        });
        reason.join().unwrap();
    });
}

/// An `unpark` is late: its thread has gone to a bed in another dormitory, where it waits for
/// another.
#[test]
fn a_late_wake_up_of_a_bed_loses_no_token() {
    model(Some(3), || {
        let dormitories = [dormitory(), dormitory()];
        let shared = Arc::new((Parker::new(), [AtomicU32::new(0), AtomicU32::new(0)]));
        let wakers = [0, 1].map(|time| {
            let other = shared.clone();
            thread::spawn(move || {
                other.1[time].store(1, Ordering::Release);
                other.0.unpark();
            })
        });
        for (time, dormitory) in dormitories.into_iter().enumerate() {
            let ready = || shared.1[time].load(Ordering::Acquire) == 1;
            let bed = Bed {
                dormitory,
                num: time as u32,
            };
            wait_in_bed(ready, || true, &shared.0, bed);
        }
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

/// Several threads make a value at once. All see the same one, and all of it.
#[test]
fn one_is_made() {
    model(None, || {
        let word = loom::sync::atomic::AtomicPtr::new(core::ptr::null_mut());
        let shared = Arc::new(Made::with(word));
        members(2, &shared, |made: &Made<u32, _>, num| {
            let (value, mine) = made.make(|| num + 7);
            assert!(*value >= 7 && (!mine || *value == num + 7));
            assert!(core::ptr::eq(value, made.get().unwrap()));
        });
    });
}

/// A slot has one owner at a time, which sees what the last one did.
#[test]
fn a_slot_has_one_owner() {
    model(Some(3), || {
        let shared = Arc::new((
            Slots::<1, _>::with([AtomicU64::new(0)]),
            [Shared::new(), Shared::new()],
        ));
        members(2, &shared, |(slots, data), _| {
            for _ in 0..2 {
                let slot = slots.take().unwrap();
                assert!(slots.is_taken(slot));
                data[slot].add();
                slots.give_back(slot);
            }
        });
        let (slots, data) = &*shared;
        assert_eq!(data[0].get() + data[1].get(), 4);
        assert!(!slots.is_taken(0) && !slots.is_taken(1));
    });
}

/// Threads take the lock, after a wait or without one, in the way of the program's locks
/// and of the core's.
fn lock(threads: u32, times: u32, preemptions: Option<usize>) {
    lock_by(threads, times, preemptions, Lock::unlocked, waiting::lock);
    // Free as well: held in the parent of this process.
    let held = || {
        let lock = Lock::unlocked();
        lock.lock_in(7, &Now);
        lock
    };
    lock_by(threads, times, preemptions, held, waiting::lock_across_fork);
    lock_by(
        threads,
        times,
        preemptions,
        Lock::unlocked,
        Lock::lock_briefly,
    );
}

/// For a lock that is free.
struct Now;

impl Patience for Now {
    fn look_again(&self, _: impl Fn() -> bool) -> bool {
        false
    }
    fn before_blocking(&self) {}
}

fn lock_by(
    threads: u32,
    times: u32,
    preemptions: Option<usize>,
    new: fn() -> Lock,
    take: fn(&Lock),
) {
    model(preemptions, move || {
        let shared = Arc::new((new(), Shared::new()));
        members(threads, &shared, move |(lock, data), _| {
            for _ in 0..times {
                take(lock);
                data.add();
                assert!(lock.unlock());
            }
        });
        assert!(shared.0.try_lock());
        assert_eq!(shared.1.get(), threads * times);
    });
}

#[test]
fn a_lock_of_two() {
    lock(2, 2, None);
}

#[test]
fn a_lock_of_three() {
    lock(3, 1, Some(3));
}

#[test]
fn signal_wakes_and_publishes_each_time() {
    model(Some(3), || {
        let shared = Arc::new((
            Signal::new(),
            Signal::new(),
            Parker::new(),
            Parker::new(),
            Shared::new(),
        ));
        let other = shared.clone();
        // Ping-pong, so that a raise can meet a waiter that polls, announces,
        // parks, or has a token left over.
        let raiser = thread::spawn(move || {
            let (ping, pong, a, b, data) = &*other;
            for round in 1..=2 {
                data.add();
                ping.raise(round, a);
                wait(pong, round, b);
            }
        });
        let (ping, pong, a, b, data) = &*shared;
        for round in 1..=2 {
            wait(ping, round, a);
            assert_eq!(data.get() as u64, round);
            pong.raise(round, b);
        }
        raiser.join().unwrap();
    });
}

/// A team whose members serve host tasks.
struct TaskTeam<const N: usize> {
    host_sleepers: HostSleepers,
    all_members: [(HostSleeper, Parker); N],
    tallies: [Tally; N],
    /// Tasks that are there to take.
    ready: AtomicU32,
    over: AtomicU32,
    data: [Shared; N],
}

impl<const N: usize> TaskTeam<N> {
    fn new() -> Arc<TaskTeam<N>> {
        Arc::new(TaskTeam {
            host_sleepers: HostSleepers::new(),
            all_members: core::array::from_fn(|_| (HostSleeper::new(), Parker::new())),
            tallies: core::array::from_fn(|_| Tally::new()),
            ready: AtomicU32::new(0),
            over: AtomicU32::new(0),
            data: core::array::from_fn(|_| Shared::new()),
        })
    }

    fn wake(&self, ways: u32) {
        for (host_sleeper, parker) in &self.all_members {
            if self.host_sleepers.wake(host_sleeper, ways) {
                parker.unpark();
            }
        }
    }

    fn create(&self, num: usize) {
        self.tallies[num].count_created();
        self.ready.fetch_add(1, Ordering::Release);
        self.notify();
    }

    fn notify(&self) {
        let wake_one = || {
            let woken = self
                .all_members
                .iter()
                .find(|(host_sleeper, _)| self.host_sleepers.wake_to_search(host_sleeper));
            if let Some((_, parker)) = woken {
                parker.unpark();
            }
            woken.is_some()
        };
        self.host_sleepers
            .notify(wake_one, || self.wake(IDLE | WAITING));
    }

    /// After a search, if this was one.
    fn searched(&self, host_sleeper: &HostSleeper, found: bool) {
        if host_sleeper.is_searching() {
            self.host_sleepers.searched(host_sleeper);
            if found {
                self.notify();
            }
        }
    }

    /// Claims and executes the task, if there is one.
    fn execute(&self, num: usize) -> bool {
        let (host_sleeper, _) = &self.all_members[num];
        let claimed = self
            .ready
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1));
        self.searched(host_sleeper, claimed.is_ok());
        if claimed.is_err() {
            return false;
        }
        self.data[num].add();
        self.tallies[num].count_executed();
        if self.host_sleepers.any() && is_over(&self.tallies) {
            self.wake(WAITING);
        }
        true
    }

    /// Executes tasks until `ended`; false if all members would sleep.
    fn serve(&self, num: usize, how: u32, ended: impl Fn() -> bool) -> bool {
        let (host_sleeper, parker) = &self.all_members[num];
        loop {
            if ended() {
                return true;
            }
            if self.execute(num) {
                continue;
            }
            self.host_sleepers.prepare(host_sleeper, how);
            if ended() || self.ready.load(Ordering::Relaxed) != 0 {
                self.host_sleepers.wake(host_sleeper, how);
                self.searched(host_sleeper, true);
                continue;
            }
            match self.host_sleepers.fall_asleep(host_sleeper, N as u32) {
                Sleep::Woken => {}
                Sleep::AllAsleep => return false,
                Sleep::Asleep => {
                    while !host_sleeper.is_awake() {
                        parker.park();
                    }
                }
            }
        }
    }

    fn end(&self) {
        self.over.store(1, Ordering::Relaxed);
        if self.host_sleepers.any() {
            self.wake(IDLE | WAITING);
        }
    }

    fn has_ended(&self) -> bool {
        self.over.load(Ordering::Relaxed) != 0
    }
}

/// A group of host tasks. The opener creates one and waits, another member serves. The
/// opener goes on when the task has been executed, and sees that.
#[test]
fn a_group_of_host_tasks_ends() {
    model(Some(3), || {
        let team = TaskTeam::<2>::new();
        let other = team.clone();
        let server = thread::spawn(move || {
            assert!(other.serve(1, IDLE, || other.has_ended()));
        });
        team.create(0);
        assert!(team.serve(0, WAITING, || is_over(&team.tallies)));
        assert_eq!(team.data[0].get() + team.data[1].get(), 1);
        team.end();
        server.join().unwrap();
    });
}

/// The opener waits for something that never comes, and the others serve. Two members
/// create a task first. The last member to fall asleep learns that it is the last, and all
/// tasks have been executed.
fn the_last_to_fall_asleep<const N: usize>(preemptions: Option<usize>) {
    model(preemptions, || {
        let team = TaskTeam::<N>::new();
        members(N as u32, &team, |team, num| {
            let num = num as usize;
            let how = if num == 0 { WAITING } else { IDLE };
            if num < 2 {
                team.create(num);
            }
            if !team.serve(num, how, || team.has_ended()) {
                team.end();
            }
        });
        assert!(is_over(&team.tallies));
    });
}

#[test]
fn the_last_of_two_to_fall_asleep() {
    the_last_to_fall_asleep::<2>(Some(3));
}

#[test]
fn the_last_of_three_to_fall_asleep() {
    the_last_to_fall_asleep::<3>(Some(1));
}

/// An ordered loop of three chunks. Each member waits for its turn, executes its ordered
/// region, passes the turn on and wakes the member that sleeps for it.
#[test]
fn ordered_turns_pass() {
    struct Loop {
        turn: Turn,
        members: [(Awaiting, Parker); 3],
        region: Shared,
    }
    fn member(ordered: &Loop, num: u32) {
        let (awaiting, parker) = &ordered.members[num as usize];
        let from = u64::from(num);
        while !ordered.turn.is(from) {
            if ordered.turn.announce(awaiting, from) {
                parker.park();
                ordered.turn.withdraw(awaiting);
            }
        }
        assert_eq!(ordered.region.get(), num);
        ordered.region.add();
        if num < 2 {
            let turn = &ordered.turn;
            turn.pass(
                from + 1,
                &ordered.members,
                |member| &member.0,
                |member| &member.1,
            );
        }
    }
    model(Some(3), || {
        let ordered = Arc::new(Loop {
            turn: Turn::default(),
            members: [(); 3].map(|()| (Awaiting::default(), Parker::new())),
            region: Shared::new(),
        });
        members(3, &ordered, member);
        assert_eq!(ordered.region.get(), 3);
    });
}

/// Two ordered loops with `nowait`. Member 1 has the last chunk of the first loop; while it
/// wakes up, member 0 passes the turn of the second loop to the chunk of the same number,
/// for which member 2 sleeps.
#[test]
fn ordered_turns_pass_in_the_next_loop() {
    struct Loops {
        turns: [Turn; 2],
        members: [(Awaiting, Parker); 3],
    }
    impl Loops {
        fn pass(&self, which: usize) {
            let turn = &self.turns[which];
            turn.pass(1, &self.members, |member| &member.0, |member| &member.1);
        }
    }
    fn member(loops: &Loops, num: u32) {
        if num == 0 {
            loops.pass(0);
            loops.pass(1);
            return;
        }
        let turn = &loops.turns[num as usize - 1];
        let (awaiting, parker) = &loops.members[num as usize];
        while !turn.is(1) {
            if turn.announce(awaiting, 1) {
                parker.park();
                turn.withdraw(awaiting);
            }
        }
    }
    model(Some(3), || {
        let loops = Arc::new(Loops {
            turns: [(); 2].map(|()| Turn::default()),
            members: [(); 3].map(|()| (Awaiting::default(), Parker::new())),
        });
        members(3, &loops, member);
    });
}
