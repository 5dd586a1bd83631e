//! The state that the threads of a worksharing construct share: a work share for
//! each construct, in the list that [`crate::protocol::construct_list`] keeps.
//!
//! The member that prepares a work share writes its constants before the others
//! see it. Any member may raise `stopped`, false -> true, relaxed: another one
//! may take one more chunk before it sees that.

use crate::construct::item_reduction::Items;
use crate::construct::reduction::Copies;
use crate::construct::space::IterationSpace;
use crate::icv::ScheduleKind;
use crate::points;
use crate::protocol::construct_list::{Entry, Links};
use crate::protocol::doacross::Doacross;
use crate::protocol::next_iteration::NextIteration;
use crate::protocol::ranges::{self, Ranges};
use crate::protocol::turn::Turn;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use crossbeam_utils::CachePadded;
use std::sync::Arc;

/// The least iterations that a team of one takes at a time: few enough to stop soon when
/// the loop is cancelled.
pub(crate) const MIN_SERIAL_CHUNK: u64 = 1024;

/// In which order a member of a team gets its chunks of a dynamic loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// In any (`nonmonotonic`).
    Any,
    /// In that of the iterations (`monotonic`).
    Monotonic,
    /// In that of the iterations, and the chunks pass in it (`ordered`).
    Ordered,
}

/// What only few constructs need.
#[derive(Default)]
pub(crate) struct Extra {
    /// Memory that the construct's threads share, zeroed at first.
    pub memory: Option<Box<[u64]>>,
    /// The state of a doacross loop.
    pub doacross: Option<Arc<Doacross>>,
    /// The memory of task reductions.
    pub reductions: Option<Arc<Copies>>,
    /// Task reductions whose items are described by functions.
    pub items: Option<Arc<Items>>,
}

/// One construct's shared state.
#[derive(Default)]
pub struct WorkShare {
    /// The iterations.
    pub(crate) space: Cell<IterationSpace>,
    /// How they are handed out; `None` for a construct without iterations.
    pub(crate) kind: Cell<Option<ScheduleKind>>,
    /// Iterations per chunk (per piece, if dealt out in advance); 0: blocks (static).
    pub(crate) chunk: Cell<u64>,
    /// Guided: chunks are multiples of this number, but for the last.
    pub(crate) multiple: Cell<u64>,
    /// Whether chunks pass in order.
    pub(crate) is_ordered: Cell<bool>,
    /// Whether the chunks of a dynamic loop are dealt out in advance.
    pub(crate) is_dealt: Cell<bool>,
    /// Members of the team.
    size: Cell<u32>,
    /// No more chunks are handed out. A host's language sets it when a body has failed;
    /// `cancel for` is in [`crate::protocol::cancelled`].
    stopped: AtomicBool,
    /// What only few constructs need.
    extra: Cell<Option<Box<Extra>>>,
    links: Links<WorkShare>,
    /// `copyprivate`'s data.
    pub(crate) copied: AtomicPtr<core::ffi::c_void>,
    /// The chunks that are dealt out in advance.
    pub(crate) ranges: Ranges,
    /// The first iteration that no member has taken.
    pub(crate) next_iteration: CachePadded<NextIteration>,
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

    /// The team has so many members.
    #[inline(always)]
    pub(crate) fn set_size(&self, size: u32) {
        self.size.set(size);
    }

    /// Makes the work share that of a loop.
    #[inline]
    pub fn plan(&self, space: IterationSpace, kind: ScheduleKind, chunk: u64, order: Order) {
        self.space.set(space);
        self.kind.set(Some(kind));
        self.chunk.set(chunk);
        self.multiple.set(1);
        self.is_ordered.set(order == Order::Ordered);
        // Relaxed: published with the work share.
        self.stopped.store(false, Ordering::Relaxed);
        let size = self.size.get();
        // A tool wants to hear of each chunk.
        let dealt = kind == ScheduleKind::Dynamic
            && order == Order::Any
            && size > 1
            && !points::has_tool(points::LOOPS);
        self.is_dealt.set(dealt);
        if dealt {
            self.deal(space.trip, chunk.max(1), size);
        } else {
            self.next_iteration.reset();
        }
        if order == Order::Ordered {
            self.turn.reset();
        }
    }

    /// Makes the work share that of a loop whose chunk sizes count groups of `width`
    /// iterations. All chunks but the last are whole groups.
    #[cold]
    pub fn plan_simd(
        &self,
        space: IterationSpace,
        kind: ScheduleKind,
        chunk: u64,
        order: Order,
        width: u64,
    ) {
        let size = u64::from(self.size.get().max(1));
        let (kind, chunk) = match kind {
            ScheduleKind::Static if chunk > 0 => (kind, chunk.saturating_mul(width)),
            ScheduleKind::Static | ScheduleKind::Auto => {
                let groups = space.trip.div_ceil(width).div_ceil(size);
                (ScheduleKind::Static, groups.max(1).saturating_mul(width))
            }
            ScheduleKind::Dynamic | ScheduleKind::Guided => {
                let chunk = chunk.max(1).saturating_mul(width);
                // A team of one takes more at a time.
                let times = if size > 1 {
                    1
                } else {
                    MIN_SERIAL_CHUNK.div_ceil(chunk)
                };
                (kind, chunk.saturating_mul(times))
            }
        };
        self.plan(space, kind, chunk, order);
        self.multiple.set(chunk);
    }

    /// Deals out the chunks in advance, or pieces of as many of them as it takes.
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
        if count(piece) > ranges::MAX_PIECES {
            piece = piece.saturating_mul(count(piece).div_ceil(ranges::MAX_PIECES));
        }
        self.chunk.set(piece);
        self.ranges.deal(count(piece), size);
    }

    /// Stops the loop: no member gets another chunk, and members finish the chunks that
    /// they have. Does nothing to an ordered loop: there a member may wait for a chunk
    /// that nobody has taken (so OpenMP 5.2, 11.2, forbids to cancel one).
    pub fn stop(&self) {
        if !self.is_ordered.get() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the loop was stopped.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Gives the construct what only few need.
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
        self.extra()?.doacross.as_deref()
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
