//! Nestable locks (`omp_nest_lock_t`): a lock, and the number of the thread that holds it.
//! Clang's type has 8 bytes, so the thread has the rest ([`crate::team::nest_locks`]).
//!
//! The holder alone writes `owner`, within the lock. Another thread that reads it finds a
//! number that is not its own, whenever it reads.

use crate::points;
use crate::sync::lock::Lock;
use crate::team::register::current;
use crate::team::thread::Thread;
use crate::tools::{self, Mutex};
use crate::waiting::lock;
use core::sync::atomic::{AtomicU32, Ordering};

/// The contents of an `omp_nest_lock_t`.
#[repr(C)]
pub struct NestLock {
    lock: Lock,
    /// The number of the thread that holds it, + 1; or 0.
    owner: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<NestLock>() <= 8);

impl NestLock {
    /// An unlocked lock.
    pub fn unlocked() -> NestLock {
        NestLock {
            lock: Lock::unlocked(),
            owner: AtomicU32::new(0),
        }
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Whether the calling thread holds the lock. Relaxed is enough: only the holder itself
    /// can find its own number there.
    fn is_of(&self, me: &Thread) -> bool {
        self.owner.load(Ordering::Relaxed) == me.number.wrapping_add(1)
    }

    /// Changes how many times the current task holds the lock; `None` if it does not.
    fn add(&self, me: &Thread, change: i32) -> Option<u32> {
        if !self.is_of(me) {
            return None;
        }
        me.nest_locks.add(self.address(), me.context().task, change)
    }

    fn taken(&self, me: &Thread) {
        self.owner
            .store(me.number.wrapping_add(1), Ordering::Relaxed);
        me.nest_locks.taken(self.address(), me.context().task);
    }

    /// Takes the lock, or takes it once more if the current task holds it.
    pub fn lock(&self) {
        if points::enabled(points::MUTEXES) {
            let count = |&count: &u32| count;
            tools::acquiring(Mutex::NestLock, self.address(), || self.take(), count);
        } else {
            self.take();
        }
    }

    /// [`lock`](NestLock::lock). Answers how many times the task holds the lock now.
    #[inline]
    fn take(&self) -> u32 {
        let me = current();
        self.add(me, 1).unwrap_or_else(|| {
            lock::lock_inside(&self.lock);
            self.taken(me);
            1
        })
    }

    /// As [`lock`](NestLock::lock) if that need not wait. Answers how many times the task
    /// holds the lock now; 0 if it does not.
    pub fn try_lock(&self) -> u32 {
        if points::enabled(points::MUTEXES) {
            let (kind, count) = (Mutex::TestNestLock, |&count: &u32| count);
            return tools::acquiring(kind, self.address(), || self.try_take(), count);
        }
        self.try_take()
    }

    #[inline]
    fn try_take(&self) -> u32 {
        let me = current();
        if let Some(count) = self.add(me, 1) {
            return count;
        }
        let taken = self.lock.try_lock();
        if taken {
            self.taken(me);
        }
        u32::from(taken)
    }

    /// Undoes one [`lock`](NestLock::lock). False if the current task does not hold it.
    pub fn unlock(&self) -> bool {
        let me = current();
        match self.add(me, -1) {
            None => return false,
            Some(0) => {
                self.owner.store(0, Ordering::Relaxed);
                self.lock.unlock();
                if points::enabled(points::MUTEXES) {
                    tools::released(Mutex::NestLock, self.address());
                }
            }
            Some(_) if points::enabled(points::MUTEXES) => tools::nested(self.address()),
            Some(_) => {}
        }
        true
    }
}
