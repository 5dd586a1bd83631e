//! Threads that end inside of a region.
//!
//! # Note \[A thread ends inside of a region\]
//!
//! A thread may call `pthread_exit`, or be cancelled, in the body of a region. So it
//! goes with GHC's runtime system: at the program's end it ends so the threads whose
//! callbacks it interrupts. OpenMP has no meaning for that, but the process is to
//! end in order. The region's data lie on the master's stack, and the workers, some
//! of which begin late, still read them: from memory that is gone or someone else's,
//! were the master simply to end. (A worker then calls a null pointer.)
//!
//! `pthread_exit` unwinds the stack, and asks the *personality routine* of each frame
//! that has one. [`guard`] gives one to the frame that it stands in: an annotation of
//! the unwind table, which costs nothing while nobody ends. There the master joins
//! its region, which its stack outlives, and goes on ending; and a worker, without
//! which no region of its team can end, stays for ever.

use core::ffi::{c_int, c_void};

/// The frame is left because its thread ends.
const FORCED: c_int = 8; // _UA_FORCE_UNWIND
const CONTINUE: c_int = 8; // _URC_CONTINUE_UNWIND

/// What a personality routine answers. It calls `leave` first if the frame is left
/// because its thread ends.
pub(crate) fn personality(actions: c_int, leave: impl FnOnce()) -> c_int {
    if actions & FORCED != 0 {
        leave();
    }
    CONTINUE
}

/// Linkers that drop unused sections (gold, which GHC uses) do not see the unwind
/// table's references: code that always runs must name each routine here.
pub(crate) fn keep(routine: Routine) {
    core::hint::black_box(routine);
}

type Routine = extern "C" fn(c_int, c_int, u64, *mut c_void, *mut c_void) -> c_int;

/// Makes a routine the personality routine of the function that it stands
/// in; that has no other, since the crate is built with `panic = "abort"`.
macro_rules! guard {
    ($personality:path) => {
        // SAFETY: no instruction; 0x1b: the distance to the function, 4 bytes.
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
