//! The assembly for AArch64, AAPCS64. See [`super`] for what it provides.

use super::present::ghcomp_callback_base;
use crate::host::frame::Frame;
use crate::team::servers::Server;

/// Bytes per stub.
pub const STUB: usize = 8;

/// Bytes for the registers that a callee must preserve: x19 to x30, d8 to d15.
const SAVED: usize = 160;

/// See [`super`].
///
/// # Safety
///
/// `server` must be valid, its stack's `top` (aligned to 16) and the memory
/// below it unused.
pub unsafe fn prepare(server: *mut Server, top: *mut u8) {
    // `leave` loads x19 and so on, and jumps to x30.
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

assembly!(
    ".pushsection .text.ghcomp_callback, \"ax\", @progbits",
    // Saves what a callee must preserve.
    ".macro ghcomp_save",
    "sub sp, sp, #160",
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
    ".endm",
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
    // No server waits for the call.
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
    "ghcomp_save",
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
    "ghcomp_save",
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
    "add sp, sp, #160",
    "br x30",
    ".cfi_endproc",
    ".size ghcomp_callback_resume, . - ghcomp_callback_resume",
    // The server's outermost frame. x19: the server. For debuggers, the caller of this
    // frame is the kernel's call, whose registers lie where `leave` put them: the
    // frame's address is *(x19 + kernel_sp) + 160.
    ".hidden ghcomp_callback_base",
    ".globl ghcomp_callback_base",
    ".type ghcomp_callback_base, @function",
    ".cfi_startproc simple",
    // DW_CFA_def_cfa_expression: breg19 kernel_sp, deref, plus_uconst 160.
    // Both numbers as two bytes of LEB128; 160 is what ghcomp_save takes.
    ".cfi_escape 0x0f, 7, 0x83, ({kernel_sp} & 0x7f) | 0x80, {kernel_sp} >> 7, 0x06, 0x23, 0xa0, 0x01",
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
    // Debuggers look up the address before a call, so there must be one.
    "nop",
    "ghcomp_callback_base:",
    "mov x0, x19",
    "bl {main}",
    "brk #1",
    ".cfi_endproc",
    ".size ghcomp_callback_base, . - ghcomp_callback_base",
    ".purgem ghcomp_save",
    ".popsection",
    // The stack pointer stays aligned to 16.
    frame = size_of::<Frame>().next_multiple_of(16),
);
