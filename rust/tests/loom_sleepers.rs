//! Models of sleeping for tasks (`protocol::sleepers`), and of the set of members that
//! may have tasks. They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::sleepers::{Sleepers, Sleeping};
use ghcomp::sync::dormitory::{Bed, Dormitory};
use ghcomp::sync::member_set::MemberSet;
use ghcomp::sync::parker::Parker;
use loom::sync::atomic::{fence, AtomicU32, Ordering};
use loom::sync::Arc;
use loom_shared::{dormitory, members, model};

/// A team. Each member may make tasks, and take those of all.
struct Team {
    sleepers: Sleepers,
    listed: MemberSet,
    all_members: Vec<Member>,
    /// Tasks that have not been executed.
    left: AtomicU32,
    /// Where the members sleep. None: each at its parker.
    dormitory: Option<&'static Dormitory>,
}

struct Member {
    tasks: AtomicU32,
    sleeping: Sleeping,
    parker: Parker,
}

impl Team {
    fn new(size: u32, tasks: u32) -> Arc<Team> {
        Arc::new(Team::with(size, tasks, None))
    }

    fn with(size: u32, tasks: u32, dormitory: Option<&'static Dormitory>) -> Team {
        Team {
            dormitory,
            sleepers: Sleepers::new(size),
            listed: MemberSet::new(size),
            all_members: (0..size)
                .map(|_| Member {
                    tasks: AtomicU32::new(0),
                    sleeping: Sleeping::new(),
                    parker: Parker::new(),
                })
                .collect(),
            left: AtomicU32::new(tasks),
        }
    }

    fn wake_one(&self) {
        self.sleepers.wake_one(|num| {
            let member = &self.all_members[num as usize];
            Some((&member.sleeping, &member.parker))
        });
    }

    /// As `tasking::queues` does around a push.
    fn push(&self, num: u32) {
        self.listed.ensure(num);
        self.all_members[num as usize]
            .tasks
            .fetch_add(1, Ordering::Release);
        if self.sleepers.any() {
            self.wake_one();
        }
    }

    /// As `team_tasks::are_there`.
    fn are_there(&self, many: u32) -> bool {
        let tasks = |num: u32| self.all_members[num as usize].tasks.load(Ordering::Relaxed);
        self.listed.from(0).map(tasks).sum::<u32>() >= many
    }

    fn run_one(&self, num: u32) -> bool {
        let mut listed = self.listed.from(num);
        let found = listed.any(|victim| {
            let tasks = &self.all_members[victim as usize].tasks;
            tasks
                .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
        });
        if found && self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // All may go. A barrier's signals wake all members, too.
            if let Some(dormitory) = self.dormitory {
                dormitory.wake_all();
                return true;
            }
            self.all_members
                .iter()
                .for_each(|member| member.parker.unpark());
        }
        found
    }

    fn is_over(&self) -> bool {
        self.left.load(Ordering::Acquire) == 0
    }

    /// As `quiescence::get_up`.
    fn awoken(&self, num: u32) {
        let mine = u32::from(!self.is_over());
        if self
            .sleepers
            .get_up(&self.all_members[num as usize].sleeping)
            && self.are_there(1 + mine)
        {
            self.wake_one();
        }
    }

    /// Runs tasks until all are done, and sleeps when there are none.
    fn wait(&self, num: u32) {
        let member = &self.all_members[num as usize];
        while !self.is_over() {
            if self.run_one(num) {
                continue;
            }
            if member.tasks.load(Ordering::Relaxed) == 0 {
                self.listed.remove(num);
            }
            let bed = self.dormitory.map(|dormitory| Bed { dormitory, num });
            let ticket = bed.map(|bed| bed.dormitory.ticket());
            self.sleepers.lie_down(&member.sleeping, num);
            fence(Ordering::SeqCst);
            self.sleepers.cover(&member.sleeping);
            if !self.are_there(1) && !self.is_over() {
                match bed.zip(ticket) {
                    Some((bed, ticket)) => member.parker.park_in(bed, ticket),
                    None => member.parker.park(),
                }
            }
            self.awoken(num);
        }
    }
}

/// A creator that does something else then: the sleepers execute the tasks.
fn creator(size: u32, tasks: u32, preemptions: Option<usize>) {
    model(preemptions, move || {
        let team = Team::new(size, tasks);
        members(size, &team, move |team, num| {
            if num == 0 {
                (0..tasks).for_each(|_| team.push(num));
            } else {
                team.wait(num);
            }
        });
        assert!(team.is_over());
    });
}

#[test]
fn a_task_wakes_a_sleeper() {
    creator(2, 1, None);
}

#[test]
fn each_of_two_tasks_is_seen() {
    creator(2, 2, Some(3));
}

#[test]
fn two_sleepers_for_two_tasks() {
    creator(3, 2, Some(1));
}

/// Both make a task, then wait: each may be asleep when the other makes one.
#[test]
fn creators_that_wait() {
    model(Some(3), || {
        let team = Team::new(2, 2);
        members(2, &team, |team, num| {
            team.push(num);
            team.wait(num);
        });
        assert!(team.is_over());
    });
}

/// The same, with both in one dormitory: a task wakes one, and the last task's end wakes all.
#[test]
fn creators_that_wait_in_beds() {
    model(Some(3), || {
        let team = Arc::new(Team::with(2, 2, Some(dormitory())));
        members(2, &team, |team, num| {
            team.push(num);
            team.wait(num);
        });
        assert!(team.is_over());
    });
}

/// No member is woken for the second task, as a woken one has yet to get up. That one
/// sees the task, and wakes another if it keeps to the first task. So the second task is
/// executed although the first one waits for it.
#[test]
fn no_task_waits_for_a_busy_thread() {
    model(Some(1), || {
        let team = Team::new(3, 2);
        let done = Arc::new(AtomicU32::new(0));
        let count = done.clone();
        let shared = Arc::new((team, count));
        members(3, &shared, |(team, done), num| {
            if num == 0 {
                team.push(0);
                team.push(0);
                return;
            }
            let member = &team.all_members[num as usize];
            loop {
                if team.run_one(num) {
                    // One task a thread.
                    done.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                team.sleepers.lie_down(&member.sleeping, num);
                fence(Ordering::SeqCst);
                team.sleepers.cover(&member.sleeping);
                if !team.are_there(1) {
                    member.parker.park();
                }
                if team.sleepers.get_up(&member.sleeping) && team.are_there(2) {
                    team.wake_one();
                }
            }
        });
        assert_eq!(done.load(Ordering::Relaxed), 2);
    });
}
