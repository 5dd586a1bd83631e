//! The ICVs that initial tasks start with.

use crate::icv::globals::globals;
use crate::icv::types::Icv;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use std::sync::atomic::{AtomicU64, Ordering};

/// The ICVs that initial tasks start with, if the host's language has changed them for the
/// whole process; else they are the environment's.
static DEFAULTS: Mutex<Option<Icv>> = covered(Rank::Defaults, None);
/// The child keeps the parent's.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&DEFAULTS]);

/// How often they were changed. It has 64 bits: 2^32 changes take minutes, and a thread
/// that looks rarely must not find the number that it knows after so many.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// The ICVs of new initial tasks.
pub fn defaults() -> Icv {
    let initial = globals().initial;
    match changes() {
        0 => initial,
        _ => changed_defaults(initial),
    }
}

#[cold]
#[inline(never)]
fn changed_defaults(initial: Icv) -> Icv {
    DEFAULTS.lock().unwrap_or(initial)
}

/// How often [`change_defaults`] was called. An initial task that has seen fewer changes
/// takes the defaults again when it starts a region.
#[inline]
pub fn changes() -> u64 {
    CHANGES.load(Ordering::Relaxed)
}

/// Changes the ICVs of all initial tasks, present and to come.
pub fn change_defaults(change: impl FnOnce(&mut Icv)) {
    let initial = globals().initial;
    let mut defaults = DEFAULTS.lock();
    let mut icv = defaults.unwrap_or(initial);
    change(&mut icv);
    *defaults = Some(icv);
    CHANGES.fetch_add(1, Ordering::Relaxed);
}
