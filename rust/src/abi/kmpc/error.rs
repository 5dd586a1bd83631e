//! The `error` directive at execution (LLVM ABI).

use crate::abi::gomp::error::{GOMP_error, GOMP_warning};
use crate::abi::kmpc::Location;
use core::ffi::{c_char, c_int};

/// Writes the message, which ends at a zero byte or is null. `severity` 2 ends the process
/// with status 1; 1 is a warning.
///
/// # Safety
///
/// `message` is null or such a text.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_error(
    location: *const Location,
    severity: c_int,
    message: *const c_char,
) {
    let _ = location;
    // SAFETY: the caller's promise; this length stands for a zero byte.
    unsafe {
        if severity == 2 {
            GOMP_error(message, usize::MAX)
        } else {
            GOMP_warning(message, usize::MAX)
        }
    }
}
