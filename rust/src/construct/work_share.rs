//! The state that the threads of a worksharing construct share: a slot for each
//! construct, in the list that [`crate::protocol::construct_list`] keeps.
//!
//! Who prepares a slot writes its constants, before the others see it. Any member
//! may raise `cancelled`, false -> true, relaxed: a member may take one more chunk
//! before it sees it.

use crate::construct::schedule::Share;
use crate::construct::space::Space;
use crate::icv::Kind;
use crate::protocol::construct_list::{self, Entry, Links, Walk};
use crate::protocol::ranges::{self, Ranges};
use crate::tasking::reduction::Copies;
use crate::worksharing::doacross::{Doacross, Sink};
use crate::worksharing::loops::Order;
use crate::worksharing::ordered::{Awaiting, Turn};
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;
use std::sync::Arc;

/// What few constructs have.
#[derive(Default)]
pub(crate) struct Extra {
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
    pub(crate) space: Cell<Space>,
    /// How they are handed out; `None` for a construct without iterations.
    pub(crate) kind: Cell<Option<Kind>>,
    /// Iterations per chunk (per piece, if dealt out ahead); 0: blocks (static).
    pub(crate) chunk: Cell<u64>,
    /// Whether chunks pass in order.
    pub(crate) is_ordered: Cell<bool>,
    /// Whether the chunks of a dynamic loop are dealt out ahead.
    pub(crate) is_dealt: Cell<bool>,
    /// Members of the team.
    size: Cell<u32>,
    /// No more chunks are handed out.
    cancelled: AtomicBool,
    /// What few constructs have.
    extra: Cell<Option<Box<Extra>>>,
    links: Links<Slot>,
    /// `copyprivate`'s data.
    pub(crate) copied: AtomicPtr<core::ffi::c_void>,
    /// The chunks that are dealt out ahead.
    pub(crate) ranges: Ranges,
    /// The first iteration that nobody has taken.
    pub(crate) cursor: CachePadded<AtomicU64>,
    /// Whose turn it is in an ordered loop.
    pub(crate) turn: CachePadded<Turn>,
}

impl Slot {
    /// For a team of `size`.
    #[cfg(test)]
    pub(crate) fn of(size: u32) -> Slot {
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
    pub(crate) fn equip(&self, extra: Extra) {
        self.extra.set(Some(Box::new(extra)));
    }

    #[inline]
    pub(crate) fn extra(&self) -> Option<&Extra> {
        // SAFETY: the cell is written before the slot is published, and no
        // member replaces it while others stand here.
        unsafe { &*self.extra.as_ptr() }.as_deref()
    }

    /// The state of a doacross loop.
    #[inline]
    pub(crate) fn doacross(&self) -> Option<&Doacross> {
        self.extra()?.doacross.as_ref()
    }

    /// The memory that the construct's threads share; null without.
    pub(crate) fn memory(&self) -> *mut u64 {
        // Only the address is taken.
        match self.extra().and_then(|extra| extra.memory.as_ref()) {
            Some(memory) => memory.as_ptr().cast_mut(),
            None => core::ptr::null_mut(),
        }
    }
}

impl Entry for Slot {
    #[inline(always)]
    fn links(&self) -> &Links<Slot> {
        &self.links
    }

    #[inline]
    fn clear(&self) {
        self.kind.set(None);
        self.is_ordered.set(false);
        self.extra.set(None);
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
    /// keeps one, where the next region begins. All members are gathered.
    #[cold]
    pub(crate) fn reunite<'a>(
        &self,
        masters: &Position,
        members: impl Iterator<Item = &'a Position>,
    ) {
        construct_list::reunite(&masters.walk, members.map(|member| &member.walk));
    }

    /// A region begins: the slot at which all members will stand, the one at
    /// which the master stood last. The team has `size` members.
    #[inline]
    pub(crate) fn open(&self, masters: &Position, size: u32) -> &'static Slot {
        let slot = masters.walk.place();
        if !slot.is_null() && self.head.get() != slot {
            self.head.set(slot);
        }
        // SAFETY: the head is a leaked or reused slot; see [`list`].
        let slot = unsafe { &*self.head.get() };
        construct_list::open(slot);
        // What a combined construct starts in is seen by this ([`crate::trace`]).
        slot.kind.set(None);
        slot.size.set(size);
        slot
    }
}

/// Where a member stands. Its thread's own, but for `awaiting` and `sink`.
pub struct Position {
    walk: Walk<Slot>,
    /// What it has taken of the loop.
    pub(crate) share: Share,
    /// In an ordered loop: what the member sleeps for.
    pub(crate) awaiting: Awaiting,
    /// In a doacross loop: what the member sleeps for.
    pub(crate) sink: Sink,
}

impl Position {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> Position {
        Position {
            walk: Walk::new(),
            share: Share::default(),
            awaiting: Awaiting::default(),
            sink: Sink::default(),
        }
    }

    /// A region begins.
    #[inline]
    pub(crate) fn begin(&self, chain: &Chain) {
        self.walk.begin(chain.head.get());
        self.share.begin();
    }

    /// The slot of the construct met last.
    #[inline]
    pub(crate) fn slot(&self) -> &'static Slot {
        self.walk.here()
    }

    /// Whether the construct met last has no memory that the program may know.
    pub(crate) fn is_plain(&self) -> bool {
        self.slot().extra().is_none()
    }

    /// The schedule and the iterations of the loop met last, if it is one.
    pub(crate) fn loop_here(&self) -> Option<(Kind, u64)> {
        let slot = self.slot();
        slot.kind.get().map(|kind| (kind, slot.space.get().trip))
    }

    /// Meets the next construct in a team of `size`; `prepare` makes a fresh
    /// slot complete. True for the member whose slot it is.
    #[inline]
    pub(crate) fn advance(&self, size: u32, prepare: impl FnOnce(&Slot)) -> (&'static Slot, bool) {
        self.share.begin();
        self.walk.advance(size, |slot| {
            slot.size.set(size);
            prepare(slot);
        })
    }
}
