//! Where teams and workers come from: one pool for the process.
//!
//! A thread that forks again claims the team it used last, without the lock
//! ([`acquire`]'s first lines). All else happens under the lock: choosing a
//! team, moving workers between teams that do not use them, starting workers.
//!
//! `dyn-var` decides what scarcity does. False: as many workers are started as
//! the region needs. True: workers are started only up to the limit that all
//! masters share (max of capabilities and nthreads, less one for a master), so
//! a region gets what is free.

use super::fork::{send, worker};
use super::region::Team;
use super::size;
use super::thread::{Place, Thread};
use crate::callback;
use crate::icv;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::wait;
use crate::tasking::alloc::TaskCache;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the lock guards.
struct Pool {
    /// All teams of more than one seat.
    teams: Vec<&'static Team>,
    /// Workers alive.
    workers: u32,
}

static POOL: Mutex<Pool> = covered(
    Rank::Pool,
    Pool {
        teams: Vec::new(),
        workers: 0,
    },
);

/// The child of a fork has no workers and no teams.
pub(super) static AT_FORK: AtFork = AtFork {
    locks: &[&POOL],
    in_child: || {
        let mut pool = POOL.lock();
        // The parent's teams are left as they are, whatever state that is.
        pool.teams.clear();
        pool.workers = 0;
    },
};

fn with_pool<T>(f: impl FnOnce(&mut Pool) -> T) -> T {
    f(&mut POOL.lock())
}

/// As often as the C library looks whether destructors have set new values.
const DESTRUCTOR_ROUNDS: u32 = 4;

/// Gives back what is held for later regions; `me` is the calling thread, at
/// level 0.
pub fn pause(me: &'static Thread) {
    // Destructors of a worker may start others, and those again; but other
    // masters start some, too, so not until there are none.
    for _ in 0..DESTRUCTOR_ROUNDS {
        if dismiss() == 0 {
            break;
        }
    }
    callback::free_spare(me);
    me.task_cache.clear();
    TaskCache::clear_given_away();
}

/// Ends the workers that no region uses, and returns when their OS threads are
/// gone, how many they were; see Note [The last master] in [`super::thread`]. Their destructors may
/// use OpenMP, so the lock is not held while they end.
pub(super) fn dismiss() -> usize {
    let dismissed = with_pool(|pool| {
        let mut dismissed = Vec::new();
        while let Some(worker) = pool.unused_worker() {
            send(worker, None);
            pool.workers -= 1;
            dismissed.push((worker, worker.os_thread.take()));
        }
        dismissed
    });
    let count = dismissed.len();
    for (worker, os_thread) in dismissed {
        if let Some(os_thread) = os_thread {
            // SAFETY: a joinable thread, whose identity only this call has.
            unsafe { libc::pthread_join(os_thread, core::ptr::null_mut()) };
            worker.recycle();
        }
    }
    count
}

/// A team of up to `wanted` threads for a region that `me` starts in `outer`,
/// claimed; and its size, which is less than `wanted` when threads are scarce.
#[inline(always)]
pub(super) fn acquire(me: &'static Thread, outer: &Place, wanted: u32) -> (&'static Team, u32) {
    let level = outer.team.region.level.get();
    if let Some(team) = me.last_team(level) {
        let limited = outer.task.icv.get().thread_limit != u32::MAX;
        if !limited && team.claim.claim(wanted) {
            return (team, wanted);
        }
    }
    acquire_slow(me, outer, wanted)
}

#[cold]
fn acquire_slow(me: &'static Thread, outer: &Place, wanted: u32) -> (&'static Team, u32) {
    let level = outer.team.region.level.get();
    let icv = outer.task.icv.get();
    let got = with_pool(|pool| {
        let wanted = pool.within_thread_limit(outer, wanted);
        if wanted < 2 {
            return None;
        }
        let most_workers = if size::dynamic(&icv) {
            size::dynamic_limit(&icv) - 1
        } else {
            u32::MAX
        };
        let built = pool.build(me.last_team(level), wanted, most_workers);
        if let Some((team, _)) = built {
            team.put_under(outer.team.root());
        }
        built
    });
    match got {
        Some((team, size)) => {
            me.remember(level, team);
            (team, size)
        }
        None => (me.solo_team(), 1),
    }
}

impl Pool {
    /// `wanted`, less what `thread-limit-var` has no room for: the limit is
    /// for all threads under one initial team.
    fn within_thread_limit(&self, outer: &Place, wanted: u32) -> u32 {
        let limit = outer.task.icv.get().thread_limit;
        if limit == u32::MAX {
            return wanted;
        }
        let root = outer.team.root();
        let others: u32 = self
            .teams
            .iter()
            .filter(|team| team.claim.in_use() > 0 && team.root() == root)
            .map(|team| team.claim.in_use() - 1)
            .sum();
        wanted.min(limit.saturating_sub(others))
    }

    /// Chooses a team and fills it. `None` when not even one worker is free.
    fn build(
        &mut self,
        last: Option<&'static Team>,
        wanted: u32,
        most_workers: u32,
    ) -> Option<(&'static Team, u32)> {
        let team = self.choose(last, wanted);
        let mut capacity = team.claim.capacity();
        while capacity < wanted {
            let Some(worker) = self.find_worker(most_workers) else {
                break;
            };
            team.seats[capacity as usize].give(worker);
            capacity += 1;
        }
        let size = capacity.min(wanted);
        if size < 2 {
            team.claim.end_building(capacity, 0);
            return None;
        }
        team.claim.end_building(capacity, size);
        Some((team, size))
    }

    /// A free team with enough seats, now being built: the last one, else the
    /// one with most workers, else a new one.
    fn choose(&mut self, last: Option<&'static Team>, wanted: u32) -> &'static Team {
        let fits = |team: &&'static Team| team.seats.len() as u32 >= wanted;
        if let Some(team) = last.filter(fits) {
            if team.claim.begin_building() {
                return team;
            }
        }
        loop {
            let best = self
                .teams
                .iter()
                .filter(|team| fits(team) && team.claim.in_use() == 0)
                .max_by_key(|team| team.claim.capacity().min(wanted));
            match best {
                Some(team) if team.claim.begin_building() => return team,
                Some(_) => continue, // its master was faster
                None => {
                    let team = Team::allocate(wanted.next_power_of_two().max(4));
                    let building = team.claim.begin_building();
                    debug_assert!(building, "a new team is free");
                    self.teams.push(team);
                    return team;
                }
            }
        }
    }

    /// A worker: an unused one, else a new one.
    fn find_worker(&mut self, most_workers: u32) -> Option<&'static Thread> {
        if let Some(worker) = self.unused_worker() {
            return Some(worker);
        }
        if self.workers >= most_workers {
            return None;
        }
        let worker = start_worker()?;
        self.workers += 1;
        Some(worker)
    }

    /// A worker that a busy team has no use for, else one of a team that
    /// nobody uses now. It is out of its team.
    fn unused_worker(&self) -> Option<&'static Thread> {
        for only_if_busy in [true, false] {
            for team in &self.teams {
                if let Some(seat) = team.claim.take_last(only_if_busy) {
                    return Some(team.seats[seat as usize].thread());
                }
            }
        }
        None
    }
}

/// Starts a worker's OS thread; without one, says so once.
fn start_worker() -> Option<&'static Thread> {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let me = Thread::for_worker();
    wait::worker_awake();
    match create_thread(me) {
        Ok(()) => Some(me),
        Err(error) => {
            wait::worker_asleep();
            me.recycle();
            if !WARNED.swap(true, Ordering::Relaxed) {
                icv::tell(format_args!(
                    "no thread could be started ({error}); teams are smaller"
                ));
            }
            None
        }
    }
}

/// A joinable OS thread that lives the life of `me`.
///
/// Not by `std::thread`, whose frames abort the process when something unwinds
/// through them: GHC's runtime system ends a thread whose callback it
/// interrupts at program exit by `pthread_exit`. And the stack is the C
/// library's default (`ulimit -s`, mostly), which is what programs expect, not
/// Rust's smaller one.
fn create_thread(me: &'static Thread) -> io::Result<()> {
    extern "C" fn live(me: *mut c_void) -> *mut c_void {
        // SAFETY: `create_thread` passes a record, and records live for ever.
        worker(unsafe { &*me.cast::<Thread>() });
        core::ptr::null_mut()
    }
    let check = |code| {
        if code == 0 {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(code))
        }
    };
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let attributes = attributes.as_mut_ptr();
    let mut id = MaybeUninit::<libc::pthread_t>::uninit();
    let argument = core::ptr::from_ref(me).cast_mut().cast();
    // SAFETY: the attributes are used between init and destroy; `live` may run
    // on any thread and gets what it expects.
    unsafe {
        check(libc::pthread_attr_init(attributes))?;
        let created = match icv::globals().stack_size {
            Some(size) => check(libc::pthread_attr_setstacksize(attributes, size)),
            None => Ok(()),
        }
        .and_then(|()| {
            check(libc::pthread_create(
                id.as_mut_ptr(),
                attributes,
                live,
                argument,
            ))
        });
        libc::pthread_attr_destroy(attributes);
        created?;
        let id = id.assume_init();
        me.os_thread.set(Some(id));
        libc::pthread_setname_np(id, c"ghcomp".as_ptr());
    }
    Ok(())
}
