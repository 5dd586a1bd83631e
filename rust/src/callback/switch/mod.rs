//! The assembly: stubs, and the switch between the kernel's stack and the server's.
//!
//! - `x86_64.rs`, `aarch64.rs`: one file for each architecture.
//! - `none.rs`: all other architectures, where there are no pointers.
//!
//! Each file provides the same:
//!
//! - [`CALLBACKS`] stubs of equal size. A stub stores the arguments into the frame of the
//!   thread's waiting server, and leaves for it with CALL. Without a waiting server, or if
//!   its pointer was stopped, it makes a frame on its own stack and calls `pointers::slow`.
//! - `leave(server, status)` switches from the kernel's stack to the server's. The server
//!   sees `status` as the result of its `ghcomp_callback_resume`.
//! - `ghcomp_callback_resume(server, held)` switches from the server's stack to the
//!   kernel's, with the results in both result registers.
//! - `prepare(server, top)` makes a stack on which the first `leave` runs
//!   `server::main(server)`.
//!
//! Both directions save the registers that a callee must preserve by the C ABI, except the
//! floating-point control words. Both end in a jump instead of a return: the processor
//! predicts returns by pairing them with calls, and here a call on one stack is answered on
//! the other.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod present {
    use super::machine::STUB;
    use crate::team::servers::Server;
    use core::ffi::c_void;

    /// The number of stubs.
    pub const CALLBACKS: usize = 1024;

    #[expect(improper_ctypes, reason = "only the assembly looks into the server")]
    extern "C" {
        /// See the module. Returns when the server resumes the kernel.
        #[link_name = "ghcomp_callback_leave"]
        pub fn leave(server: *mut Server, status: u32);
        static ghcomp_callback_stubs: [[u8; STUB]; CALLBACKS];
        /// The code of the outermost frame of a server's stack.
        pub static ghcomp_callback_base: u8;
    }

    /// The address of a stub.
    pub fn stub(number: usize) -> *const c_void {
        // SAFETY: only the address is taken.
        unsafe { (&raw const ghcomp_callback_stubs[number]).cast() }
    }

    // The stubs use the same offsets for a frame on the kernel's stack and for a server's.
    const _: () = assert!(core::mem::offset_of!(Server, frame) == 0);
    // The assembly writes it as two bytes of SLEB128, and it is positive.
    const _: () = assert!(core::mem::offset_of!(Server, kernel_sp) < 1 << 13);
}

/// The assembly of one architecture: its lines, and the bytes of a frame on the stack.
/// Names in braces are numbers and symbols of the core's types.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! assembly {
    ($($line:literal,)* frame = $frame:expr $(,)?) => {
        core::arch::global_asm!(
            $($line,)*
            callbacks = const super::CALLBACKS,
            pointers = sym super::super::pointers::POINTERS,
            slow = sym super::super::pointers::slow,
            main = sym super::super::server::main,
            call = const crate::team::servers::CALL,
            waiting = const core::mem::offset_of!(crate::team::Thread, servers.waiting),
            wide = const core::mem::offset_of!(super::super::pointers::Pointer, wide),
            target = const core::mem::offset_of!(crate::host::frame::Frame, target),
            integer = const core::mem::offset_of!(crate::host::frame::Frame, integer_result),
            double = const core::mem::offset_of!(crate::host::frame::Frame, double_result),
            integers = const core::mem::offset_of!(crate::host::frame::Frame, integers),
            doubles = const core::mem::offset_of!(crate::host::frame::Frame, doubles),
            frame = const $frame,
            thread = const core::mem::offset_of!(Server, thread),
            status = const core::mem::offset_of!(Server, status),
            held = const core::mem::offset_of!(Server, held),
            kernel_sp = const core::mem::offset_of!(Server, kernel_sp),
            server_sp = const core::mem::offset_of!(Server, server_sp),
        );
    };
}

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    path = "none.rs"
)]
mod machine;

pub use machine::prepare;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use machine::{leave, stub, CALLBACKS};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub use present::{leave, stub, CALLBACKS};
