//! The league of a `teams` construct (OpenMP 5.2, 10.2). Its initial teams run one after
//! the other, on the thread that meets the construct.
//!
//! The constants of an initial team's region say which team of the league it is; the
//! regions inside have the same.

use crate::icv::teams::{NTEAMS, TEAMS_THREAD_LIMIT};
use crate::icv::Icv;
use crate::team::region::League;
use crate::team::register::current;
use crate::team::task::Body;
use crate::{messages, points, tools};
use core::ffi::c_void;

/// The number of teams in the host's league if neither the clause nor `nteams-var` says.
const DEFAULT_TEAMS: u32 = 3;

/// The calling thread's league, and which team of it the thread is in.
pub fn here() -> League {
    current().context().team.region.league.get()
}

/// Limits the threads under the current task, unless `limit` is 0. Answers the limit that
/// was in force before.
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

/// The value of the `num_teams` clause. A negative value counts as 0, as no clause.
fn clause_value(num_teams: u32) -> u32 {
    if num_teams <= i32::MAX as u32 {
        return num_teams;
    }
    messages::warn_once("num_teams", || {
        let asked = num_teams as i32;
        format!("num_teams: {asked} is not positive; using the default")
    });
    0
}

/// Runs `body(data)` once for each team of a league on the host. `num_teams` 0 stands for
/// `nteams-var`, `thread_limit` 0 for `teams-thread-limit-var`.
///
/// # Safety
///
/// `body(data)` must be callable.
pub unsafe fn run(body: Body, data: *mut c_void, num_teams: u32, thread_limit: u32) {
    let num_teams = clause_value(num_teams);
    let or = |clause: u32, otherwise: u32| if clause > 0 { clause } else { otherwise };
    let size = or(num_teams, or(NTEAMS.get(), DEFAULT_TEAMS));
    let limit = limit_threads(or(thread_limit, TEAMS_THREAD_LIMIT.get()));
    let me = current();
    let league = &me.context().team.region.league;
    let told = points::enabled(points::REGIONS).then(|| tools::League::begins(size));
    let told = told.flatten();
    for num in 0..size {
        league.set(League { size, num });
        // SAFETY: the caller's promise.
        let body = || unsafe { body(data) };
        match &told {
            Some(told) => told.team(num, size, body),
            None => body(),
        }
    }
    league.set(League::ALONE);
    if let Some(told) = told {
        told.ends();
    }
    let icv = &me.context().task.icv;
    icv.set(Icv {
        thread_limit: limit,
        ..icv.get()
    });
}

/// The calling thread becomes a team of a league of `num_teams` teams (0 stands for 1):
/// the first one if `first`, else the next. False if no team is left.
pub fn advance(num_teams: u32, first: bool) -> bool {
    let size = clause_value(num_teams).max(1);
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
