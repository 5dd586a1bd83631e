//! One call of a closure, on its way from the kernel through the runtime to the host, and
//! back with the result. The stubs of `callback` fill it in; the host reads it.

use core::ffi::c_void;

/// The arguments that the kernel passed, and the result that it gets. The assembly and the
/// host know the offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The host's handle of the closure; null if the pointer was stopped.
    pub target: *mut c_void,
    /// The result, if it is an integer or a pointer.
    pub integer_result: u64,
    /// The result, if it is a double.
    pub double_result: f64,
    /// The arguments of the integer class, in order. The upper bits of narrower arguments
    /// are undefined.
    pub integers: [u64; 6],
    /// The arguments that are doubles, in order.
    pub doubles: [f64; 8],
}

const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(offset_of!(Frame, target) == 0);
    assert!(offset_of!(Frame, integer_result) == 8);
    assert!(offset_of!(Frame, double_result) == 16);
    assert!(offset_of!(Frame, integers) == 24);
    assert!(offset_of!(Frame, doubles) == 72);
    assert!(size_of::<Frame>() == 136);
};
