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
//!
//! Where no thread can be started (limits of the user, of a control group, of
//! memory), teams are smaller, a warning says so once, and it is not tried again
//! before a while has passed: [`Retry`]. A team has members for the threads that
//! there are, and not for as many as somebody has asked for: what is asked for
//! may be any number.

use crate::icv::{self, cpus, effective};
use crate::parallel::size;
use crate::parallel::worker::worker;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::team::region::Team;
use crate::team::register::{LAST_MASTER_ENDS, MASTER_ENDS};
use crate::team::task_memory::TaskCache;
use crate::team::thread::{Context, Thread};
use crate::waiting::{self, migrate};
use crate::{callback, clock, heap, messages};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the lock guards.
struct Pool {
    /// All teams of more than one member.
    teams: Vec<&'static Team>,
    /// Workers that sit in no team.
    spare: Vec<&'static Thread>,
    /// Workers alive.
    workers: u32,
    /// When threads may be started.
    retry: Retry,
    /// Whether a fork is under way, and has claimed all teams.
    held: bool,
}

/// Members that a team may have before their threads are there.
const AT_ONCE: u32 = 64;

/// When to try again what the system has refused: after a pause, which is twice
/// as long after each further refusal.
struct Retry {
    /// On the clock; 0 for at once.
    not_before: u64,
    pause: u64,
}

impl Retry {
    const SHORTEST: u64 = 1_000_000;
    const LONGEST: u64 = 1_000_000_000;
    const NOW: Retry = Retry {
        not_before: 0,
        pause: 0,
    };

    fn may(&self) -> bool {
        self.not_before == 0 || clock::now() >= self.not_before
    }

    fn refused(&mut self) {
        self.pause = (2 * self.pause).clamp(Retry::SHORTEST, Retry::LONGEST);
        self.not_before = clock::now() + self.pause;
    }
}

static POOL: Mutex<Pool> = covered(
    Rank::Pool,
    Pool {
        teams: Vec::new(),
        spare: Vec::new(),
        workers: 0,
        retry: Retry::NOW,
        held: false,
    },
);

/// The child of a fork has no workers, and only teams that no region used; see
/// Note [What the child can use] in [`crate::atfork`].
pub(crate) static AT_FORK: AtFork = AtFork {
    locks: &[&POOL],
    before: hold_teams,
    in_parent: free_teams,
    in_child: || {
        let mut pool = POOL.lock();
        if pool.held {
            pool.inherit();
        } else {
            // They are left as they are, whatever state that is.
            pool.teams.clear();
            pool.spare.clear();
        }
        pool.held = false;
        pool.workers = 0;
        pool.retry = Retry::NOW;
    },
};

/// Before a fork: claims all teams, or none if a region uses one.
fn hold_teams() {
    // SAFETY: the handlers of `fork` have taken the lock; see [`AtFork::before`].
    let pool = unsafe { &mut *POOL.data_ptr() };
    let free = |team: &&&'static Team| team.claim.begin_building();
    let held = pool.teams.iter().take_while(free).count();
    pool.held = held == pool.teams.len();
    if !pool.held {
        pool.teams[..held].iter().for_each(|team| team.set_free());
    }
}

/// After it, in the parent.
fn free_teams() {
    // SAFETY: as in `hold_teams`; see [`AtFork::in_parent`].
    let pool = unsafe { &mut *POOL.data_ptr() };
    if core::mem::take(&mut pool.held) {
        pool.teams.iter().for_each(|team| team.set_free());
    }
}

fn with_pool<T>(f: impl FnOnce(&mut Pool) -> T) -> T {
    f(&mut POOL.lock())
}

/// For tests: nobody else gets at the pool meanwhile.
#[cfg(test)]
pub fn while_locked(f: impl FnOnce()) {
    with_pool(|_| f());
}

/// As often as the C library looks whether destructors have set new values.
const DESTRUCTOR_ROUNDS: u32 = 4;

/// Gives back what is held for later regions; `me` is the calling thread, at
/// level 0.
pub fn pause(me: &'static Thread) {
    // A worker's destructors may start other workers, and theirs again. Other
    // masters start some too, so this has an end in any case.
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
/// gone, how many they were; see Note [The last master] in [`crate::team::register`].
pub(crate) fn dismiss() -> usize {
    let dismissed = with_pool(|pool| {
        let mut dismissed = Vec::new();
        while let Some(worker) = pool.unused_worker() {
            dismissed.push(pool.dismiss(worker));
        }
        dismissed
    });
    dismissed.into_iter().map(Dismissed::join).count()
}

/// Idle workers that stay when the master ends for which they were started.
const KEPT: u32 = 64;

/// A master ends that has had these teams: their workers are for other masters,
/// but as far as too many are idle they end.
pub(crate) fn leave(teams: impl Iterator<Item = &'static Team>) {
    let dismissed = with_pool(|pool| {
        let kept = KEPT.max(4 * cpus::available_processors());
        let mut surplus = pool.unused().saturating_sub(kept);
        let mut dismissed = Vec::new();
        for team in teams {
            while surplus > 0 {
                let Some(member) = team.claim.take_last(false) else {
                    break;
                };
                dismissed.push(pool.dismiss(team.all_members[member as usize].thread()));
                surplus -= 1;
            }
        }
        dismissed
    });
    dismissed.into_iter().for_each(Dismissed::join);
}

/// A worker that was told to end.
struct Dismissed {
    worker: &'static Thread,
    os_thread: Option<libc::pthread_t>,
}

impl Dismissed {
    /// Returns when its OS thread is gone. The thread's destructors may use
    /// OpenMP, so the pool's lock must not be held.
    fn join(self) {
        if let Some(os_thread) = self.os_thread {
            // SAFETY: a joinable thread, whose identity only this value has.
            unsafe { libc::pthread_join(os_thread, core::ptr::null_mut()) };
            self.worker.recycle();
        }
    }
}

/// A team of up to `wanted` threads for a region that `me` starts in `outer`,
/// claimed; and its size, which is less than `wanted` when threads are scarce.
#[inline(always)]
pub(crate) fn acquire(me: &'static Thread, outer: &Context, wanted: u32) -> (&'static Team, u32) {
    match acquire_last(me, outer, wanted) {
        Some(team) => (team, wanted),
        None => acquire_slow(me, outer, wanted),
    }
}

/// The team that the thread used last, claimed, if that is possible without the
/// pool.
#[inline(always)]
pub(crate) fn acquire_last(
    me: &'static Thread,
    outer: &Context,
    wanted: u32,
) -> Option<&'static Team> {
    let team = me.teams.last(outer.team.region.level.get())?;
    let limited = outer.task.icv.get().thread_limit != u32::MAX;
    (!limited && team.claim.claim(wanted)).then_some(team)
}

#[cold]
fn acquire_slow(me: &'static Thread, outer: &Context, wanted: u32) -> (&'static Team, u32) {
    // The lock is held while threads are made.
    callback::before_blocking();
    let level = outer.team.region.level.get();
    let icv = outer.task.icv.get();
    if heap::is_ending() {
        return (me.serial_team(), 1);
    }
    let wanted = effective::possible_team_size(wanted);
    let got = with_pool(|pool| {
        let wanted = pool.within_thread_limit(outer, wanted);
        if wanted < 2 {
            return None;
        }
        let most_workers = if effective::dynamic(&icv) {
            size::dynamic_limit(&icv) - 1
        } else {
            u32::MAX
        };
        let built = pool.build(me.teams.last(level), wanted, most_workers);
        if let Some((team, _)) = built {
            team.set_initial_team(outer.team.initial_team());
        }
        built
    });
    match got {
        Some((team, size)) => {
            me.teams.remember(level, team);
            (team, size)
        }
        None => (me.serial_team(), 1),
    }
}

impl Pool {
    /// In the child of a fork that has held all teams: they stay, without their
    /// workers, whose records are free.
    fn inherit(&mut self) {
        self.spare.drain(..).for_each(Thread::outlived);
        for team in &self.teams {
            let taken = team.claim.capacity() as usize;
            team.all_members[1..taken]
                .iter()
                .for_each(|member| member.thread().outlived());
            team.inherit();
            team.claim.end_building(1, 0);
        }
    }

    /// `wanted`, less what `thread-limit-var` has no room for: the limit is
    /// for all threads under one initial team.
    fn within_thread_limit(&self, outer: &Context, wanted: u32) -> u32 {
        let limit = outer.task.icv.get().thread_limit;
        if limit == u32::MAX {
            return wanted;
        }
        let root = outer.team.initial_team();
        let others: u32 = self
            .teams
            .iter()
            .filter(|team| team.claim.in_use() > 0 && team.initial_team() == root)
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
        let mut wanted = if wanted > AT_ONCE {
            self.attainable(wanted, most_workers)
        } else {
            wanted
        };
        let team = loop {
            if wanted < 2 {
                return None;
            }
            match self.choose(last, wanted) {
                Some(team) => break team,
                None => wanted /= 2,
            }
        };
        let mut capacity = team.claim.capacity();
        while capacity < wanted {
            let Some(worker) = self.find_worker(wanted, most_workers) else {
                break;
            };
            team.all_members[capacity as usize].set_thread(worker);
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

    /// Workers that no region uses.
    fn unused(&self) -> u32 {
        let unused = |team: &&'static Team| {
            let (capacity, in_use) = (team.claim.capacity(), team.claim.in_use());
            capacity.saturating_sub(in_use.max(1))
        };
        let joined: u32 = self.teams.iter().map(unused).sum();
        joined + self.spare.len() as u32
    }

    /// Tells a worker that joins in no team any more to end.
    fn dismiss(&mut self, worker: &'static Thread) -> Dismissed {
        worker.mailbox.post(None, &worker.parker);
        self.workers -= 1;
        Dismissed {
            worker,
            os_thread: worker.os_thread.take(),
        }
    }

    /// `wanted`, or less if there are not so many threads that no region uses
    /// and no more can be started.
    fn attainable(&mut self, wanted: u32, most_workers: u32) -> u32 {
        let mut threads = 1 + self.unused();
        while threads < wanted {
            let Some(worker) = self.new_worker(wanted, most_workers) else {
                break;
            };
            self.spare.push(worker);
            threads += 1;
        }
        threads.min(wanted)
    }

    /// A free team with enough members, now being built: the last one, else the
    /// one with most workers, else a new one; `None` without memory for that.
    fn choose(&mut self, last: Option<&'static Team>, wanted: u32) -> Option<&'static Team> {
        let fits = |team: &&'static Team| team.all_members.len() as u32 >= wanted;
        if let Some(team) = last.filter(fits) {
            if team.claim.begin_building() {
                return Some(team);
            }
        }
        loop {
            let best = self
                .teams
                .iter()
                .filter(|team| fits(team) && team.claim.in_use() == 0)
                .max_by_key(|team| team.claim.capacity().min(wanted));
            match best {
                Some(team) if team.claim.begin_building() => return Some(team),
                Some(_) => continue, // its master was faster
                None => {
                    let members = wanted.next_power_of_two().max(4);
                    if !Team::has_memory_for(members) {
                        static TOLD: AtomicBool = AtomicBool::new(false);
                        warn_once(
                            &TOLD,
                            format_args!(
                                "no memory for a team of {wanted} threads; teams are smaller"
                            ),
                        );
                        return None;
                    }
                    let team = Team::allocate(members);
                    let building = team.claim.begin_building();
                    debug_assert!(building, "a new team is free");
                    self.teams.push(team);
                    return Some(team);
                }
            }
        }
    }

    /// A worker for a region that wants so many threads: an unused one, else a
    /// new one.
    fn find_worker(&mut self, wanted: u32, most_workers: u32) -> Option<&'static Thread> {
        let unused = self.unused_worker();
        unused.or_else(|| self.new_worker(wanted, most_workers))
    }

    /// A worker that joins in no team, else one that a busy team has no use for,
    /// else one of a team that nobody uses now. It is out of its team.
    fn unused_worker(&mut self) -> Option<&'static Thread> {
        if let Some(worker) = self.spare.pop() {
            return Some(worker);
        }
        for only_if_busy in [true, false] {
            for team in &self.teams {
                if let Some(member) = team.claim.take_last(only_if_busy) {
                    return Some(team.all_members[member as usize].thread());
                }
            }
        }
        None
    }

    /// Starts a worker; where the system refuses, says so once.
    fn new_worker(&mut self, wanted: u32, most_workers: u32) -> Option<&'static Thread> {
        if self.workers >= most_workers || !self.retry.may() {
            return None;
        }
        MASTER_ENDS.provide(|master| leave(master.teams.all_last()));
        LAST_MASTER_ENDS.provide(|()| {
            dismiss();
        });
        let worker = Thread::for_worker(migrate::here());
        waiting::worker_awake();
        match create_thread(worker) {
            Ok(()) => {
                self.retry = Retry::NOW;
                self.workers += 1;
                Some(worker)
            }
            Err(error) => {
                waiting::worker_asleep();
                worker.recycle();
                self.retry.refused();
                let there_are = self.workers + 1;
                static TOLD: AtomicBool = AtomicBool::new(false);
                warn_once(
                    &TOLD,
                    format_args!(
                        "a region asks for {wanted} threads, and no more than {there_are} could be \
                         had ({error}); teams are smaller"
                    ),
                );
                None
            }
        }
    }
}

/// As [`messages::warn_once`], where there may be no memory.
fn warn_once(told: &AtomicBool, text: core::fmt::Arguments) {
    if !told.swap(true, Ordering::Relaxed) {
        messages::tell(text);
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
