//! Worksharing constructs, locks, `masked`, `cancel`, `flush` and `error`.

use crate::icv::ScheduleKind;
use crate::ompt::callbacks;
use crate::ompt::site;
use crate::ompt::states;
use crate::points::{self, CONSTRUCTS, LOOPS, MUTEXES};
use crate::team::member::Member;
use crate::team::register::current;
use crate::tools::{place, record, BEGIN, BEGIN_AND_END, END};
use crate::trace::event::EventKind;
use core::ffi::{c_char, c_int};

/// `ompt_work_t`.
mod work {
    use core::ffi::c_int;
    pub const SECTIONS: c_int = 2;
    pub const SINGLE_EXECUTOR: c_int = 3;
    pub const SINGLE_OTHER: c_int = 4;
    pub const DISTRIBUTE: c_int = 6;
    pub const TASKLOOP: c_int = 7;
    pub const LOOP_STATIC: c_int = 10;
    pub const LOOP_DYNAMIC: c_int = 11;
    pub const LOOP_GUIDED: c_int = 12;
    pub const LOOP_OTHER: c_int = 13;
}

fn tell_work(kind: c_int, end: c_int, count: u64) {
    if let Some(site) = site::wanted(LOOPS) {
        if let Some((region, task)) = place(current()) {
            callbacks::work(kind, end, region, task, count, site.code);
        }
    }
}

/// The thread has met `sections`, after [`loop_begins`] would have told of a loop.
#[cold]
pub fn sections_begin(member: &Member) {
    if let Some((kind, trip)) = member.cursor.loop_here() {
        record(LOOPS, EventKind::LoopBegins { kind, trip });
        begin_work(work::SECTIONS, trip);
    }
}

fn begin_work(kind: c_int, count: u64) {
    current().tool.work.set(kind);
    tell_work(kind, BEGIN, count);
}

/// The construct that the thread met last has ended for it.
fn end_work(count: u64) {
    tell_work(current().tool.work.get(), END, count);
}

fn number(kind: ScheduleKind) -> c_int {
    match kind {
        ScheduleKind::Static => work::LOOP_STATIC,
        ScheduleKind::Dynamic => work::LOOP_DYNAMIC,
        ScheduleKind::Guided => work::LOOP_GUIDED,
        ScheduleKind::Auto => work::LOOP_OTHER,
    }
}

/// The thread has met a loop or `sections`.
#[cold]
pub fn loop_begins(member: &Member) {
    if let Some((kind, trip)) = member.cursor.loop_here() {
        record(LOOPS, EventKind::LoopBegins { kind, trip });
        begin_work(number(kind), trip);
    }
}

/// The thread's share of the loop is over.
#[cold]
pub fn loop_ends() {
    record(LOOPS, EventKind::LoopEnds);
    if points::has_tool(LOOPS) {
        let member = current().context().member;
        if let Some((_, trip)) = member.cursor.loop_here() {
            end_work(trip);
        }
    }
}

/// A construct whose iterations the compiled code deals out itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Static {
    /// A loop.
    Loop,
    /// `sections`.
    Sections,
    /// `distribute`.
    Distribute,
}

/// Such a construct begins for the thread, with so many iterations.
#[cold]
pub fn static_begins(what: Static, count: u64) {
    let kind = match what {
        Static::Loop => work::LOOP_STATIC,
        Static::Sections => work::SECTIONS,
        Static::Distribute => work::DISTRIBUTE,
    };
    begin_work(kind, count);
}

/// Such a construct ends for the thread.
#[cold]
pub fn static_ends() {
    end_work(0);
}

/// A `taskloop` with so many iterations begins, or ends.
#[cold]
pub fn taskloop(begins: bool, count: u64) {
    tell_work(work::TASKLOOP, if begins { BEGIN } else { END }, count);
}

/// The thread has met a `single`. `executes`: it executes the block; [`single_ends`] follows if
/// `has_end`.
#[cold]
pub fn single_begins(executes: bool, has_end: bool) {
    match (executes, has_end) {
        (true, true) => tell_work(work::SINGLE_EXECUTOR, BEGIN, 1),
        (true, false) => tell_work(work::SINGLE_EXECUTOR, BEGIN_AND_END, 1),
        (false, _) => {
            tell_work(work::SINGLE_OTHER, BEGIN, 1);
            tell_work(work::SINGLE_OTHER, END, 1);
        }
    }
}

/// The block of the `single` has ended.
#[cold]
pub fn single_ends() {
    tell_work(work::SINGLE_EXECUTOR, END, 1);
}

/// A chunk as the tool gets it (`ompt_dispatch_chunk_t`).
#[repr(C)]
struct Chunk {
    start: u64,
    iterations: u64,
}

/// A piece of work (`ompt_dispatch_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A chunk of a loop.
    LoopChunk = 3,
    /// The iterations of a task of a `taskloop`.
    TaskloopChunk = 4,
    /// A chunk of a `distribute`.
    DistributeChunk = 5,
}

/// The thread gets a piece: its first iteration, counted from 0, and how many it has.
#[cold]
pub fn dispatched(piece: Piece, start: u64, iterations: u64) {
    if points::has_tool(LOOPS) {
        if let Some((region, task)) = place(current()) {
            let chunk = Chunk { start, iterations };
            let address = core::ptr::from_ref(&chunk).addr() as u64;
            callbacks::dispatch(region, task, piece as c_int, address);
        }
    }
}

/// The thread begins a section.
#[cold]
pub fn section() {
    const SECTION: c_int = 2;
    if let Some(site) = site::wanted(LOOPS) {
        if let Some((region, task)) = place(current()) {
            callbacks::dispatch(region, task, SECTION, site.code.addr() as u64);
        }
    }
}

/// What excludes other threads (`ompt_mutex_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Mutex {
    Lock = 1,
    TestLock = 2,
    NestLock = 3,
    TestNestLock = 4,
    Critical = 5,
    Atomic = 6,
    Ordered = 7,
}

fn state(kind: Mutex) -> c_int {
    match kind {
        Mutex::Critical => states::WAIT_CRITICAL,
        Mutex::Atomic => states::WAIT_ATOMIC,
        Mutex::Ordered => states::WAIT_ORDERED,
        _ => states::WAIT_LOCK,
    }
}

/// A lock is made, with this hint.
#[cold]
pub fn lock_made(kind: Mutex, lock: usize, hint: u32) {
    if let Some(site) = site::wanted(MUTEXES) {
        let how = states::LOCK_IMPLEMENTATION as u32;
        callbacks::lock_init(kind as c_int, hint, how, lock as u64, site.code);
    }
}

/// A lock is destroyed.
#[cold]
pub fn lock_destroyed(kind: Mutex, lock: usize) {
    if let Some(site) = site::wanted(MUTEXES) {
        callbacks::lock_destroy(kind as c_int, lock as u64, site.code);
    }
}

/// The thread takes a lock by `take`, with an event before and after. `taken`: whether it has
/// it now, and for how many times.
#[cold]
#[inline(never)]
pub fn acquiring<T>(
    kind: Mutex,
    lock: usize,
    take: impl FnOnce() -> T,
    taken: impl FnOnce(&T) -> u32,
) -> T {
    let me = current();
    let (Some(site), Some(task)) = (site::wanted(MUTEXES), me.tool.task()) else {
        return take();
    };
    let how = states::LOCK_IMPLEMENTATION as u32;
    let (number, id) = (kind as c_int, lock as u64);
    task.frames.set_enter(site.frame);
    callbacks::mutex_acquire(number, 0, how, id, site.code);
    let before = me.tool.state.replace(state(kind));
    me.tool.wait_id.set(id);
    let result = take();
    me.tool.wait_id.set(0);
    me.tool.state.set(before);
    match taken(&result) {
        0 => {}
        1 => callbacks::mutex_acquired(number, id, site.code),
        _ => callbacks::nest_lock(BEGIN, id, site.code),
    }
    task.frames.set_enter(0);
    result
}

/// [`acquiring`] by something that always takes.
pub fn acquired(kind: Mutex, lock: usize, take: impl FnOnce()) {
    acquiring(kind, lock, take, |()| 1);
}

/// The thread has given the lock back.
#[cold]
pub fn released(kind: Mutex, lock: usize) {
    if let Some(site) = site::wanted(MUTEXES) {
        callbacks::mutex_released(kind as c_int, lock as u64, site.code);
    }
}

/// The thread has given back one of its holds of a nestable lock.
#[cold]
pub fn nested(lock: usize) {
    if let Some(site) = site::wanted(MUTEXES) {
        callbacks::nest_lock(END, lock as u64, site.code);
    }
}

fn tell_masked(end: c_int) {
    if let Some(site) = site::wanted(CONSTRUCTS) {
        if let Some((region, task)) = place(current()) {
            callbacks::masked(end, region, task, site.code);
        }
    }
}

/// The thread executes the block of a `masked`.
#[cold]
pub fn masked_begins() {
    tell_masked(BEGIN);
}

/// The thread has executed the block of a `masked`.
#[cold]
pub fn masked_ends() {
    tell_masked(END);
}

/// The current task cancels a construct, or sees that it is cancelled: `ompt_cancel_flag_t`.
#[cold]
pub fn cancelled(flags: c_int) {
    if let Some(site) = site::wanted(CONSTRUCTS) {
        if let Some((_, task)) = place(current()) {
            callbacks::cancel(task, flags, site.code);
        }
    }
}

/// The thread has executed a `flush`.
#[cold]
pub fn flushed() {
    if let Some(site) = site::wanted(CONSTRUCTS) {
        callbacks::flush(current().tool.data(), site.code);
    }
}

/// The directive `error`.
#[cold]
pub(crate) fn error(is_fatal: bool, message: *const c_char, length: usize) {
    let _ = current();
    if points::has_tool(points::REGIONS) {
        let severity = if is_fatal { 2 } else { 1 };
        let length = if message.is_null() {
            0
        } else if length > isize::MAX as usize {
            // SAFETY: such a length stands for a text that ends at a zero byte.
            unsafe { libc::strlen(message) }
        } else {
            length
        };
        callbacks::error(severity, message, length, site::here().code);
    }
}
