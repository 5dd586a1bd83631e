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
//! | `sleepers` + 1, - 1 | a member around its sleep | see below |
//!
//! A member that will sleep writes what it waits for into its seat, counts
//! itself into `sleepers`, makes a full fence, and looks at `now` again; who
//! passes the turn writes `now`, makes a full fence, and looks at `sleepers`.
//! One of the two sees the other; then the seats are searched for the one that
//! waits for this chunk. Modelled in `tests/loom.rs`.

use super::chain::Slot;
use super::schedule::Chunk;
use crate::sync::primitive::{fence, AtomicU32, AtomicU64, Ordering};
use crate::sync::wait::{self, Wait};
use crate::team::thread::Place;
use crate::team::{Seat, Thread};

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
    pub(super) fn reset(&self) {
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

    /// The caller has written down what it waits for, and will sleep unless it
    /// is that chunk's turn now (then false).
    pub fn announce(&self, from: u64) -> bool {
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.is(from) {
            self.retire();
            return false;
        }
        true
    }

    /// The caller sleeps no more.
    pub fn retire(&self) {
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
    }
}

struct MyTurn {
    slot: &'static Slot,
    seat: &'static Seat,
    from: u64,
}

impl Wait for MyTurn {
    fn ready(&mut self) -> bool {
        self.slot.turn.is(self.from)
    }
    fn announce(&mut self) -> bool {
        // Relaxed: ordered by the fence in `Turn::announce`.
        self.seat
            .position
            .awaiting
            .store(self.from + 1, Ordering::Relaxed);
        self.slot.turn.announce(self.from) || {
            self.seat.position.awaiting.store(0, Ordering::Relaxed);
            false
        }
    }
    fn awoken(&mut self) {
        self.slot.turn.retire();
        self.seat.position.awaiting.store(0, Ordering::Relaxed);
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
        wait::wait(&mut MyTurn { slot, seat, from }, &me.parker, me.is_worker);
    }
}

/// The member is done with the chunk that it holds, and holds `next` instead.
#[inline]
pub(super) fn hand_on(me: &'static Thread, slot: &'static Slot, place: &Place) {
    let Some((_, to)): Option<Chunk> = place.seat.position.share.held.get() else {
        return;
    };
    enter(me);
    place.seat.position.share.held.set(None);
    if slot.turn.pass(to) {
        for seat in place.team.members() {
            if seat.position.awaiting.load(Ordering::Relaxed) == to + 1 {
                seat.thread().parker.unpark();
            }
        }
    }
}
