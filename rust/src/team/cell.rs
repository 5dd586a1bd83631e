//! The thread-local cell that holds the address of the calling thread's record.
//! Only [`super::register`] uses it.
//!
//! It is the variable `ghcomp_thread` of `cbits/tls.c`, which has the initial-exec TLS
//! model. A thread-local of stable Rust would cost a call in a shared object.

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
extern "C" {
    fn ghcomp_thread_cell() -> *mut *const ();
}

/// The address of the calling thread's cell.
#[inline(always)]
pub(crate) fn cell() -> *mut *const () {
    #[cfg(target_arch = "x86_64")]
    {
        let cell: *mut *const ();
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
        let cell: *mut *const ();
        // SAFETY: as above, by the sequence of the AArch64 ABI.
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
