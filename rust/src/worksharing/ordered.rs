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
use crate::construct::work_share::Slot;
use crate::sync::primitive::{fence, AtomicU32, AtomicU64, Ordering};
use crate::team::member::Seat;
use crate::team::region::Team;
use crate::team::thread::{Place, Thread};
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
    slot: &'static Slot,
    seat: &'static Seat,
    from: u64,
}

impl Wait for MyTurn {
    fn ready(&mut self) -> bool {
        self.slot.turn.is(self.from)
    }
    fn in_crowd(&self) -> bool {
        self.team.region.is_crowd.get()
    }
    fn announce(&mut self) -> bool {
        self.slot
            .turn
            .announce(&self.seat.position.awaiting, self.from)
    }
    fn awoken(&mut self) {
        self.slot.turn.retire(&self.seat.position.awaiting);
    }
}

/// Waits until it is the turn of the chunk that the member holds; at once in a
/// team of one or outside of ordered loops.
#[inline]
pub fn enter(me: &'static Thread) {
    let Place { team, seat, .. } = me.place();
    let slot = seat.position.slot();
    if team.size() == 1 || !slot.is_ordered.get() {
        return;
    }
    if let Some((from, _)) = seat.position.share.held.get() {
        let mut turn = MyTurn {
            team,
            slot,
            seat,
            from,
        };
        waiting::wait(&mut turn, &me.parker, me.is_worker.get());
    }
}

/// The member is done with the chunk that it holds, and holds `next` instead.
#[inline]
pub(crate) fn hand_on(me: &'static Thread, slot: &'static Slot, place: &Place) {
    let Some((_, to)): Option<Chunk> = place.seat.position.share.held.get() else {
        return;
    };
    enter(me);
    place.seat.position.share.held.set(None);
    // After the last chunk it is nobody's turn (and `to` + 1 may not exist).
    if to < slot.space.get().trip && slot.turn.pass(to) {
        // One member has that chunk; often the next.
        let (before, after) = place.team.members().split_at(place.seat.num as usize);
        let mut others = after.iter().chain(before);
        if let Some(next) = others.find(|seat| seat.position.awaiting.is(to)) {
            next.thread().parker.unpark();
        }
    }
}
