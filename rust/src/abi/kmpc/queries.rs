//! The beginning and the end of the program, and questions about the calling thread (LLVM
//! ABI; Intel's compilers and libraries).

use crate::abi::kmpc::Location;
use crate::abi::omp::machine::omp_pause_resource_all;
use crate::abi::omp::threads::{omp_get_num_threads, omp_get_thread_num, omp_in_parallel};
use crate::icv;
use crate::messages;
use crate::team::register::{self, current};
use crate::team::thread;
use core::ffi::{c_int, c_void};

/// The program begins. The call is not needed. `flags` is not used.
#[no_mangle]
pub extern "C" fn __kmpc_begin(location: *const Location, flags: c_int) {
    let _ = (location, flags);
    current();
}

/// The program ends: nothing is to be done.
#[no_mangle]
pub extern "C" fn __kmpc_end(location: *const Location) {
    let _ = location;
}

/// Whether a region may have more than one thread: always 1.
#[no_mangle]
pub extern "C" fn __kmpc_ok_to_fork(location: *const Location) -> c_int {
    let _ = location;
    1
}

/// `omp_in_parallel`.
#[no_mangle]
pub extern "C" fn __kmpc_in_parallel(location: *const Location) -> c_int {
    let _ = location;
    omp_in_parallel()
}

/// `omp_get_thread_num`.
#[no_mangle]
pub extern "C" fn __kmpc_bound_thread_num(location: *const Location) -> c_int {
    let _ = location;
    omp_get_thread_num()
}

/// `omp_get_num_threads`.
#[no_mangle]
pub extern "C" fn __kmpc_bound_num_threads(location: *const Location) -> c_int {
    let _ = location;
    omp_get_num_threads()
}

/// The records of threads that the process has, those of idle workers too. Numbers of
/// threads (`__kmpc_global_thread_num`) are less.
#[no_mangle]
pub extern "C" fn __kmpc_global_num_threads(location: *const Location) -> c_int {
    let _ = location;
    current();
    thread::count() as c_int
}

/// A number of the current task, which no other task has that is not yet completed; 0 for a
/// thread that has not used OpenMP.
#[no_mangle]
pub extern "C" fn __kmpc_get_taskid() -> u64 {
    register::known().map_or(0, |me| core::ptr::from_ref(me.context().task).addr() as u64)
}

/// The number of the current task's parent; 0 if it has none.
#[no_mangle]
pub extern "C" fn __kmpc_get_parent_taskid() -> u64 {
    let Some(context) = register::known().map(|me| me.context()) else {
        return 0;
    };
    let outer = || context.team.region.outer.get().map(|outer| outer.task);
    let parent = context.task.parent().or_else(outer);
    parent.map_or(0, |task| core::ptr::from_ref(task).addr() as u64)
}

/// `target-offload-var`: 0 disabled, 1 default, 2 mandatory.
#[no_mangle]
pub extern "C" fn __kmpc_get_target_offload() -> c_int {
    match icv::target_offload::target_offload() {
        icv::TargetOffload::Disabled => 0,
        icv::TargetOffload::Default => 1,
        icv::TargetOffload::Mandatory => 2,
    }
}

/// `omp_pause_resource_all`, but answers 1 for a failure. 0 asks to go on, which needs no
/// call here: that fails.
#[no_mangle]
pub extern "C" fn __kmpc_pause_resource(kind: c_int) -> c_int {
    c_int::from(omp_pause_resource_all(kind) != 0)
}

/// Whether another thread could continue the current task. Tasks of ours stay with their
/// thread, so a `target` construct waits for its device: always false.
#[no_mangle]
pub extern "C" fn __kmpc_omp_has_task_team(thread: c_int) -> bool {
    let _ = thread;
    false
}

/// Where the current task keeps what it has under way on a device: nowhere, null.
#[no_mangle]
pub extern "C" fn __kmpc_omp_get_target_async_handle_ptr(thread: c_int) -> *mut *mut c_void {
    let _ = thread;
    core::ptr::null_mut()
}

/// Entries that only LLVM's runtime itself calls, or tests that know its records. There is
/// nothing of that kind here, so a call ends the program with a sentence.
macro_rules! absent {
    ($($name:ident: $why:literal;)*) => {$(
        #[doc = concat!("Ends the program: ", $why, ".")]
        #[no_mangle]
        pub extern "C" fn $name() -> ! {
            messages::fatal(concat!(stringify!($name), ": ", $why))
        }
    )*};
}

absent! {
    __kmpc_invoke_task_func: "this runtime starts a region's threads itself";
    __kmpc_task_get_depnode: "LLVM's record of a task's dependences is not there";
    __kmpc_task_get_successors: "LLVM's record of a task's dependences is not there";
    __kmpc_for_collapsed_init: "loops that are not rectangular are collapsed by the compiler";
    __kmpc_process_loop_nest_rectang: "rectangular loops are collapsed by the compiler";
    __kmpc_calc_original_ivs_rectang: "rectangular loops are collapsed by the compiler";
    kmp_threadprivate_insert: "LLVM's record of a threadprivate variable is not there";
    kmp_threadprivate_insert_private_data: "LLVM's record of a threadprivate variable is not there";
}
