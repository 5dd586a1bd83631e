//! How long a thread spins before it sleeps, and the loop that every wait of
//! the runtime is.
//!
//! A wait polls, then yields or pauses within a budget, then sleeps at the
//! thread's [`Parker`]. The budget is `wait-policy-var` (`OMP_WAIT_POLICY`) or
//! `GOMP_SPINCOUNT` where given, else long while the host does not compute and
//! short while it does; nothing is spent on pausing
//! while the awake workers outnumber the processors: then the thread that is
//! waited for needs this one's processor, and it is [`yield_processor`]ed, by a crowd at
//! once.
//! Pausing threads yield_processor theirs now and then too, for the sake of machines that
//! others use: with four busy programs beside it an ordered loop on two threads
//! took up to 30 s without that, and 3 s with it. Not beside a host that
//! computes: its threads would keep the processor for a whole time slice, and a
//! kernel of some microseconds, called in a loop, was called 1,700 times a second
//! instead of 14,000.

pub mod lock;
pub mod migrate;

pub use lock::lock;

use crate::callback::server::before_blocking;
use crate::icv::cpus;
use crate::icv::spinning::{spin_limit, MIN_YIELDS};
use crate::sync::mutex::AtFork;
use crate::sync::parker::Parker;
use crate::sync::primitive::pause;
use crate::sync::process::generation;
use crate::{clock, host, points, tools};

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// Something to wait for. One thread at a time waits on one of these.
pub trait Wait {
    /// Whether the wait is over.
    fn ready(&mut self) -> bool;
    /// Does a piece of somebody's work meanwhile; false if there was none.
    fn help(&mut self) -> bool {
        false
    }
    /// Whether the thread waits for a crowd that it is in ([`oversubscribes`](crate::icv::spinning::oversubscribes)).
    fn is_oversubscribed(&self) -> bool {
        false
    }
    /// Makes sure that whoever ends the wait will unpark this thread; false if
    /// the thread must look again instead of sleeping.
    fn announce(&mut self) -> bool;
    /// The thread is awake again after an `announce` that said true.
    fn awoken(&mut self) {}
}

/// Polls before the budget is even looked at.
const FREE_POLLS: u32 = 64;
/// As many in a crowd: who is waited for needs the processor. Only there: two
/// small teams on the same processors do better to poll on, since each runs at
/// full speed while it has the processors together (0.4 us a region, 5 us if
/// they yield_processor them to each other).
const CROWD_POLLS: u32 = 4;
/// Times that a processor is yielded before sleeping, when threads outnumber
/// processors.
const YIELDS: u64 = 100;
/// Awake workers per processor up to which it is that many times.
const CROWD: u64 = 8;

/// Pauses after which a processor is yielded all the same: another program may
/// have driven the thread that is waited for onto this one's. About 12 us.
const OFFER_EVERY: u64 = 256;

/// How long, at least, an yield_processor lasted that somebody took who computes: 1 ms.
const TAKEN: u64 = 1_000_000;
/// No offers follow such a one for so many times as long as it lasted.
const SULK: u64 = 2;

/// Until when, on the [`clock`], nobody offers a processor.
static NO_OFFERS_UNTIL: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Offers the calling thread's processor to other threads. False, and perhaps it
/// did not, if those are busy with something else: one that computes keeps the
/// processor for a time slice of milliseconds, where a thread that slept gets it
/// as soon as it is woken. (Four threads beside two busy programs: 5 ms a barrier
/// by offers, 0.1 by sleep.)
pub fn yield_processor() -> bool {
    let before = clock::now();
    if before < NO_OFFERS_UNTIL.load(Ordering::Relaxed) {
        return false;
    }
    // SAFETY: takes no arguments, touches no memory.
    unsafe { libc::sched_yield() };
    let after = clock::now();
    let lasted = after.saturating_sub(before);
    if lasted < TAKEN {
        return true;
    }
    NO_OFFERS_UNTIL.store(after + SULK * lasted, Ordering::Relaxed);
    false
}

/// Workers that do not sleep now; changed only around a sleep.
static AWAKE_WORKERS: CachePadded<AtomicU32> = CachePadded::new(AtomicU32::new(0));

/// A worker starts (it is awake).
pub fn worker_awake() {
    AWAKE_WORKERS.fetch_add(1, Ordering::Relaxed);
}

/// A worker goes to sleep or ends.
pub fn worker_asleep() {
    let awake = AWAKE_WORKERS.fetch_sub(1, Ordering::Relaxed);
    debug_assert!(awake > 0, "ghcomp: a worker was not counted as awake");
}

/// The child of a fork has no workers; what it thinks of offers is its own.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    AWAKE_WORKERS.store(0, Ordering::Relaxed);
    NO_OFFERS_UNTIL.store(0, Ordering::Relaxed);
});

/// Whether the workers that are awake, and one master, outnumber processors.
pub fn oversubscribed() -> bool {
    AWAKE_WORKERS.load(Ordering::Relaxed) >= cpus::placed_processors()
}

/// The times that a wait may yield_processor its processor while the awake workers
/// outnumber the processors. In a great crowd it is another waiting thread that
/// gets it, most of the time.
fn yields() -> u64 {
    let awake = u64::from(AWAKE_WORKERS.load(Ordering::Relaxed)).max(1);
    YIELDS.min(YIELDS * CROWD * u64::from(cpus::placed_processors()) / awake)
}

/// Waits. `parker` is the calling thread's, `worker` says whether it counts
/// among the workers. False: not waited for, since the thread has forked in what
/// it helped with, and this is the child, where nobody ends the wait; the caller
/// leaves all alone that it has in the parent (see [`crate::atfork`]).
#[inline]
pub fn wait(what: &mut impl Wait, parker: &Parker, worker: bool) -> bool {
    for poll in 0..FREE_POLLS {
        if what.ready() {
            return true;
        }
        let process = generation();
        if what.help() {
            if generation() != process {
                return false;
            }
            continue;
        }
        if poll == CROWD_POLLS && what.is_oversubscribed() {
            break;
        }
        pause();
    }
    wait_long(what, parker, worker)
}

#[cold]
fn wait_long(what: &mut impl Wait, parker: &Parker, worker: bool) -> bool {
    let process = generation();
    // From here on the thread holds nothing of the host's; what it helps with
    // may call closures and so take it again.
    before_blocking();
    loop {
        let asked = spin_limit();
        let crowded = asked < MIN_YIELDS || what.is_oversubscribed() || oversubscribed();
        let mut limit = if crowded {
            asked.max(MIN_YIELDS).min(yields()).max(1)
        } else {
            asked
        };
        let mut spent = 0;
        while spent < limit {
            if what.ready() {
                return true;
            }
            if what.help() {
                if generation() != process {
                    return false;
                }
                before_blocking();
                spent = 0;
                continue;
            }
            spent += 1;
            if crowded {
                if !yield_processor() {
                    break;
                }
            } else {
                pause();
                if spent % OFFER_EVERY == 0 {
                    if host::recently_busy() > 0 {
                        // It would take the processor for milliseconds.
                        limit = limit.min(spin_limit());
                    } else {
                        yield_processor();
                    }
                    if oversubscribed() {
                        break;
                    }
                    migrate::yielded(parker, worker);
                }
            }
        }
        if what.ready() {
            return true;
        }
        if what.announce() {
            if worker {
                worker_asleep();
            }
            if points::enabled(points::WAITS) {
                tools::park(|| parker.park());
            } else {
                parker.park();
            }
            if worker {
                worker_awake();
            }
            what.awoken();
        }
    }
}
