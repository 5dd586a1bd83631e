//! The league of a `teams` construct (OpenMP 5.2, 10.2): its initial teams run
//! one after the other, on the thread that meets the construct.
//!
//! Where in the league an initial team is stands in its region's constants,
//! and in those of the regions inside.

use crate::icv::{self, Icv};
use crate::messages;
use crate::team::region::League;
use crate::team::register::current;
use crate::team::task::Body;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

/// The teams of a host's league when neither clause nor `nteams-var` says.
const DEFAULT_TEAMS: u32 = 3;

/// A setting of the whole process: what the environment says until a program
/// says otherwise.
pub struct ProcessIcv {
    /// `UNSET`, or the value.
    now: AtomicU32,
    initial: fn(&icv::Globals) -> u32,
}

const UNSET: u32 = u32::MAX;

impl ProcessIcv {
    const fn new(initial: fn(&icv::Globals) -> u32) -> ProcessIcv {
        ProcessIcv {
            now: AtomicU32::new(UNSET),
            initial,
        }
    }

    /// The value; 0 when nobody said.
    pub fn get(&self) -> u32 {
        match self.now.load(Ordering::Relaxed) {
            UNSET => (self.initial)(icv::globals()),
            value => value,
        }
    }

    /// Sets it; 0 for what stands for nothing said.
    pub fn set(&self, value: u32) {
        self.now.store(value, Ordering::Relaxed);
    }
}

/// `nteams-var`.
pub static NUM_TEAMS: ProcessIcv = ProcessIcv::new(|globals| globals.num_teams);
/// `teams-thread-limit-var`.
pub static THREAD_LIMIT: ProcessIcv = ProcessIcv::new(|globals| globals.teams_thread_limit);

/// Where in a league the calling thread's team is.
pub fn here() -> League {
    current().context().team.region.league.get()
}

/// Limits the threads under the current task, unless `limit` is 0; the limit
/// that was in force.
pub fn limit_threads(limit: u32) -> u32 {
    let icv = &current().fresh_context().task.icv;
    let now = icv.get();
    if limit > 0 {
        let limited = if limit > i32::MAX as u32 {
            u32::MAX
        } else {
            limit
        };
        icv.set(Icv {
            thread_limit: limited,
            ..now
        });
    }
    now.thread_limit
}

/// The `num_teams` clause's value; 0, for none, where it was negative.
fn possible(num_teams: u32) -> u32 {
    if num_teams <= i32::MAX as u32 {
        return num_teams;
    }
    messages::warn_once("num_teams", || {
        let asked = num_teams as i32;
        format!("num_teams: {asked} is not positive; using the default")
    });
    0
}

/// Runs `body(data)` once for each team of a league of the host: `num_teams`,
/// or 0 for `nteams-var`, with `thread_limit`, or 0 for
/// `teams-thread-limit-var`.
///
/// # Safety
///
/// `body(data)` must be callable.
pub unsafe fn run(body: Body, data: *mut c_void, num_teams: u32, thread_limit: u32) {
    let num_teams = possible(num_teams);
    let or = |clause: u32, otherwise: u32| if clause > 0 { clause } else { otherwise };
    let size = or(num_teams, or(NUM_TEAMS.get(), DEFAULT_TEAMS));
    let limit = limit_threads(or(thread_limit, THREAD_LIMIT.get()));
    let me = current();
    let league = &me.context().team.region.league;
    for num in 0..size {
        league.set(League { size, num });
        // SAFETY: the caller's promise.
        unsafe { body(data) };
    }
    league.set(League::ALONE);
    let icv = &me.context().task.icv;
    icv.set(Icv {
        thread_limit: limit,
        ..icv.get()
    });
}

/// The calling thread becomes the `first`, or else the next team of a league of
/// `num_teams`, or 0 for 1; false if there is none left.
pub fn advance(num_teams: u32, first: bool) -> bool {
    let size = possible(num_teams).max(1);
    let league = &current().context().team.region.league;
    if first {
        league.set(League { size, num: 0 });
        return true;
    }
    let League { size, num } = league.get();
    let left = num + 1 < size;
    if left {
        league.set(League { size, num: num + 1 });
    }
    left
}
