//! The `interop` construct as Clang compiles it. In LLVM these entries are libomptarget's, but
//! code for the host calls them too. There is no foreign runtime, so the only object is
//! `omp_interop_none`, and what remains of a construct is its order among tasks.
//!
//! Each takes the device's number (-1 is the default device), and the `depend` clause as a count
//! and a list. Without `nowait` (0) it waits for its dependences.

use super::task::{items, DependInfo};
use super::Location;
use crate::target::{construct, device};
use core::ffi::c_int;
use core::ptr::null;

/// `omp_interop_t`.
type Object = usize;

/// `omp_interop_none`.
const NONE: Object = 0;

/// Does what `depend` asks for, if the construct has that clause.
///
/// # Safety
///
/// The list has as many items as is said.
unsafe fn in_order(device: c_int, count: c_int, list: *const DependInfo, nowait: c_int) {
    device::is_host(device);
    if count > 0 {
        // SAFETY: the caller's promise.
        let mut depend = unsafe { items([(count, list), (0, null())]) };
        construct::in_order(nowait != 0, &mut depend);
    }
}

/// `interop init(KIND: object)`: the object is `omp_interop_none`. (Clang 14 has `kind` as a
/// `long`, which is passed in the same way.)
///
/// # Safety
///
/// `object` is the address of an object. The list has as many items as is said.
#[no_mangle]
pub unsafe extern "C" fn __tgt_interop_init(
    location: *const Location,
    thread: c_int,
    object: *mut Object,
    kind: c_int,
    device: c_int,
    count: c_int,
    list: *const DependInfo,
    nowait: c_int,
) {
    let _ = (location, thread, kind);
    // SAFETY: the caller's promise.
    unsafe {
        in_order(device, count, list, nowait);
        object.write(NONE);
    }
}

/// `interop use(object)`: leaves the object as it is.
///
/// # Safety
///
/// The list has as many items as is said.
#[no_mangle]
pub unsafe extern "C" fn __tgt_interop_use(
    location: *const Location,
    thread: c_int,
    object: *mut Object,
    device: c_int,
    count: c_int,
    list: *const DependInfo,
    nowait: c_int,
) {
    let _ = (location, thread, object);
    // SAFETY: the caller's promise.
    unsafe { in_order(device, count, list, nowait) };
}

/// `interop destroy(object)`: the object is `omp_interop_none` again.
///
/// # Safety
///
/// As for [`__tgt_interop_init`].
#[no_mangle]
pub unsafe extern "C" fn __tgt_interop_destroy(
    location: *const Location,
    thread: c_int,
    object: *mut Object,
    device: c_int,
    count: c_int,
    list: *const DependInfo,
    nowait: c_int,
) {
    // SAFETY: the caller's promise.
    unsafe { __tgt_interop_init(location, thread, object, 0, device, count, list, nowait) };
}
