//! When a server starts and ends, and who may have one.

use crate::callback::stack;
use crate::callback::switch::{self, leave};
use crate::host::frame::Frame;
use crate::host::{self, GhcompHost};
use crate::messages;
use crate::team::host_number;
use crate::team::member::Member;
use crate::team::register::{self, current};
use crate::team::servers::{Server, BLOCK, CALL, END};
use crate::team::thread::{Context, Thread};

extern "C" {
    /// Switches from the server that has this frame to the kernel, whose call
    /// gets the frame's results. `held`: 1 if the calling thread has something
    /// in its hands that others wait for, else 0. Comes back when the kernel
    /// calls the next time (1, CALL: the frame holds the call), before it blocks
    /// (2, BLOCK: resume it with `held` 0) or when the region is over (3, END).
    /// For `GhcompHost::serve` alone.
    fn ghcomp_callback_resume(frame: *mut Frame, held: u32) -> u32;
}

/// The outermost function of a server's stack.
pub(crate) extern "C" fn main(server: *mut Server) -> ! {
    if let Some(host) = host::host() {
        host::enter_haskell();
        (host.serve)(server.cast());
        host::leave_haskell();
    }
    // The stack is not used again before the server is prepared again.
    // SAFETY: `end_innermost` waits for it on the kernel's stack.
    unsafe { ghcomp_callback_resume(server.cast(), 0) };
    unreachable!("ghcomp: a server was resumed after its end")
}

/// Note [In-calls nest] in [`super`].
fn may_serve(me: &Thread, context: &Context) -> bool {
    let innermost = me.servers.innermost.get();
    context.team.region.level.get() > 0
        && !context.member.runs_haskell.get()
        // SAFETY: servers are freed by nobody.
        && (innermost.is_null() || unsafe { (*innermost).member.get() } != context.member)
}

/// Answers a call that no server waited for: by a new server where there may
/// be one, else by an in-call. False if the host cannot run on this thread.
pub(crate) fn answer(frame: &mut Frame) -> bool {
    let me = current();
    let context = me.context();
    let Some(host) = host::host() else {
        return false;
    };
    if me.is_worker.get() && (host.haskell_bodies)() == 0 {
        messages::warn_once("callback", || {
            "this program's runtime system is not threaded (link with -threaded): a closure was \
             called from a second thread, and the call answered 0"
                .into()
        });
        return false;
    }
    if may_serve(me, &context) {
        if let Some(server) = stack::take(me) {
            start(me, &context, host, server, frame);
            return true;
        }
    }
    host::enter_haskell();
    (host.call)(frame);
    host::leave_haskell();
    true
}

/// A server's first call.
fn start(
    me: &'static Thread,
    context: &Context,
    host: &GhcompHost,
    server: *mut Server,
    frame: &mut Frame,
) {
    let before = me.host_number.get();
    host_number::tell(host, me, context, 0);
    // SAFETY: a server from `stack::take` is this thread's, and its stack is
    // unused. `leave` comes back when the host has answered.
    unsafe {
        (*server).frame = *frame;
        (*server).bound.set(before == 0);
        (*server).member.set(context.member);
        (*server).outer.set(me.servers.innermost.get());
        me.servers.innermost.set(server);
        switch::prepare(server, stack::top(server));
        leave(server, CALL);
        frame.integer_result = (*server).frame.integer_result;
        frame.double_result = (*server).frame.double_result;
    }
}

/// The region of this member is over for the calling thread: its server, if it
/// has one, ends.
#[inline(always)]
pub fn end(me: &'static Thread, member: &Member) {
    let server = me.servers.innermost.get();
    // SAFETY: servers are freed by nobody.
    if !server.is_null() && core::ptr::eq(unsafe { (*server).member.get() }, member) {
        end_innermost(me, server);
    }
}

/// The thread is a worker outside of regions: its server, if it has one, ends.
#[inline(always)]
pub fn end_any(me: &'static Thread) {
    let server = me.servers.innermost.get();
    if !server.is_null() {
        end_innermost(me, server);
    }
}

#[cold]
fn end_innermost(me: &'static Thread, server: *mut Server) {
    // SAFETY: the innermost server waits: the kernel's region is ending, on the
    // kernel's stack.
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

/// Before the calling thread blocks: it gives back what its server left in its
/// hands.
#[inline]
pub fn before_blocking() {
    let Some(me) = register::known() else {
        return;
    };
    let server = me.servers.waiting.get();
    // SAFETY: a waiting server is this thread's, and waits.
    unsafe {
        if !server.is_null() && (*server).held.get() != 0 {
            leave(server, BLOCK);
        }
    }
}

/// Cuts the loop short in which the call is that is being answered: no thread
/// gets another chunk of it from the runtime. Chunks that threads have, and
/// loops whose iterations the compiler dealt out, go on.
#[no_mangle]
pub extern "C" fn ghcomp_callback_cut() {
    current().context().stop_loop();
}
