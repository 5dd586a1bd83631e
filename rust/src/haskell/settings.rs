//! ICVs of the whole process, and which process this is. A change holds for the
//! regions that any thread starts from then on, outside of other regions. OpenMP's
//! own routines set the ICVs of the calling OS thread's task, but Haskell threads move
//! between OS threads.
//!
//! These are the door's functions whose types hs-bindgen can express:
//! `rust/tests/imports.rs` makes their Haskell imports (`make imports`). The imports are
//! safe ones where a function takes a lock or may read the environment.

use crate::icv::{self, ScheduleKind};

/// Sets `nthreads-var` (at least 1) of all initial tasks of the process, present and future.
#[no_mangle]
pub extern "C" fn ghcomp_hs_set_num_threads(n: u32) {
    icv::change_defaults(|icv| icv.nthreads = n.max(1));
}

/// `nthreads-var` of the calling thread's current task: the threads that a region
/// without a number of its own asks for. Unlike `omp_get_max_threads`, this leaves
/// `dyn-var` alone: a region may get fewer.
#[no_mangle]
pub extern "C" fn ghcomp_hs_max_threads() -> u32 {
    let task = crate::team::register::current().fresh_context().task;
    icv::effective::nthreads(&task.icv.get())
}

/// Sets `dyn-var` of all initial tasks of the process: 0 is false, all else true.
#[no_mangle]
pub extern "C" fn ghcomp_hs_set_dynamic(on: i32) {
    icv::change_defaults(|icv| icv.dynamic = Some(on != 0));
}

/// Sets `max-active-levels-var` of all initial tasks of the process, to at most the
/// supported levels.
#[no_mangle]
pub extern "C" fn ghcomp_hs_set_max_active_levels(levels: u32) {
    icv::change_defaults(|icv| {
        icv.max_active_levels = levels.min(icv::SUPPORTED_ACTIVE_LEVELS);
    });
}

/// Sets `run-sched-var` of all initial tasks of the process. `kind`: 1 static, 2
/// dynamic, 3 guided, 4 auto; any other number changes nothing. `chunk`: at most
/// 2^31 - 1; 0 stands for the kind's default.
#[no_mangle]
pub extern "C" fn ghcomp_hs_set_schedule(kind: u32, chunk: u32) {
    if let Some(kind) = ScheduleKind::from_omp(kind) {
        let chunk = chunk.min(i32::MAX as u32) as i32;
        icv::change_defaults(|icv| {
            icv.schedule = icv::Schedule {
                kind,
                monotonic: false,
                chunk,
            };
        });
    }
}

/// The number of forks between the first process and this one. A child of a fork
/// sees by it that it must start things anew.
#[no_mangle]
pub extern "C" fn ghcomp_hs_fork_generation() -> u32 {
    crate::sync::process::generation()
}

/// Whether the runtime knows the calling thread. If so, the thread's queries take no
/// lock (Note \[Unsafe calls\]).
#[no_mangle]
pub extern "C" fn ghcomp_hs_is_known() -> i32 {
    i32::from(crate::team::register::known().is_some())
}

/// Makes the calling thread known to the runtime.
#[no_mangle]
pub extern "C" fn ghcomp_hs_make_known() {
    crate::team::register::current();
}
