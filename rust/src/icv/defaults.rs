//! The ICVs that initial tasks start with.

use crate::icv::globals::globals;
use crate::icv::types::Icv;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use std::sync::atomic::{AtomicU64, Ordering};

/// The ICVs that initial tasks start with, and how often they were changed
/// since the start: the environment's, or what the host's language set for the
/// whole process.
static DEFAULTS: Mutex<Option<Icv>> = covered(Rank::Defaults, None);
/// The child keeps them.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&DEFAULTS]);

/// 64 bits: a thread that looks rarely must not find the number that it knows
/// again, and 2^32 changes take minutes.
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

/// How often [`change_defaults`] was called; initial tasks that have seen
/// fewer changes take the defaults again when they start a region.
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
