//! The door's part for `Control.Parallel.OpenMP.Trace`: the switch of the trace, and its
//! events. The buffers are in [`recorder`].

use crate::points::{self, TRACE};
use crate::trace::recorder;
use core::ffi::{c_char, c_int, c_uint};
use std::io::Write;

/// From now on exactly `kinds` are traced: a sum of 2 (regions), 4 (loops), 8 (tasks) and
/// 16 (waits); 0 for nothing. The caller sees to it that [`ghcomp_hs_trace_next`] is called
/// now and then, until that answers 0 after the trace was turned off.
#[no_mangle]
pub extern "C" fn ghcomp_hs_trace(kinds: c_uint) {
    recorder::trace(kinds);
}

/// The kinds that are traced now, as for [`ghcomp_hs_trace`].
#[no_mangle]
pub extern "C" fn ghcomp_hs_traced() -> c_uint {
    points::those_enabled(TRACE)
}

/// Writes the text of the next event ([`crate::trace::event`]) and a NUL into `text`, which
/// has room for `size` bytes (96 or more; a longer text is cut). Answers 1 for an event, 2 for
/// a marker, 0 when there is none. One thread at a time may call this, to get the events in
/// order.
///
/// # Safety
///
/// `text` must be valid for writes of `size` bytes, and `size` at least 1.
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
