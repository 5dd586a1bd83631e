//! The state that the threads of a worksharing construct share.
//!
//! # Protocol
//!
//! Slots form a list. Each member stands at the slot of the construct that it
//! met last. To meet the next it follows `next`; if that is null it prepares a
//! fresh slot, alone, and publishes it by CAS; who loses uses the winner's. So
//! a slot is complete when anybody sees it, and a member may be any number of
//! `nowait` constructs ahead of another.
//!
//! | field | who writes | ordering |
//! |-------|------------|----------|
//! | constants | who prepares, before publishing | published by `next` (release, acquire) |
//! | `next` | the winner, null -> slot, once | CAS release; readers acquire |
//! | `cancelled` | any member, false -> true | relaxed: a member may take one more chunk before it sees it |
//! | `left` | each member that moves on, +1 | acquire-release: the last one reuses the slot, after all |
//!
//! A member that stands at a slot has not counted itself out, so the slot
//! cannot be reused under it. When a region ends all members stand at one
//! slot; it is the head of the next region's list. A team of one prepares its
//! one slot again and again.

use super::doacross::{Doacross, Sink};
use super::loops::Order;
use super::ordered::{Awaiting, Turn};
use super::ranges::{self, Ranges};
use super::schedule::Share;
use super::space::Space;
use crate::icv::Kind;
use crate::tasking::reduction::Copies;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;
use std::sync::Arc;

/// Spare slots that a member keeps.
const SPARE: u32 = 4;

/// What few constructs have.
#[derive(Default)]
pub(super) struct Extra {
    /// Memory that the construct's threads share, zeroed at first.
    pub memory: Option<Box<[u64]>>,
    /// The state of a doacross loop.
    pub doacross: Option<Doacross>,
    /// The memory of task reductions.
    pub reductions: Option<Arc<Copies>>,
}

/// One construct's shared state.
#[derive(Default)]
pub struct Slot {
    /// The iterations.
    pub(super) space: Cell<Space>,
    /// How they are handed out; `None` for a construct without iterations.
    pub(super) kind: Cell<Option<Kind>>,
    /// Iterations per chunk (per piece, if dealt out ahead); 0: blocks (static).
    pub(super) chunk: Cell<u64>,
    /// Whether chunks pass in order.
    pub(super) is_ordered: Cell<bool>,
    /// Whether the chunks of a dynamic loop are dealt out ahead.
    pub(super) is_dealt: Cell<bool>,
    /// Members of the team.
    size: Cell<u32>,
    /// No more chunks are handed out.
    cancelled: AtomicBool,
    /// What few constructs have.
    extra: Cell<Option<Box<Extra>>>,
    next: AtomicPtr<Slot>,
    left: AtomicU32,
    /// `copyprivate`'s data.
    pub(super) copied: AtomicPtr<core::ffi::c_void>,
    /// The chunks that are dealt out ahead.
    pub(super) ranges: Ranges,
    /// The first iteration that nobody has taken.
    pub(super) cursor: CachePadded<AtomicU64>,
    /// Whose turn it is in an ordered loop.
    pub(super) turn: CachePadded<Turn>,
}

impl Slot {
    /// For a team of `size`.
    #[cfg(test)]
    pub(super) fn of(size: u32) -> Slot {
        let slot = Slot::default();
        slot.size.set(size);
        slot
    }

    /// Makes the slot that of a loop.
    #[inline]
    pub fn plan(&self, space: Space, kind: Kind, chunk: u64, order: Order) {
        self.space.set(space);
        self.kind.set(Some(kind));
        self.chunk.set(chunk);
        self.is_ordered.set(order == Order::Ordered);
        // Relaxed: published with the slot.
        self.cancelled.store(false, Ordering::Relaxed);
        let size = self.size.get();
        let dealt = kind == Kind::Dynamic && order == Order::Any && size > 1;
        self.is_dealt.set(dealt);
        if dealt {
            self.deal(space.trip, chunk.max(1), size);
        } else {
            self.cursor.store(0, Ordering::Relaxed);
        }
        if order == Order::Ordered {
            self.turn.reset();
        }
    }

    /// Deals out the chunks ahead, or pieces of as many of them as it takes.
    #[inline]
    fn deal(&self, trip: u64, chunk: u64, size: u32) {
        let count = |piece: u64| {
            if piece == 1 {
                trip
            } else {
                trip.div_ceil(piece)
            }
        };
        let mut piece = chunk;
        if count(piece) > ranges::MOST {
            piece = piece.saturating_mul(count(piece).div_ceil(ranges::MOST));
        }
        self.chunk.set(piece);
        self.ranges.deal(count(piece), size);
    }

    /// Stops the loop: no member gets another chunk, chunks that members have
    /// are theirs to finish. Not an ordered loop, which must not be cancelled
    /// (OpenMP 5.2, 11.2): a member may wait for a chunk that nobody has taken.
    pub fn cancel(&self) {
        if !self.is_ordered.get() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the loop was stopped.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Gives the construct what few have.
    pub(super) fn equip(&self, extra: Extra) {
        self.extra.set(Some(Box::new(extra)));
    }

    #[inline]
    pub(super) fn extra(&self) -> Option<&Extra> {
        // SAFETY: the cell is written before the slot is published, and no
        // member replaces it while others stand here.
        unsafe { &*self.extra.as_ptr() }.as_deref()
    }

    /// The state of a doacross loop.
    #[inline]
    pub(super) fn doacross(&self) -> Option<&Doacross> {
        self.extra()?.doacross.as_ref()
    }

    /// The memory that the construct's threads share; null without.
    pub(super) fn memory(&self) -> *mut u64 {
        // Only the address is taken.
        match self.extra().and_then(|extra| extra.memory.as_ref()) {
            Some(memory) => memory.as_ptr().cast_mut(),
            None => core::ptr::null_mut(),
        }
    }

    /// Fit for a new construct.
    fn clear(&self) {
        self.kind.set(None);
        self.is_ordered.set(false);
        self.extra.set(None);
        self.next.store(core::ptr::null_mut(), Ordering::Relaxed);
        self.left.store(0, Ordering::Relaxed);
    }
}

/// A team's list of slots.
pub struct Chain {
    head: Cell<*const Slot>,
}

// SAFETY: `head` is written by the master before the region is posted.
unsafe impl Sync for Chain {}
// SAFETY: slots are owned by the team's chain and positions, not by threads.
unsafe impl Send for Chain {}

impl Chain {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> Chain {
        Chain {
            head: Cell::new(Box::leak(Box::default())),
        }
    }

    /// A cancelled region has ended, and its members stand at different slots:
    /// keeps one, where the next region begins. All members are gathered, so
    /// the slots are the master's alone.
    #[cold]
    pub(crate) fn reunite<'a>(
        &self,
        masters: &Position,
        members: impl Iterator<Item = &'a Position>,
    ) {
        let next = |&slot: &*const Slot| {
            // SAFETY: a slot at which a member stands, and all behind it in
            // the list, exist.
            let next = unsafe { (*slot).next.load(Ordering::Relaxed) };
            (!next.is_null()).then_some(next.cast_const())
        };
        // Before the slot of who is furthest behind all are recycled.
        let mut slot = members
            .map(|member| member.slot.get())
            .max_by_key(|&slot| core::iter::successors(Some(slot), next).count())
            .unwrap_or(masters.slot.get());
        while let Some(later) = next(&slot) {
            // SAFETY: slots come from boxes, and nobody stands there any more.
            drop(unsafe { Box::from_raw(slot.cast_mut()) });
            slot = later;
        }
        // SAFETY: the list's last slot, which is kept.
        unsafe { (*slot).clear() };
        masters.slot.set(slot);
    }

    /// A region begins: the slot at which all members will stand, the one at
    /// which the master stood last. The team has `size` members.
    #[inline]
    pub(crate) fn open(&self, masters: &Position, size: u32) -> &'static Slot {
        let slot = masters.slot.get();
        if !slot.is_null() && self.head.get() != slot {
            self.head.set(slot);
        }
        // SAFETY: the head is a leaked or reused slot; see the module.
        let slot = unsafe { &*self.head.get() };
        if slot.left.load(Ordering::Relaxed) != 0 {
            slot.left.store(0, Ordering::Relaxed);
        }
        // What a combined construct starts in is seen by this ([`crate::trace`]).
        slot.kind.set(None);
        slot.size.set(size);
        slot
    }
}

/// Where a member stands. Its thread's own, but for `awaiting` and `sink`.
pub struct Position {
    slot: Cell<*const Slot>,
    /// What it has taken of the loop.
    pub(super) share: Share,
    /// In an ordered loop: what the member sleeps for.
    pub(super) awaiting: Awaiting,
    /// In a doacross loop: what the member sleeps for.
    pub(super) sink: Sink,
    spare: Cell<*const Slot>,
    spares: Cell<u32>,
}

impl Position {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> Position {
        Position {
            slot: Cell::new(core::ptr::null()),
            share: Share::default(),
            awaiting: Awaiting::default(),
            sink: Sink::default(),
            spare: Cell::new(core::ptr::null()),
            spares: Cell::new(0),
        }
    }

    /// A region begins.
    #[inline]
    pub(crate) fn begin(&self, chain: &Chain) {
        self.slot.set(chain.head.get());
        self.share.begin();
    }

    /// The slot of the construct met last.
    #[inline]
    pub(super) fn slot(&self) -> &'static Slot {
        // SAFETY: set by `begin` or `advance`, and not reused while this
        // member stands there. The lifetime ends with the next `advance`;
        // nobody keeps it so long.
        unsafe { &*self.slot.get() }
    }

    /// The schedule and the iterations of the loop met last, if it is one.
    pub(crate) fn loop_here(&self) -> Option<(Kind, u64)> {
        let slot = self.slot();
        slot.kind.get().map(|kind| (kind, slot.space.get().trip))
    }

    /// Meets the next construct in a team of `size`; `prepare` makes a fresh
    /// slot complete. True for the member whose slot it is.
    #[inline]
    pub(super) fn advance(&self, size: u32, prepare: impl FnOnce(&Slot)) -> (&'static Slot, bool) {
        self.share.begin();
        let here = self.slot();
        if size == 1 {
            here.clear();
            here.size.set(size);
            prepare(here);
            return (here, true);
        }
        let mut next = here.next.load(Ordering::Acquire).cast_const();
        let mut mine = false;
        if next.is_null() {
            let fresh = self.fresh();
            // SAFETY: a fresh slot is this member's alone.
            let slot = unsafe { &*fresh };
            slot.size.set(size);
            prepare(slot);
            match here.next.compare_exchange(
                core::ptr::null_mut(),
                fresh.cast_mut(),
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(_) => (next, mine) = (fresh, true),
                Err(winner) => {
                    next = winner;
                    self.recycle(fresh);
                }
            }
        }
        self.slot.set(next);
        if here.left.fetch_add(1, Ordering::AcqRel) + 1 == size {
            self.recycle(here);
        }
        (self.slot(), mine)
    }

    fn fresh(&self) -> *const Slot {
        let slot = self.spare.get();
        if slot.is_null() {
            return Box::into_raw(Box::default());
        }
        // SAFETY: spare slots are this member's alone; `next` links them.
        unsafe {
            self.spare.set((*slot).next.load(Ordering::Relaxed));
            self.spares.set(self.spares.get() - 1);
            (*slot).clear();
        }
        slot
    }

    fn recycle(&self, slot: *const Slot) {
        if self.spares.get() == SPARE {
            // SAFETY: slots come from boxes, and all members have left it.
            drop(unsafe { Box::from_raw(slot.cast_mut()) });
            return;
        }
        // SAFETY: as above; it is this member's alone from here on.
        unsafe {
            (*slot).extra.set(None);
            (*slot)
                .next
                .store(self.spare.get().cast_mut(), Ordering::Relaxed);
        }
        self.spare.set(slot);
        self.spares.set(self.spares.get() + 1);
    }
}
