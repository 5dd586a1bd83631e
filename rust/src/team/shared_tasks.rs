//! A team's tasks that lie in no deque: those with a priority, the highest
//! first, and those that a thread outside the team made ready.
//!
//! Members look here before they look into a deque, at the cost of one load
//! while it is empty. What is waiting is counted before its creator looks for
//! sleepers, as in Note [Sleeping for tasks] in [`crate::protocol::sleepers`].

use crate::sync::mutex::{self, of_team, Mutex, Rank};
use crate::team::member_tasks::TaskRef;
use crate::team::task::Task;
use core::cmp::Reverse;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeMap;

/// See the module.
pub(crate) struct Shared {
    waiting: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// By priority, then in the order of arrival.
    tasks: BTreeMap<(Reverse<u32>, u64), TaskRef>,
    arrivals: u64,
}

impl Shared {
    /// No tasks.
    pub fn new() -> Shared {
        Shared {
            waiting: AtomicUsize::new(0),
            queue: of_team(Rank::Queue, Queue::default()),
        }
    }

    /// In the child of a fork, when nothing waits here: the lock is its own.
    pub fn inherit(&self) {
        mutex::inherit(&self.queue);
    }

    /// Tasks that wait here.
    #[inline]
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Offers a task to all members.
    pub fn push(&self, priority: u32, task: &'static Task) {
        let mut queue = self.queue.lock();
        let arrival = queue.arrivals;
        queue.arrivals += 1;
        queue
            .tasks
            .insert((Reverse(priority), arrival), TaskRef(task));
        self.waiting.store(queue.tasks.len(), Ordering::Relaxed);
    }

    /// Takes the first task that `allowed` accepts.
    #[cold]
    pub fn take(&self, allowed: impl Fn(&Task) -> bool) -> Option<&'static Task> {
        let mut queue = self.queue.lock();
        let found = queue.tasks.iter().find(|(_, task)| allowed(task.0));
        let key = *found?.0;
        let TaskRef(task) = queue.tasks.remove(&key)?;
        self.waiting.store(queue.tasks.len(), Ordering::Relaxed);
        Some(task)
    }
}
