//! The records of a thread's servers: second stacks on which the host answers the
//! closures that a C kernel calls. [`crate::callback`] acts on them, and
//! Note [Calling, blocking, ending] there is the protocol.

use crate::host::frame::Frame;
use crate::sync::owned::{Owned, OwnedPart};
use crate::team::member::Member;
use crate::team::thread::Thread;
use core::cell::Cell;
use core::ptr::{null, null_mut};

// Why the kernel switches to the server.

/// The frame holds a call to be answered.
pub const CALL: u32 = 1;
/// The kernel is about to block.
pub const BLOCK: u32 = 2;
/// The region is over.
pub const END: u32 = 3;

/// What lies at the top of a second stack, and how to switch to that stack. Only its
/// thread touches it. The assembly and the host know the offsets.
#[repr(C)]
#[derive(Debug)]
pub struct Server {
    /// The call that is being answered.
    pub frame: Frame,
    /// Why the kernel switched to the server last: [`CALL`], [`BLOCK`] or [`END`].
    pub(crate) status: Cell<u32>,
    /// Whether the server, when it resumed the kernel, kept something that other threads
    /// wait for (GHC: a capability).
    pub(crate) held: Cell<u32>,
    /// The kernel's stack pointer while the server runs.
    pub(crate) kernel_sp: Cell<usize>,
    /// The server's stack pointer while the kernel runs.
    pub(crate) server_sp: Cell<usize>,
    /// The thread whose server it is.
    pub(crate) thread: Cell<*const Thread>,
    /// Whether the host was told the thread's number when this server started, and is to
    /// forget it when the server ends.
    pub(crate) bound: Cell<bool>,
    /// The member whose region ends it, or null.
    pub(crate) member: Cell<*const Member>,
    /// The extent that ends it, or null.
    pub(crate) extent: Cell<*const Extent>,
    /// The server in which this one was started, or null; of a spare server, the next
    /// spare one.
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
            extent: Cell::new(core::ptr::null()),
            outer: Cell::new(core::ptr::null_mut()),
        }
    }

    /// The next of a thread's spare servers.
    pub(crate) fn next_spare(&self) -> *mut Server {
        self.outer.get()
    }

    /// The server is spare, and `next` is the next spare one.
    pub(crate) fn make_spare(&self, next: *mut Server) {
        self.member.set(core::ptr::null());
        self.extent.set(core::ptr::null());
        self.outer.set(next);
    }
}

/// The dynamic extent of a call, outside of the regions that begin in it. It lies on the
/// calling thread's stack.
#[derive(Debug)]
pub struct Extent {
    /// The thread's member when the call began. In a region that begins in the call the
    /// thread is another member.
    pub(crate) member: *const Member,
    /// A server may start in it, and ends with it: the call is one of a kernel by the host's
    /// language, from the capability of this number. `None`: the call is an in-call.
    pub(crate) serves: Option<u32>,
}

/// A thread's own part. Owner only. The assembly knows the offset of `waiting`.
#[repr(C)]
pub struct Servers {
    /// The server that waits for the kernel's calls; null if none does.
    pub(crate) waiting: Owned<*mut Server>,
    /// The server that started last and has not ended, or null.
    pub(crate) innermost: Owned<*mut Server>,
    /// The innermost extent of the thread, or null.
    pub(crate) extent: Owned<*const Extent>,
    /// A list of servers for later regions.
    pub(crate) spare: Owned<*mut Server>,
    /// The memory of a signal stack, or null.
    pub(crate) signal_stack: Owned<*mut u8>,
    /// Whether that is the OS thread's signal stack now.
    pub(crate) watches_overflow: Owned<bool>,
}

impl Servers {
    pub(crate) fn new() -> Servers {
        Servers {
            waiting: Owned::new(null_mut()),
            innermost: Owned::new(null_mut()),
            extent: Owned::new(null()),
            spare: Owned::new(null_mut()),
            signal_stack: Owned::new(null_mut()),
            watches_overflow: Owned::new(false),
        }
    }
}

impl OwnedPart for Servers {
    /// Spare servers and the signal stack stay with the record until it retires.
    fn renew(&self) {
        let Servers {
            waiting,
            innermost,
            extent,
            spare: _,
            signal_stack: _,
            watches_overflow,
        } = self;
        waiting.set(null_mut());
        innermost.set(null_mut());
        extent.set(null());
        watches_overflow.set(false);
    }

    fn hand_over(&self) {
        let Servers {
            waiting,
            innermost,
            extent,
            spare,
            signal_stack,
            watches_overflow,
        } = self;
        for server in [waiting, innermost, spare] {
            server.hand_over();
        }
        extent.hand_over();
        signal_stack.hand_over();
        watches_overflow.hand_over();
    }
}
