//! Where teams and workers come from: one pool for the process. [`mod@super::fork`] asks it for a
//! team.
//!
//! A thread that forks again claims the team that it used last, without the lock
//! ([`acquire_last`]). All else happens under the lock: choosing a team, moving workers
//! between teams that do not use them, starting workers.
//!
//! `dyn-var` decides what happens when threads are scarce. If it is false, the pool starts
//! as many workers as the region needs. If it is true, it starts workers only up to the limit
//! that all masters share ([`size::dynamic_limit`], less one for a master), and a region gets
//! the threads that are free.
//!
//! If the system refuses a thread (limits of the user, of a control group, of memory), teams
//! are smaller, and a warning says so once. The pool does not ask again before a while has
//! passed ([`StartBackoff`]). A program may ask for any number of threads. So a large team is
//! built for the threads that there are, and not for the number that was asked for.

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
    /// Workers that belong to no team.
    spare: Vec<&'static Thread>,
    /// The number of workers that were started and not dismissed.
    workers: u32,
    /// When threads may be started again.
    backoff: StartBackoff,
    /// Whether a fork is under way, and has claimed all teams.
    held: bool,
}

/// Up to this size, a team is built before its threads exist. For a larger team the threads
/// are started first, because there may be fewer.
const MAX_MEMBERS_BEFORE_THREADS: u32 = 64;

/// Says when the pool may ask for a thread again after the system has refused one: after a
/// pause, which doubles with each further refusal.
struct StartBackoff {
    /// The time on the clock before which the pool does not ask; 0 for none.
    not_before_ns: u64,
    /// The last pause.
    pause_ns: u64,
}

impl StartBackoff {
    const MIN_PAUSE_NS: u64 = 1_000_000;
    const MAX_PAUSE_NS: u64 = 1_000_000_000;
    /// The system has refused nothing.
    const NONE: StartBackoff = StartBackoff {
        not_before_ns: 0,
        pause_ns: 0,
    };

    /// Whether the pool may ask for a thread now.
    fn is_over(&self) -> bool {
        self.not_before_ns == 0 || clock::now() >= self.not_before_ns
    }

    /// The system has refused a thread.
    fn refused(&mut self) {
        self.pause_ns =
            (2 * self.pause_ns).clamp(StartBackoff::MIN_PAUSE_NS, StartBackoff::MAX_PAUSE_NS);
        self.not_before_ns = clock::now() + self.pause_ns;
    }
}

static POOL: Mutex<Pool> = covered(
    Rank::Pool,
    Pool {
        teams: Vec::new(),
        spare: Vec::new(),
        workers: 0,
        backoff: StartBackoff::NONE,
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
            // Teams and workers are left alone, whatever their state is.
            pool.teams.clear();
            pool.spare.clear();
        }
        pool.held = false;
        pool.workers = 0;
        pool.backoff = StartBackoff::NONE;
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

/// After a fork, in the parent: frees the teams again.
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

/// For tests: runs `f` while the pool's lock is held.
#[cfg(test)]
pub fn while_locked(f: impl FnOnce()) {
    with_pool(|_| f());
}

/// Cap on the rounds in which [`pause`] dismisses workers. The C library runs destructors of
/// thread-local values as many times.
const MAX_DISMISSAL_ROUNDS: u32 = 4;

/// Gives back what is kept for later regions (`omp_pause_resource`). `me` is the calling
/// thread, which is at level 0.
pub fn pause(me: &'static Thread) {
    // A worker's destructors may start other workers, and theirs may start more. Other
    // masters may start some too. So the number of rounds has a cap.
    for _ in 0..MAX_DISMISSAL_ROUNDS {
        if dismiss() == 0 {
            break;
        }
    }
    callback::free_spare(me);
    me.task_cache.clear();
    TaskCache::clear_given_away();
}

/// Ends the workers that no region uses, and waits until their OS threads are gone. Returns
/// the number of these workers. See Note [The last master] in [`crate::team::register`].
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

/// Idle workers that always stay when the master ends for which they were started.
const MIN_IDLE_WORKERS_KEPT: u32 = 64;

/// A master ends, whose last teams these are. Their workers stay for other masters, unless
/// too many workers are idle: then the surplus ends.
pub(crate) fn leave(teams: impl Iterator<Item = &'static Team>) {
    let dismissed = with_pool(|pool| {
        let kept = MIN_IDLE_WORKERS_KEPT.max(4 * cpus::available_processors());
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

/// A worker that the pool has dismissed.
struct Dismissed {
    worker: &'static Thread,
    os_thread: Option<libc::pthread_t>,
}

impl Dismissed {
    /// Waits until its OS thread is gone. The thread's destructors may use OpenMP, so the
    /// caller must not hold the pool's lock.
    fn join(self) {
        if let Some(os_thread) = self.os_thread {
            // SAFETY: the thread is joinable, and only this value has its identity.
            unsafe { libc::pthread_join(os_thread, core::ptr::null_mut()) };
            self.worker.recycle();
        }
    }
}

/// Claims a team of up to `wanted` threads for a region that `me` begins in `outer`. Returns
/// the team and the region's size, which is less than `wanted` if threads are scarce.
#[inline(always)]
pub(crate) fn acquire(me: &'static Thread, outer: &Context, wanted: u32) -> (&'static Team, u32) {
    match acquire_last(me, outer, wanted) {
        Some(team) => (team, wanted),
        None => acquire_slow(me, outer, wanted),
    }
}

/// Claims the team that the thread used last at this level, if that is possible without the
/// pool's lock.
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
    // This may block: another thread may hold the lock while it starts threads.
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
        let max_workers = if effective::dynamic(&icv) {
            size::dynamic_limit(&icv) - 1
        } else {
            u32::MAX
        };
        let built = pool.build(me.teams.last(level), wanted, max_workers);
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
    /// In the child of a fork that has held all teams: keeps the teams, without their workers,
    /// and frees the workers' records.
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

    /// `wanted`, or less if `thread-limit-var` allows no more. The limit holds for all threads
    /// under one initial team.
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

    /// Chooses a team and fills it with workers, of which there are `max_workers` at most.
    /// `None` if there is not even one worker.
    fn build(
        &mut self,
        last: Option<&'static Team>,
        wanted: u32,
        max_workers: u32,
    ) -> Option<(&'static Team, u32)> {
        let mut wanted = if wanted > MAX_MEMBERS_BEFORE_THREADS {
            self.attainable(wanted, max_workers)
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
            let Some(worker) = self.find_worker(wanted, max_workers) else {
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

    /// The number of workers that no region uses.
    fn unused(&self) -> u32 {
        let unused = |team: &&'static Team| {
            let (capacity, in_use) = (team.claim.capacity(), team.claim.in_use());
            capacity.saturating_sub(in_use.max(1))
        };
        let joined: u32 = self.teams.iter().map(unused).sum();
        joined + self.spare.len() as u32
    }

    /// Tells a worker, which is in no team any more, to end.
    fn dismiss(&mut self, worker: &'static Thread) -> Dismissed {
        worker.mailbox.post(None, &worker.parker);
        self.workers -= 1;
        Dismissed {
            worker,
            os_thread: worker.os_thread.take(),
        }
    }

    /// `wanted`, or less if there are not enough threads: first counts the unused ones, then
    /// starts more.
    fn attainable(&mut self, wanted: u32, max_workers: u32) -> u32 {
        let mut threads = 1 + self.unused();
        while threads < wanted {
            let Some(worker) = self.new_worker(wanted, max_workers) else {
                break;
            };
            self.spare.push(worker);
            threads += 1;
        }
        threads.min(wanted)
    }

    /// Claims a free team with enough members, to be built: the last one, else the one with
    /// most workers, else a new one. `None` without memory for a new one.
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
                        static WARNED: AtomicBool = AtomicBool::new(false);
                        warn_once(
                            &WARNED,
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

    /// A worker for a region that wants `wanted` threads: an unused one, else a new one.
    fn find_worker(&mut self, wanted: u32, max_workers: u32) -> Option<&'static Thread> {
        let unused = self.unused_worker();
        unused.or_else(|| self.new_worker(wanted, max_workers))
    }

    /// Takes an unused worker out of its team: a spare one, else one that a busy team does not
    /// use, else one of a free team.
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

    /// Starts a worker. If the system refuses, warns once.
    fn new_worker(&mut self, wanted: u32, max_workers: u32) -> Option<&'static Thread> {
        if self.workers >= max_workers || !self.backoff.is_over() {
            return None;
        }
        MASTER_ENDS.provide(|master| leave(master.teams.all_last()));
        LAST_MASTER_ENDS.provide(|()| {
            dismiss();
        });
        let worker = Thread::for_worker(migrate::current_cpu());
        waiting::worker_awake();
        match create_thread(worker) {
            Ok(()) => {
                self.backoff = StartBackoff::NONE;
                self.workers += 1;
                Some(worker)
            }
            Err(error) => {
                waiting::worker_asleep();
                worker.recycle();
                self.backoff.refused();
                let available = self.workers + 1;
                static WARNED: AtomicBool = AtomicBool::new(false);
                warn_once(
                    &WARNED,
                    format_args!(
                        "a region asks for {wanted} threads, and no more than {available} could be \
                         had ({error}); teams are smaller"
                    ),
                );
                None
            }
        }
    }
}

/// [`messages::warn_once`] without memory of its own, for when there may be none.
fn warn_once(warned: &AtomicBool, text: core::fmt::Arguments) {
    if !warned.swap(true, Ordering::Relaxed) {
        messages::tell(text);
    }
}

/// Starts a joinable OS thread that runs the loop of worker `me`.
///
/// It does not use `std::thread`, for two reasons. Frames of `std::thread` abort the process
/// when `pthread_exit` unwinds through them (Note \[A thread ends inside of a region\] in
/// [`crate::parallel::ends`]). And the stack has the C library's default size (mostly
/// `ulimit -s`), as programs expect; Rust's default is smaller.
fn create_thread(me: &'static Thread) -> io::Result<()> {
    extern "C" fn run(me: *mut c_void) -> *mut c_void {
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
    // SAFETY: the attributes are used between init and destroy. `run` may run on any thread,
    // and gets the record that it expects.
    unsafe {
        check(libc::pthread_attr_init(attributes))?;
        let created = match icv::stack_size::stack_size() {
            Some(size) => check(libc::pthread_attr_setstacksize(attributes, size)),
            None => Ok(()),
        }
        .and_then(|()| {
            check(libc::pthread_create(
                id.as_mut_ptr(),
                attributes,
                run,
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
