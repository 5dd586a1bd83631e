//! What the fronts call for loops and sections.

use crate::construct::schedule::Chunk;
use crate::construct::space::Space;
use crate::construct::work_share::{Extra, Slot};
use crate::heap::out_of_memory;
use crate::icv::{Kind, Schedule};
use crate::parallel::barrier;
use crate::tasking::reduction::{Block, Copies, Entrance};
use crate::team::current::current;
use crate::team::thread::{Place, Thread};
use crate::worksharing::doacross::Doacross;
use crate::worksharing::ordered;
use crate::{messages, points, trace};
use std::sync::Arc;

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

/// A loop as its directive has it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The iterations.
    pub space: Space,
    /// The kind of schedule; `None` for `schedule(runtime)`.
    pub kind: Option<Kind>,
    /// Iterations per chunk; 0 for the kind's default.
    pub chunk: u64,
    /// The order that the directive asks for.
    pub order: Order,
}

impl Plan {
    /// Writes the plan into a slot; `schedule(runtime)` means what the ICVs of
    /// the task that meets the loop say.
    #[inline]
    pub fn write(&self, slot: &Slot, runtime: Schedule) {
        if self.kind.is_some() {
            return self.write_fixed(slot);
        }
        let order = match self.order {
            Order::Any if runtime.monotonic => Order::Monotonic,
            order => order,
        };
        slot.plan(self.space, runtime.kind, runtime.chunk.max(0) as u64, order);
    }

    /// As `write`, for a plan whose schedule is in the directive.
    #[inline]
    pub fn write_fixed(&self, slot: &Slot) {
        slot.plan(
            self.space,
            self.kind.unwrap_or(Kind::Static),
            self.chunk,
            self.order,
        );
    }
}

/// A chunk size from a directive. Negative: one warning, and the default.
#[inline]
pub fn chunk_size(chunk: i64) -> u64 {
    u64::try_from(chunk).unwrap_or_else(|_| {
        messages::warn_once("chunk_size", || {
            format!("schedule: chunk size {chunk} is negative; using the default")
        });
        0
    })
}

/// What few loops have.
#[derive(Clone, Copy, Default)]
pub struct Clauses<'a> {
    /// Bytes of zeroed memory that the loop's threads share.
    pub memory: Option<usize>,
    /// `ordered(n)`: the iterations of each dimension (collapsed ones are one);
    /// empty without.
    pub dimensions: &'a [u64],
    /// The thread's block of task reductions; see [`crate::tasking::reduction`].
    pub reductions: Option<Block>,
}

/// Meets a loop.
#[inline]
pub fn start(plan: &Plan) {
    let Place { team, seat, task } = current().place();
    let runtime = task.icv.get().schedule;
    let prepare = |slot: &Slot| plan.write(slot, runtime);
    seat.position.advance(team.size(), prepare);
    if points::watched(points::LOOPS) {
        trace::loop_begins(seat);
    }
}

/// Meets a loop with what few have; answers the shared memory, null without.
pub fn start_with(plan: &Plan, clauses: &Clauses) -> *mut u64 {
    let Place { team, seat, task } = current().place();
    let runtime = task.icv.get().schedule;
    let slot = meet(clauses.reductions, |slot, reductions| {
        plan.write(slot, runtime);
        let kind = slot.kind.get().unwrap_or(Kind::Static);
        let (chunk, size) = (slot.chunk.get(), team.size());
        Extra {
            memory: clauses.memory.map(zeroed),
            doacross: Some(clauses.dimensions)
                .filter(|_| size > 1)
                .and_then(|counts| Doacross::new(counts, kind, chunk, size)),
            reductions,
        }
    });
    if points::watched(points::LOOPS) {
        trace::loop_begins(seat);
    }
    slot.memory()
}

/// Meets a `scope` with task reductions (OpenMP 5.2, 11.2).
pub fn start_scope(reductions: Block) {
    meet(Some(reductions), |_, reductions| Extra {
        reductions,
        ..Extra::default()
    });
}

/// Meets a construct with what few have: `prepare` makes a fresh slot complete.
fn meet(
    reductions: Option<Block>,
    prepare: impl FnOnce(&Slot, Option<Arc<Copies>>) -> Extra,
) -> &'static Slot {
    let Place { team, seat, .. } = current().place();
    let entrance = reductions.map(Entrance::new);
    let (slot, _) = seat.position.advance(team.size(), |slot| {
        let copies = entrance.map(|entrance| entrance.allocate(team.size()));
        slot.equip(prepare(slot, copies));
    });
    let copies = slot.extra().and_then(|extra| extra.reductions.clone());
    if let (Some(entrance), Some(copies)) = (entrance, copies) {
        entrance.enter(copies);
    }
    slot
}

/// `bytes` of zeroed memory, aligned to 8 at least. If they cannot be had the
/// program ends.
fn zeroed(bytes: usize) -> Box<[u64]> {
    if bytes > isize::MAX as usize {
        out_of_memory(bytes);
    }
    vec![0; bytes.div_ceil(8).max(1)].into_boxed_slice()
}

/// The next iterations, from 0, of the loop (not an ordered one) that the
/// calling thread is in: a chunk, or `most` iterations of it; the rest is kept
/// for the thread's next call.
#[inline]
pub fn next_at_most(most: u64) -> Option<Chunk> {
    let me = current();
    let place = me.place();
    let held = &place.seat.position.share.held;
    let rest = held
        .take()
        .filter(|_| !place.seat.position.slot().is_cancelled());
    let (from, to) = rest.or_else(|| next_of(me, &place))?;
    let cut = from + most.max(1).min(to - from);
    held.set(Some((cut, to)).filter(|_| cut < to));
    Some((from, cut))
}

#[inline]
fn next_of(me: &'static Thread, place: &Place) -> Option<Chunk> {
    let slot = place.seat.position.slot();
    let share = &place.seat.position.share;
    if !slot.is_ordered.get() {
        return share.next(slot, place.seat.num, place.team.size());
    }
    ordered::hand_on(me, slot, place);
    let chunk = share.next(slot, place.seat.num, place.team.size());
    share.held.set(chunk);
    chunk
}

/// The user's values of the next chunk.
#[inline(always)]
pub fn next_values() -> Option<(u64, u64)> {
    let me = current();
    let place = me.place();
    let slot = place.seat.position.slot();
    match place.seat.position.share.quick(slot) {
        Some(values) => Some(values),
        None => next_values_of(me),
    }
}

#[inline(never)]
fn next_values_of(me: &'static Thread) -> Option<(u64, u64)> {
    let place = me.place();
    next_of(me, &place).map(|chunk| place.seat.position.slot().space.get().values(chunk))
}

/// Hands out no more chunks of the loop that the calling thread met last.
pub fn cut() {
    let place = current().place();
    if place.team.region.level.get() > 0 {
        place.seat.position.slot().cancel();
    }
}

/// The loop is over for the calling thread; waits for the team, or until the
/// region is cancelled (true).
#[inline]
pub fn end() -> bool {
    end_nowait();
    barrier::barrier_unless_cancelled()
}

/// The loop is over for the calling thread. The slot stays until the next
/// construct; a chunk that an ordered loop's thread still holds is handed on.
#[inline]
pub fn end_nowait() {
    let me = current();
    let place = me.place();
    let slot = place.seat.position.slot();
    if slot.is_ordered.get() {
        ordered::hand_on(me, slot, &place);
    }
    if points::watched(points::LOOPS) {
        trace::loop_ends();
    }
}

/// Waits for the turn of the iteration that the calling thread executes.
#[inline]
pub fn ordered_start() {
    ordered::enter(current());
}
