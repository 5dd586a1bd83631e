//! The door's part for Haskell tasks (`Control.Parallel.OpenMP.Task`). The closures live in
//! Haskell; here each task is only counted, and members sleep and are woken. The protocol is
//! [`crate::protocol::host_tasks`], and this file runs it for the calling thread's team.
//!
//! | Haskell | calls |
//! |---------|-------|
//! | begins or ends to serve tasks | [`ghcomp_hs_tasks_enter`], [`ghcomp_hs_tasks_here`] |
//! | makes a task, and has put it into its ring | [`ghcomp_hs_task_offer`] |
//! | has executed one | [`ghcomp_hs_task_done`] |
//! | finds nothing | [`ghcomp_hs_tasks_prepare`], looks again, then [`ghcomp_hs_tasks_sleep`] or [`ghcomp_hs_tasks_cancel`] |
//! | was woken to search | [`ghcomp_hs_tasks_searched`] |

use crate::protocol::host_tasks::{self, Sleep, Tally, IDLE, WAITING};
use crate::tasking::quiescence;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::{current, known};
use crate::team::thread::Thread;
use crate::waiting::{self, Wait};
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

/// The value that this member gave last to [`ghcomp_hs_tasks_enter`] in this region; null if
/// it serves no tasks.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_here() -> *mut c_void {
    // A thread that the runtime does not know serves nothing. (To know it takes locks.)
    known().map_or(core::ptr::null_mut(), |me| {
        me.context().member.tasks.host_data.get()
    })
}

/// The calling thread's member serves tasks from now on, with this value; null: no more.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_enter(context: *mut c_void) {
    current().context().member.tasks.host_data.set(context);
}

/// The group's tallies, one for each member of the team.
///
/// # Safety
///
/// As for [`ghcomp_hs_task_done`].
#[inline]
unsafe fn tallies<'a>(group: *mut u64, size: c_uint) -> &'a [Tally] {
    // SAFETY: the caller's promise; tallies are atomics, and zeroes are valid.
    unsafe { core::slice::from_raw_parts(group.cast(), size as usize) }
}

/// The calling thread, whose number is `num`, has put a task of the group into the first free
/// slot of its ring. Counts the task, then makes it visible: `bottom`, which only this thread
/// changes, counts the ring's slots. Wakes a member to search for the task.
///
/// One call does all of this because no exception can interrupt Haskell in an unsafe call. So
/// a task that was counted is always found.
///
/// # Safety
///
/// `bottom` must be valid, and `group` as for [`ghcomp_hs_task_done`].
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_task_offer(group: *mut u64, num: c_uint, bottom: *mut u64) {
    // SAFETY: the caller's promise.
    let (tally, bottom) = unsafe {
        let tally = &*group.cast::<Tally>().add(num as usize);
        (tally, AtomicU64::from_ptr(bottom))
    };
    tally.count_created();
    bottom.store(bottom.load(Ordering::Relaxed) + 1, Ordering::Release);
    wake_for_offer(current().context().team);
}

/// A bit of a task's word: the task has ended.
const DONE: u64 = 4;

/// A bit of a task's word: some thread may sleep until the task ends.
const AWAITED: u64 = 2;

/// The calling thread has executed a task of the group and written its result. Sets the task's
/// `word` to done, counts the task, and wakes the members that wait for something in
/// particular, if one of them waits for this task or if it was the last one of the group.
///
/// Answers whether a thread may sleep until this task ends. One call, as for
/// [`ghcomp_hs_task_offer`].
///
/// # Safety
///
/// `word` must be valid. `group` must be valid for the tallies of the calling thread's team (64
/// bytes each, zero at first), and only the team's members may pass it.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_task_done(group: *mut u64, word: *mut u64) -> c_int {
    let context = current().context();
    let team = context.team;
    // SAFETY: the caller's promise.
    let (tallies, word) = unsafe { (tallies(group, team.size()), AtomicU64::from_ptr(word)) };
    // An addition, which is one instruction; the bit was clear.
    let awaited = word.fetch_add(DONE, Ordering::AcqRel) & AWAITED != 0;
    tallies[context.member.num as usize].count_executed();
    if team.tasks.host_sleepers.any() && (awaited || host_tasks::is_over(tallies)) {
        wake(team, WAITING);
    }
    c_int::from(awaited)
}

/// Whether all tasks of the group have been executed.
///
/// # Safety
///
/// As for [`ghcomp_hs_task_done`].
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_tasks_over(group: *mut u64) -> c_int {
    let size = current().context().team.size();
    // SAFETY: the caller's promise.
    c_int::from(host_tasks::is_over(unsafe { tallies(group, size) }))
}

/// Wakes every sleeping member, or, if `all` is 0, the members that wait for something in
/// particular.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_wake(all: c_int) {
    let team = current().context().team;
    if team.tasks.host_sleepers.any() {
        wake(team, if all == 0 { WAITING } else { IDLE | WAITING });
    }
}

/// The calling thread will sleep, unless it finds something when it looks once more. It waits
/// for any task (`idle` not 0), or for something in particular.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_prepare(idle: c_int) {
    let context = current().context();
    let how = if idle == 0 { WAITING } else { IDLE };
    context
        .team
        .tasks
        .host_sleepers
        .prepare(&context.member.tasks.host_sleeper, how);
}

/// The calling thread has found something after [`ghcomp_hs_tasks_prepare`], and does not
/// sleep.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_cancel() {
    let context = current().context();
    let (host_sleepers, host_sleeper) = (
        &context.team.tasks.host_sleepers,
        &context.member.tasks.host_sleeper,
    );
    if !host_sleepers.wake(host_sleeper, IDLE | WAITING) && host_sleeper.is_searching() {
        ghcomp_hs_tasks_searched(1);
    }
}

/// The calling thread was woken to search. It has found a task, or (`found` 0) has not.
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_searched(found: c_int) {
    let context = current().context();
    context
        .team
        .tasks
        .host_sleepers
        .searched(&context.member.tasks.host_sleeper);
    if found != 0 {
        wake_for_offer(context.team);
    }
}

/// The calling thread has found nothing after [`ghcomp_hs_tasks_prepare`], and sleeps until it
/// is woken. An idle member executes the team's C tasks meanwhile.
///
/// | answer | means |
/// |--------|-------|
/// | 0 | did not sleep, because all other members sleep already |
/// | 1 | was woken |
/// | 2 | was woken to search for a task; [`ghcomp_hs_tasks_searched`] must follow |
#[no_mangle]
pub extern "C" fn ghcomp_hs_tasks_sleep(idle: c_int) -> c_int {
    let me = current();
    let context = me.context();
    let (team, member) = (context.team, context.member);
    match team
        .tasks
        .host_sleepers
        .fall_asleep(&member.tasks.host_sleeper, team.size())
    {
        Sleep::Woken => {}
        Sleep::AllAsleep => return 0,
        Sleep::Asleep => {
            let idle = idle != 0;
            waiting::wait(
                &mut Asleep {
                    me,
                    team,
                    member,
                    idle,
                },
                &me.parker,
                me.is_worker.get(),
            );
        }
    }
    1 + c_int::from(member.tasks.host_sleeper.is_searching())
}

/// A member's wait until it is woken.
struct Asleep {
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    idle: bool,
}

impl Wait for Asleep {
    fn ready(&mut self) -> bool {
        self.member.tasks.host_sleeper.is_awake()
    }
    fn help(&mut self) -> bool {
        self.idle && quiescence::help(self.me, self.team, self.member.generation.get())
    }
    fn announce(&mut self) -> bool {
        !self.idle || quiescence::lie_down(self.me, self.team, self.member.generation.get())
    }
    fn awoken(&mut self) {
        if self.idle {
            let searches = !self.ready();
            quiescence::get_up(self.me, self.team, searches);
        }
    }
}

/// Wakes a member to search for a task, unless enough members search already.
#[inline]
fn wake_for_offer(team: &'static Team) {
    let host_sleepers = &team.tasks.host_sleepers;
    let wake_one = || {
        let woken = team
            .active_members()
            .iter()
            .find(|member| host_sleepers.wake_to_search(&member.tasks.host_sleeper));
        if let Some(member) = woken {
            member.thread().parker.unpark();
        }
        woken.is_some()
    };
    host_sleepers.notify(wake_one, || wake(team, IDLE | WAITING));
}

/// Wakes the members that sleep in one of these `ways`.
#[cold]
fn wake(team: &'static Team, ways: u32) {
    for member in team.active_members() {
        if team
            .tasks
            .host_sleepers
            .wake(&member.tasks.host_sleeper, ways)
        {
            member.thread().parker.unpark();
        }
    }
}
