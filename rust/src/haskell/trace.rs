//! The door's part for `Control.Parallel.OpenMP.Trace`: what is traced, and
//! taking the events.

use crate::points::{self, TRACE};
use crate::trace::recorder;
use core::ffi::{c_char, c_int, c_uint};
use std::io::Write;

/// Traces from now on just what is in `kinds`, a sum of 2 (regions), 4 (loops),
/// 8 (tasks) and 16 (waits); 0: nothing. The caller takes care that
/// [`ghcomp_hs_trace_next`] is called now and then, until it answers 0 after the
/// last call with 0.
#[no_mangle]
pub extern "C" fn ghcomp_hs_trace(kinds: c_uint) {
    recorder::trace(kinds);
}

/// What is traced now, likewise.
#[no_mangle]
pub extern "C" fn ghcomp_hs_traced() -> c_uint {
    points::those_enabled(TRACE)
}

/// Writes the text of the next event ([`crate::trace::event`]), with a NUL
/// behind it, into `text`, which has room for `size` bytes (at least 96; a text
/// that is longer is cut). Answers 0 when there is none, 1 for an event, 2 for a
/// marker. One thread at a time gets the events in order.
///
/// # Safety
///
/// `text` must be valid for writes of `size` bytes, `size` be at least 1.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_trace_next(text: *mut c_char, size: usize) -> c_int {
    let Some(event) = recorder::next() else {
        return 0;
    };
    // SAFETY: the caller's promise.
    let text = unsafe { core::slice::from_raw_parts_mut(text.cast::<u8>(), size) };
    let (end, mut room) = match text.split_last_mut() {
        Some(split) => split,
        None => return 0,
    };
    *end = 0;
    let _ = write!(room, "{event}");
    if let Some(after) = room.first_mut() {
        *after = 0;
    }
    1 + c_int::from(event.is_marker())
}
