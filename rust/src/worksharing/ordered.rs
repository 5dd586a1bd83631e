//! Loops with `ordered`: chunks pass in iteration order (OpenMP 5.2, 15.10.2). The protocol
//! is [`crate::protocol::turn`].
//!
//! A member waits for the turn of its chunk when it meets the `ordered` region ([`enter`]).
//! It passes the turn when it asks for its next chunk, or ends the loop ([`pass_on`]). The
//! chunk that it holds is in `LoopState::held`.

use crate::construct::schedule::Chunk;
use crate::construct::work_share::WorkShare;
use crate::points;
use crate::sync::primitive::pause;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::tools::{self, Mutex};
use crate::waiting::{self, Wait};

/// A member's wait for the turn of its chunk, which begins at iteration `from`. If `LEAVES`, the
/// wait also ends when the region is cancelled.
struct MyTurn<const LEAVES: bool> {
    team: &'static Team,
    work_share: &'static WorkShare,
    member: &'static Member,
    from: u64,
}

impl<const LEAVES: bool> MyTurn<LEAVES> {
    fn is_cancelled(&self) -> bool {
        LEAVES
            && self
                .team
                .cancelled
                .region(self.member.generation.get())
                .is_some()
    }
}

impl<const LEAVES: bool> Wait for MyTurn<LEAVES> {
    fn ready(&mut self) -> bool {
        self.work_share.turn.is(self.from) || self.is_cancelled()
    }
    fn is_oversubscribed(&self) -> bool {
        self.team.region.oversubscribes.get()
    }
    fn announce(&mut self) -> bool {
        self.work_share
            .turn
            .announce(&self.member.cursor.awaiting, self.from)
    }
    fn awoken(&mut self) {
        self.work_share.turn.withdraw(&self.member.cursor.awaiting);
    }
}

/// Waits until it is the turn of the chunk that the member holds. Returns at once in a team
/// of one, and outside of loops with `ordered`. The wait does not end when the region is
/// cancelled: C would then execute the block out of order. So `cancel parallel` in an ordered
/// loop leaves others waiting, as in libgomp; the specification forbids `cancel for` there.
#[inline]
pub fn enter(me: &'static Thread) {
    if let Some(mut turn) = turn_of::<false>(&me.context()) {
        waiting::wait(&mut turn, &me.parker, me.is_worker.get());
    }
}

/// [`enter`] for an `ordered` directive.
#[inline]
pub fn start(me: &'static Thread) {
    if points::enabled(points::MUTEXES) {
        let id = core::ptr::from_ref(me.context().team).addr();
        tools::acquired(Mutex::Ordered, id, || enter(me));
    } else {
        enter(me);
    }
}

/// The block of an `ordered` directive has ended; the turn passes with the next chunk.
#[inline]
pub fn end() {
    if points::enabled(points::MUTEXES) {
        let id = core::ptr::from_ref(current().context().team).addr();
        tools::released(Mutex::Ordered, id);
    }
}

/// [`enter`], but the wait also ends when the region is cancelled: by C, or by an exception of
/// a Haskell body. True if the region is cancelled.
pub fn enters_or_leaves(me: &'static Thread) -> bool {
    turn_of::<true>(&me.context()).is_some_and(|mut turn| {
        waiting::wait(&mut turn, &me.parker, me.is_worker.get());
        turn.is_cancelled()
    })
}

/// Whether [`enters_or_leaves`] would not wait. Looks `polls` times, with a pause between, and
/// once more.
pub fn enters_soon(me: &'static Thread, polls: u32) -> bool {
    turn_of::<true>(&me.context()).is_none_or(|mut turn| {
        (0..polls).any(|_| {
            turn.ready() || {
                pause();
                false
            }
        }) || turn.ready()
    })
}

/// The wait for the turn of the chunk that the member holds; `None` if there is nothing to wait
/// for.
#[inline]
fn turn_of<const LEAVES: bool>(context: &Context) -> Option<MyTurn<LEAVES>> {
    let Context { team, member, .. } = *context;
    let work_share = member.cursor.work_share();
    if team.size() == 1 || !work_share.is_ordered.get() {
        return None;
    }
    let (from, _) = member.cursor.loop_state.held.get()?;
    Some(MyTurn {
        team,
        work_share,
        member,
        from,
    })
}

/// The member is done with the chunk that it holds. Waits for the chunk's turn, if the
/// member has not done so, and passes the turn to the next chunk.
#[inline]
pub(crate) fn pass_on(me: &'static Thread, work_share: &'static WorkShare, context: &Context) {
    let Some((_, to)): Option<Chunk> = context.member.cursor.loop_state.held.get() else {
        return;
    };
    enter(me);
    context.member.cursor.loop_state.held.set(None);
    // After the last chunk it is no chunk's turn (and `to` + 1 may not exist).
    if to < work_share.space.get().trip {
        work_share.turn.pass(
            to,
            context.team.active_members(),
            |member| &member.cursor.awaiting,
            |member| &member.thread().parker,
        );
    }
}
