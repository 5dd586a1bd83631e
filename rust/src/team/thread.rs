//! The record of an OS thread that has used OpenMP.
//!
//! Records are never freed, because members and waits keep addresses of them.
//! They are used again instead: Note [A thread ends] in [`super::register`].
//!
//! A new field belongs to one room. If only the thread itself touches it, it is made of
//! [`Owned`] cells and listed in `owned_parts`, so that `renew` and `hand_over` reach it.
//! A field that other threads touch is reset in `renew` by hand. In the child of a fork
//! `begin_in_child` ([`super::register`]) resets what the child must not inherit.

use crate::affinity::thread_binding::ThreadBinding;
use crate::icv;
use crate::ompt::record::ThreadRecord;
use crate::protocol::mailbox::Mailbox;
use crate::protocol::sleepers::Sleeping;
use crate::sync::owned::{Owned, OwnedPart};
use crate::sync::parker::Parker;
use crate::team::kept_teams::KeptTeams;
use crate::team::member::Member;
use crate::team::nest_locks::NestLocks;
use crate::team::region::Team;
use crate::team::search::Search;
use crate::team::servers::Servers;
use crate::team::task::{Body, Task};
use crate::team::task_memory::TaskCache;
use crate::team::threadprivate::Threadprivate;
use crate::trace::recorder::Recording;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};
use crossbeam_utils::CachePadded;

/// Where a thread is. A region replaces the three, and its end restores them.
#[derive(Clone, Copy)]
pub struct Context {
    /// The innermost team.
    pub team: &'static Team,
    /// The thread's member of that team.
    pub member: &'static Member,
    /// The current task.
    pub task: &'static Task,
}

impl Context {
    /// Whether the innermost region was cancelled, where C may cancel it (`cancel-var`).
    #[inline]
    pub fn is_region_cancelled(&self) -> bool {
        self.team.region.is_cancellable && self.was_region_cancelled()
    }

    /// Whether the innermost region was cancelled, by C or by the host's language, which
    /// asks no `cancel-var`.
    #[inline]
    pub fn was_region_cancelled(&self) -> bool {
        let generation = self.member.generation.get();
        self.team.cancelled.region(generation).is_some()
    }

    /// Stops the loop that the thread encountered last: the runtime hands out no more
    /// chunks of it. Not if the region's body is Haskell: that stops its loops itself.
    pub fn stop_loop(&self) {
        if self.team.region.level.get() > 0 && !self.member.runs_host_body.get() {
            self.member.cursor.work_share().stop();
        }
    }
}

/// The number of the next record. Each has its own, so that each makes other random
/// choices.
static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);

/// How many records there are.
pub fn count() -> u32 {
    // Relaxed: the number orders nothing.
    NEXT_NUMBER.load(Ordering::Relaxed) - 1
}

/// Clauses that Clang's code gives before it starts the region that they are for.
#[derive(Clone, Copy, Default, Debug)]
pub struct NextRegion {
    /// `num_threads`, or 0.
    pub threads: u32,
    /// Whether fewer threads are an error (`num_threads(strict: )`); the severity, or 0.
    pub strict: u32,
    /// `proc_bind`, or 0.
    pub bind: u32,
    /// `num_teams`, or 0.
    pub teams: u32,
    /// `thread_limit`, or 0.
    pub thread_limit: u32,
    /// `num_threads` with a list: those of the region and of regions inside, in memory of
    /// their own.
    pub list: Option<NonNull<Vec<u32>>>,
}

/// Numbers of threads for regions inside, which a `num_threads` clause with a list gave. The
/// last number counts for all deeper regions.
#[derive(Clone, Copy)]
pub struct Levels<'a> {
    /// The list.
    pub list: &'a [u32],
    /// The element for regions that the thread starts.
    pub at: usize,
}

/// What a worker needs to know about a region.
#[derive(Clone, Copy)]
pub struct Message {
    pub(crate) body: Body,
    pub(crate) data: *mut c_void,
    pub(crate) team: &'static Team,
    pub(crate) member: u32,
    /// The generation with which the region begins.
    pub(crate) generation: u64,
}

/// See the module. Each room has its part. Only the thread itself touches the parts that
/// are made of [`Owned`] cells; those of a free record belong to no thread. Other
/// threads touch the fields that are marked with *others*.
#[repr(C, align(128))]
pub struct Thread {
    /// Where the thread is ([`Context`]), as three fields: a copy of all three at once
    /// would wait for stores that are under way.
    team: Owned<Option<&'static Team>>,
    member: Owned<Option<&'static Member>>,
    task: Owned<Option<&'static Task>>,
    /// Second stacks; see [`crate::callback`].
    pub(crate) servers: Servers,
    /// Whether the runtime started this thread, in this process.
    pub is_worker: Owned<bool>,
    /// Teams for the next regions.
    pub(crate) teams: KeptTeams,
    /// Memory for tasks.
    pub task_cache: TaskCache,
    /// The number of this thread that the host was told last, + 1; or 0. See
    /// [`super::host_number`].
    pub host_number: Owned<u32>,
    /// The place to which the OS thread is bound.
    pub binding: ThreadBinding,
    /// The thread's number among all that ever used OpenMP in the process, from 0. Constant.
    pub number: u32,
    /// Clauses of the region that the thread starts next.
    pub next_region: Owned<NextRegion>,
    /// Numbers of threads for regions inside of the one that the thread is in.
    pub levels: Owned<Option<Levels<'static>>>,
    /// Copies of `threadprivate` variables.
    pub threadprivate: Threadprivate,
    /// The nestable locks that the thread holds.
    pub nest_locks: NestLocks,
    /// How many changes of the process's default ICVs the initial task has seen.
    pub(crate) icv_changes: Owned<u64>,
    /// The search for tasks.
    pub search: Search,
    /// The thread's part of the trace.
    pub(crate) recording: Recording,
    /// The thread's part for the tool.
    pub(crate) tool: ThreadRecord,
    /// *Others*, by its protocol ([`crate::protocol::sleepers`]): the team for whose tasks
    /// the thread wants to be woken, if it sleeps.
    pub(crate) sleeping: Sleeping,
    /// *Others*, with the pool's lock: the OS thread of a worker, to be joined after the
    /// worker was dismissed.
    pub(crate) os_thread: Cell<Option<libc::pthread_t>>,
    /// *Others*: where the thread sleeps; any thread may unpark it.
    pub parker: CachePadded<Parker>,
    /// *Others*: messages for a worker; see [`Mailbox`].
    pub mailbox: CachePadded<Mailbox<Message>>,
}

// SAFETY: other threads touch only `parker` and `sleeping`, which are Sync, `mailbox`, whose
// signal hands its cells over (see there), and `os_thread`, with the pool's lock. The rest gets
// another thread only through the list of free records, whose lock orders that, and through the
// start of a worker.
unsafe impl Sync for Thread {}
// SAFETY: a record holds no reference to data of the thread that made it.
unsafe impl Send for Thread {}

impl Thread {
    pub(crate) fn allocate() -> &'static Thread {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
        Box::leak(Box::new(Thread {
            team: Owned::new(None),
            member: Owned::new(None),
            task: Owned::new(None),
            servers: Servers::new(),
            is_worker: Owned::new(false),
            teams: KeptTeams::new(),
            task_cache: TaskCache::new(),
            host_number: Owned::new(0),
            binding: ThreadBinding::new(),
            number: number - 1,
            next_region: Owned::new(NextRegion::default()),
            levels: Owned::new(None),
            threadprivate: Threadprivate::default(),
            nest_locks: NestLocks::default(),
            icv_changes: Owned::new(0),
            search: Search::new(number),
            recording: Recording::new(),
            tool: ThreadRecord::new(),
            sleeping: Sleeping::new(),
            os_thread: Cell::new(None),
            parker: CachePadded::new(Parker::new()),
            mailbox: CachePadded::new(Mailbox::new()),
        }))
    }

    /// The parts that the thread owns. All fields are named here, so that the compiler
    /// asks about a new one.
    fn owned_parts(&self) -> [&dyn OwnedPart; 17] {
        let Thread {
            team,
            member,
            task,
            servers,
            is_worker,
            teams,
            task_cache,
            host_number,
            binding,
            number: _,
            next_region,
            levels,
            threadprivate,
            nest_locks,
            icv_changes,
            search,
            recording,
            tool,
            sleeping: _,
            os_thread: _,
            parker: _,
            mailbox: _,
        } = self;
        [
            team,
            member,
            task,
            servers,
            is_worker,
            teams,
            task_cache,
            host_number,
            binding,
            next_region,
            levels,
            threadprivate,
            nest_locks,
            icv_changes,
            search,
            recording,
            tool,
        ]
    }

    /// Makes a free record like a new one. It may keep its free teams, its task blocks
    /// and the state of its random numbers.
    pub(crate) fn renew(&self) {
        self.owned_parts().iter().for_each(|part| part.renew());
        self.os_thread.set(None);
        self.sleeping.reset();
        self.parker.reset();
        self.mailbox.reset();
    }

    /// The record's next thread owns its parts.
    pub(crate) fn hand_over(&self) {
        self.owned_parts().iter().for_each(|part| part.hand_over());
    }

    /// In the child of a fork: the body of a task returned that belongs to the parent
    /// process. The task around it belongs to the parent too, so the thread goes to its
    /// initial task and stays there. See Note [Returning in the child] in
    /// [`crate::atfork`].
    #[cold]
    pub(crate) fn return_in_child(&self) {
        let Context { member, task, .. } = self.context();
        task.abandon();
        self.enter_task(&member.implicit);
    }

    /// A team of one thread: from this thread's list, or a new one.
    pub(crate) fn serial_team(&'static self) -> &'static Team {
        match self.teams.take_serial() {
            Some(team) => {
                team.all_members[0].hand_over();
                team
            }
            None => {
                let team = Team::allocate(1);
                team.all_members[0].set_thread(self);
                team
            }
        }
    }

    /// Where the thread is.
    #[inline(always)]
    pub fn context(&self) -> Context {
        let Some(team) = self.team.get() else {
            // A record gets its context before any caller can see it.
            unreachable!("ghcomp: a thread without a context")
        };
        // SAFETY: `enter` alone sets the team, and sets all three.
        unsafe {
            Context {
                team,
                member: self.member.get().unwrap_unchecked(),
                task: self.task.get().unwrap_unchecked(),
            }
        }
    }

    /// Whether `fresh_context` would change nothing.
    pub(crate) fn is_fresh(&self) -> bool {
        self.icv_changes.get() == icv::changes() || self.context().team.region.level.get() > 0
    }

    /// Like `context`, but an initial task first takes the process's default ICVs again
    /// if they were changed since.
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

    /// Puts the thread into another context.
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
}
