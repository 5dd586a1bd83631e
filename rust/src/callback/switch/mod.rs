//! The assembly of one machine: stubs, and the switch between the two stacks.
//!
//! Every file here offers the same:
//!
//! - [`CALLBACKS`] stubs of equal size. A stub stores the arguments into the
//!   frame of the thread's waiting server and leaves for it with CALL; without
//!   a waiting server, or if its pointer was stopped, it makes a frame on its
//!   own stack and calls `pointers::slow`.
//! - `leave(server, status)`: from the kernel's stack to the server's, which
//!   sees `status` as the result of its `ghcomp_callback_resume`.
//! - `ghcomp_callback_resume(server, held)`: from the server's stack to the
//!   kernel's, with the results in both result registers.
//! - `prepare(server, top)`: makes a stack on which the first `leave` runs
//!   `server::main(server)`.
//!
//! Both directions save what the C ABI says a callee must preserve, but for
//! the floating-point control words, and end in a jump, not a return: the
//! processor predicts returns by pairing them with calls, and here a call of
//! the one side is answered on the other.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    path = "none.rs"
)]
mod machine;

pub use machine::{leave, prepare, stub, CALLBACKS};
