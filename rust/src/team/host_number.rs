//! Telling the host which OpenMP thread an OS thread is.

use crate::host::{host, GhcompHost};
use crate::team::thread::{Context, Thread};

/// `bind`'s number for "no particular capability".
const UNBOUND: u32 = u32::MAX;

/// Tells the host which number the thread has, if it was not told before; the
/// team's thread 0 has `first`. Deeper teams keep the capability of the thread
/// that started them.
pub fn bind(host: &GhcompHost, me: &Thread, context: &Context, first: u32) {
    let (num, size) = (first + context.member.num, context.team.size());
    if context.team.region.level.get() == 1 && size > 1 && me.host_number.get() != num + 1 {
        (host.bind)(num, size);
        me.host_number.set(num + 1);
    }
}

/// The thread has taken its member in a region.
#[inline]
pub fn joined(me: &Thread, context: &Context) {
    if let Some(host) = host().filter(|host| host.boot.is_some()) {
        bind(host, me, context, 0);
    }
}

/// A thread that is not the runtime's own is done with Haskell for the team:
/// it is also a thread of somebody else's.
pub fn unbind(host: &GhcompHost, me: &Thread) {
    if !me.is_worker.get() && me.host_number.get() != 0 {
        (host.bind)(UNBOUND, 1);
        me.host_number.set(0);
    }
}
