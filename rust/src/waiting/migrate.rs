//! Moves an unbound worker away from a processor that two threads share while others
//! are free.
//!
//! The OS may start a worker on the processor of the thread that made it, or wake it
//! there, and leave it there for tens of milliseconds. Each of the two then waits for a
//! thread that waits for its processor, and a region takes 20 us instead of a fraction
//! of one. (Seen on virtual machines, where a processor that the guest system lets sleep
//! does not count as idle.)
//!
//! - A worker that starts on its maker's processor moves at once ([`worker_started`]).
//! - A thread that has waited for long enough to yield its processor says where it is
//!   ([`yielded`]). Two threads in a row on one processor are a collision. After some
//!   collisions in a row a worker moves.
//! - No worker moves because of collisions while other programs keep all processors
//!   busy. Two of our threads that share a processor beat each sharing one with a foreign
//!   thread.
//!
//! `GHCOMP_MIGRATE=false` turns all of this off: then the runtime neither reads
//! `/proc/loadavg` in a wait nor changes the mask of an unbound thread.

use crate::affinity::cpuset::CpuSet;
use crate::sync::mutex::AtFork;
use crate::{clock, icv};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crossbeam_utils::CachePadded;
use std::fs;

/// Collisions in a row before a worker moves.
const COLLISIONS_BEFORE_MOVE: u32 = 4;
/// Nanoseconds between two moves of the process, or between two looks whether to move: a
/// move or a look costs some microseconds.
const MIN_MOVE_INTERVAL_NS: u64 = 1_000_000;

/// The collisions of the process's waiting threads. Only waits that have lasted for
/// microseconds write here. All words are hints and order nothing: every access is
/// relaxed.
struct Collisions {
    /// The processor that was yielded last (low half), and the thread that yielded it
    /// (high half).
    last_yield: AtomicU64,
    /// Collisions in a row.
    in_a_row: AtomicU32,
    /// The time on the [`clock`] when a worker moved last.
    last_move: AtomicU64,
}

impl Collisions {
    const fn new() -> Collisions {
        Collisions {
            last_yield: AtomicU64::new(0),
            in_a_row: AtomicU32::new(0),
            last_move: AtomicU64::new(0),
        }
    }

    /// The thread `who` yields `cpu`. Whether that is a collision, after as many in a row
    /// as a move takes.
    fn are_too_many(&self, who: u32, cpu: u32) -> bool {
        let mine = u64::from(who) << 32 | u64::from(cpu);
        let last = self.last_yield.swap(mine, Ordering::Relaxed);
        if last as u32 != cpu {
            self.in_a_row.store(0, Ordering::Relaxed);
            return false;
        }
        last != mine && self.in_a_row.fetch_add(1, Ordering::Relaxed) >= COLLISIONS_BEFORE_MOVE
    }

    /// Whether a worker may move at this time. If so, the time counts as that of a move.
    fn may_move(&self, now: u64) -> bool {
        let last = self.last_move.load(Ordering::Relaxed);
        let may = now.wrapping_sub(last) >= MIN_MOVE_INTERVAL_NS
            && self
                .last_move
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if may {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        may
    }
}

static COLLISIONS: CachePadded<Collisions> = CachePadded::new(Collisions::new());

/// The child of a fork has had no collisions.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    COLLISIONS.last_yield.store(0, Ordering::Relaxed);
    COLLISIONS.in_a_row.store(0, Ordering::Relaxed);
});

/// The calling thread has yielded its processor in a wait, while threads do not outnumber
/// processors. A `worker` that collides with another of our threads again and again moves
/// to another of the processors that it may use, if it is not bound to a place. It may
/// still use all of them afterwards.
///
/// The address of `owned`, which belongs to the calling thread, tells threads apart.
pub fn yielded<T>(owned: &T, worker: bool) {
    if !icv::globals().migrate {
        return;
    }
    let who = (owned as *const T as usize >> 6) as u32;
    let Some(cpu) = current_cpu() else { return };
    if COLLISIONS.are_too_many(who, cpu as u32)
        && worker
        && COLLISIONS.may_move(clock::now())
        && some_processor_is_free()
    {
        move_away(cpu);
    }
}

/// The processor that the calling thread runs on now.
pub fn current_cpu() -> Option<usize> {
    // SAFETY: takes no arguments.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

/// The calling thread is a new worker; `spawn_cpu` is where its maker ran. If the worker
/// started there too, it moves at once.
pub fn worker_started(spawn_cpu: Option<usize>) {
    if let Some(cpu) = spawn_cpu.filter(|_| icv::globals().migrate && spawn_cpu == current_cpu()) {
        move_away(cpu);
    }
}

/// Whether a processor of the machine has nothing to run, given that two threads share
/// one: no more threads are runnable than there are processors.
fn some_processor_is_free() -> bool {
    /// 0 until it is known.
    static ONLINE: AtomicUsize = AtomicUsize::new(0);
    let mut online = ONLINE.load(Ordering::Relaxed);
    if online == 0 {
        // SAFETY: only asks.
        online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) } as usize;
        ONLINE.store(online, Ordering::Relaxed);
    }
    let load = fs::read_to_string("/proc/loadavg");
    load.ok()
        .and_then(|load| running(&load))
        .is_some_and(|running| running <= online)
}

/// The number of runnable threads, from the text of `/proc/loadavg`.
fn running(load: &str) -> Option<usize> {
    load.split_whitespace()
        .nth(3)?
        .split('/')
        .next()?
        .parse()
        .ok()
}

/// Moves the calling thread away from the processor. False if it is bound, or may use no
/// other one.
///
/// The mask loses the processor for a moment, which moves the thread, and then gets it
/// back. If the mask changed meanwhile (another thread or the system may set it), it stays
/// as it is.
#[cold]
fn move_away(cpu: usize) -> bool {
    if !icv::globals().affinity.places.is_empty() {
        return false;
    }
    let all = CpuSet::of_thread();
    let mut others = all.clone();
    if !others.remove(cpu) || others.is_empty() {
        return false;
    }
    others.bind_thread();
    if CpuSet::of_thread() == others {
        all.bind_thread();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collisions() {
        let collisions = Collisions::new();
        let moves = |times: u32, cpu: &dyn Fn(u32) -> u32, who: &dyn Fn(u32) -> u32| {
            (0..times).any(|i| collisions.are_too_many(who(i), cpu(i)))
        };
        let alternating = |i| 1 + i % 2;
        // One thread alone, and two threads on a processor each, do not collide.
        assert!(!moves(100, &|_| 3, &|_| 1));
        assert!(!moves(100, &alternating, &alternating));
        assert!(!moves(COLLISIONS_BEFORE_MOVE, &|_| 3, &alternating));
        assert!(moves(2, &|_| 3, &alternating));
        assert!(
            collisions.may_move(3 * MIN_MOVE_INTERVAL_NS)
                && !collisions.may_move(4 * MIN_MOVE_INTERVAL_NS - 1)
        );
        assert!(!moves(COLLISIONS_BEFORE_MOVE, &|_| 3, &alternating));
        assert!(collisions.may_move(4 * MIN_MOVE_INTERVAL_NS));
    }

    #[test]
    fn load() {
        assert_eq!(running("2.72 2.78 3.06 3/213 4711\n"), Some(3));
        assert_eq!(running("2.72 2.78"), None);
        assert_eq!(running(""), None);
    }

    #[test]
    fn moving_away() {
        std::thread::spawn(|| {
            let all = CpuSet::of_thread();
            let here = all.first().unwrap();
            assert_eq!(move_away(here), all.len() > 1);
            assert_eq!(CpuSet::of_thread(), all);
            let one: CpuSet = [here].into_iter().collect();
            one.bind_thread();
            assert!(!move_away(here));
            assert_eq!(CpuSet::of_thread(), one);
        })
        .join()
        .unwrap();
    }
}
