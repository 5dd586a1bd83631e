//! Routines for teams and leagues of several dimensions (OpenMP 6.1's preview; GCC 17's
//! `omp.h`). Here each has one: dimension 0 is the whole, and any other has one team or
//! thread, whose number is 0.

use crate::abi::omp::{teams, threads};
use core::ffi::c_int;

macro_rules! along {
    ($($name:ident, $whole:path, $other:literal, $what:literal;)*) => {$(
        #[doc = concat!($what, " along dimension `dim`.")]
        #[no_mangle]
        pub extern "C" fn $name(dim: c_int) -> c_int {
            if dim == 0 {
                $whole()
            } else {
                $other
            }
        }
    )*};
}

along! {
    omp_get_num_teams_dim, teams::omp_get_num_teams, 1, "The number of teams";
    omp_get_team_num_dim, teams::omp_get_team_num, 0, "The number of the calling thread's team";
    omp_get_num_threads_dim, threads::omp_get_num_threads, 1, "The number of threads";
    omp_get_thread_num_dim, threads::omp_get_thread_num, 0, "The calling thread's number";
    omp_get_thread_limit_dim, threads::omp_get_thread_limit, 1, "The most threads";
}

/// How many dimensions a league can have on a device; with `native` not 0, without emulation.
/// There is no device but the host.
#[no_mangle]
pub extern "C" fn omp_get_supported_active_league_dims(device: c_int, native: c_int) -> c_int {
    let _ = (device, native);
    1
}

/// How many dimensions a team can have on a device; with `native` not 0, without emulation.
/// There is no device but the host.
#[no_mangle]
pub extern "C" fn omp_get_supported_active_team_dims(device: c_int, native: c_int) -> c_int {
    let _ = (device, native);
    1
}

/// The most teams along dimension `dim` of a league on a device.
#[no_mangle]
pub extern "C" fn omp_get_supported_teams_dim(device: c_int, dim: c_int) -> c_int {
    let _ = device;
    most(dim)
}

/// The most threads along dimension `dim` of a team on a device.
#[no_mangle]
pub extern "C" fn omp_get_supported_threads_dim(device: c_int, dim: c_int) -> c_int {
    let _ = device;
    most(dim)
}

fn most(dim: c_int) -> c_int {
    if dim == 0 {
        c_int::MAX
    } else {
        1
    }
}
