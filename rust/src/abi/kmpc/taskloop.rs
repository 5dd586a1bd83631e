//! `taskloop` (LLVM ABI). The compiled code gives the pattern of a task, with the bounds of
//! the loop in it; each task is a copy with bounds of its own.

use crate::abi::kmpc::task::{discard, duplicate, submit, CompiledTask};
use crate::abi::kmpc::Location;
use crate::construct::space::IterationSpace;
use crate::tasking;
use crate::tasking::taskloop::{begins, chunks, ends, next, Grain};
use crate::team::register::current;
use core::ffi::c_int;

/// Completes a copy: (copy, pattern, whether it has the last iteration).
type Duplicate = unsafe extern "C" fn(*mut CompiledTask, *mut CompiledTask, c_int);

/// Creates the tasks of a loop over `*lower..=*upper` by `stride`. The two bounds are in
/// `task`, and so each copy has its own. `condition`: the `if` clause. `no_group`: not 0 if
/// the caller does not wait. `schedule` 1: `grain` is `grainsize`; 2: it is `num_tasks`;
/// 0: neither. `complete` makes the private variables of a copy, if it is not null.
///
/// # Safety
///
/// `task` is of `__kmpc_omp_task_alloc`, and has the bounds; `complete` may be called so.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_taskloop(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
    condition: c_int,
    lower: *mut u64,
    upper: *mut u64,
    stride: i64,
    no_group: c_int,
    schedule: c_int,
    grain: u64,
    complete: Option<Duplicate>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        __kmpc_taskloop_5(
            location, thread, task, condition, lower, upper, stride, no_group, schedule, grain, 0,
            complete,
        )
    }
}

/// [`__kmpc_taskloop`]; `is_strict`: not 0 for `strict`.
///
/// # Safety
///
/// As for [`__kmpc_taskloop`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_taskloop_5(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
    condition: c_int,
    lower: *mut u64,
    upper: *mut u64,
    stride: i64,
    no_group: c_int,
    schedule: c_int,
    grain: u64,
    is_strict: c_int,
    complete: Option<Duplicate>,
) {
    let _ = (location, thread);
    let grain = match (schedule, is_strict != 0) {
        (1, true) => Grain::StrictSize(grain),
        (1, false) => Grain::Size(grain),
        (2, _) if grain > 0 => Grain::Tasks(grain),
        _ => Grain::Default,
    };
    // SAFETY: the caller's promise.
    let (space, at) = unsafe {
        let space = IterationSpace::signed_inclusive(*lower as i64, *upper as i64, stride);
        (
            space,
            (lower.addr() - task.addr(), upper.addr() - task.addr()),
        )
    };
    let told = begins(space.trip);
    if no_group == 0 {
        tasking::taskgroup_start();
    }
    let size = current().context().team.size();
    for chunk in chunks(space.trip, grain, size) {
        if told {
            next(chunk);
        }
        let (from, to, is_last) = space.bounds(space.values(chunk));
        // SAFETY: the copy is laid out as the pattern is.
        unsafe {
            let new = duplicate(task);
            new.byte_add(at.0).cast::<u64>().write(from);
            new.byte_add(at.1).cast::<u64>().write(to);
            if let Some(complete) = complete {
                complete(new, task, c_int::from(is_last));
            }
            submit(new, condition != 0);
        }
    }
    // SAFETY: nobody uses the pattern any more.
    unsafe { discard(task) };
    if no_group == 0 {
        tasking::taskgroup_end();
    }
    if told {
        ends(space.trip);
    }
}
