//! Function pointers for the host's closures, at the price of a stack switch.
//!
//! A *kernel* here is C code that calls such a pointer; an *in-call* is a call from C into
//! the host's language. A kernel that calls a closure per iteration would pay a whole
//! in-call each time. Instead, the first call from a thread of a region starts a *server*
//! (so does the first one from a kernel that Haskell calls by [`serving`]):
//! a second stack, on which the host makes one in-call and evaluates the closure. From
//! inside that in-call the host switches back to the kernel with the result, and the
//! in-call stays open. Each further call is a switch to the server and back. When the
//! region ends, the runtime tells the server, the in-call returns, and the thread keeps the
//! stack for its next region.
//!
//! - [`pointers`]: the function pointers, a fixed pool of stubs.
//! - [`switch`]: the assembly that takes a call from a stub to the server, and back.
//! - [`server`]: when a server starts and ends, and which threads may have one.
//! - [`stack`]: the memory of a second stack, and the message about its overflow.
//!
//! The records of servers are in [`crate::team::servers`].
//!
//! # The way of a call
//!
//! 1. The kernel calls a stub ([`pointers::ghcomp_callback_new`] gave it out).
//! 2. If the thread has a waiting server, the stub writes the arguments into the server's
//!    frame and switches to it (`leave` in [`switch`]). Otherwise it calls
//!    `pointers::slow`, and that calls `server::answer`: a new server, or an in-call for
//!    this one call.
//! 3. On the server's stack, `ghcomp_callback_resume` returns to the host. The host
//!    evaluates the closure and calls `ghcomp_callback_resume` again, which switches back to
//!    the kernel with the result.
//!
//! # Note [The kernel keeps its stack]
//!
//! The in-call moves to the second stack, and the kernel does not. So a kernel that never
//! calls the pointer pays nothing, its frames are where debuggers expect them, and it has
//! the stack that it always had.
//!
//! # Note [Calling, blocking, ending]
//!
//! At any time, either the kernel or the server runs on a thread with a server.
//! `Servers::waiting` holds the server while the kernel runs, and null while the server
//! runs. All of it belongs to the thread alone, so nothing is atomic.
//!
//! | switch | by | means |
//! |--------|----|-------|
//! | to the server, CALL | a stub | the frame holds a call to be answered |
//! | to the server, BLOCK | [`before_blocking`] | the kernel is about to block: `held` must become 0 |
//! | to the server, END | [`end`] | the region or the kernel's call is over: the server returns and is not resumed |
//! | to the kernel | `ghcomp_callback_resume` | the frame holds the answer |
//!
//! `held` says how the server resumed the kernel. With 1 the thread still holds something
//! that other threads of the host wait for (with GHC, a capability). That is cheap if the
//! kernel soon calls again. Every wait of the runtime that is about to block calls
//! [`before_blocking`] first, and the server then resumes the kernel with `held` 0. So a
//! blocked thread holds nothing.
//!
//! # Note [In-calls nest]
//!
//! A host's in-calls on one thread end in the order opposite to their starts. So a server
//! may start only where it ends before control returns to an outer in-call. There are two
//! such places:
//!
//! - A region whose body is C. The region's end ends the server. A body of
//!   `ghcomp_hs_parallel` is not such a place.
//! - A call of [`serving`], outside of the regions that begin in it. The call's end ends the
//!   server.
//!
//! Neither is such a place any more while its own server runs (its closure called C, which
//! called the pointer), or while an in-call answers a call in it. In all other places each
//! call is an in-call of its own.
//!
//! The two are told apart by members. The thread's innermost *extent*
//! ([`crate::team::servers::Extent`]) has the member that the thread was when the extent
//! began. If the thread is still that member, it is in the extent and in no region inside of
//! it. Each call of `serving`, and each in-call, is an extent.

// Without assembly there are no pointers, so no call asks for a server.
#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code)
)]

pub mod pointers;
pub mod server;
pub mod stack;
pub mod switch;

pub use crate::callback::server::{before_blocking, end, end_any, serving};
pub(crate) use crate::callback::stack::free_spare;
