//! A team's tasks that are in no deque: those with a priority, the highest first, and
//! those that a thread outside the team made ready.
//!
//! Members look here before they look into a deque. While the queue is empty, that costs
//! one load. A task is counted in `waiting` before its creator looks for sleepers, as
//! Note [Sleeping for tasks] in [`crate::protocol::sleepers`] asks.

use crate::sync::mutex::{self, of_team, Mutex, Rank};
use crate::team::member_tasks::TaskRef;
use crate::team::task::Task;
use core::cmp::Reverse;
use core::ops::Bound;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeMap;

/// See the module.
pub(crate) struct SharedTasks {
    /// Tasks in the queue. Written with the queue's lock, read without it.
    waiting: AtomicUsize,
    queue: Mutex<Queue>,
}

/// The order of tasks: by priority, then by arrival.
type Key = (Reverse<u32>, u64);

#[derive(Default)]
struct Queue {
    tasks: BTreeMap<Key, TaskRef>,
    /// Tasks that were ever pushed.
    arrivals: u64,
}

impl SharedTasks {
    /// No tasks.
    pub fn new() -> SharedTasks {
        SharedTasks {
            waiting: AtomicUsize::new(0),
            queue: of_team(Rank::Queue, Queue::default()),
        }
    }

    /// In the child of a fork, where no task is in the queue: the lock belongs to this
    /// process.
    pub fn inherit(&self) {
        mutex::inherit(&self.queue);
    }

    /// Tasks in the queue.
    #[inline]
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Puts a task where all members find it.
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
        self.remove(&mut queue, key)
    }

    /// Of the first task of each priority that `allowed` accepts, takes the one that has
    /// waited longest.
    #[cold]
    pub fn take_oldest(&self, allowed: impl Fn(&Task) -> bool) -> Option<&'static Task> {
        let mut queue = self.queue.lock();
        let (mut oldest, mut behind) = (None, Bound::Unbounded);
        while let Some((&key, task)) = queue.tasks.range((behind, Bound::Unbounded)).next() {
            if oldest.is_none_or(|(_, arrival)| key.1 < arrival) && allowed(task.0) {
                oldest = Some(key);
            }
            behind = Bound::Excluded((key.0, u64::MAX));
        }
        self.remove(&mut queue, oldest?)
    }

    /// Takes the task with this key.
    fn remove(&self, queue: &mut Queue, key: Key) -> Option<&'static Task> {
        let TaskRef(task) = queue.tasks.remove(&key)?;
        self.waiting.store(queue.tasks.len(), Ordering::Relaxed);
        Some(task)
    }
}
