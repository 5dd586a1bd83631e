//! The `error` directive at execution (OpenMP 5.2, 8.5; libgomp ABI,
//! GOMP_5.1).

use crate::{messages, points, tools};
use core::ffi::{c_char, CStr};

/// The longest message, in bytes, that is copied to be written with its line at once.
const MAX_COPIED_BYTES: usize = 1 << 16;

/// Writes the line of an `error` directive. `message` is null without a `message`
/// clause.
///
/// # Safety
///
/// As for [`GOMP_error`].
unsafe fn write_line(kind: &str, message: *const c_char, length: usize) {
    let text = if message.is_null() {
        None
    } else if length > isize::MAX as usize {
        // SAFETY: the caller's promise.
        Some(unsafe { CStr::from_ptr(message) }.to_bytes())
    } else {
        // SAFETY: the caller's promise.
        Some(unsafe { core::slice::from_raw_parts(message.cast::<u8>(), length) })
    };
    let mut line = format!("\nlibgomp: {kind}error directive encountered").into_bytes();
    if let Some(text) = text {
        line.extend_from_slice(b": ");
        if text.len() > MAX_COPIED_BYTES {
            messages::write(&line);
            messages::write(text);
            line.clear();
        } else {
            line.extend_from_slice(text);
        }
    }
    line.push(b'\n');
    messages::write(&line);
}

/// `error at(execution) severity(fatal)`: prints the message, and ends the process
/// with status 1. `message` has `length` bytes; if `length` is negative (-1), it ends
/// at a zero byte. Null: no message.
///
/// # Safety
///
/// `message` must be null or have these bytes.
#[no_mangle]
pub unsafe extern "C" fn GOMP_error(message: *const c_char, length: usize) -> ! {
    if points::enabled(points::REGIONS) {
        tools::error(true, message, length);
    }
    // SAFETY: the caller's promise.
    unsafe { write_line("fatal error: ", message, length) };
    messages::end()
}

/// `error at(execution) severity(warning)`: prints the message as [`GOMP_error`] does,
/// and returns.
///
/// # Safety
///
/// As for [`GOMP_error`].
#[no_mangle]
pub unsafe extern "C" fn GOMP_warning(message: *const c_char, length: usize) {
    if points::enabled(points::REGIONS) {
        tools::error(false, message, length);
    }
    // SAFETY: the caller's promise.
    unsafe { write_line("", message, length) }
}
