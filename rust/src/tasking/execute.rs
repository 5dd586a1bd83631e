//! Finding a task and executing it.
//!
//! [`mod@crate::tasking::create`] calls it for tasks that run at once, every wait for tasks
//! that were deferred ([`run_one`]).
//!
//! # Note [The cut-off]
//!
//! A task that its creator runs at once costs little more than a call. A deferred one
//! costs ten times that, and a stolen one ten times that again. So a member defers tasks
//! only until its deque holds enough for thieves while the member runs the next task
//! itself. How many that takes depends on the tasks: a few tasks that create tasks; one
//! per thief of equal tasks in a loop; more of unequal ones. A member starts with a
//! cut-off of two tasks per member of the team. It doubles the cut-off whenever it has
//! run a task at once and then finds its deque empty. A new region starts with half of
//! what the last one came to.

use crate::sync::process::generation;
use crate::tasking::{node, queues};
use crate::team::group;
use crate::team::member::Member;
use crate::team::member_tasks::TaskRef;
use crate::team::region::Team;
use crate::team::task::{Task, COPIED};
use crate::team::thread::{Context, Thread};
use crate::{points, tools};
use crossbeam_deque::{Steal, Worker};

/// Makes the library of the deques initialise itself. It does so at its first use, by a
/// `Once`, which a fork must not copy while it runs.
pub(crate) fn warm_up() {
    let _ = Worker::<()>::new_lifo().stealer().steal();
}

/// Calls the task's body with the task as the current one. False in the child of a fork
/// in the body (Note [Returning in the child] in [`crate::atfork`]).
#[inline]
pub(crate) fn run_body(me: &'static Thread, task: &'static Task) -> bool {
    if points::enabled(points::TASKS) {
        tools::task(task, || call_body(me, task))
    } else {
        call_body(me, task)
    }
}

#[inline(always)]
fn call_body(me: &'static Thread, task: &'static Task) -> bool {
    let outer = me.context().task;
    task.start_in(outer, me);
    me.enter_task(task);
    if let Some(body) = task.body.get() {
        // SAFETY: the creator promised that the body may be called with the data, once,
        // and this thread alone has taken the task.
        unsafe { body(task.data.get()) };
    }
    me.enter_task(outer);
    if task.children.is_abandoned() {
        me.return_in_child();
        return false;
    }
    true
}

/// Whether a task that has not begun is not to run, because its taskgroup or its region
/// was cancelled. A task whose body must destroy its data runs.
#[inline]
fn is_discarded(me: &'static Thread, task: &Task) -> bool {
    me.context().team.region.is_cancellable && !task.has(COPIED) && group::is_cancelled(me, task)
}

/// Executes a deferred task and completes it. In the child of a fork in its body it is
/// not completed: the parent process does that.
#[inline]
pub(crate) fn execute(me: &'static Thread, task: &'static Task) {
    let node = task.node.get();
    if is_discarded(me, task) {
        if points::enabled(points::CONSTRUCTS) {
            tools::discarded(task);
        }
        if !node.is_null() {
            node::discard(node);
        }
    } else {
        if !run_body(me, task) || !node.is_null() && !node::end(task, node) {
            return;
        }
    }
    complete(me, task);
}

/// Completes a deferred task: its body has ended or is not to run, and its event, if it
/// has one, is fulfilled.
#[inline]
pub(crate) fn complete(me: &'static Thread, task: &'static Task) {
    let phase = task.phase.get();
    notify(me, task, false);
    let Context { team, member, .. } = me.context();
    member.tasks.counts.count_executed(phase);
    queues::wake_finisher_if_over(team, member, phase);
}

/// Like [`complete`], on a thread that need not be a member of the task's team. The
/// task is counted with `member`, which created it: other members may not have begun the
/// region, and so not have reset their counts.
pub(crate) fn complete_from_outside(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    task: &'static Task,
) {
    let phase = task.phase.get();
    notify(me, task, true);
    // After this the region may end, and its threads may be in the next.
    member.tasks.counts.count_outside(phase);
    queues::wake_finisher_from_outside(team);
}

/// The task has completed: its successors, its parent and its taskgroup hear of it.
#[inline]
fn notify(me: &'static Thread, task: &'static Task, outside: bool) {
    let group = task.counted_by.get();
    let node = task.node.get();
    if !node.is_null() {
        node::release_successors(me, node, outside);
    }
    task.finish(me);
    group::leave_group(me, group);
}

/// Completes a task that its creator has executed at once, in a block of `get_small`. The
/// parent has not counted the task, and need not unless children still point at it.
#[inline(always)]
pub(crate) fn finish_at_once(me: &'static Thread, task: &'static Task) {
    if task.children.any() {
        finish_uncounted(me, task);
    } else {
        // SAFETY: the task is in such a block, and had no children that are counted, so
        // no thread will use it again.
        unsafe { me.task_cache.put_small(task) };
    }
}

/// Like [`finish_at_once`], in any block.
#[inline(never)]
pub(crate) fn finish_uncounted(me: &'static Thread, task: &'static Task) {
    if task.children.is_abandoned() {
        return me.return_in_child();
    }
    match task.parent() {
        Some(parent) if !task.children.none_left() => {
            parent.children.make_room();
            parent.children.add();
            task.finish(me);
            run_left_over(me);
        }
        _ => task.free_block(me),
    }
}

/// Older tasks that [`run_left_over`] runs before new ones, besides two per new one.
const OLDER_TASKS_FIRST: usize = 32;
/// Left-over tasks in no deque above which [`run_left_over`] goes by their age instead of
/// their priority. Otherwise the other children of a chain's tasks would pile up if they
/// had a lower priority.
const MAX_LEFT_OVER_BY_PRIORITY: usize = 256;

/// A task has returned into its creator's body: runs the tasks that it left over because
/// the stack was deep; see Note [Chains of tasks] in [`crate::team::task`].
///
/// The oldest go first, as far as possible. Newest first would follow a chain to its end,
/// while the other children of each of its tasks wait and pile up. So new tasks at the
/// deque's young end go below older ones ([`put_below_older`]).
#[cold]
#[inline(never)]
pub(crate) fn run_left_over(me: &'static Thread) {
    let Context { team, member, task } = me.context();
    let (deque, shared) = (&member.tasks.deque, &team.tasks.shared);
    let max_left_over = task.max_left_over();
    let process = generation();
    let alone = team.size() == 1;
    // How many tasks were in the deque before the last one was executed; its depth.
    let (mut before, mut depth) = (0, 0);
    loop {
        // What thieves are to find in the deque.
        let cut_off = if alone { 0 } else { member.tasks.cut_off.get() };
        let len = deque.len();
        let next = if len > cut_off + max_left_over {
            let over = len - cut_off - max_left_over;
            let new = len.saturating_sub(before).min(over);
            if new > 0 {
                put_below_older(deque, new, over - new, depth);
            }
            match deque.pop() {
                Some(TaskRef(next)) if next.may_start_in(task, me) => Some(next),
                Some(other) => {
                    deque.push(other);
                    None
                }
                None => None,
            }
        } else if let Some(over @ 1..) =
            (shared.len()).checked_sub(node::max_shared(team) + max_left_over)
        {
            let allowed = |next: &Task| next.may_start_in(task, me);
            let by_age = over > MAX_LEFT_OVER_BY_PRIORITY;
            let oldest = by_age.then(|| shared.take_oldest(allowed)).flatten();
            oldest.or_else(|| shared.take(allowed))
        } else {
            None
        };
        match next {
            Some(next) => {
                queues::enter_counted(team, member);
                (before, depth) = (deque.len(), next.depth());
                execute(me, next);
            }
            None => return,
        }
        if generation() != process {
            return; // Note [Returning in the child] in `atfork`
        }
    }
}

/// Puts the `new` youngest tasks of a deque below some of the `older` ones, and reverses
/// the new ones, so that the oldest of them is taken first. New tasks on top that are no
/// deeper in the tree than `depth` stay there: they waited for the task that was executed,
/// and have waited long enough.
///
/// More older tasks than new ones come first, or all older ones. So the number of older
/// ones falls if it is great. The cost is a few steps per new task.
fn put_below_older(deque: &Worker<TaskRef>, new: usize, older: usize, depth: u64) {
    let mut young = Vec::with_capacity(new);
    young.extend((0..new).map_while(|_| deque.pop()));
    let waited = young.iter().take_while(|task| task.0.depth() <= depth);
    let rest = young.split_off(waited.count());
    if !rest.is_empty() {
        let older = older.min(OLDER_TASKS_FIRST + 2 * rest.len());
        let mut old = Vec::with_capacity(older);
        old.extend((0..older).map_while(|_| deque.pop()));
        rest.into_iter().for_each(|task| deque.push(task));
        old.into_iter().rev().for_each(|task| deque.push(task));
    }
    young.into_iter().rev().for_each(|task| deque.push(task));
}

/// Members of a team per search that a thread may skip after one that found nothing. A
/// search takes the line of a deque from the member that pushes there, so many searches
/// that find nothing would hold up the one that creates tasks.
const MEMBERS_PER_SKIP: u32 = 16;

/// Takes a task that `allowed` accepts and executes it. False if none was found. See
/// Note [Task scheduling constraint] in [`super`].
pub(crate) fn run_one(me: &'static Thread, allowed: impl Fn(&Task) -> bool) -> bool {
    let Context { team, member, .. } = me.context();
    if team.tasks.shared.len() > 0 {
        if let Some(task) = team.tasks.shared.take(&allowed) {
            queues::enter_counted(team, member);
            execute(me, task);
            return true;
        }
    }
    let deque = &member.tasks.deque;
    if let Some(TaskRef(task)) = deque.pop() {
        if allowed(task) {
            execute(me, task);
            return true;
        }
        deque.push(TaskRef(task));
    }
    !me.search.skips() && steal_and_run(me, allowed)
}

/// Like [`run_one`], from the deques of the members that may have tasks.
#[inline(never)]
fn steal_and_run(me: &'static Thread, allowed: impl Fn(&Task) -> bool) -> bool {
    let Context { team, member, .. } = me.context();
    for victim in team
        .tasks
        .listed
        .from(me.search.next_random() % team.size())
    {
        let stealer = &team.all_members[victim as usize].tasks.stealer;
        // This is much cheaper than a steal that fails.
        if stealer.is_empty() {
            continue;
        }
        loop {
            match stealer.steal() {
                Steal::Success(TaskRef(task)) if allowed(task) => {
                    me.search.stop_skipping();
                    queues::enter_counted(team, member);
                    execute(me, task);
                    return true;
                }
                Steal::Success(TaskRef(task)) => {
                    queues::push(team, member, task);
                    break;
                }
                Steal::Retry => continue,
                Steal::Empty => break,
            }
        }
    }
    queues::leave_listed(team, member);
    search_failed(me, team);
    false
}

/// A look at all members found no task: the thread skips the next searches.
pub(crate) fn search_failed(me: &Thread, team: &Team) {
    me.search
        .found_nothing(team.all_members.len() as u32 / MEMBERS_PER_SKIP);
}
