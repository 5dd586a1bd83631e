//! Telling the host which OpenMP thread an OS thread is, so that the host can run it
//! on the capability of that number. A thread that joins a team calls [`tell_on_join`].
//! The door for Haskell and the callbacks call [`tell`], [`tell_capability`] and [`forget`].
//!
//! [`Thread::host_number`] remembers what the host was told last.

use crate::host::{host, GhcompHost};
use crate::team::thread::{Context, Thread};

/// The number that means "no particular capability" to the host's `bind`.
const UNBOUND: u32 = u32::MAX;

/// Tells the host the thread's number, unless it was told that number last. The team's
/// thread 0 has the number `first`. In a nested team nothing is told: there a thread keeps
/// the capability that it has.
pub fn tell(host: &GhcompHost, me: &Thread, context: &Context, first: u32) {
    let (num, size) = (first + context.member.num, context.team.size());
    if context.team.region.level.get() == 1 && size > 1 && me.host_number.get() != num + 1 {
        (host.bind)(num, size);
        me.host_number.set(num + 1);
    }
}

/// Tells the host that the thread, which was not told anything, goes on on the capability of
/// this number.
pub fn tell_capability(host: &GhcompHost, me: &Thread, number: u32) {
    (host.bind)(number, 1);
    me.host_number.set(number + 1);
}

/// The thread has joined a team. Only a host that a C program brings along is told: it
/// wants to hear of every thread of a first-level team, whatever the region's body is.
#[inline]
pub fn tell_on_join(me: &Thread, context: &Context) {
    if let Some(host) = host().filter(|host| host.boot.is_some()) {
        tell(host, me, context, 0);
    }
}

/// The thread has done with Haskell for the team: if it is not a worker, the host
/// forgets its number, since the thread also runs code that is not ours.
pub fn forget(host: &GhcompHost, me: &Thread) {
    if !me.is_worker.get() && me.host_number.get() != 0 {
        (host.bind)(UNBOUND, 1);
        me.host_number.set(0);
    }
}
