//! A thread's servers: second stacks on which the host answers closures that a
//! kernel calls. [`crate::callback`] has the verbs.

use crate::host::frame::Frame;
use crate::sync::owned::{Owned, OwnedPart};
use crate::team::member::Member;
use crate::team::thread::Thread;
use core::cell::Cell;
use core::ptr::null_mut;

/// The frame holds a call to be answered.
pub const CALL: u32 = 1;
/// The kernel is about to block.
pub const BLOCK: u32 = 2;
/// The region is over.
pub const END: u32 = 3;

/// What lives on a second stack, and how to get there. Its thread's own. The
/// assembly and the host know the offsets.
#[repr(C)]
#[derive(Debug)]
pub struct Server {
    /// The call that is being answered.
    pub frame: Frame,
    /// Why the kernel left last: CALL, BLOCK or END.
    pub(crate) status: Cell<u32>,
    /// Whether the server resumed the kernel with something in its hands.
    pub(crate) held: Cell<u32>,
    /// Where the kernel's stack was left.
    pub(crate) kernel_sp: Cell<usize>,
    /// Where the server's stack was left.
    pub(crate) server_sp: Cell<usize>,
    /// Whose server it is.
    pub(crate) thread: Cell<*const Thread>,
    /// Whether the host was told the thread's number for it.
    pub(crate) bound: Cell<bool>,
    /// The member whose region ends it.
    pub(crate) member: Cell<*const Member>,
    /// The thread's server before this one; or the next spare one.
    pub(crate) outer: Cell<*mut Server>,
}

const _: () = assert!(core::mem::offset_of!(Server, status) == 136);

impl Server {
    pub(crate) fn new(thread: *const Thread) -> Server {
        Server {
            frame: Frame {
                target: core::ptr::null_mut(),
                integer_result: 0,
                double_result: 0.0,
                integers: [0; 6],
                doubles: [0.0; 8],
            },
            status: Cell::new(END),
            held: Cell::new(0),
            kernel_sp: Cell::new(0),
            server_sp: Cell::new(0),
            thread: Cell::new(thread),
            bound: Cell::new(false),
            member: Cell::new(core::ptr::null()),
            outer: Cell::new(core::ptr::null_mut()),
        }
    }

    /// The next of a thread's spare servers.
    pub(crate) fn next_spare(&self) -> *mut Server {
        self.outer.get()
    }

    /// Makes it the first of the thread's spare servers.
    pub(crate) fn put_before(&self, next: *mut Server) {
        self.member.set(core::ptr::null());
        self.outer.set(next);
    }
}

/// A thread's own part. The assembly knows the offset of `waiting`.
#[repr(C)]
pub struct Servers {
    /// The server that waits for the kernel's calls; null while none does.
    pub(crate) waiting: Owned<*mut Server>,
    /// The innermost server.
    pub(crate) innermost: Owned<*mut Server>,
    /// Servers for later regions.
    pub(crate) spare: Owned<*mut Server>,
    /// Memory of a signal stack.
    pub(crate) signal_stack: Owned<*mut u8>,
    /// Whether the OS thread has been given that stack.
    pub(crate) watches_overflow: Owned<bool>,
}

impl Servers {
    pub(crate) fn new() -> Servers {
        Servers {
            waiting: Owned::new(null_mut()),
            innermost: Owned::new(null_mut()),
            spare: Owned::new(null_mut()),
            signal_stack: Owned::new(null_mut()),
            watches_overflow: Owned::new(false),
        }
    }
}

impl OwnedPart for Servers {
    /// Spare servers and the signal stack stay with the record until it retires.
    fn renew(&self) {
        self.waiting.set(null_mut());
        self.innermost.set(null_mut());
        self.watches_overflow.set(false);
    }

    fn hand_over(&self) {
        let Servers {
            waiting,
            innermost,
            spare,
            signal_stack,
            watches_overflow,
        } = self;
        for server in [waiting, innermost, spare] {
            server.hand_over();
        }
        signal_stack.hand_over();
        watches_overflow.hand_over();
    }
}
