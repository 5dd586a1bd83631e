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

use super::fork::worker;
use super::region::Team;
use super::size;
use super::thread::{Place, Thread};
use crate::icv;
use crate::sync::wait;
use core::cell::UnsafeCell;
use parking_lot::lock_api::RawMutex as _;
use parking_lot::RawMutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the lock guards.
struct Pool {
    /// All teams of more than one seat.
    teams: Vec<&'static Team>,
    /// Workers alive.
    workers: u32,
}

/// A raw lock, so that the handlers of `fork` can take and leave it apart.
struct Locked {
    lock: RawMutex,
    pool: UnsafeCell<Pool>,
}

// SAFETY: `pool` is touched only with `lock` held.
unsafe impl Sync for Locked {}

static POOL: Locked = Locked {
    lock: RawMutex::INIT,
    pool: UnsafeCell::new(Pool {
        teams: Vec::new(),
        workers: 0,
    }),
};

fn with_pool<T>(f: impl FnOnce(&mut Pool) -> T) -> T {
    POOL.lock.lock();
    // SAFETY: the lock is held, and `f` cannot get at the pool otherwise.
    let result = f(unsafe { &mut *POOL.pool.get() });
    // SAFETY: locked above by this thread.
    unsafe { POOL.lock.unlock() };
    result
}

/// `fork` must not happen while another thread changes the pool.
pub(super) fn lock_for_fork() {
    POOL.lock.lock();
}

/// The other half, in parent and child.
pub(super) fn unlock_after_fork() {
    // SAFETY: locked by `lock_for_fork` in this thread (or its image).
    unsafe { POOL.lock.unlock() };
}

/// The child of a fork has no workers and no teams.
pub(super) fn forget() {
    with_pool(|pool| {
        // The parent's teams are left as they are, whatever state that is.
        std::mem::take(&mut pool.teams);
        pool.workers = 0;
    });
}

/// A team of up to `wanted` threads for a region that `me` starts in `outer`,
/// claimed; and its size, which is less than `wanted` when threads are scarce.
#[inline]
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
        let wanted = pool.within_thread_limit(me, outer, wanted);
        if wanted < 2 {
            return None;
        }
        let most_workers = if size::dynamic(&icv) {
            size::dynamic_limit(&icv) - 1
        } else {
            u32::MAX
        };
        pool.build(me.last_team(level), wanted, most_workers)
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
    /// for all threads under one initial thread.
    fn within_thread_limit(&self, me: &'static Thread, outer: &Place, wanted: u32) -> u32 {
        let limit = outer.task.icv.get().thread_limit;
        if limit == u32::MAX {
            return wanted;
        }
        let root = outer.team.region.root.get().unwrap_or(me);
        let others: u32 = self
            .teams
            .iter()
            .filter(|team| {
                let mine = team.region.root.get();
                team.claim.in_use() > 0 && mine.is_some_and(|mine| core::ptr::eq(mine, root))
            })
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

    /// A worker: one that a busy team has no use for, else one of a team that
    /// nobody uses now, else a new one.
    fn find_worker(&mut self, most_workers: u32) -> Option<&'static Thread> {
        for only_if_busy in [true, false] {
            for team in &self.teams {
                if let Some(seat) = team.claim.take_last(only_if_busy) {
                    return Some(team.seats[seat as usize].thread());
                }
            }
        }
        if self.workers >= most_workers {
            return None;
        }
        let worker = start_worker()?;
        self.workers += 1;
        Some(worker)
    }
}

/// Starts a worker's OS thread; without one, says so once.
fn start_worker() -> Option<&'static Thread> {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let me = Thread::for_worker();
    let size = icv::globals().stack_size.unwrap_or_else(default_stack_size);
    let builder = std::thread::Builder::new()
        .name("ghcomp".into())
        .stack_size(size);
    wait::worker_awake();
    match builder.spawn(move || worker(me)) {
        Ok(_) => Some(me),
        Err(error) => {
            wait::worker_asleep();
            if !WARNED.swap(true, Ordering::Relaxed) {
                eprintln!("ghcomp: no thread could be started ({error}); teams are smaller");
            }
            None
        }
    }
}

/// The stack that the C library gives threads (`ulimit -s`, mostly), which is
/// what programs expect; Rust's own default is smaller.
fn default_stack_size() -> usize {
    let mut attributes = core::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut size = 0;
    // SAFETY: the attributes are used only after `pthread_attr_init` has
    // initialised them.
    unsafe {
        if libc::pthread_attr_init(attributes.as_mut_ptr()) == 0 {
            libc::pthread_attr_getstacksize(attributes.as_ptr(), &mut size);
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
        }
    }
    size.max(2 << 20)
}
