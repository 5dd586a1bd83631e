//! `teams` (OpenMP 5.2, 10.2; libgomp ABI: `GOMP_teams*`).

use crate::parallel::league;
use crate::team::task::Body;
use core::ffi::{c_uint, c_void};

/// A `teams` construct on the host. Runs `body(data)` once for each of `num_teams`
/// teams, one after the other; `num_teams` 0 stands for `nteams-var`, or for 3 if
/// that is not set. `thread_limit`: the clause's value; 0 without the clause.
/// `flags`: not used yet.
///
/// # Safety
///
/// `body(data)` must be callable.
#[no_mangle]
pub unsafe extern "C" fn GOMP_teams_reg(
    body: Body,
    data: *mut c_void,
    num_teams: c_uint,
    thread_limit: c_uint,
    flags: c_uint,
) {
    let _ = flags;
    // SAFETY: the caller's promise.
    unsafe { league::run(body, data, num_teams, thread_limit) }
}

/// A `teams` construct in a target region. Called before each execution of the
/// body; `first` is true for the first one. Answers whether a team is left to
/// execute the body. The host runs as few teams as `num_teams(lower: upper)` allows,
/// and one without the clause. `thread_limit`: the clause's value; 0 without the
/// clause.
#[no_mangle]
pub extern "C" fn GOMP_teams4(
    lower: c_uint,
    upper: c_uint,
    thread_limit: c_uint,
    first: bool,
) -> bool {
    let _ = upper;
    if first {
        league::limit_threads(thread_limit);
    }
    league::advance(lower, first)
}

/// A `teams` construct in a target region; compilers before GCC 12 call this. The
/// body runs once.
#[no_mangle]
pub extern "C" fn GOMP_teams(num_teams: c_uint, thread_limit: c_uint) {
    let _ = num_teams;
    league::limit_threads(thread_limit);
}
