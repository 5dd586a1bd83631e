//! Which nestable locks a thread holds, for which task, and how many times. The locks
//! themselves are in the program's memory, where 8 bytes are all that some compilers give:
//! see [`crate::waiting::nest_lock`].

use crate::sync::owned::{Owned, OwnedPart};
use crate::team::task::Task;

/// A lock that the thread holds.
#[derive(Clone, Copy)]
struct Held {
    lock: usize,
    task: *const Task,
    count: u32,
}

/// A thread's own part: the locks that its tasks hold, those taken last at the end. Owner
/// only. A task stays on the thread on which it began.
#[derive(Default)]
pub struct NestLocks(Owned<Vec<Held>>);

impl NestLocks {
    fn change<R>(&self, act: impl FnOnce(&mut Vec<Held>) -> R) -> R {
        let mut held = self.0.take();
        let answer = act(&mut held);
        self.0.set(held);
        answer
    }

    /// The task takes the lock for the first time.
    pub fn taken(&self, lock: usize, task: &Task) {
        let task = core::ptr::from_ref(task);
        self.change(|held| {
            // The memory may have been another lock that was never released.
            held.retain(|other| other.lock != lock);
            held.push(Held {
                lock,
                task,
                count: 1,
            });
        });
    }

    /// Adds to how many times the task holds the lock, and answers that; `None` if it does
    /// not hold it.
    pub fn add(&self, lock: usize, task: &Task, change: i32) -> Option<u32> {
        self.change(|held| {
            let is_it = |held: &Held| held.lock == lock && core::ptr::eq(held.task, task);
            let at = held.iter().rposition(is_it)?;
            let count = held[at].count.saturating_add_signed(change);
            held[at].count = count;
            if count == 0 {
                held.remove(at);
            }
            Some(count)
        })
    }
}

impl OwnedPart for NestLocks {
    fn renew(&self) {
        self.0.take();
    }

    fn hand_over(&self) {
        self.0.hand_over();
    }
}
