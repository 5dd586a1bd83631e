//! LLVM's ABI: the entries that Clang, flang and Intel's compilers call for directives
//! (`__kmpc_*`).
//!
//! Most entries get a [`Location`] and the calling thread's number first. They use neither:
//! the runtime knows the calling thread, and no message names a line yet.
//!
//! Loops come as inclusive bounds, regions as functions of many arguments
//! ([`parallel`]), tasks as memory that the runtime provides and the compiled code fills
//! ([`task`]).

pub mod alloc;
pub mod atomic;
pub mod cancel;
pub mod dispatch;
pub mod doacross;
pub mod error;
pub mod interop;
pub mod locks;
pub mod masks;
pub mod parallel;
pub mod queries;
pub mod reduce;
pub mod sections;
pub mod static_loops;
pub mod sync;
pub mod task;
pub mod task_reduction;
pub mod taskloop;
pub mod teams;
pub mod threadprivate;
pub mod user;
pub mod user_fortran;

use core::ffi::{c_char, c_int};

/// `ident_t`: where in the program the call is, and what the compiler says about it.
#[repr(C)]
#[derive(Debug)]
pub struct Location {
    reserved_1: c_int,
    /// Bits, see [`Location::has`].
    flags: c_int,
    reserved_2: c_int,
    reserved_3: c_int,
    source: *const c_char,
}

impl Location {
    /// The bit of `flags` that says that the compiler has made an atomic form of a reduction.
    pub const ATOMIC_REDUCTION: c_int = 0x10;

    /// Whether the flag is set; false for a null pointer.
    ///
    /// # Safety
    ///
    /// `location` is null or points to such a record.
    pub unsafe fn has(location: *const Location, flag: c_int) -> bool {
        // SAFETY: the caller's promise.
        unsafe { location.as_ref() }.is_some_and(|location| location.flags & flag != 0)
    }
}
