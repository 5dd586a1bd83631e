//! Explicit tasks (libgomp ABI: `GOMP_task` and its kin).

use crate::tasking::{self, Spec};
use crate::team::Body;
use core::ffi::{c_int, c_long, c_uint, c_void};

const FLAG_UNTIED: c_uint = 1 << 0;
const FLAG_FINAL: c_uint = 1 << 1;
const FLAG_DEPEND: c_uint = 1 << 3;

/// Copies a task's data (destination, source).
pub type CopyFn = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// The core's flags of a task from those of the entry.
pub fn task_flags(flags: c_uint) -> u8 {
    let mut task_flags = 0;
    if flags & FLAG_UNTIED != 0 {
        task_flags |= tasking::UNTIED;
    }
    if flags & FLAG_FINAL != 0 {
        task_flags |= tasking::FINAL;
    }
    task_flags
}

/// Creates an explicit task (OpenMP 5.2, 12.5).
///
/// The task calls `body` with `data`, or with a copy of its `arg_size` bytes,
/// aligned to `arg_align` (a power of two), made by `copy(to, from)` if that
/// is not null. `if_clause` false: the task runs before this returns.
/// `flags`: bit 0 untied, 1 `final`, 2 mergeable, 3 `depend`, 4 `priority`,
/// 13 `detach`. `priority` is a hint that is not taken.
///
/// A task with dependences runs when all earlier tasks of its parent have
/// finished, which keeps every order that `depend` can ask for.
///
/// # Safety
///
/// `body` and `copy` must be callable as said; `data` must hold `arg_size`
/// bytes.
#[no_mangle]
pub unsafe extern "C" fn GOMP_task(
    body: Body,
    data: *mut c_void,
    copy: Option<CopyFn>,
    arg_size: c_long,
    arg_align: c_long,
    if_clause: bool,
    flags: c_uint,
    depend: *mut *mut c_void,
    priority: c_int,
    detach: *mut c_void,
) {
    let _ = (depend, priority, detach);
    let spec = Spec {
        body,
        data,
        copy,
        size: arg_size as usize,
        align: arg_align as usize,
        deferrable: if_clause,
        flags: task_flags(flags),
        after_siblings: flags & FLAG_DEPEND != 0,
    };
    // SAFETY: the caller's promise.
    unsafe { tasking::create(spec) }
}

/// Waits until the current task's children have finished (OpenMP 5.2, 15.5).
#[no_mangle]
pub extern "C" fn GOMP_taskwait() {
    tasking::taskwait();
}

/// Lets the thread run another task (OpenMP 5.2, 12.7).
#[no_mangle]
pub extern "C" fn GOMP_taskyield() {
    tasking::taskyield();
}

/// Opens a taskgroup region (OpenMP 5.2, 15.4).
#[no_mangle]
pub extern "C" fn GOMP_taskgroup_start() {
    tasking::taskgroup_start();
}

/// Waits for the tasks of the innermost taskgroup and their descendants, and
/// closes it.
#[no_mangle]
pub extern "C" fn GOMP_taskgroup_end() {
    tasking::taskgroup_end();
}
