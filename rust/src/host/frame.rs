//! A call of a closure, as the kernel, the runtime and the host pass it on.

use core::ffi::c_void;

/// One call: what the kernel passed, and what it gets. The assembly and the
/// host know the offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The host's word for the closure; null if the pointer was stopped.
    pub target: *mut c_void,
    /// The result, if it is an integer or a pointer.
    pub integer_result: u64,
    /// The result, if it is a double.
    pub double_result: f64,
    /// The arguments of the integer class, in order. Upper halves of narrower
    /// arguments are undefined.
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
