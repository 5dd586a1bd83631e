//! Barriers, and waits for tasks.

use crate::ompt::callbacks;
use crate::ompt::site;
use crate::ompt::states;
use crate::points::{self, WAITS};
use crate::team::register::current;
use crate::tools::{place, record, WaitKind, BEGIN, END};
use crate::trace::event::EventKind;
use core::ffi::c_int;

/// The numbers of `ompt_sync_region_t` and of `ompt_state_t`; `None` for a join, of which
/// [`super::joining`] tells.
fn numbers(at: WaitKind) -> Option<(c_int, c_int)> {
    Some(match at {
        WaitKind::Barrier => (3, states::WAIT_BARRIER_EXPLICIT),
        WaitKind::RuntimeBarrier => (4, states::WAIT_BARRIER_IMPLEMENTATION),
        WaitKind::Taskwait => (5, states::WAIT_TASKWAIT),
        WaitKind::Taskgroup => (TASKGROUP, states::WAIT_TASKGROUP),
        WaitKind::WorkshareBarrier => (8, states::WAIT_BARRIER_IMPLICIT_WORKSHARE),
        WaitKind::Join => return None,
    })
}

/// Waits by `wait`, with an event before and after if waits are traced.
#[cold]
#[inline(never)]
pub fn waiting<T>(at: WaitKind, wait: impl FnOnce() -> T) -> T {
    if !points::enabled(WAITS) {
        return wait();
    }
    record(WAITS, EventKind::WaitBegins { at });
    let result = match numbers(at) {
        Some(numbers) if points::has_tool(WAITS) => tell(numbers, wait),
        _ => wait(),
    };
    record(WAITS, EventKind::WaitEnds { at });
    result
}

/// `ompt_sync_region_taskgroup`.
const TASKGROUP: c_int = 6;

/// The current task opens a taskgroup; its end is a wait at [`WaitKind::Taskgroup`].
#[cold]
pub fn group_begins() {
    let me = current();
    if let Some((region, task)) = place(me).filter(|_| points::has_tool(WAITS)) {
        callbacks::sync_region(TASKGROUP, BEGIN, region, task, site::here().code);
    }
}

fn tell<T>((kind, state): (c_int, c_int), wait: impl FnOnce() -> T) -> T {
    let me = current();
    let (Some((region, task)), Some(current_task)) = (place(me), me.tool.task()) else {
        return wait();
    };
    let site = site::here();
    current_task.frames.set_enter(site.frame);
    let before = me.tool.state.replace(state);
    if kind != TASKGROUP {
        callbacks::sync_region(kind, BEGIN, region, task, site.code);
    }
    callbacks::sync_region_wait(kind, BEGIN, region, task, site.code);
    let result = wait();
    callbacks::sync_region_wait(kind, END, region, task, site.code);
    callbacks::sync_region(kind, END, region, task, site.code);
    me.tool.state.set(before);
    current_task.frames.set_enter(0);
    result
}

/// `ompt_sync_region_reduction`.
const REDUCTION: c_int = 7;

/// The thread begins to combine its part of a reduction, or has done so.
#[cold]
pub fn reducing(begins: bool) {
    let me = current();
    if !points::has_tool(WAITS) {
        return;
    }
    if let Some((region, task)) = place(me) {
        let end = if begins { BEGIN } else { END };
        callbacks::reduction(REDUCTION, end, region, task, site::here().code);
    }
}

/// Sleeps by `park`, with an event before and after.
#[cold]
pub fn park(park: impl FnOnce()) {
    record(WAITS, EventKind::Parks);
    park();
    record(WAITS, EventKind::Unparks);
}
