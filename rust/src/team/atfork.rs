//! The child of `fork` starts afresh.
//!
//! Only the forking thread lives on in the child. There it forgets all teams
//! and workers, and becomes an initial thread; the next region builds a new
//! pool. Records and teams of the parent are left alone (they may be in any
//! state). The generation tells a join whose region began in the parent that
//! nobody will arrive.

use super::{current, pool, thread};
use crate::host;
use crate::sync::{fence, wait};
use crate::trace::recorder;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Once;

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Forks between the first process and this one.
#[inline]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

extern "C" fn before() {
    pool::lock_for_fork();
    recorder::lock_for_fork();
}

extern "C" fn in_parent() {
    recorder::unlock_after_fork();
    pool::unlock_after_fork();
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    recorder::unlock_after_fork();
    recorder::forget_events(current::known());
    pool::unlock_after_fork();
    pool::forget();
    thread::forget_masters();
    wait::forget_workers();
    host::forget_threads();
    fence::init();
    if let Some(thread) = current::known() {
        // A worker that forked is an initial thread now.
        thread.is_worker.set(false);
        thread::count_master();
        thread.solo.set(None);
        thread.bound_as.set(0);
        thread.start_afresh();
    }
}

/// Registers the handlers, once.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        fence::init();
        // SAFETY: the handlers live as long as the program, and do only what
        // is said above.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    });
}
