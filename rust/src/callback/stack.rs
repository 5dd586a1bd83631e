//! The memory of second stacks.
//!
//! Each stack is a mapping. From below it holds inaccessible pages, the stack, and the
//! [`Server`]. The stack's size is `stacksize-var` (`OMP_STACKSIZE`), else 8 MiB; the OS
//! gives memory only as it is touched. A thread keeps its stacks for its next regions, and
//! frees them when it ends.
//!
//! Code that runs over a stack's end hits the inaccessible pages. A handler of SIGSEGV, on
//! a signal stack of its own, prints a message and lets the signal end the process. It is
//! installed with the first second stack, and only if the program has no handler.
//!
//! Everything here but the handler's statics belongs to the calling thread.

use crate::team::register::{self, RETIRES};
use crate::team::servers::Server;
use crate::team::thread::Thread;
use crate::{icv, messages};
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes of a stack if `OMP_STACKSIZE` gives no size.
const DEFAULT_STACK_BYTES: usize = 8 << 20;
/// Bytes of a stack at least: the host's scheduler and collector need them.
const MIN_STACK_BYTES: usize = 256 << 10;
/// Inaccessible bytes below a stack: more than most functions' frames.
const GUARD_BYTES: usize = 64 << 10;
/// Bytes above a stack for the [`Server`].
const SERVER_BYTES: usize = 4096;
/// Bytes of a signal stack.
const SIGNAL_STACK_BYTES: usize = 64 << 10;

const _: () = assert!(size_of::<Server>() <= SERVER_BYTES);

/// Bytes of each stack. The environment is read once, so all have this size.
fn size() -> usize {
    let asked = icv::globals().stack_size.unwrap_or(DEFAULT_STACK_BYTES);
    asked.max(MIN_STACK_BYTES).next_multiple_of(64 << 10)
}

/// A new mapping; null without memory for it.
fn map(bytes: usize, protection: c_int) -> *mut u8 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
    // SAFETY: asks for new memory at an address of the system's choice.
    let at = unsafe { libc::mmap(core::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        core::ptr::null_mut()
    } else {
        at.cast()
    }
}

/// A server with a stack for the calling thread: a spare one, else a new one. `None`
/// without memory for it.
pub(crate) fn take(me: &'static Thread) -> Option<*mut Server> {
    RETIRES.provide(retire);
    watch_for_overflow(me);
    let spare = me.servers.spare.get();
    if !spare.is_null() {
        // SAFETY: spare servers are this thread's.
        unsafe {
            me.servers.spare.set((*spare).next_spare());
            (*spare).thread.set(me);
        }
        return Some(spare);
    }
    let stack = size();
    let base = map(GUARD_BYTES + stack + SERVER_BYTES, libc::PROT_NONE);
    if base.is_null() {
        return no_memory();
    }
    // SAFETY: inside the mapping, page by page.
    unsafe {
        let usable = base.add(GUARD_BYTES);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        if libc::mprotect(usable.cast(), stack + SERVER_BYTES, access) != 0 {
            libc::munmap(base.cast(), GUARD_BYTES + stack + SERVER_BYTES);
            return no_memory();
        }
        tell_valgrind(usable, usable.add(stack));
        let server = usable.add(stack).cast::<Server>();
        server.write(Server::new(me));
        Some(server)
    }
}

fn no_memory() -> Option<*mut Server> {
    messages::warn_once("second stack", || {
        "no memory for a second stack: closures are called by in-calls".into()
    });
    None
}

/// The end of the server's stack from which it grows down.
pub(crate) fn top(server: *mut Server) -> *mut u8 {
    server.cast()
}

/// Keeps the server, whose region is over, for the thread's next regions.
pub(crate) fn give_back(me: &Thread, server: *mut Server) {
    // SAFETY: it is this thread's, and nothing runs on it.
    unsafe { (*server).make_spare(me.servers.spare.get()) };
    me.servers.spare.set(server);
}

/// Frees the calling thread's spare stacks.
pub(crate) fn free_spare(me: &Thread) {
    let mut spare = me.servers.spare.replace(core::ptr::null_mut());
    while !spare.is_null() {
        // SAFETY: spare servers are this thread's, and nothing runs on them;
        // each is where `take` put it in a mapping of this size.
        unsafe {
            let server = spare;
            spare = (*server).next_spare();
            let base = server.cast::<u8>().sub(size() + GUARD_BYTES);
            libc::munmap(base.cast(), GUARD_BYTES + size() + SERVER_BYTES);
        }
    }
}

/// Frees the stacks of the calling thread, which ends or is done with OpenMP. A stack that
/// is in use (something ended the thread in the midst of a call) stays, because the thread
/// may be running on it.
pub(crate) fn retire(me: &'static Thread) {
    free_spare(me);
    me.servers.innermost.set(core::ptr::null_mut());
    me.servers.waiting.set(core::ptr::null_mut());
    me.servers.extent.set(core::ptr::null());
    me.servers.watches_overflow.set(false);
    let signal_stack = me.servers.signal_stack.replace(core::ptr::null_mut());
    if signal_stack.is_null() {
        return;
    }
    // SAFETY: the structures are written before they are read. The memory is freed only if
    // the thread's signals do not use it any more.
    unsafe {
        let mut stack = MaybeUninit::<libc::stack_t>::zeroed();
        libc::sigaltstack(core::ptr::null(), stack.as_mut_ptr());
        let mut stack = stack.assume_init();
        let ours = stack.ss_sp == signal_stack.cast();
        stack.ss_flags = libc::SS_DISABLE;
        // The system refuses this to a thread that ends inside a signal's handler, on this
        // stack.
        if !ours || libc::sigaltstack(&stack, core::ptr::null_mut()) == 0 {
            libc::munmap(signal_stack.cast(), SIGNAL_STACK_BYTES);
        }
    }
}

/// Tells Valgrind about a stack. Otherwise Valgrind would take the jump to it for a huge
/// allocation on the old stack. This is a client request, which does nothing outside of
/// Valgrind.
#[allow(unused_variables)]
unsafe fn tell_valgrind(from: *mut u8, to: *mut u8) {
    #[cfg(target_arch = "x86_64")]
    {
        // VG_USERREQ__STACK_REGISTER, as valgrind.h documents it. The rotations add up to
        // nothing.
        let request: [usize; 6] = [0x1501, from as usize, to as usize, 0, 0, 0];
        // SAFETY: reads the array; outside of Valgrind it changes nothing.
        unsafe {
            core::arch::asm!(
                "rol rdi, 3",
                "rol rdi, 13",
                "rol rdi, 61",
                "rol rdi, 51",
                "xchg rbx, rbx",
                in("rax") request.as_ptr(),
                inout("rdx") 0usize => _,
                options(nostack)
            );
        }
    }
}

/// Whether the process has its handler, or was found to need none.
static INSTALLED: AtomicBool = AtomicBool::new(false);
/// Bytes of each stack, for the handler, which must not read the environment.
static STACK_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Gives the calling thread a signal stack unless it has one, and installs the handler
/// unless the program has one.
fn watch_for_overflow(me: &Thread) {
    if me.servers.watches_overflow.replace(true) {
        return;
    }
    // SAFETY: the structures are written before they are read, and the handler does only
    // what a handler may do.
    unsafe {
        let mut now = MaybeUninit::<libc::stack_t>::zeroed();
        libc::sigaltstack(core::ptr::null(), now.as_mut_ptr());
        if now.assume_init().ss_flags & libc::SS_DISABLE != 0 {
            if me.servers.signal_stack.get().is_null() {
                let access = libc::PROT_READ | libc::PROT_WRITE;
                me.servers.signal_stack.set(map(SIGNAL_STACK_BYTES, access));
            }
            if me.servers.signal_stack.get().is_null() {
                return;
            }
            let mut stack = now.assume_init();
            stack.ss_sp = me.servers.signal_stack.get().cast();
            stack.ss_size = SIGNAL_STACK_BYTES;
            stack.ss_flags = 0;
            libc::sigaltstack(&stack, core::ptr::null_mut());
        }
        if INSTALLED.swap(true, Ordering::Relaxed) {
            return;
        }
        STACK_BYTES.store(size(), Ordering::Relaxed);
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        libc::sigaction(libc::SIGSEGV, core::ptr::null(), action.as_mut_ptr());
        let mut action = action.assume_init();
        if action.sa_sigaction == libc::SIG_DFL {
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGSEGV, &action, core::ptr::null_mut());
        }
    }
}

/// The handler of SIGSEGV: prints a message if the fault is at the end of one of the
/// thread's second stacks, and lets the fault happen again without a handler.
extern "C" fn on_fault(_signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the system passes a valid `info`. The servers belong to this thread, which is
    // stopped in this handler.
    unsafe {
        let at = (*info).si_addr() as usize;
        let bytes = STACK_BYTES.load(Ordering::Relaxed);
        let mut server =
            register::known().map_or(core::ptr::null_mut(), |me| me.servers.innermost.get());
        while !server.is_null() {
            let stack = (server as usize).wrapping_sub(bytes);
            if (stack.wrapping_sub(GUARD_BYTES)..stack).contains(&at) {
                // Not by `messages::tell`, which allocates.
                let text = "ghcomp: a closure that C called, or what it called, ran over the \
                            end of its stack; set OMP_STACKSIZE higher\n";
                libc::write(2, text.as_ptr().cast(), text.len());
            }
            server = (*server).next_spare();
        }
        let mut default = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(libc::SIGSEGV, &default, core::ptr::null_mut());
    }
}
