//! When a server starts and ends, and which threads may have one. See [`super`] for what a
//! server is.
//!
//! `answer` starts a server, at a call for which none waits. [`end`] ends the one of a
//! region, when the thread leaves the region ([`end_any`] if it is a worker between
//! regions). [`serving`] makes a call outside of regions and ends the server of that call.
//! [`before_blocking`] is called by every wait of the runtime before it blocks.

use crate::callback::stack;
use crate::callback::switch::{self, leave};
use crate::host::frame::Frame;
use crate::host::{self, GhcompHost};
use crate::messages;
use crate::team::host_number;
use crate::team::member::Member;
use crate::team::register::{self, current};
use crate::team::servers::{Extent, Server, BLOCK, CALL, END};
use crate::team::thread::{Context, Thread};

extern "C" {
    /// Switches from the server that has this frame to the kernel, whose call gets the
    /// frame's results. `held` is 1 if the calling thread holds something that other
    /// threads wait for, else 0. Returns when the kernel calls the next time (1, CALL: the
    /// frame holds the call), before it blocks (2, BLOCK: resume it with `held` 0), or when
    /// the region is over (3, END). For `GhcompHost::serve` alone.
    fn ghcomp_callback_resume(frame: *mut Frame, held: u32) -> u32;
}

/// The outermost function on a server's stack. The first switch to the server begins here,
/// and the switch that ends it is made from here.
pub(crate) extern "C" fn main(server: *mut Server) -> ! {
    if let Some(host) = host::host() {
        host::enter_host_code();
        (host.serve)(server.cast());
        host::leave_host_code();
    }
    // The last switch away. This stack is not used again before the server is prepared
    // again.
    // SAFETY: `end_innermost` waits on the kernel's stack for this switch.
    unsafe { ghcomp_callback_resume(server.cast(), 0) };
    unreachable!("ghcomp: a server was resumed after its end")
}

/// What ends a server that starts here.
#[derive(Clone, Copy)]
enum Ends<'a> {
    /// The end of the member's region.
    Region(&'a Member),
    /// The end of the extent, whose caller is on the capability of this number.
    Extent(*const Extent, u32),
}

/// What would end a server that started here; `None` if none may start: Note [In-calls nest]
/// in [`super`].
fn end_of_server(me: &Thread, context: &Context) -> Option<Ends<'static>> {
    let (innermost, extent) = (me.servers.innermost.get(), me.servers.extent.get());
    let member = context.member;
    // SAFETY: an extent is on this thread's stack until its call returns.
    if !extent.is_null() && core::ptr::eq(unsafe { (*extent).member }, member) {
        // SAFETY: as above; the innermost server is this thread's, and is not freed while it
        // is in use.
        let (serves, free) = unsafe {
            let free = innermost.is_null() || (*innermost).extent.get() != extent;
            ((*extent).serves, free)
        };
        return serves
            .filter(|_| free)
            .map(|number| Ends::Extent(extent, number));
    }
    let free = context.team.region.level.get() > 0
        && !member.runs_host_body.get()
        // SAFETY: as above.
        && (innermost.is_null() || unsafe { (*innermost).member.get() } != member);
    free.then_some(Ends::Region(member))
}

/// Runs `call` in an extent of its own. The outer one is back afterwards.
#[inline(always)]
fn in_extent(me: &'static Thread, extent: Extent, call: impl FnOnce()) {
    let outer = me.servers.extent.replace(&extent);
    call();
    // The call may have ended the record (`omp_pause_resource`), or returned in the child of a
    // fork.
    let me = current();
    let server = me.servers.innermost.get();
    if extent.serves.is_some() && !server.is_null() {
        // SAFETY: the innermost server is this thread's, and is not freed while it is in use.
        if core::ptr::eq(unsafe { (*server).extent.get() }, &extent) {
            end_innermost(me, server);
        }
    }
    me.servers.extent.set(outer);
}

/// Runs `call`, a call of a kernel that Haskell makes from the capability of this number. The
/// closures that the kernel calls outside of its regions have a server, which ends with the
/// call.
pub fn serving(capability: u32, call: impl FnOnce()) {
    let me = current();
    let member = me.context().member;
    let serves = Some(capability);
    in_extent(me, Extent { member, serves }, call);
}

/// Answers a call for which no server waited: by a new server if there may be one, else by
/// an in-call. False if the host cannot run on this thread.
pub(crate) fn answer(frame: &mut Frame) -> bool {
    let me = current();
    let context = me.context();
    let Some(host) = host::host() else {
        return false;
    };
    if me.is_worker.get() {
        if let Some(why) = host::why_one_thread(host) {
            messages::warn_once("callback", || {
                format!("{why}: a closure was called from a second thread, and the call answered 0")
            });
            return false;
        }
    }
    if let Some(ends) = end_of_server(me, &context) {
        if let Some(server) = stack::take(me) {
            start(me, &context, ends, host, server, frame);
            return true;
        }
    }
    // Elsewhere the thread counts as one of the host's own, or a Haskell body counts it.
    let member = context.member;
    let counts = context.team.region.level.get() > 0 && !member.runs_host_body.get();
    let serves = None;
    in_extent(me, Extent { member, serves }, || {
        if counts {
            host::enter_host_code();
        }
        (host.call)(frame);
        if counts {
            host::leave_host_code();
        }
    });
    true
}

/// Starts the server, and answers its first call.
fn start(
    me: &'static Thread,
    context: &Context,
    ends: Ends,
    host: &GhcompHost,
    server: *mut Server,
    frame: &mut Frame,
) {
    let bound = me.host_number.get() == 0;
    let (member, extent) = match ends {
        Ends::Region(member) => {
            host_number::tell(host, me, context, 0);
            (core::ptr::from_ref(member), core::ptr::null())
        }
        Ends::Extent(extent, number) => {
            if bound {
                host_number::tell_capability(host, me, number);
            }
            (core::ptr::null(), extent)
        }
    };
    // SAFETY: a server from `stack::take` is this thread's, and its stack is
    // unused. `leave` comes back when the host has answered.
    unsafe {
        (*server).frame = *frame;
        (*server).bound.set(bound);
        (*server).member.set(member);
        (*server).extent.set(extent);
        (*server).outer.set(me.servers.innermost.get());
        me.servers.innermost.set(server);
        switch::prepare(server, stack::top(server));
        leave(server, CALL);
        frame.integer_result = (*server).frame.integer_result;
        frame.double_result = (*server).frame.double_result;
    }
}

/// Ends the server that the calling thread has in the region of this member, if there is
/// one. The thread calls this when it leaves the region.
#[inline(always)]
pub fn end(me: &'static Thread, member: &Member) {
    let server = me.servers.innermost.get();
    // SAFETY: the innermost server is this thread's, and is not freed while it is in use.
    if !server.is_null() && core::ptr::eq(unsafe { (*server).member.get() }, member) {
        end_innermost(me, server);
    }
}

/// Ends the server of a worker that is between regions, if it has one.
#[inline(always)]
pub fn end_any(me: &'static Thread) {
    let server = me.servers.innermost.get();
    if !server.is_null() {
        end_innermost(me, server);
    }
}

#[cold]
fn end_innermost(me: &'static Thread, server: *mut Server) {
    // SAFETY: the innermost server waits, because this code runs on the kernel's stack, at
    // the end of the kernel's region.
    unsafe {
        leave(server, END);
        me.servers.waiting.set(core::ptr::null_mut());
        me.servers.innermost.set((*server).outer.get());
        if let Some(host) = host::host().filter(|_| (*server).bound.get()) {
            host_number::forget(host, me);
        }
    }
    stack::give_back(me, server);
}

/// To be called before the calling thread blocks. If the thread's server holds something
/// that other threads wait for, the server gives it back.
#[inline]
pub fn before_blocking() {
    let Some(me) = register::known() else {
        return;
    };
    let server = me.servers.waiting.get();
    // SAFETY: the server in `waiting` is this thread's, and waits to be resumed.
    unsafe {
        if !server.is_null() && (*server).held.get() != 0 {
            leave(server, BLOCK);
        }
    }
}

/// For a closure that is being called: cuts short the loop in which the kernel made the
/// call. No thread gets another chunk of it from the runtime. Threads complete the chunks
/// that they have, and loops whose iterations the compiler dealt out go on.
#[no_mangle]
pub extern "C" fn ghcomp_callback_cut() {
    current().context().stop_loop();
}
