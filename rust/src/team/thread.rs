//! The record of an OS thread that has met OpenMP.
//!
//! Records are never freed, because members and waits keep addresses of them.
//! They are used again instead: Note [A thread ends].
//!
//! Note [A thread ends]: a master notices its own end by the destructor of a
//! key, a worker is dismissed by a message. Both [`retire`](Thread::retire):
//! task blocks, second stacks, the signal stack and the trace's buffer are
//! given up, and a master's initial team goes to the record's list of free
//! teams. A master then puts the record on the list of free records. A worker's
//! record is put there by whoever dismissed it, after it has joined the OS
//! thread, or by the child of a fork, which has no other threads
//! ([`Thread::outlived`]). [`Thread::take`] makes a record from the list like a new one.
//!
//! Others may still know the address of a free record:
//!
//! - A member that was taken away names its last thread for ever. Who looks for
//!   sleepers ([`Member::occupant`]) only changes `sleeping` from the team that
//!   it looks for; the record's new thread has that value if it sleeps there.
//! - Who raised a signal unparks the waiter afterwards, which may be gone by
//!   then. A parker's token that is left over costs one look at a condition.
//! - Nobody posts to the mailbox of a worker that was dismissed: it joins in no
//!   team any more, and posters go by the members of a team that they claimed, or
//!   hold the pool's lock.
//!
//! Note [The last master]: a process ends when its last thread does, so workers
//! must not outlive the threads that have a use for them: `main` may end by
//! `pthread_exit`. The masters are counted: the initial thread from the start,
//! whether it uses OpenMP or not, any other from its first use. A master's end
//! is noticed by the destructor of a key and not of a thread-local variable,
//! since those run in `exit` too, before the handlers of `atexit`, which may
//! use OpenMP. The last one dismisses the workers and joins their OS threads
//! ([`pool::dismiss`]): the C library destroys the `thread_local` variables of a
//! `main` that ended by `pthread_exit` only if no thread is left when `main`'s
//! keys have been destroyed. If another thread then becomes a master it starts
//! new workers. A destructor that uses OpenMP only in the last of the C
//! library's four rounds, after ours, is not noticed: its record stays in use.

use crate::callback::server::Server;
use crate::parallel::fork::{self, Message};
use crate::parallel::{atfork, pool};
use crate::protocol::sleepers::Sleeping;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::owned::Owned;
use crate::sync::parker::Parker;
use crate::sync::signal::Signal;
use crate::tasking::quiescence;
use crate::team::current;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::task::Task;
use crate::team::task_memory::TaskCache;
use crate::trace::recorder::Buffer;
use crate::waiting::migrate;
use crate::{callback, icv};
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};
use crossbeam_utils::CachePadded;
use std::sync::Arc;

/// Where a thread is: the triple that a region replaces and its end restores.
#[derive(Clone, Copy)]
pub struct Context {
    /// The innermost team.
    pub team: &'static Team,
    /// The thread's member in it.
    pub member: &'static Member,
    /// The task that it executes.
    pub task: &'static Task,
}

/// What other threads write to a worker.
pub struct Mailbox {
    /// Raised once per message.
    pub signal: Signal,
    /// Messages posted so far. Posters are ordered by the claim of the team
    /// that the worker joins in, or by the pool's lock.
    pub posted: Cell<u64>,
    /// The message; written before the signal is raised, read after it. None
    /// dismisses the worker.
    pub message: Cell<Option<Message>>,
}

/// Nesting levels for which the last team is remembered.
const REMEMBERED_LEVELS: usize = 4;

/// See the module. What is [`Owned`] belongs to the thread itself, and to nobody
/// while the record is free.
#[repr(C, align(128))]
pub struct Thread {
    /// Where the thread is, part by part: a copy of all three at once would wait
    /// for stores that are under way.
    team: Owned<Option<&'static Team>>,
    member: Owned<Option<&'static Member>>,
    task: Owned<Option<&'static Task>>,
    /// The server that waits for the kernel's calls; see [`crate::callback`].
    pub(crate) waiting: Owned<*mut Server>,
    /// The innermost server.
    pub(crate) server: Owned<*mut Server>,
    /// Servers for later regions.
    pub(crate) spare_servers: Owned<*mut Server>,
    /// Memory of a signal stack.
    pub(crate) signal_stack: Owned<*mut u8>,
    /// Whether the OS thread has been given it.
    pub(crate) watches_overflow: Owned<bool>,
    /// Whether the runtime started this thread, in this process.
    pub is_worker: Owned<bool>,
    /// The team used last for a region inside nesting level i.
    last_teams: [Owned<Option<&'static Team>>; REMEMBERED_LEVELS],
    /// Free teams of one, for regions that run on this thread alone.
    pub(crate) serial: Owned<Option<&'static Team>>,
    /// Memory for tasks.
    pub task_cache: TaskCache,
    /// What the host was last told of this thread: number + 1, or 0.
    pub host_number: Owned<u32>,
    /// A new worker: the processor that its maker was on.
    pub(crate) spawn_processor: Owned<Option<usize>>,
    /// The place that the OS thread is bound to.
    pub bound_to: Owned<Option<u32>>,
    /// What was last displayed of the thread's affinity: its number, the
    /// team's size, its place.
    pub(crate) displayed: Owned<Option<(u32, u32, Option<u32>)>>,
    /// Changes of the process's default ICVs that the initial task has seen.
    icv_changes: Owned<u64>,
    /// State of the random choice of whom to steal from.
    pub random: Owned<u32>,
    /// Searches for tasks to leave out: those still to come, and of the last time.
    idle: Owned<(u32, u32)>,
    /// The team for whose tasks the thread wants to be woken, if it sleeps.
    pub(crate) sleeping: Sleeping,
    /// What it has told of for the trace, if anything.
    pub(crate) events: Owned<Option<Arc<Buffer>>>,
    /// A worker's OS thread, for who dismisses it; the pool's lock guards it.
    pub(crate) os_thread: Cell<Option<libc::pthread_t>>,
    /// Where the thread sleeps; any thread may unpark it.
    pub parker: CachePadded<Parker>,
    /// Messages for a worker; see [`Mailbox`].
    pub mailbox: CachePadded<Mailbox>,
}

// SAFETY: other threads touch only `parker` and `sleeping`, which are Sync, `mailbox`, whose cells
// are handed over by its signal (see there), and `os_thread`, with the pool's lock. The rest changes
// its thread by the list of free records, whose lock orders that, and by the start of a worker.
unsafe impl Sync for Thread {}
// SAFETY: a record holds no reference to data of the thread that made it.
unsafe impl Send for Thread {}

static FREE: Mutex<Vec<&'static Thread>> = covered(Rank::Records, Vec::new());

/// The free records stay free, and so do their teams.
pub(crate) static RECORDS_AT_FORK: AtFork = AtFork {
    locks: &[&FREE],
    in_child: || FREE.lock().iter().for_each(|thread| thread.inherit_teams()),
};

/// The calling thread is the initial thread, and the only one.
pub(crate) static AT_FORK: AtFork = AtFork {
    locks: &[],
    in_child: || {
        MASTERS.store(0, Ordering::Relaxed);
        if let Some(key) = key() {
            // SAFETY: the key is valid.
            unsafe { libc::pthread_setspecific(key, core::ptr::null()) };
        }
        count_master();
        if let Some(thread) = current::known() {
            thread.begin_in_child();
        }
    },
};

/// Records made so far, so that each makes other random choices.
static RECORDS: AtomicU32 = AtomicU32::new(1);

/// Masters that have not ended; see Note [The last master].
static MASTERS: AtomicU32 = AtomicU32::new(0);

/// The key whose destructor notices a master's end; none if the process has too many.
fn key() -> Option<libc::pthread_key_t> {
    /// The key + 1; 0 before there is one, `NONE` if there is none.
    static KEY: AtomicU32 = AtomicU32::new(0);
    const NONE: u32 = u32::MAX;
    let mut made = KEY.load(Ordering::Relaxed);
    if made == 0 {
        // The first time when the library is loaded. Should two threads come
        // here at once, one key is left over.
        let mut key = 0;
        // SAFETY: the destructor lives as long as the library, which is not unloaded.
        let code = unsafe { libc::pthread_key_create(&mut key, Some(master_ends)) };
        let mine = if code == 0 { key + 1 } else { NONE };
        made = match KEY.compare_exchange(0, mine, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => mine,
            Err(other) => other,
        };
    }
    (made != NONE).then(|| made - 1)
}

/// Counts the calling thread as a master until it ends.
pub fn count_master() {
    let Some(key) = key() else { return };
    // SAFETY: the key is valid; its values are not followed.
    unsafe {
        if libc::pthread_getspecific(key).is_null() {
            MASTERS.fetch_add(1, Ordering::Relaxed);
            if libc::pthread_setspecific(key, core::ptr::from_ref(&MASTERS).cast()) != 0 {
                MASTERS.fetch_sub(1, Ordering::Relaxed); // its end will not be noticed
            }
        }
    }
}

/// Gives the record back. A destructor that runs later may still use OpenMP:
/// it gets a record again, and this is called again.
extern "C" fn master_ends(_: *mut c_void) {
    if let Some(thread) = current::known() {
        if !thread.is_worker.get() {
            thread.retire();
            if thread.last_teams.iter().any(|hint| hint.get().is_some()) {
                pool::leave(thread.last_teams.iter().filter_map(Owned::get));
            }
            thread.recycle();
        }
    }
    if MASTERS.fetch_sub(1, Ordering::Relaxed) == 1 {
        pool::dismiss();
    }
}

impl Thread {
    fn allocate() -> &'static Thread {
        let number = RECORDS.fetch_add(1, Ordering::Relaxed);
        Box::leak(Box::new(Thread {
            team: Owned::new(None),
            member: Owned::new(None),
            task: Owned::new(None),
            waiting: Owned::new(core::ptr::null_mut()),
            server: Owned::new(core::ptr::null_mut()),
            spare_servers: Owned::new(core::ptr::null_mut()),
            signal_stack: Owned::new(core::ptr::null_mut()),
            watches_overflow: Owned::new(false),
            is_worker: Owned::new(false),
            last_teams: Default::default(),
            serial: Owned::new(None),
            task_cache: TaskCache::new(),
            host_number: Owned::new(0),
            spawn_processor: Owned::new(None),
            bound_to: Owned::new(None),
            displayed: Owned::new(None),
            icv_changes: Owned::new(0),
            random: Owned::new(number.wrapping_mul(0x9e37_79b9) | 1),
            idle: Owned::new((0, 0)),
            sleeping: Sleeping::new(),
            events: Owned::new(None),
            os_thread: Cell::new(None),
            parker: CachePadded::new(Parker::new()),
            mailbox: CachePadded::new(Mailbox {
                signal: Signal::new(),
                posted: Cell::new(0),
                message: Cell::new(None),
            }),
        }))
    }

    /// A record for a thread that is about to begin: a free one, made like a
    /// new one, else a new one.
    fn take(is_worker: bool) -> &'static Thread {
        let free = FREE.lock().pop();
        let thread = match free {
            Some(thread) => {
                thread.renew();
                thread
            }
            None => Thread::allocate(),
        };
        thread.is_worker.set(is_worker);
        thread
    }

    /// Makes a record that nobody has like a new one. What it may keep is its
    /// free teams and its random numbers.
    fn renew(&self) {
        // All fields by name, so that none is forgotten.
        let Thread {
            team,
            member,
            task,
            waiting,
            server,
            spare_servers: _,
            signal_stack: _,
            watches_overflow,
            is_worker: _,
            last_teams,
            serial: _,
            task_cache: _,
            host_number,
            spawn_processor,
            bound_to,
            displayed,
            icv_changes,
            random: _,
            idle,
            sleeping,
            events,
            os_thread,
            parker,
            mailbox,
        } = self;
        team.set(None);
        member.set(None);
        task.set(None);
        waiting.set(core::ptr::null_mut());
        server.set(core::ptr::null_mut());
        watches_overflow.set(false);
        os_thread.set(None);
        last_teams.iter().for_each(|hint| hint.set(None));
        host_number.set(0);
        spawn_processor.set(None);
        bound_to.set(None);
        displayed.set(None);
        icv_changes.set(0);
        idle.set((0, 0));
        sleeping.reset();
        events.set(None);
        parker.reset();
        mailbox.signal.reset();
        mailbox.posted.set(0);
        mailbox.message.set(None);
    }

    /// The calling thread, whose record this is, ends or is done with OpenMP: it
    /// gives up what the record holds, and does not use it any more.
    pub(crate) fn retire(&'static self) {
        if !self.is_worker.get() {
            self.leave_teams();
        }
        current::set(core::ptr::null());
        self.task_cache.clear();
        callback::retire(self);
        self.events.set(None);
    }

    /// The record changes its thread.
    fn hand_over(&self) {
        self.team.hand_over();
        self.member.hand_over();
        self.task.hand_over();
        self.waiting.hand_over();
        self.server.hand_over();
        self.spare_servers.hand_over();
        self.signal_stack.hand_over();
        self.watches_overflow.hand_over();
        self.is_worker.hand_over();
        self.last_teams.iter().for_each(Owned::hand_over);
        self.serial.hand_over();
        self.host_number.hand_over();
        self.spawn_processor.hand_over();
        self.bound_to.hand_over();
        self.displayed.hand_over();
        self.icv_changes.hand_over();
        self.random.hand_over();
        self.idle.hand_over();
        self.events.hand_over();
    }

    /// Gives a record back that no thread uses any more.
    pub(crate) fn recycle(&'static self) {
        self.hand_over();
        FREE.lock().push(self);
    }

    /// A master ends: its initial team can be used again, and so can teams of
    /// one around which it ended. A team that has unfinished tasks (an event of
    /// a detached one was never fulfilled), or workers, stays as it is.
    fn leave_teams(&'static self) {
        let mut context = Some(self.context());
        while let Some(Context { team, member, .. }) = context {
            context = team.region.outer.get();
            if team.size() == 1 && quiescence::is_at_rest(team, member) {
                self.leave_team(team, member);
            }
        }
    }

    /// A team of one can be used again.
    fn leave_team(&self, team: &'static Team, member: &'static Member) {
        member.implicit.end_implicit();
        member.runs_haskell.set(false);
        member.generation.set(member.generation.get() + 1);
        self.recycle_serial(team);
    }

    /// In the child of a fork: the record of a worker that waited for a message.
    pub(crate) fn outlived(&'static self) {
        if current::known().is_some_and(|me| core::ptr::eq(me, self)) {
            return; // it has forked in a signal's handler
        }
        self.hand_over();
        // Not dropped: the recorder has forgotten it.
        core::mem::forget(self.events.take());
        callback::retire(self);
        self.inherit_teams();
        self.recycle();
    }

    /// In the child of a fork: the free teams of one are this process's.
    fn inherit_teams(&self) {
        self.serial.hand_over();
        let mut next = self.serial.get();
        while let Some(team) = next {
            team.inherit();
            next = team.next_solo.get();
        }
        self.serial.hand_over();
    }

    /// A record for a worker that is about to be started.
    pub(crate) fn for_worker() -> &'static Thread {
        let worker = Thread::take(true);
        worker.spawn_processor.set(migrate::here());
        worker.hand_over();
        worker
    }

    /// Makes the calling thread known: the initial thread of a contention
    /// group of its own, in a team of one at level 0.
    #[cold]
    pub(crate) fn register() -> &'static Thread {
        atfork::install();
        let thread = Thread::take(false);
        current::set(thread);
        count_master();
        thread.start_afresh();
        thread
    }

    /// In the child of a fork: the thread becomes the initial thread. It keeps the
    /// ICVs of the task that it was in, where the OS thread is bound to, and its
    /// servers, which are on its own stacks.
    fn begin_in_child(&'static self) {
        let Context { team, member, task } = self.context();
        let icv = task.icv.get();
        // What describes them is on this thread's stack if there is no other.
        let reductions = task.reductions.get().filter(|_| team.size() == 1);
        let changed = self.icv_changes.get() != icv::changes();
        self.is_worker.set(false);
        self.host_number.set(0);
        self.idle.set((0, 0));
        // A thread that runs does not sleep; but nobody is to find it there.
        self.sleeping.reset();
        self.events.set(None);
        task.abandon();
        let was_initial = team.region.level.get() == 0;
        if was_initial && core::ptr::eq(task, &member.implicit) && team.rests(member) {
            self.leave_team(team, member);
        }
        self.inherit_teams();
        self.start_afresh();
        let Context { team, task, .. } = self.context();
        task.reductions.set(reductions);
        if !(was_initial && changed) {
            task.icv.set(icv);
            team.region.icv.set(icv);
        }
    }

    /// In the child of a fork: the thread has come back from a task of the parent's
    /// to the one around it, which is the parent's too. It stays in its initial one.
    #[cold]
    pub(crate) fn come_back(&self) {
        let Context { member, task, .. } = self.context();
        task.abandon();
        self.enter_task(&member.implicit);
    }

    /// Puts the thread into an initial team of its own.
    pub(crate) fn start_afresh(&'static self) {
        for hint in &self.last_teams {
            hint.set(None);
        }
        let team = self.serial_team();
        self.icv_changes.set(icv::changes());
        team.begin_initial();
        let member = &team.all_members[0];
        team.work_shares.open(&member.cursor, 1);
        fork::refresh_singles(team);
        member.singles.set(0);
        member.cursor.begin(&team.work_shares);
        member
            .implicit
            .begin_implicit(team.region.icv.get(), None, self);
        member.tasks.begin();
        self.enter(fork::context_in(team, member));
    }

    /// A team of one, from this thread's list or new.
    pub(crate) fn serial_team(&'static self) -> &'static Team {
        match self.serial.take() {
            Some(team) => {
                self.serial.set(team.next_solo.take());
                team.all_members[0].change_owner();
                team
            }
            None => {
                let team = Team::allocate(1);
                team.all_members[0].give(self);
                team
            }
        }
    }

    /// Takes a team of one back.
    pub(crate) fn recycle_serial(&self, team: &'static Team) {
        team.next_solo.set(self.serial.take());
        self.serial.set(Some(team));
    }

    /// Where the thread is.
    #[inline(always)]
    pub fn context(&self) -> Context {
        let Some(team) = self.team.get() else {
            // A record gets its place before anybody can see it.
            unreachable!("ghcomp: a thread without a context")
        };
        // SAFETY: who sets the team sets all three.
        unsafe {
            Context {
                team,
                member: self.member.get().unwrap_unchecked(),
                task: self.task.get().unwrap_unchecked(),
            }
        }
    }

    /// Whether `fresh_context` has nothing to do.
    pub(crate) fn is_fresh(&self) -> bool {
        self.icv_changes.get() == icv::changes() || self.context().team.region.level.get() > 0
    }

    /// As `place`; an initial task takes the process's default ICVs again if
    /// they were changed since.
    #[inline]
    pub fn fresh_context(&self) -> Context {
        let context = self.context();
        let changes = icv::changes();
        if self.icv_changes.get() != changes && context.team.region.level.get() == 0 {
            self.icv_changes.set(changes);
            context.task.icv.set(icv::defaults());
        }
        context
    }

    /// Moves the thread.
    #[inline(always)]
    pub fn enter(&self, context: Context) {
        self.team.set(Some(context.team));
        self.member.set(Some(context.member));
        self.task.set(Some(context.task));
    }

    /// Makes another task of the same team the current one.
    #[inline(always)]
    pub(crate) fn enter_task(&self, task: &'static Task) {
        self.task.set(Some(task));
    }

    /// The team that a region inside nesting level `level` used last.
    #[inline]
    pub(crate) fn last_team(&self, level: u32) -> Option<&'static Team> {
        self.last_teams.get(level as usize).and_then(Owned::get)
    }

    /// Remembers a team for `last_team`.
    pub(crate) fn remember(&self, level: u32, team: &'static Team) {
        if let Some(hint) = self.last_teams.get(level as usize) {
            hint.set(Some(team));
        }
    }

    /// Whether the thread leaves out this search for a task.
    #[inline]
    pub fn skips_search(&self) -> bool {
        let (left, last) = self.idle.get();
        if left > 0 {
            self.idle.set((left - 1, last));
        }
        left > 0
    }

    /// A search found nothing: the thread leaves out twice as many as before,
    /// but no more than `most`.
    #[inline]
    pub fn searched_in_vain(&self, most: u32) {
        let (_, last) = self.idle.get();
        let next = (2 * last + 1).min(most);
        self.idle.set((next, next));
    }

    /// There is work again.
    #[inline]
    pub fn search_again(&self) {
        self.idle.set((0, 0));
    }

    /// A number for choosing a victim (xorshift).
    #[inline]
    pub fn next_random(&self) -> u32 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.random.set(x);
        x
    }
}
