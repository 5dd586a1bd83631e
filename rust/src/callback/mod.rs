//! Function pointers for the host's closures, at the price of a stack switch.
//!
//! A kernel that calls a closure per iteration would pay the host's whole
//! in-call each time. Instead the first call from a thread of a region starts a
//! *server*: a second stack on which the host makes one in-call and evaluates
//! the closure; then the host, from inside that in-call, switches back to the
//! kernel with the result and stays where it is. Each further call is a switch
//! to the server and back. When the region ends the server is told so, the
//! in-call returns, and the stack is kept for the next region.
//!
//! - [`pointers`]: the function pointers, a fixed pool of stubs.
//! - [`switch`]: the assembly: a stub's way to the server, and back.
//! - [`server`]: when a server starts and ends, who may have one.
//! - [`stack`]: the memory of a second stack, and what its overflow says.
//!
//! # Note [The kernel keeps its stack]
//!
//! It is the in-call that moves to the second stack and not the kernel: so a
//! kernel that never calls the pointer pays nothing, its frames are where
//! debuggers expect them, and it has the stack that it always had.
//!
//! # Note [Calling, blocking, ending]
//!
//! At any time one of two runs on a thread with a server: the kernel, or the
//! server. `Servers::waiting` holds the server while the kernel runs, and null
//! while the server runs. All of it is the thread's own: no atomics.
//!
//! | switch | by | means |
//! |--------|----|-------|
//! | to the server, CALL | a stub | the frame holds a call to be answered |
//! | to the server, BLOCK | [`before_blocking`] | the kernel is about to block: `held` must become 0 |
//! | to the server, END | [`end`] | the region is over: the server returns and is not resumed |
//! | to the kernel | `ghcomp_callback_resume` | the frame holds the answer |
//!
//! `held` says how the server resumed the kernel: 1 with something in its hands
//! that others wait for (GHC: a capability), which is cheap when the kernel soon
//! calls again. Every wait of the runtime that is about to block calls
//! [`before_blocking`] first, so a blocked thread holds nothing. The server then resumes
//! the kernel with `held` 0.
//!
//! # Note [In-calls nest]
//!
//! A host's in-calls on one thread end in the order opposite to their starts.
//! So a server may start only where it ends before control returns to an outer
//! in-call: in a region whose body is C, not in a body of `ghcomp_hs_parallel`
//! and not outside of regions; and not while the region's own server is running
//! (its closure called C, which called the pointer). There the pointer works by
//! an in-call of its own.

// Without assembly there are no pointers, and nobody asks for a server.
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

pub mod pointers;
pub mod server;
pub mod stack;
pub mod switch;

pub use crate::callback::server::{before_blocking, end, end_any};
pub(crate) use crate::callback::stack::free_spare;
