//! The register of threads: the calling thread's record, and a record's life.
//!
//! Every entry of the runtime asks [`current`]. [`crate::parallel::pool`] makes and gives
//! back the records of workers.
//!
//! Note [A thread ends]: a master notices its own end by the destructor of a
//! key; a worker is dismissed by a message. Both call [`retire`](Thread::retire):
//! they give up task blocks, second stacks, the signal stack and the trace's buffer, and
//! a master's initial team goes to the record's list of free teams. A master then puts
//! its record on the list of free records. The thread that dismissed a worker puts
//! the worker's record there after it has joined the OS thread. So does the child of a
//! fork, which has no other threads ([`Thread::outlived`]). [`Thread::take`] makes a
//! record from the list like a new one.
//!
//! Other threads may still know the address of a free record:
//!
//! - A member that no thread has any more names its last thread for ever. A thread that
//!   looks for sleepers ([`Member::occupant`]) changes `sleeping` only from the value of
//!   its own team. If the record's new thread has that value, it really
//!   sleeps in that team, so the change is right.
//! - A thread that raised a signal unparks the waiter afterwards, which may be gone by
//!   then. A token left over in a parker costs one look at a condition.
//! - No thread posts to the mailbox of a worker that was dismissed: it joins no
//!   team any more, and a poster finds workers as members of a team that it claimed, or
//!   holds the pool's lock.
//!
//! Note [The last master]: a process ends when its last thread does. So workers
//! must not outlive the threads that have a use for them: `main` may end by
//! `pthread_exit`. The masters are counted: the initial thread from the start,
//! whether it uses OpenMP or not, any other thread from its first use. The destructor of
//! a key notices a master's end. A thread-local variable would not do: its destructor
//! runs in `exit` too, before the handlers of `atexit`, which may use OpenMP. The last
//! master dismisses the workers and joins their OS threads ([`LAST_MASTER_ENDS`]): the C
//! library destroys the `thread_local` variables of a `main` that ended by
//! `pthread_exit` only if no other thread is left when `main`'s keys have been destroyed.
//! If another thread then becomes a master, it starts new workers. One case is not
//! noticed: a destructor that first uses OpenMP in the last of the C library's four
//! rounds, after ours. Its record stays in use.

use crate::icv;
use crate::sync::hook::Hook;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::owned::OwnedPart;
use crate::team::cell::cell;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::team_tasks;
use crate::team::thread::{Context, Thread};
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

/// A thread retires, or its record was left over by a fork: gives up its second stacks.
pub(crate) static RETIRES: Hook<&'static Thread> = Hook::new();

/// A thread that the runtime did not start has got its record. The first one brings a tool
/// in.
pub(crate) static REGISTERS: Hook<&'static Thread> = Hook::new();

/// A thread gives its record back that the runtime did not start.
pub(crate) static MASTER_RETIRES: Hook<&'static Thread> = Hook::new();

/// A master ends that has had a team of several threads.
pub(crate) static MASTER_ENDS: Hook<&'static Thread> = Hook::new();

/// The last master ends.
pub(crate) static LAST_MASTER_ENDS: Hook<()> = Hook::new();

/// The calling thread's record. The first call makes it.
#[inline(always)]
pub fn current() -> &'static Thread {
    // SAFETY: the cell is this thread's own; it is null or holds a record,
    // which is never freed while its thread lives.
    unsafe {
        match (*cell().cast::<*const Thread>()).as_ref() {
            Some(thread) => thread,
            None => Thread::register(),
        }
    }
}

/// The calling thread's record, if it has one.
#[inline]
pub fn known() -> Option<&'static Thread> {
    // SAFETY: as in `current`.
    unsafe { (*cell().cast::<*const Thread>()).as_ref() }
}

/// Makes `thread` the calling thread's record; null: it has none any more.
pub(crate) fn set(thread: *const Thread) {
    // SAFETY: the cell is this thread's own.
    unsafe { *cell().cast::<*const Thread>() = thread }
}

/// The free records.
static FREE: Mutex<Vec<&'static Thread>> = covered(Rank::Records, Vec::new());

/// At a fork: the free records stay free, and so do their teams.
pub(crate) static RECORDS_AT_FORK: AtFork = AtFork::new(&[&FREE], || {
    FREE.lock()
        .iter()
        .for_each(|thread| thread.teams.inherit_serial())
});

/// At a fork: the child's only thread becomes its initial thread.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    MASTERS.store(0, Ordering::Relaxed);
    if let Some(key) = key() {
        // SAFETY: the key is valid.
        unsafe { libc::pthread_setspecific(key, core::ptr::null()) };
    }
    count_master();
    if let Some(thread) = known() {
        thread.begin_in_child();
    }
});

/// The number of masters that have not ended; see Note [The last master].
static MASTERS: AtomicU32 = AtomicU32::new(0);

/// The key whose destructor notices a master's end; `None` if the process has too many
/// keys.
fn key() -> Option<libc::pthread_key_t> {
    /// The key + 1; 0 before it is made; `NONE` if none could be made.
    static KEY: AtomicU32 = AtomicU32::new(0);
    const NONE: u32 = u32::MAX;
    let mut made = KEY.load(Ordering::Relaxed);
    if made == 0 {
        // The first call is made when the library is loaded. If two threads are here
        // at once, one key is left over.
        let mut key = 0;
        // SAFETY: the destructor is part of the library, which is never unloaded.
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
    // SAFETY: the key is valid; its values are never dereferenced.
    unsafe {
        if libc::pthread_getspecific(key).is_null() {
            MASTERS.fetch_add(1, Ordering::Relaxed);
            if libc::pthread_setspecific(key, core::ptr::from_ref(&MASTERS).cast()) != 0 {
                MASTERS.fetch_sub(1, Ordering::Relaxed); // its end will not be noticed
            }
        }
    }
}

/// The calling thread, a master, ends: gives its record back. A destructor that runs
/// later may still use OpenMP: the thread gets a record again, and this runs again.
extern "C" fn master_ends(_: *mut c_void) {
    if let Some(thread) = known() {
        if !thread.is_worker.get() {
            MASTER_RETIRES.call(thread);
            thread.retire();
            if thread.teams.all_last().next().is_some() {
                MASTER_ENDS.call(thread);
            }
            thread.recycle();
        }
    }
    if MASTERS.fetch_sub(1, Ordering::Relaxed) == 1 {
        LAST_MASTER_ENDS.call(());
    }
}

impl Thread {
    /// A record for a thread that is about to begin: a free one, made like a new one, or
    /// else a new one.
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

    /// The calling thread, whose record this is, ends or has done with OpenMP. It
    /// gives up what the record holds, and does not use the record any more.
    pub(crate) fn retire(&'static self) {
        if !self.is_worker.get() {
            self.leave_teams();
        }
        set(core::ptr::null());
        self.task_cache.clear();
        self.threadprivate.clear();
        RETIRES.call(self);
        self.recording.end();
    }

    /// Puts a record that no thread uses any more on the list of free records.
    pub(crate) fn recycle(&'static self) {
        self.hand_over();
        FREE.lock().push(self);
    }

    /// A master ends: its initial team can be used again, and so can the teams of one
    /// thread in which it ended. A team with workers stays as it is, and so does a team
    /// with unfinished tasks (the event of a detached one was never fulfilled).
    fn leave_teams(&'static self) {
        let mut context = Some(self.context());
        while let Some(Context { team, member, .. }) = context {
            context = team.region.outer.get();
            if team.size() == 1 && team_tasks::is_at_rest(team, member) {
                self.leave_team(team, member);
            }
        }
    }

    /// A team of one thread can be used again.
    fn leave_team(&self, team: &'static Team, member: &'static Member) {
        member.implicit.end_implicit();
        member.runs_host_body.set(false);
        member.generation.set(member.generation.get() + 1);
        self.teams.put_serial(team);
    }

    /// In the child of a fork: the record belonged to a worker that waited for a message,
    /// and is free now.
    pub(crate) fn outlived(&'static self) {
        if known().is_some_and(|me| core::ptr::eq(me, self)) {
            return; // the worker itself has forked, in a signal handler
        }
        self.hand_over();
        self.recording.forget();
        RETIRES.call(self);
        self.teams.inherit_serial();
        self.recycle();
    }

    /// A record for a worker that the calling thread is about to start, on this
    /// processor.
    pub(crate) fn for_worker(spawn_processor: Option<usize>) -> &'static Thread {
        let worker = Thread::take(true);
        worker.binding.spawn_processor.set(spawn_processor);
        worker.hand_over();
        worker
    }

    /// Gives the calling thread a record. It is the initial thread of a contention group
    /// of its own, in a team of one thread at level 0.
    #[cold]
    pub(crate) fn register() -> &'static Thread {
        let thread = Thread::take(false);
        set(thread);
        count_master();
        thread.start_afresh();
        REGISTERS.call(thread);
        thread
    }

    /// In the child of a fork: the thread becomes the initial thread. It keeps the ICVs
    /// of its current task, the place to which the OS thread is bound, and its servers,
    /// which are on its own stacks.
    fn begin_in_child(&'static self) {
        let Context { team, member, task } = self.context();
        let icv = task.icv.get();
        // If there was no other thread, their blocks are on this thread's stack.
        let reductions = task.reductions.get().filter(|_| team.size() == 1);
        let changed = self.icv_changes.get() != icv::changes();
        self.is_worker.set(false);
        self.host_number.set(0);
        self.search.stop_skipping();
        // The thread runs, so it does not sleep; but no waker must find it as a sleeper.
        self.sleeping.reset();
        self.recording.end();
        task.abandon();
        let was_initial = team.region.level.get() == 0;
        if was_initial && core::ptr::eq(task, &member.implicit) && team.is_at_rest(member) {
            self.leave_team(team, member);
        }
        self.teams.inherit_serial();
        self.start_afresh();
        self.tool.renew();
        REGISTERS.call(self);
        let Context { team, task, .. } = self.context();
        task.reductions.set(reductions);
        if !(was_initial && changed) {
            task.icv.set(icv);
            team.region.icv.set(icv);
        }
    }

    /// Puts the thread into an initial team of its own.
    pub(crate) fn start_afresh(&'static self) {
        self.teams.forget_last();
        let team = self.serial_team();
        self.icv_changes.set(icv::changes());
        team.begin_initial();
        let member = &team.all_members[0];
        team.work_shares.open(&member.cursor, 1);
        team.singles.reset();
        member.singles.set(0);
        member.cursor.begin(&team.work_shares);
        member
            .implicit
            .begin_implicit(team.region.icv.get(), None, self);
        member.tasks.begin();
        self.enter(team.context_of(member));
    }
}
