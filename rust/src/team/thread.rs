//! The record of an OS thread that has met OpenMP.
//!
//! Records are never freed, because members and waits keep addresses of them.
//! They are used again instead: Note [A thread ends] in [`super::register`].

use crate::affinity::thread_binding::ThreadBinding;
use crate::icv;
use crate::protocol::mailbox::Mailbox;
use crate::protocol::sleepers::Sleeping;
use crate::sync::owned::{Owned, OwnedPart};
use crate::sync::parker::Parker;
use crate::team::kept_teams::KeptTeams;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::search::Search;
use crate::team::servers::Servers;
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

/// See the module. Each room has its part. The parts that only the thread itself
/// touches are made of [`Owned`] cells; a free record's belong to nobody. Other
/// threads touch what is marked with *others*.
#[repr(C, align(128))]
pub struct Thread {
    /// Where the thread is, part by part: a copy of all three at once would wait
    /// for stores that are under way.
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
    /// The number that the host was last told for this thread, + 1; or 0.
    pub host_number: Owned<u32>,
    /// The place that the OS thread is bound to.
    pub binding: ThreadBinding,
    /// Changes of the process's default ICVs that the initial task has seen.
    pub(crate) icv_changes: Owned<u64>,
    /// The search for tasks.
    pub search: Search,
    /// What it has told of for the trace.
    pub(crate) recording: Recording,
    /// *Others*, by its protocol: the team for whose tasks the thread wants to be
    /// woken, if it sleeps.
    pub(crate) sleeping: Sleeping,
    /// *Others*, with the pool's lock: a worker's OS thread, which its dismisser joins.
    pub(crate) os_thread: Cell<Option<libc::pthread_t>>,
    /// *Others*: where the thread sleeps; any thread may unpark it.
    pub parker: CachePadded<Parker>,
    /// *Others*: messages for a worker; see [`Mailbox`].
    pub mailbox: CachePadded<Mailbox<Message>>,
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
            servers: Servers::new(),
            is_worker: Owned::new(false),
            teams: KeptTeams::new(),
            task_cache: TaskCache::new(),
            host_number: Owned::new(0),
            binding: ThreadBinding::new(),
            icv_changes: Owned::new(0),
            search: Search::new(number),
            recording: Recording::new(),
            sleeping: Sleeping::new(),
            os_thread: Cell::new(None),
            parker: CachePadded::new(Parker::new()),
            mailbox: CachePadded::new(Mailbox::new()),
        }))
    }

    /// The parts that the thread owns, all by name, so that none is forgotten when a
    /// field is added. (The task cache has no owner to check: only its thread knows
    /// that it exists.)
    fn owned_parts(&self) -> [&dyn OwnedPart; 11] {
        let Thread {
            team,
            member,
            task,
            servers,
            is_worker,
            teams,
            task_cache: _,
            host_number,
            binding,
            icv_changes,
            search,
            recording,
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
            host_number,
            binding,
            icv_changes,
            search,
            recording,
        ]
    }

    /// Makes a record that nobody has like a new one. It may keep its free teams,
    /// its task blocks and its random numbers.
    pub(crate) fn renew(&self) {
        self.owned_parts().iter().for_each(|part| part.renew());
        self.os_thread.set(None);
        self.sleeping.reset();
        self.parker.reset();
        self.mailbox.reset();
    }

    /// The record changes its thread.
    pub(crate) fn hand_over(&self) {
        self.owned_parts().iter().for_each(|part| part.hand_over());
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
        match self.teams.take_serial() {
            Some(team) => {
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
}
