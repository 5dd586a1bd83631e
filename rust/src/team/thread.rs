//! The record of an OS thread that has met OpenMP.
//!
//! Records are never freed, because members and waits keep addresses of them.
//! They are used again instead: Note [A thread ends] in [`super::register`].

use crate::callback::server::Server;
use crate::icv;
use crate::protocol::sleepers::Sleeping;
use crate::sync::owned::Owned;
use crate::sync::parker::Parker;
use crate::sync::signal::Signal;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::task::{Body, Task};
use crate::team::task_memory::TaskCache;
use crate::trace::recorder::Recording;
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};
use crossbeam_utils::CachePadded;

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

impl Context {
    /// Whether the innermost region was cancelled.
    #[inline]
    pub fn is_region_cancelled(&self) -> bool {
        let Context { team, member, .. } = self;
        team.region.is_cancellable && team.cancelled.region(member.generation.get()).is_some()
    }

    /// Stops the loop that the thread met last: the runtime hands out no more
    /// chunks of it.
    pub fn stop_loop(&self) {
        if self.team.region.level.get() > 0 {
            self.member.cursor.work_share().cancel();
        }
    }
}

/// Records made so far, so that each makes other random choices.
static RECORDS: AtomicU32 = AtomicU32::new(1);

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
    pub(crate) last_teams: [Owned<Option<&'static Team>>; REMEMBERED_LEVELS],
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
    pub(crate) icv_changes: Owned<u64>,
    /// State of the random choice of whom to steal from.
    pub random: Owned<u32>,
    /// Searches for tasks to leave out: those still to come, and of the last time.
    pub(crate) idle: Owned<(u32, u32)>,
    /// The team for whose tasks the thread wants to be woken, if it sleeps.
    pub(crate) sleeping: Sleeping,
    /// What it has told of for the trace.
    pub(crate) recording: Recording,
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

impl Thread {
    pub(crate) fn allocate() -> &'static Thread {
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
            recording: Recording::new(),
            os_thread: Cell::new(None),
            parker: CachePadded::new(Parker::new()),
            mailbox: CachePadded::new(Mailbox {
                signal: Signal::new(),
                posted: Cell::new(0),
                message: Cell::new(None),
            }),
        }))
    }

    /// Makes a record that nobody has like a new one. What it may keep is its
    /// free teams and its random numbers.
    pub(crate) fn renew(&self) {
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
            recording,
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
        recording.end();
        parker.reset();
        mailbox.signal.reset();
        mailbox.posted.set(0);
        mailbox.message.set(None);
    }

    /// The record changes its thread.
    pub(crate) fn hand_over(&self) {
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
        self.recording.hand_over();
    }

    /// In the child of a fork: the thread has come back from a task of the parent's
    /// to the one around it, which is the parent's too. It stays in its initial one.
    #[cold]
    pub(crate) fn come_back(&self) {
        let Context { member, task, .. } = self.context();
        task.abandon();
        self.enter_task(&member.implicit);
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

    /// The teams that the thread used last, for each nesting level.
    pub(crate) fn last_teams(&self) -> impl Iterator<Item = &'static Team> + '_ {
        self.last_teams.iter().filter_map(Owned::get)
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

/// What a worker needs to know of a region.
#[derive(Clone, Copy)]
pub struct Message {
    pub(crate) body: Body,
    pub(crate) data: *mut c_void,
    pub(crate) team: &'static Team,
    pub(crate) member: u32,
    /// The generation that the region begins with.
    pub(crate) generation: u64,
}
