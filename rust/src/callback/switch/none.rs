//! An architecture without the assembly: there are no pointers, and the host makes its own.

use crate::team::servers::Server;
use core::ffi::c_void;

/// The number of stubs: none.
pub const CALLBACKS: usize = 0;

/// Not called: there are no pointers.
pub fn stub(_number: usize) -> *const c_void {
    core::ptr::null()
}

/// Not called: there are no servers.
///
/// # Safety
///
/// Nothing to promise.
pub unsafe fn leave(_server: *mut Server, _status: u32) {}

/// Not called: there are no servers.
///
/// # Safety
///
/// Nothing to promise.
pub unsafe fn prepare(_server: *mut Server, _top: *mut u8) {}

/// Not called: there are no servers.
#[no_mangle]
pub extern "C" fn ghcomp_callback_resume(_server: *mut Server, _held: u32) -> u32 {
    super::super::server::END
}
