//! Threads that end inside of a region.
//!
//! # Note \[A thread ends inside of a region\]
//!
//! A thread may call `pthread_exit`, or be cancelled, in the body of a region. (A host may
//! do that: at the end of the program, GHC's runtime system ends threads in this way when it
//! interrupts their callbacks.) OpenMP gives that no meaning, but the process should end in
//! order. The region's data lie on the master's stack. If the master simply ended, workers
//! would read them from memory that is gone or used by others, since some workers begin
//! late. (A worker would then call a null pointer.)
//!
//! `pthread_exit` unwinds the stack, and calls the *personality routine* of each frame that
//! has one. [`guard`] gives a routine to the function that it stands in. It is an annotation
//! in the unwind table, and costs nothing while no thread ends. In its routine, the master
//! joins its region, while its stack still exists, and then goes on ending. A worker stays
//! for ever in its routine, because no region of its team can end without it.

use core::ffi::{c_int, c_void};

/// A bit of `actions`: the frame is left because its thread ends.
const FORCED: c_int = 8; // _UA_FORCE_UNWIND
const CONTINUE: c_int = 8; // _URC_CONTINUE_UNWIND

/// The body of a personality routine. Calls `leave` if the frame is left because its thread
/// ends. Returns the routine's answer: the unwinding goes on.
pub(crate) fn personality(actions: c_int, leave: impl FnOnce()) -> c_int {
    if actions & FORCED != 0 {
        leave();
    }
    CONTINUE
}

/// Keeps a routine in the program. Linkers that drop unused sections (gold, which GHC uses)
/// do not see the unwind table's references. So code that always runs must name each routine
/// by this.
pub(crate) fn keep(routine: Routine) {
    core::hint::black_box(routine);
}

type Routine = extern "C" fn(c_int, c_int, u64, *mut c_void, *mut c_void) -> c_int;

/// Makes a routine the personality routine of the function in which the macro stands. The
/// function has no other one, since the crate is built with `panic = "abort"`.
macro_rules! guard {
    ($personality:path) => {
        // SAFETY: this adds no instruction. 0x1b: the table has the distance to the
        // routine, in 4 bytes.
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        unsafe {
            core::arch::asm!(
                ".cfi_personality 0x1b, {routine}",
                routine = sym $personality,
                options(nomem, nostack, preserves_flags)
            )
        }
    };
}
pub(crate) use guard;
