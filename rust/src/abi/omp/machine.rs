//! Routines for the whole process: clock, processors, limits, pausing (OpenMP 5.2,
//! 18.4.6, 18.6, 18.7.1, 18.10, 18.16; libgomp ABI nodes OMP_1.0 to OMP_5.0.1).

use crate::abi::ompt::end::finalize;
use crate::icv::{self, device_numbers};
use crate::parallel::pool;
use crate::team::register::current;
use core::ffi::c_int;

fn seconds(ask: unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> c_int) -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for a write.
    unsafe { ask(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Seconds since a fixed time in the past, which is the same for all threads.
#[no_mangle]
pub extern "C" fn omp_get_wtime() -> f64 {
    seconds(libc::clock_gettime)
}

/// Seconds between two ticks of `omp_get_wtime`'s clock.
#[no_mangle]
pub extern "C" fn omp_get_wtick() -> f64 {
    seconds(libc::clock_getres)
}

/// The number of processors that the calling thread may use.
#[no_mangle]
pub extern "C" fn omp_get_num_procs() -> c_int {
    icv::cpus::num_procs() as c_int
}

/// The most levels that `omp_set_max_active_levels` can set.
#[no_mangle]
pub extern "C" fn omp_get_supported_active_levels() -> c_int {
    icv::SUPPORTED_ACTIVE_LEVELS as c_int
}

/// Writes the values that the environment gave the ICVs to stderr (OpenMP 5.2,
/// 18.16). If `verbose` is not 0, it also writes those of libgomp's own variables.
#[no_mangle]
pub extern "C" fn omp_display_env(verbose: c_int) {
    icv::globals::display_environment(verbose != 0);
}

/// The highest priority that a task can have: `OMP_MAX_TASK_PRIORITY` (OpenMP 5.2,
/// 18.5.1).
#[no_mangle]
pub extern "C" fn omp_get_max_task_priority() -> c_int {
    icv::globals().max_task_priority
}

/// `cancel-var`: 1 if constructs can be cancelled (`OMP_CANCELLATION=true`).
#[no_mangle]
pub extern "C" fn omp_get_cancellation() -> c_int {
    c_int::from(icv::globals().cancellation)
}

/// Gives back the resources that the runtime has on a device (OpenMP 5.2, 18.6.1).
/// Answers 0, or -1 if nothing was given back: inside of parallel regions, for any
/// device but the host, and for an unknown `kind`.
///
/// `kind` is an `omp_pause_resource_t`: 1 soft, 2 hard, 3 to stop the tool as well. Else all
/// do the same on the host. The idle workers end, and with them their
/// `threadprivate` variables. Stacks and memory for tasks that nobody uses are freed.
/// Regions of other threads go on. ICVs stay as they are, and the next region starts
/// new workers. `device` is the host's number (which is the number of devices) or -1.
#[no_mangle]
pub extern "C" fn omp_pause_resource(kind: c_int, device: c_int) -> c_int {
    if device == device_numbers::COUNT || device == device_numbers::INITIAL {
        omp_pause_resource_all(kind)
    } else {
        -1
    }
}

/// `omp_pause_stop_tool`.
const STOP_TOOL: c_int = 3;
/// `omp_pause_soft`, `omp_pause_hard`, `omp_pause_stop_tool`.
const PAUSES: core::ops::RangeInclusive<c_int> = 1..=3;

/// [`omp_pause_resource`] for all devices (OpenMP 5.2, 18.6.2).
#[no_mangle]
pub extern "C" fn omp_pause_resource_all(kind: c_int) -> c_int {
    let me = current();
    if !PAUSES.contains(&kind) || me.context().team.region.level.get() > 0 {
        return -1;
    }
    pool::pause(me);
    if kind == STOP_TOOL {
        finalize();
    }
    0
}
