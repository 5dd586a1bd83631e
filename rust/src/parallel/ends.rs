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

use crate::team::register;
use core::ffi::{c_int, c_void};

/// The frame is left because its thread ends.
const FORCED: c_int = 8; // _UA_FORCE_UNWIND
const CONTINUE: c_int = 8; // _URC_CONTINUE_UNWIND

/// The personality routine of a master's frame.
pub extern "C" fn master_leaves(
    _version: c_int,
    actions: c_int,
    _class: u64,
    _exception: *mut c_void,
    _context: *mut c_void,
) -> c_int {
    if actions & FORCED != 0 {
        crate::parallel::fork::join();
    }
    CONTINUE
}

/// That of a worker's.
pub extern "C" fn worker_leaves(
    _version: c_int,
    actions: c_int,
    _class: u64,
    _exception: *mut c_void,
    _context: *mut c_void,
) -> c_int {
    // In the child of a fork there is no region, and the thread is no worker.
    let is_worker = register::known().is_some_and(|me| me.is_worker.get());
    if actions & FORCED == 0 || !is_worker {
        return CONTINUE;
    }
    loop {
        // SAFETY: takes no arguments, touches no memory.
        unsafe { libc::pause() };
    }
}

/// Linkers that drop unused sections (gold, which GHC uses) do not see the unwind
/// table's references: somebody who is always there must name the routines.
pub(crate) fn keep() {
    core::hint::black_box([master_leaves as Routine, worker_leaves]);
}

type Routine = extern "C" fn(c_int, c_int, u64, *mut c_void, *mut c_void) -> c_int;

/// Makes one of the above the personality routine of the function that it stands
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
