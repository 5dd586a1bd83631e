//! Loops with `ordered`: chunks pass in iteration order (OpenMP 5.2, 15.10.2). The protocol
//! is [`crate::protocol::turn`].
//!
//! A member waits for the turn of its chunk when it meets the `ordered` region ([`enter`]).
//! It passes the turn when it asks for its next chunk, or ends the loop ([`pass_on`]). The
//! chunk that it holds is in `LoopState::held`.

use crate::construct::schedule::Chunk;
use crate::construct::work_share::WorkShare;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use crate::waiting::{self, Wait};

struct MyTurn {
    team: &'static Team,
    work_share: &'static WorkShare,
    member: &'static Member,
    from: u64,
}

impl Wait for MyTurn {
    fn ready(&mut self) -> bool {
        self.work_share.turn.is(self.from)
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
        self.work_share.turn.retire(&self.member.cursor.awaiting);
    }
}

/// Waits until it is the turn of the chunk that the member holds. Returns at once in a team
/// of one, and outside of loops with `ordered`.
#[inline]
pub fn enter(me: &'static Thread) {
    let Context { team, member, .. } = me.context();
    let work_share = member.cursor.work_share();
    if team.size() == 1 || !work_share.is_ordered.get() {
        return;
    }
    if let Some((from, _)) = member.cursor.loop_state.held.get() {
        let mut turn = MyTurn {
            team,
            work_share,
            member,
            from,
        };
        waiting::wait(&mut turn, &me.parker, me.is_worker.get());
    }
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
    if to < work_share.space.get().trip && work_share.turn.pass(to) {
        // One member has that chunk. It is often the next member, so look there first.
        let (before, after) = context
            .team
            .active_members()
            .split_at(context.member.num as usize);
        let mut others = after.iter().chain(before);
        if let Some(next) = others.find(|member| member.cursor.awaiting.is(to)) {
            next.thread().parker.unpark();
        }
    }
}
