//! Models of tasks that wait for others (`protocol::graph`, `protocol::event`), and
//! of walks up the tree of tasks (`protocol::walks`). They run as those of `loom.rs`
//! do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::event::{Event, Fulfilled};
use ghcomp::protocol::graph::{Successors, Waiter};
use ghcomp::protocol::walks::{settle, Walking};
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::Arc;
use loom::thread;
use loom_shared::{model, Shared};

/// Two predecessors finish on their threads while the creator makes the edges.
/// Exactly one of the three gets the waiter, and sees what both wrote.
#[test]
fn a_waiter_is_readied_once() {
    loom::model(|| {
        let tasks = Arc::new((
            [Successors::<u32>::new(), Successors::new()],
            [Shared::new(), Shared::new()],
            Waiter::new(7),
            AtomicU32::new(0),
        ));
        let run = |tasks: &(_, [Shared; 2], Waiter<u32>, AtomicU32), who| {
            assert_eq!(who, 7);
            assert_eq!(tasks.1[0].get() + tasks.1[1].get(), 2);
            tasks.3.fetch_add(1, Ordering::Relaxed);
        };
        let threads = [0, 1].map(|i| {
            let tasks = tasks.clone();
            thread::spawn(move || {
                tasks.1[i].add();
                tasks.0[i].finish(|who| run(&tasks, who));
            })
        });
        let mut edges = 0;
        for predecessor in &tasks.0 {
            // SAFETY: this thread makes all edges, and the waiter outlives them.
            edges += u64::from(unsafe { predecessor.add(&tasks.2) });
        }
        if tasks.2.seal(edges) {
            run(&tasks, 7);
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(tasks.3.load(Ordering::Relaxed), 1);
    });
}

/// A thread waits for one predecessor and then takes the waiter away, while
/// the other successor of the same task is readied too.
#[test]
fn a_ready_waiter_may_go_away() {
    loom::model(|| {
        let task = Arc::new((Successors::<u32>::new(), Shared::new()));
        let finisher = {
            let task = task.clone();
            thread::spawn(move || {
                task.1.add();
                let mut readied = 0;
                task.0.finish(|who| readied += who);
                readied
            })
        };
        let mut sealed = 0;
        for who in [1, 2] {
            let waiter = Waiter::new(who);
            // SAFETY: this thread makes all edges, and waits below.
            let edges = u64::from(unsafe { task.0.add(&waiter) });
            if waiter.seal(edges) {
                sealed += who;
            }
            while !waiter.is_ready() {
                thread::yield_now();
            }
            assert_eq!(task.1.get(), 1);
        }
        assert_eq!(finisher.join().unwrap() + sealed, 3);
        assert!(task.0.is_finished());
    });
}

/// Either the body's end or the fulfilment completes the task, and sees what the
/// other did before.
#[test]
fn a_detached_task_completes_once() {
    loom::model(|| {
        let task = Arc::new((Event::new(), Shared::new(), Shared::new()));
        let fulfiller = {
            let task = task.clone();
            thread::spawn(move || {
                task.2.add();
                let last = task.0.fulfill() == Fulfilled::Last;
                if last {
                    assert_eq!(task.1.get(), 1);
                }
                last
            })
        };
        task.1.add();
        let last = task.0.end();
        if last {
            assert_eq!(task.2.get(), 1);
        }
        assert_ne!(last, fulfiller.join().unwrap());
        assert_eq!(task.0.fulfill(), Fulfilled::Again);
    });
}

/// Note [Walking up the tree of tasks]: an unlinked task is freed when no walker is
/// there any more.
/// One of the walkers walks again. The unlinker need not wait for that.
#[test]
fn nobody_walks_where_memory_is_freed() {
    struct Path {
        /// Whether the link leads by way of the memory.
        by_way: AtomicU32,
        memory: Shared,
        walking: [Walking; 2],
    }
    model(Some(3), || {
        let path = Arc::new(Path {
            by_way: AtomicU32::new(1),
            memory: Shared::new(),
            walking: [Walking::new(), Walking::new()],
        });
        let walkers: Vec<_> = (0..2)
            .map(|num| {
                let path = path.clone();
                thread::spawn(move || {
                    for _ in 0..=num {
                        path.walking[num].during(|| {
                            if path.by_way.load(Ordering::Relaxed) == 1 {
                                path.memory.get();
                            }
                        });
                    }
                })
            })
            .collect();
        path.by_way.store(0, Ordering::Relaxed);
        settle(path.walking.iter());
        path.memory.add();
        for walker in walkers {
            walker.join().unwrap();
        }
    });
}
