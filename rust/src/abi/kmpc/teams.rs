//! `teams` (LLVM ABI).

use crate::abi::kmpc::parallel::{give_clauses, positive, run, take_clauses, Function, Microtask};
use crate::abi::kmpc::Location;
use crate::parallel::league;
use core::ffi::{c_int, c_void};

/// `num_teams` and `thread_limit` of the next `teams` construct; 0 without the clause.
#[no_mangle]
pub extern "C" fn __kmpc_push_num_teams(
    location: *const Location,
    thread: c_int,
    teams: c_int,
    limit: c_int,
) {
    __kmpc_push_num_teams_51(location, thread, teams, teams, limit);
}

/// `num_teams(lower: upper)` and `thread_limit` of the next `teams` construct; 0 without the
/// clause. There are `upper` teams.
#[no_mangle]
pub extern "C" fn __kmpc_push_num_teams_51(
    location: *const Location,
    thread: c_int,
    lower: c_int,
    upper: c_int,
    limit: c_int,
) {
    let _ = (location, thread, lower);
    let teams = positive("num_teams", upper);
    let limit = positive("thread_limit", limit);
    give_clauses(|clauses| (clauses.teams, clauses.thread_limit) = (teams, limit));
}

/// `thread_limit` of the next `target` construct's teams.
#[no_mangle]
pub extern "C" fn __kmpc_set_thread_limit(location: *const Location, thread: c_int, limit: c_int) {
    let _ = (location, thread);
    league::limit_threads(positive("thread_limit", limit));
}

/// Runs a league whose initial threads call the microtask.
///
/// # Safety
///
/// As for `ghcomp_microtask_fork`.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_microtask_teams(
    function: Function,
    count: c_int,
    arguments: *const *mut c_void,
) {
    let clauses = take_clauses();
    let mut microtask = Microtask {
        function,
        count,
        arguments,
    };
    let data = core::ptr::from_mut(&mut microtask).cast();
    // SAFETY: the caller's promise; the record is on this frame until the league is over.
    unsafe { league::run(run, data, clauses.teams, clauses.thread_limit) }
}
