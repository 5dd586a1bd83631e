//! Models of counting tasks: those of a phase (`protocol::task_counts`), of a group
//! (`protocol::group_count`), children (`protocol::children`) and helpers
//! (`protocol::helpers`). They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::children::{Children, Then, FINISHED, RELEASED};
use ghcomp::protocol::group_count::GroupCount;
use ghcomp::protocol::helpers::Helpers;
use ghcomp::protocol::task_counts::{is_over, Finisher, TaskCounts};
use ghcomp::sync::member_set::MemberSet;
use ghcomp::sync::parker::Parker;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::Arc;
use loom::thread;
use loom_shared::{members, model, wait_until, Shared};

/// A team that has arrived at a barrier. Member 0 is the finisher, the others execute
/// tasks.
struct Team {
    counts: Vec<TaskCounts>,
    counted: MemberSet,
    finisher: Finisher,
    parker: Parker,
    /// Tasks to take, in one queue for all.
    queue: AtomicU32,
    /// Whether the task that is executed first creates another.
    root_creates: AtomicU32,
    /// What each member's tasks write.
    data: Vec<Shared>,
}

const PHASE: u64 = 3;

impl Team {
    /// Member 0 has created these tasks.
    fn new(size: u32, tasks: u32, root_creates: bool) -> Arc<Team> {
        let team = Team {
            counts: (0..size).map(|_| TaskCounts::new()).collect(),
            counted: MemberSet::new(size),
            finisher: Finisher::new(),
            parker: Parker::new(),
            queue: AtomicU32::new(0),
            root_creates: AtomicU32::new(u32::from(root_creates)),
            data: (0..size).map(|_| Shared::new()).collect(),
        };
        (0..tasks).for_each(|_| team.create(0));
        Arc::new(team)
    }

    fn create(&self, num: u32) {
        self.counted.ensure(num);
        self.counts[num as usize].count_created(PHASE);
        self.queue.fetch_add(1, Ordering::Release);
    }

    fn is_over(&self) -> bool {
        let counts = |num: u32| &self.counts[num as usize];
        is_over(PHASE, || self.counted.from(0).map(counts))
    }

    fn wake(&self, finisher: Option<u32>) {
        if finisher.is_some() {
            assert_eq!(finisher, Some(0));
            self.parker.unpark();
        }
    }

    /// Executes tasks while there are any.
    fn execute(&self, num: u32) {
        let take = |tasks: u32| tasks.checked_sub(1);
        while self
            .queue
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, take)
            .is_ok()
        {
            self.counted.ensure(num);
            if self.root_creates.swap(0, Ordering::Relaxed) != 0 {
                self.create(num);
            }
            self.data[num as usize].add();
            self.counts[num as usize].count_executed(PHASE);
            let has_no_task = || self.queue.load(Ordering::Relaxed) == 0;
            self.wake(self.finisher.to_wake(has_no_task, || self.is_over()));
        }
    }

    /// The finisher's wait; then it sees what all tasks wrote.
    fn finish(&self, tasks: u32) {
        while !self.is_over() {
            self.finisher.announce(0);
            if !self.is_over() {
                self.parker.park();
            }
            self.finisher.withdraw();
        }
        assert_eq!(self.data.iter().map(Shared::get).sum::<u32>(), tasks);
    }
}

/// Two members execute the last two tasks at once: one of them wakes the finisher.
#[test]
fn the_last_tasks_are_seen_executed() {
    model(Some(3), || {
        let team = Team::new(3, 2, false);
        members(3, &team, |team, num| match num {
            0 => team.finish(2),
            _ => team.execute(num),
        });
    });
}

/// A task creates another, which any member executes: the phase is not over before.
#[test]
fn a_task_of_a_task_is_waited_for() {
    model(Some(2), || {
        let team = Team::new(3, 1, true);
        members(3, &team, |team, num| match num {
            0 => team.finish(2),
            _ => team.execute(num),
        });
    });
}

/// A thread outside the team completes the last task.
#[test]
fn a_task_is_completed_from_outside() {
    model(None, || {
        let team = Team::new(1, 1, false);
        let outside = team.clone();
        let thread = thread::spawn(move || {
            outside.data[0].add();
            outside.counts[0].count_outside(PHASE);
            outside.wake(outside.finisher.asleep());
        });
        team.finish(1);
        thread.join().unwrap();
    });
}

/// A region is closed while two workers try to help. Nobody helps after the
/// close, and the close sees what the helpers did.
#[test]
fn helpers_are_seen_off() {
    model(Some(3), || {
        let shared = Arc::new((Helpers::new(), [Shared::new(), Shared::new()]));
        let helpers: Vec<_> = (0..2)
            .map(|i| {
                let shared = shared.clone();
                thread::spawn(move || {
                    if shared.0.enrol(4) {
                        shared.1[i].add();
                        shared.0.leave();
                    }
                })
            })
            .collect();
        shared.0.close(4);
        let seen = [shared.1[0].get(), shared.1[1].get()];
        assert!(!shared.0.enrol(4));
        for helper in helpers {
            helper.join().unwrap();
        }
        assert_eq!(seen, [shared.1[0].get(), shared.1[1].get()]);
    });
}

/// A parent finishes while children finish and are released on two other
/// threads. Exactly one frees it, after all have used it.
#[test]
fn a_parent_is_freed_once_and_last() {
    struct Parent {
        children: Children,
        memory: Shared,
        freed: AtomicU32,
    }
    // SAFETY: the cells of `children` are used by the model's first thread
    // only; loom checks the rest.
    unsafe impl Sync for Parent {}
    // SAFETY: as above.
    unsafe impl Send for Parent {}
    fn free(parent: &Parent) {
        parent.memory.add();
        parent.freed.fetch_add(1, Ordering::Relaxed);
    }
    model(None, || {
        let parent = Arc::new(Parent {
            children: Children::new(),
            memory: Shared::new(),
            freed: AtomicU32::new(0),
        });
        parent.children.add();
        parent.children.add();
        let threads: Vec<_> = [vec![FINISHED | RELEASED], vec![FINISHED, RELEASED]]
            .into_iter()
            .map(|credits| {
                let parent = parent.clone();
                thread::spawn(move || {
                    for what in credits {
                        parent.memory.get();
                        if parent.children.credit_remote(what) == Then::Free {
                            free(&parent);
                        }
                    }
                })
            })
            .collect();
        if parent.children.finish() {
            free(&parent);
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(parent.freed.load(Ordering::Relaxed), 1);
    });
}

/// A parent finishes while its children do, and the last of them starts then. That
/// one or a later thread frees the parent, once.
#[test]
fn the_last_child_frees_a_finished_parent() {
    struct Parent(Children, Shared, AtomicU32);
    // SAFETY: as in the model above.
    unsafe impl Sync for Parent {}
    // SAFETY: as above.
    unsafe impl Send for Parent {}
    impl Parent {
        fn free(&self) {
            self.1.add();
            self.2.fetch_add(1, Ordering::Relaxed);
        }
    }
    model(None, || {
        let parent = Arc::new(Parent(Children::new(), Shared::new(), AtomicU32::new(0)));
        parent.0.add();
        parent.0.add();
        let (first, last) = (parent.clone(), parent.clone());
        let first = thread::spawn(move || {
            first.1.get();
            if first.0.credit_remote(FINISHED | RELEASED) == Then::Free {
                first.free();
            }
        });
        let last = thread::spawn(move || {
            last.1.get();
            if last.0.is_last_of_finished()
                || last.0.credit_remote(FINISHED | RELEASED) == Then::Free
            {
                last.free();
            }
        });
        parent.1.get();
        if parent.0.finish() {
            parent.free();
        }
        first.join().unwrap();
        last.join().unwrap();
        assert_eq!(parent.2.load(Ordering::Relaxed), 1);
    });
}

/// `taskwait` sleeps until a child on another thread has finished.
#[test]
fn taskwait_is_woken() {
    struct Parent(Children, Parker, Shared);
    // SAFETY: as in the model above.
    unsafe impl Sync for Parent {}
    // SAFETY: as above.
    unsafe impl Send for Parent {}
    model(None, || {
        let parent = Arc::new(Parent(Children::new(), Parker::new(), Shared::new()));
        parent.0.add();
        let other = parent.clone();
        let child = thread::spawn(move || {
            other.2.add();
            if other.0.credit_remote(FINISHED | RELEASED) == Then::Wake {
                other.1.unpark();
            }
        });
        while !parent.0.done() {
            parent.0.set_waiting();
            if !parent.0.done() {
                parent.1.park();
            }
            parent.0.clear_waiting();
        }
        assert_eq!(parent.2.get(), 1);
        child.join().unwrap();
    });
}

/// The opener of a group waits for two tasks on other threads, one of which creates a
/// third. It sees what all wrote, and none touches the group after that.
#[test]
fn a_group_is_waited_for() {
    struct Group {
        count: GroupCount,
        opener: Parker,
        data: [Shared; 2],
        memory: Shared,
    }
    // SAFETY: only the model's first thread, the opener, uses the cell of `count`; loom
    // checks the rest.
    unsafe impl Sync for Group {}
    // SAFETY: as above.
    unsafe impl Send for Group {}
    impl Group {
        /// A task writes and finishes.
        fn execute(&self, num: usize) {
            self.data[num].add();
            self.memory.get();
            if self.count.finish_remote() {
                self.opener.unpark();
            }
        }
    }
    model(Some(3), || {
        let group = Arc::new(Group {
            count: GroupCount::new(),
            opener: Parker::new(),
            data: [Shared::new(), Shared::new()],
            memory: Shared::new(),
        });
        let tasks = [0, 1].map(|num| {
            group.count.create();
            let group = group.clone();
            thread::spawn(move || {
                if num == 0 {
                    group.count.create_remote();
                    group.execute(num);
                }
                group.execute(num);
            })
        });
        let count = &group.count;
        let announce = || {
            count.announce();
            !count.is_done()
        };
        wait_until(|| count.is_done(), announce, &group.opener);
        count.withdraw();
        group.memory.add();
        assert_eq!([group.data[0].get(), group.data[1].get()], [2, 1]);
        for task in tasks {
            task.join().unwrap();
        }
    });
}
