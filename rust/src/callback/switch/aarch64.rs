//! AArch64, AAPCS64.

use super::super::pointers::{slow, Pointer, POINTERS};
use super::super::server::{main, Server, CALL};
use super::super::Frame;
use crate::team::Thread;
use core::arch::global_asm;
use core::ffi::c_void;
use core::mem::offset_of;

/// Stubs.
pub const CALLBACKS: usize = 1024;

/// Bytes per stub.
const STUB: usize = 8;

/// Bytes that hold what a callee must preserve: x19 to x30, d8 to d15.
const SAVED: usize = 160;

#[expect(improper_ctypes, reason = "only the assembly looks into the server")]
extern "C" {
    /// See [`super`]. Comes back when the server resumes the kernel.
    #[link_name = "ghcomp_callback_leave"]
    pub fn leave(server: *mut Server, status: u32);
    static ghcomp_callback_stubs: [[u8; STUB]; CALLBACKS];
    static ghcomp_callback_base: u8;
}

/// The address of a stub.
pub fn stub(number: usize) -> *const c_void {
    // SAFETY: only the address is taken.
    unsafe { (&raw const ghcomp_callback_stubs[number]).cast() }
}

/// See [`super`].
///
/// # Safety
///
/// `server` must be valid, its stack's `top` (aligned to 16) and the memory
/// below it unused.
pub unsafe fn prepare(server: *mut Server, top: *mut u8) {
    // What `leave` loads: x19 and so on; x30 is where it jumps to.
    // SAFETY: the caller's promise.
    unsafe {
        let frame = top.sub(SAVED).cast::<usize>();
        frame.write_bytes(0, SAVED / 8);
        frame.write(server as usize);
        frame
            .add(11)
            .write((&raw const ghcomp_callback_base) as usize);
        (*server).server_sp.set(frame as usize);
    }
}

global_asm!(
    ".pushsection .text.ghcomp_callback, \"ax\", @progbits",
    // The stubs.
    ".p2align 4",
    ".hidden ghcomp_callback_stubs",
    ".globl ghcomp_callback_stubs",
    "ghcomp_callback_stubs:",
    ".set .Lghcomp_number, 0",
    ".rept {callbacks}",
    "mov w16, #.Lghcomp_number",
    "b .Lghcomp_callback",
    ".set .Lghcomp_number, .Lghcomp_number + 1",
    ".endr",
    // A call. x16: the stub's number, then its entry; x10: the target; x9: the
    // thread, then its waiting server.
    ".type ghcomp_callback, @function",
    "ghcomp_callback:",
    ".Lghcomp_callback:",
    ".cfi_startproc",
    "adrp x9, {pointers}",
    "add x9, x9, :lo12:{pointers}",
    "add x16, x9, w16, uxtw #4",
    "ldr x10, [x16]",
    "adrp x9, :gottprel:ghcomp_thread",
    "ldr x9, [x9, #:gottprel_lo12:ghcomp_thread]",
    "mrs x11, tpidr_el0",
    "ldr x9, [x11, x9]",
    "cbz x10, 3f",
    "cbz x9, 3f",
    "ldr x9, [x9, #{waiting}]",
    "cbz x9, 3f",
    "ldr w11, [x16, #{wide}]",
    "cbnz w11, 2f",
    "stp x0, x1, [x9, #{integers}]",
    "str x2, [x9, #{integers} + 16]",
    "str d0, [x9, #{doubles}]",
    "1:",
    "str x10, [x9, #{target}]",
    "mov x0, x9",
    "mov w1, #{call}",
    "b .Lghcomp_callback_leave",
    // All arguments.
    "2:",
    "stp x0, x1, [x9, #{integers}]",
    "stp x2, x3, [x9, #{integers} + 16]",
    "stp x4, x5, [x9, #{integers} + 32]",
    "stp d0, d1, [x9, #{doubles}]",
    "stp d2, d3, [x9, #{doubles} + 16]",
    "stp d4, d5, [x9, #{doubles} + 32]",
    "stp d6, d7, [x9, #{doubles} + 48]",
    "b 1b",
    // Nobody waits for the call.
    "3:",
    "stp x29, x30, [sp, #-16]!",
    ".cfi_adjust_cfa_offset 16",
    ".cfi_rel_offset x29, 0",
    ".cfi_rel_offset x30, 8",
    "mov x29, sp",
    "sub sp, sp, #{frame}",
    ".cfi_adjust_cfa_offset {frame}",
    "stp x0, x1, [sp, #{integers}]",
    "stp x2, x3, [sp, #{integers} + 16]",
    "stp x4, x5, [sp, #{integers} + 32]",
    "stp d0, d1, [sp, #{doubles}]",
    "stp d2, d3, [sp, #{doubles} + 16]",
    "stp d4, d5, [sp, #{doubles} + 32]",
    "stp d6, d7, [sp, #{doubles} + 48]",
    "mov x0, x16",
    "mov x1, sp",
    "bl {slow}",
    "ldr x0, [sp, #{integer}]",
    "ldr d0, [sp, #{double}]",
    "add sp, sp, #{frame}",
    ".cfi_adjust_cfa_offset -{frame}",
    "ldp x29, x30, [sp], #16",
    ".cfi_adjust_cfa_offset -16",
    ".cfi_restore x29",
    ".cfi_restore x30",
    "ret",
    ".cfi_endproc",
    ".size ghcomp_callback, . - ghcomp_callback",
    // x0: the server, w1: the status.
    ".hidden ghcomp_callback_leave",
    ".globl ghcomp_callback_leave",
    ".type ghcomp_callback_leave, @function",
    "ghcomp_callback_leave:",
    ".Lghcomp_callback_leave:",
    ".cfi_startproc",
    "sub sp, sp, #{saved}",
    "stp x19, x20, [sp]",
    "stp x21, x22, [sp, #16]",
    "stp x23, x24, [sp, #32]",
    "stp x25, x26, [sp, #48]",
    "stp x27, x28, [sp, #64]",
    "stp x29, x30, [sp, #80]",
    "stp d8, d9, [sp, #96]",
    "stp d10, d11, [sp, #112]",
    "stp d12, d13, [sp, #128]",
    "stp d14, d15, [sp, #144]",
    "mov x9, sp",
    "ldr x10, [x0, #{thread}]",
    "str x9, [x0, #{kernel_sp}]",
    "str w1, [x0, #{status}]",
    "str xzr, [x10, #{waiting}]",
    "ldr x9, [x0, #{server_sp}]",
    "mov w0, w1",
    "b .Lghcomp_callback_load",
    ".cfi_endproc",
    ".size ghcomp_callback_leave, . - ghcomp_callback_leave",
    // x0: the server, w1: held.
    ".globl ghcomp_callback_resume",
    ".type ghcomp_callback_resume, @function",
    "ghcomp_callback_resume:",
    ".cfi_startproc",
    "sub sp, sp, #{saved}",
    "stp x19, x20, [sp]",
    "stp x21, x22, [sp, #16]",
    "stp x23, x24, [sp, #32]",
    "stp x25, x26, [sp, #48]",
    "stp x27, x28, [sp, #64]",
    "stp x29, x30, [sp, #80]",
    "stp d8, d9, [sp, #96]",
    "stp d10, d11, [sp, #112]",
    "stp d12, d13, [sp, #128]",
    "stp d14, d15, [sp, #144]",
    "mov x9, sp",
    "ldr x10, [x0, #{thread}]",
    "str x9, [x0, #{server_sp}]",
    "str w1, [x0, #{held}]",
    "str x0, [x10, #{waiting}]",
    "ldr x9, [x0, #{kernel_sp}]",
    "ldr d0, [x0, #{double}]",
    "ldr x0, [x0, #{integer}]",
    // x9: the stack to go to. A jump, not a return.
    ".Lghcomp_callback_load:",
    "mov sp, x9",
    "ldp x19, x20, [sp]",
    "ldp x21, x22, [sp, #16]",
    "ldp x23, x24, [sp, #32]",
    "ldp x25, x26, [sp, #48]",
    "ldp x27, x28, [sp, #64]",
    "ldp x29, x30, [sp, #80]",
    "ldp d8, d9, [sp, #96]",
    "ldp d10, d11, [sp, #112]",
    "ldp d12, d13, [sp, #128]",
    "ldp d14, d15, [sp, #144]",
    "add sp, sp, #{saved}",
    "br x30",
    ".cfi_endproc",
    ".size ghcomp_callback_resume, . - ghcomp_callback_resume",
    // The server's outermost frame. x19: the server. For debuggers its caller
    // is the kernel's call, whose registers lie where `leave` put them: the
    // frame's address is *(x19 + kernel_sp) + saved.
    ".hidden ghcomp_callback_base",
    ".globl ghcomp_callback_base",
    ".type ghcomp_callback_base, @function",
    ".cfi_startproc simple",
    // DW_CFA_def_cfa_expression: breg19 kernel_sp, deref, plus_uconst saved.
    // Both numbers as two bytes of LEB128.
    ".cfi_escape 0x0f, 7, 0x83, ({kernel_sp} & 0x7f) | 0x80, {kernel_sp} >> 7, 0x06, 0x23, ({saved} & 0x7f) | 0x80, {saved} >> 7",
    ".cfi_offset x19, -160",
    ".cfi_offset x20, -152",
    ".cfi_offset x21, -144",
    ".cfi_offset x22, -136",
    ".cfi_offset x23, -128",
    ".cfi_offset x24, -120",
    ".cfi_offset x25, -112",
    ".cfi_offset x26, -104",
    ".cfi_offset x27, -96",
    ".cfi_offset x28, -88",
    ".cfi_offset x29, -80",
    ".cfi_offset x30, -72",
    // The address before a call is what debuggers look up.
    "nop",
    "ghcomp_callback_base:",
    "mov x0, x19",
    "bl {main}",
    "brk #1",
    ".cfi_endproc",
    ".size ghcomp_callback_base, . - ghcomp_callback_base",
    ".popsection",
    callbacks = const CALLBACKS,
    saved = const SAVED,
    pointers = sym POINTERS,
    slow = sym slow,
    main = sym main,
    call = const CALL,
    waiting = const offset_of!(Thread, waiting),
    wide = const offset_of!(Pointer, wide),
    target = const offset_of!(Server, frame) + offset_of!(Frame, target),
    integer = const offset_of!(Server, frame) + offset_of!(Frame, integer_result),
    double = const offset_of!(Server, frame) + offset_of!(Frame, double_result),
    integers = const offset_of!(Server, frame) + offset_of!(Frame, integers),
    doubles = const offset_of!(Server, frame) + offset_of!(Frame, doubles),
    frame = const size_of::<Frame>().next_multiple_of(16),
    thread = const offset_of!(Server, thread),
    status = const offset_of!(Server, status),
    held = const offset_of!(Server, held),
    kernel_sp = const offset_of!(Server, kernel_sp),
    server_sp = const offset_of!(Server, server_sp),
);

const _: () = {
    // A frame made on the kernel's stack has the offsets of a server's.
    assert!(offset_of!(Server, frame) == 0);
    // Two bytes of SLEB128, and positive.
    assert!(offset_of!(Server, kernel_sp) < 1 << 13);
};
