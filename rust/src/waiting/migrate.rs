//! Unbound workers that share a processor while others are free.
//!
//! The kernel may start a worker on the processor of the thread that made it, or
//! wake it there, and leave it there for tens of milliseconds: each then waits
//! for a thread that waits for its processor, and a region takes 20 us instead
//! of a fraction of one. (Seen on virtual machines, where a processor that the
//! guest lets sleep does not count as idle.) A thread that has waited long enough
//! to offer its processor therefore says where it is; a worker that has found
//! another thread of ours there a few times over goes elsewhere. A worker that
//! starts where its maker is does so at once. But nobody moves from a meeting
//! while other programs keep all processors busy: two that share one get on far
//! better than two that each share another one with a stranger.

use crate::affinity::cpuset::CpuSet;
use crate::sync::mutex::AtFork;
use crate::{clock, icv};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crossbeam_utils::CachePadded;
use std::fs;

/// Times in a row that two threads must meet before a worker moves.
const PATIENCE: u32 = 4;
/// The least time between two moves, or looks whether to move, in nanoseconds:
/// they cost some microseconds.
const PAUSE: u64 = 1_000_000;

/// Where the waiting threads of the process meet. Written only by waits that have
/// come to microseconds, and hints all of it: nothing is ordered by it.
struct Meetings {
    /// The processor that was yielded last, and above 32 bits by whom.
    yielded: AtomicU64,
    /// How often in a row two met.
    met: AtomicU32,
    /// When a worker moved last.
    moved: AtomicU64,
}

impl Meetings {
    const fn new() -> Meetings {
        Meetings {
            yielded: AtomicU64::new(0),
            met: AtomicU32::new(0),
            moved: AtomicU64::new(0),
        }
    }

    /// `who` offers `cpu`; whether others have done so before it, each time, and
    /// that often enough.
    fn too_many(&self, who: u32, cpu: u32) -> bool {
        let mine = u64::from(who) << 32 | u64::from(cpu);
        let last = self.yielded.swap(mine, Ordering::Relaxed);
        if last as u32 != cpu {
            self.met.store(0, Ordering::Relaxed);
            return false;
        }
        last != mine && self.met.fetch_add(1, Ordering::Relaxed) >= PATIENCE
    }

    /// Whether one may move at this time, and now does.
    fn may_move(&self, now: u64) -> bool {
        let last = self.moved.load(Ordering::Relaxed);
        let may = now.wrapping_sub(last) >= PAUSE
            && self
                .moved
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if may {
            self.met.store(0, Ordering::Relaxed);
        }
        may
    }
}

static MEETINGS: CachePadded<Meetings> = CachePadded::new(Meetings::new());

/// Nobody has met in the child.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    MEETINGS.yielded.store(0, Ordering::Relaxed);
    MEETINGS.met.store(0, Ordering::Relaxed);
});

/// The calling thread, which `whose` is something of, has yielded its processor
/// in a wait, while threads do not outnumber processors. A `worker` that meets
/// another of our threads there again and again moves to another of the
/// processors that it may use, if it is not bound to a place; it may still use
/// them all.
pub fn yielded<T>(whose: &T, worker: bool) {
    let who = (whose as *const T as usize >> 6) as u32;
    let Some(cpu) = here() else { return };
    if MEETINGS.too_many(who, cpu as u32)
        && worker
        && MEETINGS.may_move(clock::now())
        && some_free()
    {
        leave(cpu);
    }
}

/// The processor that the calling thread is on now.
pub fn here() -> Option<usize> {
    // SAFETY: takes no arguments.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

/// The calling thread, a worker, was just made by one that was on `maker`: if
/// it was started there too it moves at once.
pub fn started(maker: Option<usize>) {
    if let Some(cpu) = maker.filter(|_| maker == here()) {
        leave(cpu);
    }
}

/// Whether fewer threads run or could run than the machine has processors, given
/// that two share one.
fn some_free() -> bool {
    /// 0 before somebody has asked.
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

/// The threads that run or could, from the text of `/proc/loadavg`.
fn running(load: &str) -> Option<usize> {
    load.split_whitespace()
        .nth(3)?
        .split('/')
        .next()?
        .parse()
        .ok()
}

/// Moves the calling thread away from the processor; false if it is bound.
#[cold]
fn leave(cpu: usize) -> bool {
    if !icv::globals().affinity.places.is_empty() {
        return false;
    }
    let all = CpuSet::of_thread();
    let mut others = all.clone();
    if !others.remove(cpu) || others.is_empty() {
        return false;
    }
    others.bind_thread();
    all.bind_thread();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meetings() {
        let meetings = Meetings::new();
        let moves = |times: u32, cpu: &dyn Fn(u32) -> u32, who: &dyn Fn(u32) -> u32| {
            (0..times).any(|i| meetings.too_many(who(i), cpu(i)))
        };
        let alternating = |i| 1 + i % 2;
        // One thread alone, and two on a processor each.
        assert!(!moves(100, &|_| 3, &|_| 1));
        assert!(!moves(100, &alternating, &alternating));
        assert!(!moves(PATIENCE, &|_| 3, &alternating));
        assert!(moves(2, &|_| 3, &alternating));
        assert!(meetings.may_move(3 * PAUSE) && !meetings.may_move(4 * PAUSE - 1));
        assert!(!moves(PATIENCE, &|_| 3, &alternating));
        assert!(meetings.may_move(4 * PAUSE));
    }

    #[test]
    fn load() {
        assert_eq!(running("2.72 2.78 3.06 3/213 4711\n"), Some(3));
        assert_eq!(running("2.72 2.78"), None);
        assert_eq!(running(""), None);
    }

    #[test]
    fn leaving() {
        std::thread::spawn(|| {
            let all = CpuSet::of_thread();
            let here = all.first().unwrap();
            assert_eq!(leave(here), all.len() > 1);
            assert_eq!(CpuSet::of_thread(), all);
            let one: CpuSet = [here].into_iter().collect();
            one.bind_thread();
            assert!(!leave(here));
            assert_eq!(CpuSet::of_thread(), one);
        })
        .join()
        .unwrap();
    }
}
