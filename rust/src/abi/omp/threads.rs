//! Thread team routines, and those for the ICVs of a data environment (OpenMP 5.2,
//! 18.2 to 18.5; libgomp ABI nodes OMP_1.0 to OMP_5.1).

use crate::abi::omp::to_int;
use crate::icv::{self, effective, Schedule, ScheduleKind, MONOTONIC};
use crate::messages;
use crate::parallel::size;
use crate::team::register::current;
use crate::team::thread::Context;
use core::ffi::c_int;

fn context() -> Context {
    current().fresh_context()
}

/// Sets `nthreads-var` of the current task: the number of threads that regions
/// without a `num_threads` clause ask for. A number below 1 counts as 1, with one
/// warning.
#[no_mangle]
pub extern "C" fn omp_set_num_threads(n: c_int) {
    let n = u32::try_from(n).ok().filter(|&n| n > 0).unwrap_or_else(|| {
        messages::warn_once("omp_set_num_threads", || {
            format!("omp_set_num_threads: {n} is not positive; using 1")
        });
        1
    });
    let task = context().task;
    task.icv.set(icv::Icv {
        nthreads: n,
        ..task.icv.get()
    });
}

/// The number of threads in the innermost team; 1 outside of regions.
#[no_mangle]
pub extern "C" fn omp_get_num_threads() -> c_int {
    to_int(context().team.size())
}

/// The calling thread's number in the innermost team, from 0 to the team's size - 1.
#[no_mangle]
pub extern "C" fn omp_get_thread_num() -> c_int {
    to_int(context().member.num)
}

/// An upper bound of the team size of a region without `num_threads` that the
/// current task would start now. In a Haskell program it is a promise, too: if
/// nobody has set `dyn-var`, the call makes it false for the task, so that the
/// task's regions get exactly as many.
#[no_mangle]
pub extern "C" fn omp_get_max_threads() -> c_int {
    to_int(size::fix_dynamic(context().task))
}

/// 1 inside an active parallel region (more than one thread), else 0.
#[no_mangle]
pub extern "C" fn omp_in_parallel() -> c_int {
    c_int::from(context().team.region.active_level.get() > 0)
}

/// Sets `dyn-var` of the current task: whether a team may get fewer threads than asked
/// for if threads are scarce. 0 is false, all else true.
#[no_mangle]
pub extern "C" fn omp_set_dynamic(on: c_int) {
    let task = context().task;
    task.icv.set(icv::Icv {
        dynamic: Some(on != 0),
        ..task.icv.get()
    });
}

/// `dyn-var` of the current task: 0 or 1.
#[no_mangle]
pub extern "C" fn omp_get_dynamic() -> c_int {
    c_int::from(effective::dynamic(&context().task.icv.get()))
}

/// Deprecated. True (not 0) sets `max-active-levels-var` to the most levels that are
/// supported. False sets it to 1 if it is more.
#[no_mangle]
pub extern "C" fn omp_set_nested(on: c_int) {
    if on != 0 {
        omp_set_max_active_levels(to_int(icv::SUPPORTED_ACTIVE_LEVELS));
    } else if context().task.icv.get().max_active_levels > 1 {
        omp_set_max_active_levels(1);
    }
}

/// Deprecated. Whether more than one active level is allowed, and a region here could
/// be active.
#[no_mangle]
pub extern "C" fn omp_get_nested() -> c_int {
    let context = context();
    let most = context.task.icv.get().max_active_levels;
    c_int::from(most > 1 && most > context.team.region.active_level.get())
}

/// Sets the number of nested regions that may have more than one thread.
/// A negative number changes nothing, with one warning. A number of levels that is not
/// supported counts as the most supported ones.
#[no_mangle]
pub extern "C" fn omp_set_max_active_levels(levels: c_int) {
    let Ok(levels) = u32::try_from(levels) else {
        messages::warn_once("omp_set_max_active_levels", || {
            format!("omp_set_max_active_levels: {levels} is negative; unchanged")
        });
        return;
    };
    let task = context().task;
    let max_active_levels = levels.min(icv::SUPPORTED_ACTIVE_LEVELS);
    task.icv.set(icv::Icv {
        max_active_levels,
        ..task.icv.get()
    });
}

/// The number of nested regions that may have more than one thread.
#[no_mangle]
pub extern "C" fn omp_get_max_active_levels() -> c_int {
    to_int(context().task.icv.get().max_active_levels)
}

/// `thread-limit-var`: the most threads that may work under one initial thread.
#[no_mangle]
pub extern "C" fn omp_get_thread_limit() -> c_int {
    to_int(context().task.icv.get().thread_limit)
}

/// The number of enclosing parallel regions.
#[no_mangle]
pub extern "C" fn omp_get_level() -> c_int {
    to_int(context().team.region.level.get())
}

/// The number of enclosing parallel regions with more than one thread.
#[no_mangle]
pub extern "C" fn omp_get_active_level() -> c_int {
    to_int(context().team.region.active_level.get())
}

/// The context of the calling thread or its ancestor at nesting level `level`; `None`
/// if there is no such level.
fn ancestor(level: c_int) -> Option<Context> {
    let mut at = context();
    let level = u32::try_from(level)
        .ok()
        .filter(|&l| l <= at.team.region.level.get())?;
    while at.team.region.level.get() > level {
        at = at.team.region.outer.get()?;
    }
    Some(at)
}

/// The number, at nesting level `level`, of the calling thread or its ancestor;
/// -1 if `level` is not 0 to `omp_get_level()`.
#[no_mangle]
pub extern "C" fn omp_get_ancestor_thread_num(level: c_int) -> c_int {
    ancestor(level).map_or(-1, |context| to_int(context.member.num))
}

/// The size of the team at nesting level `level` that the calling thread or
/// its ancestor belongs to; -1 if `level` is not 0 to `omp_get_level()`.
#[no_mangle]
pub extern "C" fn omp_get_team_size(level: c_int) -> c_int {
    ancestor(level).map_or(-1, |context| to_int(context.team.size()))
}

/// Sets `run-sched-var` of the current task: what `schedule(runtime)` means.
///
/// `kind`: 1 static, 2 dynamic, 3 guided, 4 auto, with bit 31 for monotonic; any other
/// value changes nothing, with one warning. `chunk`: below 1 it stands for the default
/// (blocks for static, else 1). For auto the chunk size stays as it is: auto does not
/// use it.
#[no_mangle]
pub extern "C" fn omp_set_schedule(kind: c_int, chunk: c_int) {
    let word = kind as u32;
    let Some(kind) = ScheduleKind::from_omp(word & !MONOTONIC) else {
        messages::warn_once("omp_set_schedule", || {
            format!("omp_set_schedule: {kind} is not an omp_sched_t; unchanged")
        });
        return;
    };
    let task = context().task;
    let chunk = match kind {
        ScheduleKind::Static => chunk.max(0),
        ScheduleKind::Dynamic | ScheduleKind::Guided => chunk.max(1),
        ScheduleKind::Auto => task.icv.get().schedule.chunk,
    };
    let schedule = Schedule {
        kind,
        monotonic: word & MONOTONIC != 0,
        chunk,
    };
    task.icv.set(icv::Icv {
        schedule,
        ..task.icv.get()
    });
}

/// Stores `run-sched-var` of the current task, in the form that `omp_set_schedule`
/// takes. Stores nothing at a null pointer.
///
/// # Safety
///
/// The pointers must be null or valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_schedule(kind: *mut u32, chunk: *mut c_int) {
    let schedule = context().task.icv.get().schedule;
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(kind) = kind.as_mut() {
            *kind = schedule.kind as u32 | if schedule.monotonic { MONOTONIC } else { 0 };
        }
        if let Some(chunk) = chunk.as_mut() {
            *chunk = schedule.chunk;
        }
    }
}
