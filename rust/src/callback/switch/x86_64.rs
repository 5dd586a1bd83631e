//! The assembly for x86-64, System V ABI. See [`super`] for what it provides.

use super::present::ghcomp_callback_base;
use crate::host::frame::Frame;
use crate::team::servers::Server;

/// Bytes per stub.
pub const STUB: usize = 16;

/// See [`super`].
///
/// # Safety
///
/// `server` must be valid, its stack's `top` (aligned to 16) and the memory
/// below it unused.
pub unsafe fn prepare(server: *mut Server, top: *mut u8) {
    // `leave` pops r15, r14, r13, r12, rbx, rbp, and the address that it jumps to.
    // SAFETY: the caller's promise.
    unsafe {
        let frame = top.cast::<usize>().sub(9);
        frame.write_bytes(0, 9);
        frame.add(4).write(server as usize);
        frame
            .add(6)
            .write((&raw const ghcomp_callback_base) as usize);
        (*server).server_sp.set(frame as usize);
    }
}

assembly!(
    ".pushsection .text.ghcomp_callback, \"ax\", @progbits",
    // Saves what a callee must preserve.
    ".macro ghcomp_save",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    ".endm",
    // Loads the same, and goes on where that stack was left: a jump, not a return.
    ".macro ghcomp_load",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "pop rcx",
    "jmp rcx",
    ".endm",
    // The stubs.
    ".p2align 4",
    ".hidden ghcomp_callback_stubs",
    ".globl ghcomp_callback_stubs",
    "ghcomp_callback_stubs:",
    ".set .Lghcomp_number, 0",
    ".rept {callbacks}",
    "mov r11d, .Lghcomp_number",
    "jmp .Lghcomp_callback",
    ".p2align 4",
    ".set .Lghcomp_number, .Lghcomp_number + 1",
    ".endr",
    // A call. r11: the stub's number, then its entry; r10: the target; rax: the
    // thread, then its waiting server.
    ".type ghcomp_callback, @function",
    "ghcomp_callback:",
    ".Lghcomp_callback:",
    ".cfi_startproc",
    "shl r11d, 4",
    "lea rax, [rip + {pointers}]",
    "add r11, rax",
    "mov r10, qword ptr [r11]",
    "mov rax, qword ptr [rip + ghcomp_thread@GOTTPOFF]",
    "mov rax, qword ptr fs:[rax]",
    "test r10, r10",
    "jz 3f",
    "test rax, rax",
    "jz 3f",
    "mov rax, qword ptr [rax + {waiting}]",
    "test rax, rax",
    "jz 3f",
    "cmp dword ptr [r11 + {wide}], 0",
    "jne 2f",
    "mov qword ptr [rax + {integers}], rdi",
    "mov qword ptr [rax + {integers} + 8], rsi",
    "mov qword ptr [rax + {integers} + 16], rdx",
    "movsd qword ptr [rax + {doubles}], xmm0",
    "1:",
    "mov qword ptr [rax + {target}], r10",
    "mov rdi, rax",
    "mov esi, {call}",
    "jmp .Lghcomp_callback_leave",
    // All arguments.
    "2:",
    "mov qword ptr [rax + {integers}], rdi",
    "mov qword ptr [rax + {integers} + 8], rsi",
    "mov qword ptr [rax + {integers} + 16], rdx",
    "mov qword ptr [rax + {integers} + 24], rcx",
    "mov qword ptr [rax + {integers} + 32], r8",
    "mov qword ptr [rax + {integers} + 40], r9",
    "movsd qword ptr [rax + {doubles}], xmm0",
    "movsd qword ptr [rax + {doubles} + 8], xmm1",
    "movsd qword ptr [rax + {doubles} + 16], xmm2",
    "movsd qword ptr [rax + {doubles} + 24], xmm3",
    "movsd qword ptr [rax + {doubles} + 32], xmm4",
    "movsd qword ptr [rax + {doubles} + 40], xmm5",
    "movsd qword ptr [rax + {doubles} + 48], xmm6",
    "movsd qword ptr [rax + {doubles} + 56], xmm7",
    "jmp 1b",
    // No server waits for the call.
    "3:",
    "sub rsp, {frame}",
    ".cfi_adjust_cfa_offset {frame}",
    "mov qword ptr [rsp + {integers}], rdi",
    "mov qword ptr [rsp + {integers} + 8], rsi",
    "mov qword ptr [rsp + {integers} + 16], rdx",
    "mov qword ptr [rsp + {integers} + 24], rcx",
    "mov qword ptr [rsp + {integers} + 32], r8",
    "mov qword ptr [rsp + {integers} + 40], r9",
    "movsd qword ptr [rsp + {doubles}], xmm0",
    "movsd qword ptr [rsp + {doubles} + 8], xmm1",
    "movsd qword ptr [rsp + {doubles} + 16], xmm2",
    "movsd qword ptr [rsp + {doubles} + 24], xmm3",
    "movsd qword ptr [rsp + {doubles} + 32], xmm4",
    "movsd qword ptr [rsp + {doubles} + 40], xmm5",
    "movsd qword ptr [rsp + {doubles} + 48], xmm6",
    "movsd qword ptr [rsp + {doubles} + 56], xmm7",
    "mov rdi, r11",
    "mov rsi, rsp",
    "call {slow}",
    "mov rax, qword ptr [rsp + {integer}]",
    "movsd xmm0, qword ptr [rsp + {double}]",
    "add rsp, {frame}",
    ".cfi_adjust_cfa_offset -{frame}",
    "ret",
    ".cfi_endproc",
    ".size ghcomp_callback, . - ghcomp_callback",
    // rdi: the server, esi: the status.
    ".hidden ghcomp_callback_leave",
    ".globl ghcomp_callback_leave",
    ".type ghcomp_callback_leave, @function",
    "ghcomp_callback_leave:",
    ".Lghcomp_callback_leave:",
    ".cfi_startproc",
    "ghcomp_save",
    "mov rcx, qword ptr [rdi + {thread}]",
    "mov qword ptr [rdi + {kernel_sp}], rsp",
    "mov dword ptr [rdi + {status}], esi",
    "mov qword ptr [rcx + {waiting}], 0",
    "mov rsp, qword ptr [rdi + {server_sp}]",
    "mov eax, esi",
    "ghcomp_load",
    ".cfi_endproc",
    ".size ghcomp_callback_leave, . - ghcomp_callback_leave",
    // rdi: the server, esi: held.
    ".globl ghcomp_callback_resume",
    ".type ghcomp_callback_resume, @function",
    "ghcomp_callback_resume:",
    ".cfi_startproc",
    "ghcomp_save",
    "mov rcx, qword ptr [rdi + {thread}]",
    "mov qword ptr [rdi + {server_sp}], rsp",
    "mov dword ptr [rdi + {held}], esi",
    "mov qword ptr [rcx + {waiting}], rdi",
    "mov rsp, qword ptr [rdi + {kernel_sp}]",
    "mov rax, qword ptr [rdi + {integer}]",
    "movsd xmm0, qword ptr [rdi + {double}]",
    "ghcomp_load",
    ".cfi_endproc",
    ".size ghcomp_callback_resume, . - ghcomp_callback_resume",
    // The server's outermost frame. rbx: the server. For debuggers, the caller of this
    // frame is the kernel's call, whose registers lie where `leave` put them: the
    // frame's address is *(rbx + kernel_sp) + 56.
    ".hidden ghcomp_callback_base",
    ".globl ghcomp_callback_base",
    ".type ghcomp_callback_base, @function",
    ".cfi_startproc simple",
    // DW_CFA_def_cfa_expression: breg3 (rbx) kernel_sp, deref, plus_uconst 56.
    // The offset as a two-byte SLEB128.
    ".cfi_escape 0x0f, 6, 0x73, ({kernel_sp} & 0x7f) | 0x80, {kernel_sp} >> 7, 0x06, 0x23, 56",
    ".cfi_offset rip, -8",
    ".cfi_offset rbp, -16",
    ".cfi_offset rbx, -24",
    ".cfi_offset r12, -32",
    ".cfi_offset r13, -40",
    ".cfi_offset r14, -48",
    ".cfi_offset r15, -56",
    // Debuggers look up the address before a call, so there must be one.
    "nop",
    "ghcomp_callback_base:",
    "mov rdi, rbx",
    "call {main}",
    "ud2",
    ".cfi_endproc",
    ".size ghcomp_callback_base, . - ghcomp_callback_base",
    ".purgem ghcomp_save",
    ".purgem ghcomp_load",
    ".popsection",
    // A call pushed 8 bytes; the frame's size makes up for them.
    frame = size_of::<Frame>(),
);

const _: () = assert!(size_of::<Frame>() % 16 == 8);
