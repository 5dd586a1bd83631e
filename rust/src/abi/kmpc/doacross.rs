//! Doacross loops: `ordered(n)` (LLVM ABI: `__kmpc_doacross_*`). The entries stand around
//! the loop, whose own entries do not know of them.

use crate::abi::kmpc::Location;
use crate::construct::space::IterationSpace;
use crate::worksharing::doacross;
use core::ffi::c_int;

/// `kmp_dim`: a dimension of the loop, over `lower..=upper` by `stride`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    lower: i64,
    upper: i64,
    stride: i64,
}

impl Dimension {
    fn space(self) -> IterationSpace {
        IterationSpace::signed_inclusive(self.lower, self.upper, self.stride)
    }
}

/// Meets a doacross loop of `count` dimensions.
///
/// # Safety
///
/// There are as many dimensions.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_doacross_init(
    location: *const Location,
    thread: c_int,
    count: c_int,
    dimensions: *const Dimension,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    let dimensions = unsafe { core::slice::from_raw_parts(dimensions, count.max(0) as usize) };
    let counts: Vec<u64> = dimensions.iter().map(|of| of.space().trip).collect();
    let spaces = dimensions.iter().map(|of| of.space());
    doacross::open(&counts, spaces.collect());
}

/// Posts an iteration, given by its values in all dimensions: `ordered doacross(source)`.
///
/// # Safety
///
/// There are as many values as dimensions.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_doacross_post(
    location: *const Location,
    thread: c_int,
    values: *const i64,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe { doacross::post_values(values) };
}

/// Waits until an iteration is posted: `ordered doacross(sink:)`. One outside of the loop
/// needs no wait.
///
/// # Safety
///
/// As for [`__kmpc_doacross_post`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_doacross_wait(
    location: *const Location,
    thread: c_int,
    values: *const i64,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe { doacross::wait_values(values) };
}

/// The doacross loop is over for the calling thread.
#[no_mangle]
pub extern "C" fn __kmpc_doacross_fini(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    doacross::close();
}
