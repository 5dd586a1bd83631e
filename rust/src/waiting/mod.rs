//! How the runtime waits: the loop that every wait of the core is, and how long
//! it spins before it sleeps.
//!
//! A wait polls, then pauses or yields within a budget, and then sleeps at the
//! thread's [`Parker`], or in a bed of a place where others sleep too
//! ([`crate::sync::dormitory`]). Whoever ends the wait unparks the thread. What a wait is for
//! is a [`Wait`]; barriers, joins, `taskwait`, `taskgroup`, `ordered`, doacross loops,
//! Haskell tasks, and a worker between regions each have one.
//!
//! - [`mod@lock`]: waiting for a lock of the program.
//! - [`nest_lock`]: nestable locks.
//! - [`migrate`]: moving a worker away from a processor that two threads share.
//!
//! # The budget
//!
//! `GOMP_SPINCOUNT` or `wait-policy-var` (`OMP_WAIT_POLICY`) gives the budget in
//! pauses. Without them it is long while the host does not compute, and short while
//! it does ([`spin_limit`]).
//!
//! While the awake workers and one master outnumber the processors, a waiter does not pause: the
//! thread that it waits for needs this processor. It yields the processor instead
//! ([`yield_processor`]). A team that is larger than the processors yields from the
//! start.
//!
//! # Pausing threads yield too
//!
//! A pausing thread yields its processor now and then, because other programs may
//! use the machine. With four busy programs beside it, an ordered loop on two
//! threads took up to 30 s without these yields, and 3 s with them.
//!
//! It does not yield beside a host that computes. The host's threads would keep the
//! processor for a whole time slice: a kernel of some microseconds, called in a
//! loop, was then called 1,700 times a second instead of 14,000.

pub mod lock;
pub mod migrate;
pub mod nest_lock;

pub use lock::{enter, lock, lock_across_fork, try_lock, unlock};

use crate::callback::server::before_blocking;
use crate::icv::cpus;
use crate::icv::spinning::{spin_limit, MIN_YIELDS};
use crate::sync::dormitory::Bed;
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
    /// Does a piece of other work meanwhile. False: there was none.
    fn help(&mut self) -> bool {
        false
    }
    /// Whether the thread waits for its own team, and the team is oversubscribed
    /// ([`oversubscribes`](crate::icv::spinning::oversubscribes)).
    fn is_oversubscribed(&self) -> bool {
        false
    }
    /// Where the thread sleeps, if whoever ends the wait wakes all in the bed's dormitory. A
    /// thread without a bed sleeps at its parker.
    fn bed(&self) -> Option<Bed> {
        None
    }
    /// How many threads wait for this together, if that is known.
    fn together(&self) -> u32 {
        1
    }
    /// Makes sure that whoever ends the wait will unpark this thread, or wake its
    /// dormitory. False: the thread must look again instead of sleeping.
    fn announce(&mut self) -> bool;
    /// The thread is awake again, after an `announce` that answered true.
    fn awoken(&mut self) {}
}

/// Polls before a wait looks at its budget.
const FREE_POLLS: u32 = 64;
/// The same for a team that is oversubscribed: the thread that is waited for needs
/// the processor. Two small teams on the same processors poll on, although together
/// they outnumber the processors: each runs at full speed while it has the processors
/// (0.4 us a region; 5 us if they yield them to each other).
const FREE_POLLS_OVERSUBSCRIBED: u32 = 4;

/// Yields before a wait sleeps, while threads outnumber the processors ([`oversubscribed`]).
const MAX_YIELDS: u64 = 100;
/// Awake workers per processor up to which a wait may yield [`MAX_YIELDS`] times.
/// With more workers it yields fewer times ([`yield_limit`]).
const WORKERS_PER_PROCESSOR_OF_MAX_YIELDS: u64 = 8;

/// Pauses between two yields of a pausing thread, about 12 us: another program may
/// have driven the thread that is waited for onto this processor.
const PAUSES_PER_YIELD: u64 = 256;

/// A yield this long, in nanoseconds, means that a computing thread took the
/// processor.
const SLOW_YIELD_NS: u64 = 1_000_000;
/// After a slow yield, no thread yields again for this many times its duration.
const YIELD_BACKOFF_FACTOR: u64 = 2;

/// The time on the [`clock`] until which no thread yields its processor.
static NO_YIELDS_UNTIL_NS: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// Yields the calling thread's processor to other threads.
///
/// False: the other threads compute, and the caller had better sleep. (The call may
/// not have yielded at all then.) A thread that computes keeps the processor for a
/// time slice of milliseconds, while a sleeping thread gets a processor as soon as it
/// is woken. Four threads beside two busy programs took 5 ms a barrier by yields, and
/// 0.1 ms by sleep.
pub fn yield_processor() -> bool {
    let before = clock::now();
    if before < NO_YIELDS_UNTIL_NS.load(Ordering::Relaxed) {
        return false;
    }
    // SAFETY: takes no arguments, touches no memory.
    unsafe { libc::sched_yield() };
    let after = clock::now();
    let lasted = after.saturating_sub(before);
    if lasted < SLOW_YIELD_NS {
        return true;
    }
    NO_YIELDS_UNTIL_NS.store(after + YIELD_BACKOFF_FACTOR * lasted, Ordering::Relaxed);
    false
}

/// Workers that do not sleep now. Changed only around a sleep, and when a worker
/// starts or ends.
static AWAKE_WORKERS: CachePadded<AtomicU32> = CachePadded::new(AtomicU32::new(0));

/// A worker starts, or wakes up.
pub fn worker_awake() {
    AWAKE_WORKERS.fetch_add(1, Ordering::Relaxed);
}

/// A worker goes to sleep or ends.
pub fn worker_asleep() {
    let awake = AWAKE_WORKERS.fetch_sub(1, Ordering::Relaxed);
    debug_assert!(awake > 0, "ghcomp: a worker was not counted as awake");
}

/// The child of a fork has no workers, and measures its own yields.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    AWAKE_WORKERS.store(0, Ordering::Relaxed);
    NO_YIELDS_UNTIL_NS.store(0, Ordering::Relaxed);
});

/// Whether the awake workers and one master outnumber the processors.
pub fn oversubscribed() -> bool {
    AWAKE_WORKERS.load(Ordering::Relaxed) >= cpus::placed_processors()
}

/// Yields that a wait may spend while threads outnumber the processors, if so many wait
/// `together`. With very many workers it is mostly another waiting thread that gets the
/// processor, so there are fewer yields then. The members of a great team count before
/// they run: while they are woken one after another, few are awake.
fn yield_limit(together: u32) -> u64 {
    let awake = u64::from(AWAKE_WORKERS.load(Ordering::Relaxed).max(together)).max(1);
    let processors = u64::from(cpus::placed_processors());
    MAX_YIELDS.min(MAX_YIELDS * WORKERS_PER_PROCESSOR_OF_MAX_YIELDS * processors / awake)
}

/// Waits until `what` is ready. `parker` is the calling thread's; `worker` says whether
/// the thread counts among the workers.
///
/// False: the wait was given up. The thread helped with something that forked, and this
/// is the child, where no thread ends the wait. The caller must leave alone everything that
/// it has in the parent (Note [Returning in the child] in [`crate::atfork`]).
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
        if poll == FREE_POLLS_OVERSUBSCRIBED && what.is_oversubscribed() {
            break;
        }
        pause();
    }
    wait_long(what, parker, worker)
}

/// The rest of a wait, after the free polls: spends the budget, then sleeps, and again if the
/// wait is not over.
#[cold]
fn wait_long(what: &mut impl Wait, parker: &Parker, worker: bool) -> bool {
    let process = generation();
    // From here on the thread holds nothing that the host's other threads wait for. A
    // task that it helps with may call closures, and so hold something again.
    before_blocking();
    loop {
        let asked = spin_limit();
        let is_yielding = asked < MIN_YIELDS || what.is_oversubscribed() || oversubscribed();
        let mut limit = if is_yielding {
            asked
                .max(MIN_YIELDS)
                .min(yield_limit(what.together()))
                .max(1)
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
            if is_yielding {
                // Fewer yields than these seldom end the wait: the look was all.
                if limit < MIN_YIELDS || !yield_processor() {
                    break;
                }
            } else {
                pause();
                if spent % PAUSES_PER_YIELD == 0 {
                    if host::recently_busy() > 0 {
                        // A computing host thread would take the processor for
                        // milliseconds.
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
        // The ticket comes before the announcement: see `sync::dormitory`.
        let bed = what.bed().map(|bed| (bed, bed.dormitory.ticket()));
        if what.announce() {
            if worker {
                worker_asleep();
            }
            let park = || match bed {
                Some((bed, ticket)) => parker.park_in(bed, ticket),
                None => parker.park(),
            };
            if points::enabled(points::WAITS) {
                tools::park(park);
            } else {
                park();
            }
            if worker {
                worker_awake();
            }
            what.awoken();
        }
    }
}
