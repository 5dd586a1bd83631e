//! Routines of `teams` (OpenMP 5.2, 18.4; libgomp ABI nodes OMP_4.0, OMP_5.1).

use crate::abi::omp::to_int;
use crate::icv::teams::{NTEAMS, TEAMS_THREAD_LIMIT};
use crate::parallel::league;
use core::ffi::c_int;

/// The number of teams in the innermost league; 1 outside of `teams`.
#[no_mangle]
pub extern "C" fn omp_get_num_teams() -> c_int {
    to_int(league::here().size)
}

/// The number of the calling thread's team in its league: 0 to
/// `omp_get_num_teams()` - 1.
#[no_mangle]
pub extern "C" fn omp_get_team_num() -> c_int {
    to_int(league::here().num)
}

/// `nteams-var`: the number of teams of a `teams` construct without `num_teams`; 0 if
/// it is not set.
#[no_mangle]
pub extern "C" fn omp_get_max_teams() -> c_int {
    to_int(NTEAMS.get())
}

/// Sets `nteams-var`; 0 stands for the default. A negative number changes nothing.
#[no_mangle]
pub extern "C" fn omp_set_num_teams(num_teams: c_int) {
    if let Ok(num_teams) = u32::try_from(num_teams) {
        NTEAMS.set(num_teams);
    }
}

/// `teams-thread-limit-var`: the most threads in each team of a `teams` construct
/// without `thread_limit`; 0 if it is not set.
#[no_mangle]
pub extern "C" fn omp_get_teams_thread_limit() -> c_int {
    to_int(TEAMS_THREAD_LIMIT.get())
}

/// Sets `teams-thread-limit-var`; 0 stands for the default. A negative number changes
/// nothing.
#[no_mangle]
pub extern "C" fn omp_set_teams_thread_limit(thread_limit: c_int) {
    if let Ok(thread_limit) = u32::try_from(thread_limit) {
        TEAMS_THREAD_LIMIT.set(thread_limit);
    }
}
