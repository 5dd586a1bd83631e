//! The state that the threads of a worksharing construct loop_state: a work share for each
//! construct, in the list that [`crate::protocol::construct_list`] keeps.
//!
//! Who prepares a work share writes its constants, before the others see it. Any member
//! may raise `cancelled`, false -> true, relaxed: a member may take one more chunk
//! before it sees it.

use crate::construct::reduction::Copies;
use crate::construct::schedule::LoopState;
use crate::construct::space::IterationSpace;
use crate::icv::ScheduleKind;
use crate::protocol::construct_list::{self, Entry, Links, Walk};
use crate::protocol::ranges::{self, Ranges};
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
pub struct WorkShare {
    /// The iterations.
    pub(crate) space: Cell<IterationSpace>,
    /// How they are handed out; `None` for a construct without iterations.
    pub(crate) kind: Cell<Option<ScheduleKind>>,
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
    links: Links<WorkShare>,
    /// `copyprivate`'s data.
    pub(crate) copied: AtomicPtr<core::ffi::c_void>,
    /// The chunks that are dealt out ahead.
    pub(crate) ranges: Ranges,
    /// The first iteration that nobody has taken.
    pub(crate) next_iteration: CachePadded<AtomicU64>,
    /// Whose turn it is in an ordered loop.
    pub(crate) turn: CachePadded<Turn>,
}

impl WorkShare {
    /// For a team of `size`.
    #[cfg(test)]
    pub(crate) fn of(size: u32) -> WorkShare {
        let work_share = WorkShare::default();
        work_share.size.set(size);
        work_share
    }

    /// Makes the work share that of a loop.
    #[inline]
    pub fn plan(&self, space: IterationSpace, kind: ScheduleKind, chunk: u64, order: Order) {
        self.space.set(space);
        self.kind.set(Some(kind));
        self.chunk.set(chunk);
        self.is_ordered.set(order == Order::Ordered);
        // Relaxed: published with the work share.
        self.cancelled.store(false, Ordering::Relaxed);
        let size = self.size.get();
        let dealt = kind == ScheduleKind::Dynamic && order == Order::Any && size > 1;
        self.is_dealt.set(dealt);
        if dealt {
            self.deal(space.trip, chunk.max(1), size);
        } else {
            self.next_iteration.store(0, Ordering::Relaxed);
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
        // SAFETY: the cell is written before the work share is published, and no
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

impl Entry for WorkShare {
    #[inline(always)]
    fn links(&self) -> &Links<WorkShare> {
        &self.links
    }

    #[inline]
    fn clear(&self) {
        self.kind.set(None);
        self.is_ordered.set(false);
        self.extra.set(None);
    }
}

/// A team's list of work shares.
pub struct WorkShares {
    head: Cell<*const WorkShare>,
}

// SAFETY: `head` is written by the master before the region is posted.
unsafe impl Sync for WorkShares {}
// SAFETY: work shares are owned by the team's chain and cursors, not by threads.
unsafe impl Send for WorkShares {}

impl WorkShares {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> WorkShares {
        WorkShares {
            head: Cell::new(Box::leak(Box::default())),
        }
    }

    /// A cancelled region has ended, and its members stand at different work_shares:
    /// keeps one, where the next region begins. All members are gathered.
    #[cold]
    pub(crate) fn reunite<'a>(&self, masters: &Cursor, members: impl Iterator<Item = &'a Cursor>) {
        construct_list::reunite(&masters.walk, members.map(|member| &member.walk));
    }

    /// A region begins: the work share at which all members will stand, the one at
    /// which the master stood last. The team has `size` members.
    #[inline]
    pub(crate) fn open(&self, masters: &Cursor, size: u32) -> &'static WorkShare {
        let work_share = masters.walk.place();
        if !work_share.is_null() && self.head.get() != work_share {
            self.head.set(work_share);
        }
        // SAFETY: the head is a leaked or reused work share; see [`list`].
        let work_share = unsafe { &*self.head.get() };
        construct_list::open(work_share);
        // What a combined construct starts in is seen by this ([`crate::trace`]).
        work_share.kind.set(None);
        work_share.size.set(size);
        work_share
    }
}

/// Where a member stands. Its thread's own, but for `awaiting` and `sink`.
pub struct Cursor {
    walk: Walk<WorkShare>,
    /// What it has taken of the loop.
    pub(crate) loop_state: LoopState,
    /// In an ordered loop: what the member sleeps for.
    pub(crate) awaiting: Awaiting,
    /// In a doacross loop: what the member sleeps for.
    pub(crate) sink: Sink,
}

impl Cursor {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> Cursor {
        Cursor {
            walk: Walk::new(),
            loop_state: LoopState::default(),
            awaiting: Awaiting::default(),
            sink: Sink::default(),
        }
    }

    /// A region begins.
    #[inline]
    pub(crate) fn begin(&self, work_shares: &WorkShares) {
        self.walk.begin(work_shares.head.get());
        self.loop_state.begin();
    }

    /// The work share of the construct met last.
    #[inline]
    pub(crate) fn work_share(&self) -> &'static WorkShare {
        self.walk.here()
    }

    /// Whether the construct met last has no memory that the program may know.
    pub(crate) fn is_plain(&self) -> bool {
        self.work_share().extra().is_none()
    }

    /// The schedule and the iterations of the loop met last, if it is one.
    pub(crate) fn loop_here(&self) -> Option<(ScheduleKind, u64)> {
        let work_share = self.work_share();
        work_share
            .kind
            .get()
            .map(|kind| (kind, work_share.space.get().trip))
    }

    /// Meets the next construct in a team of `size`; `prepare` makes a fresh
    /// work share complete. True for the member whose work share it is.
    #[inline]
    pub(crate) fn advance(
        &self,
        size: u32,
        prepare: impl FnOnce(&WorkShare),
    ) -> (&'static WorkShare, bool) {
        self.loop_state.begin();
        self.walk.advance(size, |work_share| {
            work_share.size.set(size);
            prepare(work_share);
        })
    }
}
