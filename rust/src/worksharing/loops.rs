//! Loops, `sections` and `scope`: what the fronts call for them.
//!
//! A thread meets the construct by [`start`], or by [`start_with`] or [`start_scope`] if it
//! has clauses that few have. Then it asks for chunks ([`next_values`] and
//! [`next_bounds`] for C, [`next_at_most`] and [`next_in_order`] for Haskell) until there are none, and leaves by [`end`] or
//! [`end_nowait`]. `sections` is a loop over the numbers of its sections.
//!
//! How chunks are dealt out is in [`crate::construct::schedule`].

use crate::construct::reduction::{Block, Copies};
use crate::construct::schedule::Chunk;
use crate::construct::space::IterationSpace;
pub use crate::construct::work_share::Order;
use crate::construct::work_share::{Extra, WorkShare};
use crate::heap::out_of_memory;
use crate::icv::{Schedule, ScheduleClause, ScheduleKind};
use crate::parallel::barrier;
use crate::protocol::doacross::Doacross;
use crate::tasking::reduction::Entrance;
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::tools::WaitKind;
use crate::worksharing::{doacross, ordered};
use crate::{messages, points, tools};
use std::sync::Arc;

/// A loop, as its directive describes it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The iterations.
    pub space: IterationSpace,
    /// The `schedule` clause.
    pub schedule: ScheduleClause,
    /// Iterations per chunk; 0 for the kind's default.
    pub chunk: u64,
    /// The order that the directive asks for.
    pub order: Order,
}

impl Plan {
    /// Writes the plan into a work share; `schedule(runtime)` means what the ICVs of
    /// the task that meets the loop say.
    #[inline]
    pub fn write(&self, work_share: &WorkShare, runtime: Schedule) {
        match self.schedule {
            ScheduleClause::Kind(kind) => self.write_fixed(work_share, kind),
            ScheduleClause::Runtime => {
                let order = self.order_beside(runtime);
                work_share.plan(self.space, runtime.kind, runtime.chunk.max(0) as u64, order);
            }
        }
    }

    /// Writes the plan into a work share, with chunks of a multiple of `width` iterations.
    fn write_simd(&self, work_share: &WorkShare, runtime: Schedule, width: u64) {
        let (kind, chunk, order) = match self.schedule {
            ScheduleClause::Kind(kind) => (kind, self.chunk, self.order),
            ScheduleClause::Runtime => {
                let chunk = runtime.chunk.max(0) as u64;
                (runtime.kind, chunk, self.order_beside(runtime))
            }
        };
        work_share.plan_simd(self.space, kind, chunk, order, width);
    }

    /// The order of the chunks, if the schedule is that of the ICVs.
    #[inline]
    fn order_beside(&self, runtime: Schedule) -> Order {
        match self.order {
            Order::Any if runtime.monotonic => Order::Monotonic,
            order => order,
        }
    }

    /// Writes the plan into a work share with this kind, whatever its `schedule` is.
    #[inline]
    pub fn write_fixed(&self, work_share: &WorkShare, kind: ScheduleKind) {
        work_share.plan(self.space, kind, self.chunk, self.order);
    }
}

/// A chunk size of a directive. A negative one gives a warning, once, and means the default.
#[inline]
pub fn chunk_size(chunk: i64) -> u64 {
    u64::try_from(chunk).unwrap_or_else(|_| {
        messages::warn_once("chunk_size", || {
            format!("schedule: chunk size {chunk} is negative; using the default")
        });
        0
    })
}

/// Clauses that few loops have.
#[derive(Clone, Copy, Default)]
pub struct Clauses<'a> {
    /// The size in bytes of zeroed memory that the loop's threads share.
    pub memory: Option<usize>,
    /// For `ordered(n)`, the number of iterations of each dimension (collapsed loops are
    /// one dimension); else empty.
    pub dimensions: &'a [u64],
    /// The thread's block of task reductions; see [`crate::construct::reduction`].
    pub reductions: Option<Block>,
}

/// Meets a loop.
#[inline]
pub fn start(plan: &Plan) {
    begin(|work_share, runtime| plan.write(work_share, runtime));
}

/// Meets a loop with the modifier `simd` of its schedule: the plan's chunk sizes, and those of
/// `schedule(runtime)`, count groups of `width` iterations (OpenMP 5.2, 11.5.3, asks for a
/// multiple of the width). A chunk that is not the last consists of whole groups.
pub fn start_simd(plan: &Plan, width: u64) {
    begin(|work_share, runtime| plan.write_simd(work_share, runtime, width.max(1)));
}

#[inline(always)]
fn begin(prepare: impl FnOnce(&WorkShare, Schedule)) {
    let Context { team, member, task } = current().context();
    let runtime = task.icv.get().schedule;
    let prepare = |work_share: &WorkShare| prepare(work_share, runtime);
    member.cursor.advance(team.size(), prepare);
    if points::enabled(points::LOOPS) {
        tools::loop_begins(member);
    }
}

/// Meets `sections`, as a loop over their numbers.
#[inline]
pub fn start_sections(plan: &Plan) {
    let Context { team, member, task } = current().context();
    let runtime = task.icv.get().schedule;
    let prepare = |work_share: &WorkShare| plan.write(work_share, runtime);
    member.cursor.advance(team.size(), prepare);
    if points::enabled(points::LOOPS) {
        tools::sections_begin(member);
    }
}

/// Meets a loop with rare clauses. Returns the memory that its threads share; null without.
pub fn start_with(plan: &Plan, clauses: &Clauses) -> *mut u64 {
    let Context { team, member, task } = current().context();
    let runtime = task.icv.get().schedule;
    let work_share = meet(clauses.reductions, |work_share, reductions| {
        plan.write(work_share, runtime);
        let kind = work_share.kind.get().unwrap_or(ScheduleKind::Static);
        let (chunk, size) = (work_share.chunk.get(), team.size());
        Extra {
            memory: clauses.memory.map(zeroed),
            doacross: Some(clauses.dimensions)
                .filter(|_| size > 1)
                .and_then(|counts| Doacross::new(counts, doacross::deal(kind, chunk), size))
                .map(Arc::new),
            reductions,
            items: None,
        }
    });
    if points::enabled(points::LOOPS) {
        tools::loop_begins(member);
    }
    work_share.memory()
}

/// Meets a `scope` with task reductions (OpenMP 5.2, 11.2).
pub fn start_scope(reductions: Block) {
    meet(Some(reductions), |_, reductions| Extra {
        reductions,
        ..Extra::default()
    });
}

/// Meets a construct with rare clauses. `prepare` completes a fresh work share.
fn meet(
    reductions: Option<Block>,
    prepare: impl FnOnce(&WorkShare, Option<Arc<Copies>>) -> Extra,
) -> &'static WorkShare {
    let Context { team, member, .. } = current().context();
    let entrance = reductions.map(Entrance::new);
    let (work_share, _) = member.cursor.advance(team.size(), |work_share| {
        let copies = entrance.map(|entrance| entrance.allocate(team.size()));
        work_share.equip(prepare(work_share, copies));
    });
    let copies = work_share
        .extra()
        .and_then(|extra| extra.reductions.clone());
    if let (Some(entrance), Some(copies)) = (entrance, copies) {
        entrance.enter(copies);
    }
    work_share
}

/// `bytes` of zeroed memory, aligned to 8 or more. Ends the program if there is not as much
/// memory.
fn zeroed(bytes: usize) -> Box<[u64]> {
    if bytes > isize::MAX as usize {
        out_of_memory(bytes);
    }
    vec![0; bytes.div_ceil(8).max(1)].into_boxed_slice()
}

/// The next iterations, counted from 0, of the loop that the calling thread is in; the loop
/// has no `ordered`. A chunk, or its first `most` iterations. The rest is held for the
/// thread's next call.
#[inline]
pub fn next_at_most(most: u64) -> Option<Chunk> {
    let me = current();
    let context = me.context();
    let held = &context.member.cursor.loop_state.held;
    let rest = held
        .take()
        .filter(|_| !context.member.cursor.work_share().is_stopped());
    let (from, to) = rest.or_else(|| next_of(me, &context))?;
    let cut = from + most.max(1).min(to - from);
    held.set(Some((cut, to)).filter(|_| cut < to));
    Some((from, cut))
}

/// The number of the next section, from 0.
#[inline]
pub fn next_section() -> Option<u64> {
    let (section, _) = next_at_most(1)?;
    if points::enabled(points::LOOPS) {
        tools::section();
    }
    Some(section)
}

/// The next chunk of the ordered loop that the calling thread is in. It hands the
/// chunk on that it holds, when it is that chunk's turn.
pub fn next_in_order() -> Option<Chunk> {
    let me = current();
    next_of(me, &me.context())
}

/// The next chunk. In a loop with `ordered`, first passes the turn of the last one.
#[inline]
fn next_of(me: &'static Thread, context: &Context) -> Option<Chunk> {
    let work_share = context.member.cursor.work_share();
    let loop_state = &context.member.cursor.loop_state;
    if !work_share.is_ordered.get() {
        return loop_state.next(work_share, context.member.num, context.team.size());
    }
    ordered::pass_on(me, work_share, context);
    let chunk = loop_state.next(work_share, context.member.num, context.team.size());
    loop_state.held.set(chunk);
    chunk
}

/// The next chunk, as the user's values of the loop variable.
#[inline(always)]
pub fn next_values() -> Option<(u64, u64)> {
    let me = current();
    let context = me.context();
    let work_share = context.member.cursor.work_share();
    match context.member.cursor.loop_state.quick(work_share) {
        Some(values) => Some(values),
        None => next_values_of(me),
    }
}

/// The next chunk of a loop with inclusive bounds: its first and last value, the loop's
/// increment, and whether the chunk has the last iteration. Without another chunk the loop
/// is over for the calling thread, as after [`end_nowait`].
#[inline]
pub fn next_bounds() -> Option<(u64, u64, u64, bool)> {
    match next_values() {
        Some(values) => {
            let space = current().context().member.cursor.work_share().space.get();
            let (lower, upper, is_last) = space.bounds(values);
            Some((lower, upper, space.incr(), is_last))
        }
        None => {
            if points::enabled(points::LOOPS) {
                tools::loop_ends();
            }
            None
        }
    }
}

#[inline(never)]
fn next_values_of(me: &'static Thread) -> Option<(u64, u64)> {
    let context = me.context();
    let chunk = next_of(me, &context)?;
    if points::enabled(points::LOOPS) {
        tools::dispatched(tools::Piece::LoopChunk, chunk.0, chunk.1 - chunk.0);
    }
    Some(context.member.cursor.work_share().space.get().values(chunk))
}

/// The loop is over for the calling thread, which waits for the team. True if the region is
/// cancelled; then the wait may have ended early.
#[inline]
pub fn end() -> bool {
    end_nowait();
    barrier::cancellable_barrier(WaitKind::WorkshareBarrier)
}

/// The loop is over for the calling thread. In a loop with `ordered`, a thread that still
/// holds a chunk passes its turn. The work share stays until the next construct.
#[inline]
pub fn end_nowait() {
    let me = current();
    let context = me.context();
    let work_share = context.member.cursor.work_share();
    if work_share.is_ordered.get() {
        ordered::pass_on(me, work_share, &context);
    }
    if points::enabled(points::LOOPS) {
        tools::loop_ends();
    }
}

/// Waits for the turn of the iteration that the calling thread executes.
#[inline]
pub fn ordered_start() {
    ordered::start(current());
}

/// The block of an `ordered` has ended.
#[inline]
pub fn ordered_end() {
    ordered::end();
}
