//! Unbound workers that share a processor while others are free.
//!
//! The kernel may start a worker on the processor of the thread that made it, or
//! wake it there, and leave it there for tens of milliseconds: each then waits
//! for a thread that waits for its processor, and a region takes 20 us instead
//! of a fraction of one. (Seen on virtual machines, where a processor that the
//! guest lets sleep does not count as idle.) A thread that has waited long enough
//! to offer its processor therefore says where it is; a worker that has found
//! another thread of ours there a few times over goes elsewhere. A worker that
//! starts where its maker is does so at once.

use super::cpuset::CpuSet;
use crate::icv;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// Times in a row that two threads must meet before a worker moves.
const FIRST_PATIENCE: u32 = 4;
/// The most of that: with it a worker moves every 100 ms at most.
const LAST_PATIENCE: u32 = 1 << 13;

/// Where the waiting threads of the process meet. Written only by waits that have
/// come to microseconds, and hints all of it: nothing is ordered by it.
struct Meetings {
    /// The processor that was offered last, and above 32 bits by whom.
    offered: AtomicU64,
    /// How often in a row two met.
    met: AtomicU32,
    /// How often they must. It grows with each move: another program may be
    /// where the worker goes, and the kernel right.
    patience: AtomicU32,
}

impl Meetings {
    const fn new() -> Meetings {
        Meetings {
            offered: AtomicU64::new(0),
            met: AtomicU32::new(0),
            patience: AtomicU32::new(FIRST_PATIENCE),
        }
    }

    /// `who` offers `cpu`; whether others have done so before it, each time, and
    /// that often enough.
    fn too_many(&self, who: u32, cpu: u32) -> bool {
        let mine = u64::from(who) << 32 | u64::from(cpu);
        let last = self.offered.swap(mine, Ordering::Relaxed);
        if last as u32 != cpu {
            self.met.store(0, Ordering::Relaxed);
            return false;
        }
        last != mine
            && self.met.fetch_add(1, Ordering::Relaxed) >= self.patience.load(Ordering::Relaxed)
    }

    /// One moves away.
    fn moved(&self) {
        let patience = self.patience.load(Ordering::Relaxed);
        self.patience
            .store((2 * patience).min(LAST_PATIENCE), Ordering::Relaxed);
        self.met.store(0, Ordering::Relaxed);
    }
}

static MEETINGS: CachePadded<Meetings> = CachePadded::new(Meetings::new());

/// The calling thread, which `whose` is something of, has offered its processor
/// in a wait, while threads do not outnumber processors. A `worker` that meets
/// another of our threads there again and again moves to another of the
/// processors that it may use, if it is not bound to a place; it may still use
/// them all.
pub fn offered<T>(whose: &T, worker: bool) {
    let who = (whose as *const T as usize >> 6) as u32;
    let Some(cpu) = here() else { return };
    if MEETINGS.too_many(who, cpu as u32) && worker && leave(cpu) {
        MEETINGS.moved();
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
        assert!(!moves(FIRST_PATIENCE, &|_| 3, &alternating));
        assert!(moves(2, &|_| 3, &alternating));
        meetings.moved();
        assert!(!moves(2 * FIRST_PATIENCE, &|_| 3, &alternating));
        assert!(moves(2, &|_| 3, &alternating));
        (0..40).for_each(|_| meetings.moved());
        assert_eq!(meetings.patience.load(Ordering::Relaxed), LAST_PATIENCE);
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
