//! The `error` directive at execution (OpenMP 5.2, 8.5; libgomp ABI,
//! GOMP_5.1).

use crate::messages;
use core::ffi::{c_char, CStr};

/// Bytes of a message that is written with its line at once. A longer one is not
/// copied.
const MAX_COPIED_BYTES: usize = 1 << 16;

/// The directive's text, and what stands before it: none without a `message`
/// clause.
///
/// # Safety
///
/// As for [`GOMP_error`].
unsafe fn tell(kind: &str, message: *const c_char, length: usize) {
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

/// `error at(execution) severity(fatal)`: prints the message (null without
/// one) of `length` bytes, or up to a zero byte if `length` is -1 (or negative), and ends the
/// process with status 1.
///
/// # Safety
///
/// `message` must be null or valid as said.
#[no_mangle]
pub unsafe extern "C" fn GOMP_error(message: *const c_char, length: usize) -> ! {
    // SAFETY: the caller's promise.
    unsafe { tell("fatal error: ", message, length) };
    messages::end()
}

/// `error at(execution) severity(warning)`: prints the message, as
/// [`GOMP_error`] does.
///
/// # Safety
///
/// As for [`GOMP_error`].
#[no_mangle]
pub unsafe extern "C" fn GOMP_warning(message: *const c_char, length: usize) {
    // SAFETY: the caller's promise.
    unsafe { tell("", message, length) }
}
