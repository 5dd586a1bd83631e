//! `teams` (OpenMP 5.2, 10.2; libgomp ABI: `GOMP_teams*`).

use crate::parallel::league;
use crate::team::task::Body;
use core::ffi::{c_uint, c_void};

/// A `teams` construct on the host: runs `body(data)` for each of `num_teams`
/// teams (0: `nteams-var`, else 3), one after the other. `thread_limit`: the
/// clause's value, 0 without one. `flags`: nothing yet.
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

/// A `teams` construct in `target`, called before each execution of its body,
/// `first` for the first one; false when all teams have executed it. The host
/// runs the fewest teams that `num_teams(lower: upper)` allows, 1 without it.
/// `thread_limit`: the clause's value, 0 without one.
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

/// The same as compilers before GCC 12 write it: the body runs once.
#[no_mangle]
pub extern "C" fn GOMP_teams(num_teams: c_uint, thread_limit: c_uint) {
    let _ = num_teams;
    league::limit_threads(thread_limit);
}
