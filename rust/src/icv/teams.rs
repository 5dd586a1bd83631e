//! The ICVs of `teams` constructs, which are one for the whole process.

use crate::icv::environment::Globals;
use crate::icv::globals::globals;
use core::sync::atomic::{AtomicU32, Ordering};

/// An ICV of the whole process: the environment's value until the program sets it.
pub struct ProcessIcv {
    /// The value, or [`NOT_SET`].
    now: AtomicU32,
    initial: fn(&Globals) -> u32,
}

const NOT_SET: u32 = u32::MAX;

impl ProcessIcv {
    const fn new(initial: fn(&Globals) -> u32) -> ProcessIcv {
        ProcessIcv {
            now: AtomicU32::new(NOT_SET),
            initial,
        }
    }

    /// The value; 0 if neither environment nor program gave one.
    pub fn get(&self) -> u32 {
        match self.now.load(Ordering::Relaxed) {
            NOT_SET => (self.initial)(globals()),
            value => value,
        }
    }

    /// Sets the value; 0 stands for none.
    pub fn set(&self, value: u32) {
        self.now.store(value, Ordering::Relaxed);
    }
}

/// `nteams-var`.
pub static NTEAMS: ProcessIcv = ProcessIcv::new(|globals| globals.num_teams);
/// `teams-thread-limit-var`.
pub static TEAMS_THREAD_LIMIT: ProcessIcv = ProcessIcv::new(|globals| globals.teams_thread_limit);
