//! Taking part in a region: a thread joins its team, hands the region on to its
//! children in the tree, and gathers them at the end.

use crate::parallel::barrier::Arrival;
use crate::parallel::{affinity_display, binding};
use crate::points::{self, AFFINITY, LOOPS, REGIONS};
use crate::tasking::quiescence;
use crate::team::host_number;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Message, Thread};
use crate::{icv, tools, waiting};

/// The thread joins the team of a region as this member. From here on it is in the member's
/// implicit task.
#[inline(always)]
pub(crate) fn join_team(
    thread: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
) {
    member.hand_over();
    member.generation.set(generation);
    member.singles.set(0);
    member.cursor.begin(&team.work_shares);
    let region = &team.region;
    let (icv, reductions) = (region.icv.get(), region.reductions.get());
    member.implicit.begin_implicit(icv, reductions, thread);
    member.tasks.begin();
    let context = team.context_of(member);
    host_number::tell_on_join(thread, &context);
    thread.enter(context);
    if points::enabled(AFFINITY | REGIONS | LOOPS) {
        after_joining(thread, team, member);
    }
}

/// The thread has joined as this member: binds it, displays its affinity, and tells tools, as
/// far as that is asked for.
#[cold]
fn after_joining(thread: &'static Thread, team: &'static Team, member: &'static Member) {
    if binding::binding_enabled() {
        binding::apply_binding(thread, team, member);
        if icv::globals().display_affinity {
            affinity_display::display_if_changed(thread, team, member);
        }
    }
    tools::region_begins(team, member);
}

/// Posts the region to the children of member `num`.
#[inline(always)]
pub(crate) fn post(message: Message, num: u32) {
    let region = &message.team.region;
    let (tree, size) = (region.tree.get(), region.size.get());
    let at = |child: u32| {
        let worker = message.team.all_members[child as usize].thread();
        (&*worker.mailbox, &*worker.parker)
    };
    tree.post(num, size, at, |child| Message {
        member: child,
        ..message
    });
}

/// Waits until the member's children in the tree have ended the region. False: the thread
/// helped with a task that forked, and this is the child (Note [Returning in the child] in
/// [`crate::atfork`]).
#[inline(always)]
pub(crate) fn gather(
    me: &'static Thread,
    team: &'static Team,
    member: &'static Member,
    generation: u64,
) -> bool {
    if !quiescence::drain_own(me, team, generation) {
        return false;
    }
    let arrived = |child: u32| &*team.all_members[child as usize].arrived;
    let tree = team.region.tree.get();
    tree.gather(member.num, team.size(), arrived, |signal| {
        let mut wait = Arrival::<false> {
            me,
            team,
            signal,
            generation,
        };
        waiting::wait(&mut wait, &me.parker, me.is_worker.get())
    })
}
