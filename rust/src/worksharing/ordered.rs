//! Chunks of an ordered loop passing in iteration order (OpenMP 5.2, 15.10.2).
//!
//! # Protocol
//!
//! `now` is the first iteration of the chunk whose turn it is. The holder of
//! that chunk passes it on, by storing the first iteration of the next chunk,
//! when it is done with its own; whether it has executed an ordered region or
//! not. Only that holder writes, so a store is enough.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | `now` -> next chunk | the holder of the turn | release: the ordered regions before are seen by those after |
//! | `Awaiting` -> chunk, -> nothing | a member around its sleep | see below |
//! | `sleepers` + 1, - 1 | the same, after and before | see below |
//!
//! A member that will sleep writes what it waits for into its [`Awaiting`],
//! counts itself into `sleepers`, makes a full fence, and looks at `now` again;
//! who passes the turn writes `now`, makes a full fence, and looks at
//! `sleepers` and then at each member's `Awaiting`. One of the two sees the
//! other: if the sleeper's fence comes first, both its writes are seen, else it
//! sees the new `now`. Modelled in `tests/loom.rs`.

use crate::construct::schedule::Chunk;
use crate::construct::work_share::WorkShare;
use crate::sync::primitive::{fence, AtomicU32, AtomicU64, Ordering};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use crate::waiting::{self, Wait};

/// See the module.
#[derive(Debug)]
pub struct Turn {
    now: AtomicU64,
    sleepers: AtomicU32,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn {
            now: AtomicU64::new(0),
            sleepers: AtomicU32::new(0),
        }
    }
}

impl Turn {
    /// The first chunk's turn; only before the loop is known to others.
    pub(crate) fn reset(&self) {
        self.now.store(0, Ordering::Relaxed);
    }

    /// Whether it is this chunk's turn.
    #[inline]
    pub fn is(&self, from: u64) -> bool {
        self.now.load(Ordering::Acquire) == from
    }

    /// Passes the turn to the chunk that starts at `to`; true if somebody
    /// sleeps, who must be looked for and woken.
    #[inline]
    pub fn pass(&self, to: u64) -> bool {
        self.now.store(to, Ordering::Release);
        fence(Ordering::SeqCst);
        self.sleepers.load(Ordering::Relaxed) > 0
    }

    /// The owner of `mine` will sleep until it is the turn of the chunk that
    /// starts at `from`; false if it is already.
    pub fn announce(&self, mine: &Awaiting, from: u64) -> bool {
        // Relaxed: the fence orders both before the look at `now`.
        mine.0.store(from + 1, Ordering::Relaxed);
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.is(from) {
            self.retire(mine);
            return false;
        }
        true
    }

    /// The owner of `mine` sleeps no more. Relaxed: seen late, it costs a
    /// wake-up for nothing.
    pub fn retire(&self, mine: &Awaiting) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        mine.0.store(0, Ordering::Relaxed);
    }
}

/// What a member sleeps for: the first iteration of its chunk, + 1; or 0.
/// Written by the member, read by who passes the turn.
#[derive(Debug)]
pub struct Awaiting(AtomicU64);

impl Default for Awaiting {
    fn default() -> Awaiting {
        Awaiting(AtomicU64::new(0))
    }
}

impl Awaiting {
    /// Whether the member sleeps for the chunk that starts at `from`. Relaxed:
    /// asked after the fence in [`Turn::pass`].
    pub fn is(&self, from: u64) -> bool {
        self.0.load(Ordering::Relaxed) == from + 1
    }
}

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

/// Waits until it is the turn of the chunk that the member holds; at once in a
/// team of one or outside of ordered loops.
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

/// The member is done with the chunk that it holds, and holds `next` instead.
#[inline]
pub(crate) fn hand_on(me: &'static Thread, work_share: &'static WorkShare, context: &Context) {
    let Some((_, to)): Option<Chunk> = context.member.cursor.loop_state.held.get() else {
        return;
    };
    enter(me);
    context.member.cursor.loop_state.held.set(None);
    // After the last chunk it is nobody's turn (and `to` + 1 may not exist).
    if to < work_share.space.get().trip && work_share.turn.pass(to) {
        // One member has that chunk; often the next.
        let (before, after) = context.team.members().split_at(context.member.num as usize);
        let mut others = after.iter().chain(before);
        if let Some(next) = others.find(|member| member.cursor.awaiting.is(to)) {
            next.thread().parker.unpark();
        }
    }
}
