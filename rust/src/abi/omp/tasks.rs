//! The kind of the calling task, and events (OpenMP 5.2, 18.5, 18.11).

use crate::team::register::current;
use crate::{messages, tasking};
use core::ffi::{c_int, c_void};

/// 1 in a final task, else 0.
#[no_mangle]
pub extern "C" fn omp_in_final() -> c_int {
    c_int::from(current().context().task.is_final())
}

/// 1 in an explicit task, 0 in an implicit one.
#[no_mangle]
pub extern "C" fn omp_in_explicit_task() -> c_int {
    c_int::from(current().context().task.is_explicit())
}

/// Fulfills the event of a task with `detach`: the task completes as soon as its body
/// has ended, too. Any thread of the process may call this, once per event. If the
/// runtime notices a second call, it ends the program, as libgomp does.
///
/// # Safety
///
/// `event` must be a handle from a `detach` clause, and its task must not have
/// completed.
#[no_mangle]
pub unsafe extern "C" fn omp_fulfill_event(event: *mut c_void) {
    // SAFETY: the caller's promise.
    if event.is_null() || !unsafe { tasking::fulfill(event) } {
        messages::fatal(format_args!(
            "omp_fulfill_event: {event:p} event is invalid or has already been fulfilled!"
        ));
    }
}

/// `omp_fulfill_event` for Fortran; the handle is passed by value there, too.
///
/// # Safety
///
/// As for [`omp_fulfill_event`].
#[no_mangle]
pub unsafe extern "C" fn omp_fulfill_event_(event: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { omp_fulfill_event(event) }
}
