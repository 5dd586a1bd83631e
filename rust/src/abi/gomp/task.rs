//! Explicit tasks, their waits and groups (libgomp ABI: `GOMP_task*`).

use crate::abi::gomp::depend_array;
use crate::tasking;
use crate::tasking::create::{Clauses, Spec};
use crate::team::task::Body;
use core::ffi::{c_int, c_long, c_uint, c_void};

const FLAG_UNTIED: c_uint = 1 << 0;
const FLAG_FINAL: c_uint = 1 << 1;
const FLAG_DEPEND: c_uint = 1 << 3;
const FLAG_PRIORITY: c_uint = 1 << 4;
const FLAG_DETACH: c_uint = 1 << 13;
const FLAGS_OF_CLAUSES: c_uint = FLAG_DEPEND | FLAG_PRIORITY | FLAG_DETACH;

/// Copies a task's data (destination, source).
pub type CopyFn = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// The core's flags of a task, from an entry's `flags` and copy function.
pub fn task_flags(flags: c_uint, copy: Option<CopyFn>) -> u8 {
    let mut task_flags = copy.map_or(0, |_| tasking::COPIED);
    if flags & FLAG_UNTIED != 0 {
        task_flags |= tasking::UNTIED;
    }
    if flags & FLAG_FINAL != 0 {
        task_flags |= tasking::FINAL;
    }
    task_flags
}

/// The priority of a task, from an entry's `flags` and `priority`; `None` where
/// priorities are not used.
pub fn task_priority(flags: c_uint, priority: c_int) -> Option<u32> {
    (flags & FLAG_PRIORITY != 0)
        .then(|| tasking::priority(priority))
        .flatten()
}

/// Creates an explicit task (OpenMP 5.2, 12.5).
///
/// The task calls `body` with `data`, or with a copy of its `arg_size` bytes, which
/// is aligned to `arg_align` (a power of two). `copy(to, from)` makes the copy if it
/// is not null. If `if_clause` is false, the task runs before this returns.
///
/// `flags`: bit 0 untied, 1 `final`, 2 mergeable, 3 `depend`, 4 `priority`, 13
/// `detach`. With bit 3, the task runs after the siblings that `depend` names (see
/// [`crate::abi::gomp::depend_array`]). With bit 4, `priority` counts, up to
/// `OMP_MAX_TASK_PRIORITY`; that is 0 unless given, and then priorities do nothing.
/// With bit 13, the handle of the task's event is stored at `detach`, and at `data`,
/// where the compiler has the task's own copy of it. The task then completes when
/// its event is fulfilled.
///
/// # Safety
///
/// `body` and `copy` must be callable as described; `data` must have `arg_size`
/// bytes. With bit 3, `depend` must be such an array; with bit 13, `detach` must be
/// valid for a write.
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
    let spec = || Spec {
        body,
        data,
        copy,
        size: arg_size as usize,
        align: arg_align as usize,
        deferrable: if_clause,
        flags: task_flags(flags, copy),
    };
    if flags & FLAGS_OF_CLAUSES == 0 {
        // SAFETY: the caller's promise.
        unsafe { tasking::create(spec()) }
    } else {
        // SAFETY: the caller's promise.
        unsafe { create_with_clauses(&spec(), flags, depend, priority, detach) };
    }
}

/// [`GOMP_task`] for a task with dependences, a priority or an event.
///
/// # Safety
///
/// As for [`GOMP_task`].
#[inline(never)]
unsafe fn create_with_clauses(
    spec: &Spec,
    flags: c_uint,
    depend: *mut *mut c_void,
    priority: c_int,
    detach: *mut c_void,
) {
    // SAFETY: the caller's promise.
    let mut items = (flags & FLAG_DEPEND != 0).then(|| unsafe { depend_array::items(depend) });
    let clauses = Clauses {
        dependences: items.as_mut().map(|items| items as _),
        event: if flags & FLAG_DETACH != 0 {
            detach.cast()
        } else {
            core::ptr::null_mut()
        },
        priority: task_priority(flags, priority),
    };
    // SAFETY: the caller's promise.
    unsafe { tasking::create_dependent(spec, clauses) }
}

/// Waits until the current task's children have finished (OpenMP 5.2, 15.5).
#[no_mangle]
pub extern "C" fn GOMP_taskwait() {
    tasking::taskwait();
}

/// Waits for those of the current task's children that a child with these
/// dependences would wait for (OpenMP 5.2, 15.5).
///
/// # Safety
///
/// `depend` must be an array as [`crate::abi::gomp::depend_array`] says.
#[no_mangle]
pub unsafe extern "C" fn GOMP_taskwait_depend(depend: *mut *mut c_void) {
    // SAFETY: the caller's promise.
    tasking::taskwait_depend(&mut unsafe { depend_array::items(depend) });
}

/// `taskwait` with `depend` and `nowait`: later siblings wait, the calling task does
/// not.
///
/// # Safety
///
/// As for [`GOMP_taskwait_depend`].
#[no_mangle]
pub unsafe extern "C" fn GOMP_taskwait_depend_nowait(depend: *mut *mut c_void) {
    extern "C" fn nothing(_: *mut c_void) {}
    // SAFETY: the caller's promise for `depend`; the body needs no data.
    unsafe {
        GOMP_task(
            nothing,
            core::ptr::null_mut(),
            None,
            0,
            1,
            true,
            FLAG_DEPEND,
            depend,
            0,
            core::ptr::null_mut(),
        );
    }
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
