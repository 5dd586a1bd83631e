//! The calling thread's record, at the cost of two loads.
//!
//! The cell is the initial-exec thread-local of `cbits/tls.c`: stable Rust's
//! own thread-locals cost a call in a shared object.

use crate::team::thread::Thread;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
extern "C" {
    fn ghcomp_thread_cell() -> *mut *const Thread;
}

/// The address of the calling thread's cell.
#[inline(always)]
fn cell() -> *mut *const Thread {
    #[cfg(target_arch = "x86_64")]
    {
        let cell: *mut *const Thread;
        // SAFETY: reads the offset of ghcomp_thread from the GOT and adds the
        // thread pointer, as the psABI's initial-exec sequence does.
        unsafe {
            core::arch::asm!(
                "mov {cell}, qword ptr [rip + ghcomp_thread@GOTTPOFF]",
                "add {cell}, qword ptr fs:[0]",
                cell = out(reg) cell,
                options(nostack, readonly, pure)
            );
        }
        cell
    }
    #[cfg(target_arch = "aarch64")]
    {
        let cell: *mut *const Thread;
        // SAFETY: as above, in the AArch64 ABI's sequence.
        unsafe {
            core::arch::asm!(
                "adrp {offset}, :gottprel:ghcomp_thread",
                "ldr {offset}, [{offset}, #:gottprel_lo12:ghcomp_thread]",
                "mrs {cell}, tpidr_el0",
                "add {cell}, {cell}, {offset}",
                offset = out(reg) _,
                cell = out(reg) cell,
                options(nostack, readonly, pure)
            );
        }
        cell
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    // SAFETY: takes nothing and only computes an address.
    unsafe {
        ghcomp_thread_cell()
    }
}

/// The calling thread's record; made at the first call.
#[inline(always)]
pub fn current() -> &'static Thread {
    // SAFETY: the cell is this thread's own; it is null or holds a record,
    // which is never freed while its thread lives.
    unsafe {
        match (*cell()).as_ref() {
            Some(thread) => thread,
            None => Thread::register(),
        }
    }
}

/// The calling thread's record if it has one.
#[inline]
pub fn known() -> Option<&'static Thread> {
    // SAFETY: as in `current`.
    unsafe { (*cell()).as_ref() }
}

/// Makes `thread` the calling thread's record (null to forget it).
pub(crate) fn set(thread: *const Thread) {
    // SAFETY: the cell is this thread's own.
    unsafe { *cell() = thread }
}
