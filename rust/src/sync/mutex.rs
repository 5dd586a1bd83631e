//! The core's own locks.
//!
//! # Note [Locks and fork]
//!
//! The child of `fork` has one thread. A lock that another thread held is never
//! freed there, and the data that it guards may be half changed. So the handlers of
//! [`crate::atfork`] take all locks before the fork, in the order of
//! [`Rank`], and free them after it. A thread that takes two locks takes them in that
//! order too. In the child they are made anew rather than unlocked: threads of
//! the parent may sleep on them.
//!
//! The handlers do not take a lock of one team or one thread, because the child never
//! uses it ([`of_team`]). It uses its own teams, made after the fork.
//!
//! So there is no other lock in the core. A mutex or `Once` of another library would wait
//! in the child for a thread that is not there; those of parking_lot also have a table of
//! the process's sleeping threads. A build with debug assertions panics if a thread takes
//! a lock that `fork` does not know, or out of order, or of a team of another process. A
//! test reads the sources for other locks.
//!
//! A fork in a signal handler that interrupts one of these locks waits for itself. That
//! is the program's fault: handlers of `fork` are not async-signal-safe, so neither is
//! `fork` (POSIX.1-2024).

#[cfg(not(loom))]
use crate::sync::lock::Lock;
#[cfg(debug_assertions)]
use crate::sync::process;
#[cfg(debug_assertions)]
use core::cell::Cell;
#[cfg(debug_assertions)]
use core::sync::atomic::{AtomicU32, Ordering};
use parking_lot::lock_api::{self, GuardSend};

/// The locks, in the order in which a thread takes them if it takes several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Rank {
    /// [`crate::parallel::pool`].
    Pool,
    /// The free records of [`crate::team::thread`].
    Records,
    /// The ICVs of initial tasks.
    Defaults,
    /// `affinity-format-var`.
    Format,
    /// A team's tasks that lie in no deque.
    Queue,
    /// Unlinking finished tasks of a team.
    Ancestors,
    /// Small blocks of [`crate::team::task_memory`].
    SmallTasks,
    /// Large ones.
    LargeTasks,
    /// [`crate::team::threadprivate`].
    Threadprivate,
    /// [`crate::memory::fortran`].
    Fortran,
    /// [`crate::memory::pinned`].
    Pinned,
    /// [`crate::trace::recorder`].
    Recorder,
    /// A thread's events.
    Events,
    /// Messages that users get only once.
    Told,
}

/// A lock of the core.
pub struct Raw {
    #[cfg(not(loom))]
    lock: Lock,
    // Statics cannot hold loom's atomics. The protocol is that of `Lock`, which
    // has models of its own.
    #[cfg(loom)]
    lock: parking_lot::RawMutex,
    #[cfg(debug_assertions)]
    rank: Rank,
    /// Of a team or thread: the generation of the process that made it.
    #[cfg(debug_assertions)]
    process: Option<AtomicU32>,
}

/// A lock of the core and what it guards.
pub type Mutex<T> = lock_api::Mutex<Raw, T>;

/// Locks that the calling thread holds, a bit per rank.
#[cfg(debug_assertions)]
mod held {
    use super::*;

    thread_local! {
        static HELD: Cell<u32> = const { Cell::new(0) };
    }

    /// The ranks of the locks in the table of `fork`; 0 until there is one.
    pub static COVERED: AtomicU32 = AtomicU32::new(0);

    pub fn bit(rank: Rank) -> u32 {
        1 << rank as u8
    }

    pub fn change(change: impl FnOnce(u32) -> u32) {
        // After the destructors of the thread's variables: it has no others.
        let _ = HELD.try_with(|held| held.set(change(held.get())));
    }
}

impl Raw {
    const fn new(#[allow(unused_variables)] rank: Rank) -> Raw {
        Raw {
            #[cfg(not(loom))]
            lock: Lock::unlocked(),
            #[cfg(loom)]
            lock: <parking_lot::RawMutex as lock_api::RawMutex>::INIT,
            #[cfg(debug_assertions)]
            rank,
            #[cfg(debug_assertions)]
            process: None,
        }
    }

    /// The lock is about to be taken.
    #[inline(always)]
    fn check(&self) {
        #[cfg(debug_assertions)]
        {
            let rank = self.rank;
            match &self.process {
                Some(made) => assert_eq!(
                    made.load(Ordering::Relaxed),
                    process::generation(),
                    "ghcomp: {rank:?} of another process's team or thread"
                ),
                None => {
                    let covered = held::COVERED.load(Ordering::Relaxed);
                    assert!(
                        covered == 0 || covered & held::bit(rank) != 0,
                        "ghcomp: no handler of fork takes {rank:?}"
                    );
                }
            }
            held::change(|held| {
                assert!(
                    held < held::bit(rank),
                    "ghcomp: {rank:?} is taken after a later lock ({held:#x})"
                );
                held | held::bit(rank)
            });
        }
    }

    #[inline(always)]
    fn uncheck(&self) {
        #[cfg(debug_assertions)]
        held::change(|held| held & !held::bit(self.rank));
    }
}

// SAFETY: `Lock` lets one thread at a time have it, and orders them.
unsafe impl lock_api::RawMutex for Raw {
    // For `lock_api`; `covered` and `of_team` say more.
    #[allow(clippy::declare_interior_mutable_const)]
    const INIT: Raw = Raw::new(Rank::Pool);

    type GuardMarker = GuardSend;

    #[inline]
    fn lock(&self) {
        self.check();
        #[cfg(not(loom))]
        self.lock.lock_briefly();
        #[cfg(loom)]
        self.lock.lock();
    }

    #[inline]
    fn try_lock(&self) -> bool {
        let taken = self.lock.try_lock();
        if taken {
            self.check();
        }
        taken
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.uncheck();
        #[cfg(not(loom))]
        self.lock.unlock();
        #[cfg(loom)]
        // SAFETY: the caller's promise.
        unsafe {
            self.lock.unlock();
        }
    }
}

/// A lock of the whole process; the room that it belongs to has it in its
/// [`AtFork`].
pub const fn covered<T>(rank: Rank, value: T) -> Mutex<T> {
    Mutex::from_raw(Raw::new(rank), value)
}

/// A lock of one team or thread, which the child of a fork does not use, but by
/// [`inherit`].
pub fn of_team<T>(rank: Rank, value: T) -> Mutex<T> {
    #[allow(unused_mut)]
    let mut raw = Raw::new(rank);
    #[cfg(debug_assertions)]
    {
        raw.process = Some(AtomicU32::new(process::generation()));
    }
    Mutex::from_raw(raw, value)
}

/// In the child of a fork: a lock of a team that was at rest, so that nobody held
/// it, is this process's.
pub fn inherit<T: Send>(lock: &Mutex<T>) {
    let raw = Covered::raw(lock);
    #[cfg(debug_assertions)]
    if let Some(made) = &raw.process {
        made.store(process::generation(), Ordering::Relaxed);
    }
    #[cfg(not(loom))]
    raw.lock.forget();
    #[cfg(loom)]
    let _ = raw;
}

/// A lock that the handlers of `fork` take.
pub trait Covered: Sync {
    /// The lock.
    fn raw(&self) -> &Raw;
}

impl<T: Send> Covered for Mutex<T> {
    fn raw(&self) -> &Raw {
        // SAFETY: the handlers unlock only what they have locked.
        unsafe { lock_api::Mutex::raw(self) }
    }
}

/// What a room of the core does when the process forks.
pub struct AtFork {
    /// Its locks. They are taken before the fork, and free after it.
    pub locks: &'static [&'static dyn Covered],
    /// Before the fork, with all locks taken.
    pub before: fn(),
    /// After the fork, in the parent, with all locks still taken.
    pub in_parent: fn(),
    /// In the child, with all locks free: forgets threads that no longer exist.
    pub in_child: fn(),
}

impl AtFork {
    /// A room that has locks, and nothing to forget.
    pub const fn locks(locks: &'static [&'static dyn Covered]) -> AtFork {
        AtFork::new(locks, || {})
    }

    /// A room with these locks, and what it does in the child.
    pub const fn new(locks: &'static [&'static dyn Covered], in_child: fn()) -> AtFork {
        AtFork {
            locks,
            before: || {},
            in_parent: || {},
            in_child,
        }
    }
}

/// The handlers of `fork` know these rooms from now on.
pub fn cover(#[allow(unused_variables)] rooms: &[&AtFork]) {
    #[cfg(debug_assertions)]
    {
        let locks = rooms.iter().flat_map(|room| room.locks);
        let bits = locks.map(|lock| held::bit(lock.raw().rank));
        held::COVERED.store(bits.fold(0, |all, bit| all | bit), Ordering::Relaxed);
    }
}

/// Before the fork.
pub fn lock_all(rooms: &[&AtFork]) {
    for lock in rooms.iter().flat_map(|room| room.locks) {
        lock_api::RawMutex::lock(lock.raw());
    }
    rooms.iter().for_each(|room| (room.before)());
}

/// After it, in the parent.
pub fn unlock_all(rooms: &[&AtFork]) {
    rooms.iter().for_each(|room| (room.in_parent)());
    for lock in rooms.iter().flat_map(|room| room.locks).rev() {
        // SAFETY: taken by `lock_all` on this thread.
        unsafe { lock_api::RawMutex::unlock(lock.raw()) };
    }
}

/// After it, in the child.
pub fn forget_all(rooms: &[&AtFork]) {
    for lock in rooms.iter().flat_map(|room| room.locks) {
        let raw = lock.raw();
        raw.uncheck();
        #[cfg(not(loom))]
        raw.lock.forget();
    }
    rooms.iter().for_each(|room| (room.in_child)());
}
