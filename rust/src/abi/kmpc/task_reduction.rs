//! Task reductions (LLVM ABI: `__kmpc_taskred_*`). [`crate::construct::item_reduction`] has the
//! data.

use crate::abi::kmpc::Location;
use crate::construct::item_reduction::{Input, OldInput};
use crate::tasking::{self, reduction};
use core::ffi::{c_int, c_void};

/// # Safety
///
/// There are so many.
unsafe fn inputs<'a>(count: c_int, data: *mut c_void) -> &'a [Input] {
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(data.cast::<Input>(), count.max(0) as usize) }
}

/// # Safety
///
/// There are so many.
unsafe fn old_inputs(count: c_int, data: *mut c_void) -> Vec<Input> {
    // SAFETY: the caller's promise.
    let items =
        unsafe { core::slice::from_raw_parts(data.cast::<OldInput>(), count.max(0) as usize) };
    items.iter().map(OldInput::now).collect()
}

/// Opens `task_reduction` of the innermost taskgroup, with `count` items. Answers a handle for
/// [`__kmpc_task_reduction_get_th_data`].
///
/// # Safety
///
/// `data` is an array of so many items.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_taskred_init(
    thread: c_int,
    count: c_int,
    data: *mut c_void,
) -> *mut c_void {
    let _ = thread;
    // SAFETY: the caller's promise.
    let inputs = unsafe { inputs(count, data) };
    reduction::open_items(inputs).cast_mut().cast()
}

/// [`__kmpc_taskred_init`], as former compilers call it: the items have no variable of their
/// own to be initialised from.
///
/// # Safety
///
/// `data` is an array of so many items.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_task_reduction_init(
    thread: c_int,
    count: c_int,
    data: *mut c_void,
) -> *mut c_void {
    let _ = thread;
    // SAFETY: the caller's promise.
    let inputs = unsafe { old_inputs(count, data) };
    reduction::open_items(&inputs).cast_mut().cast()
}

/// [`__kmpc_taskred_modifier_init`], as former compilers call it.
///
/// # Safety
///
/// As for [`__kmpc_task_reduction_init`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_task_reduction_modifier_init(
    location: *const Location,
    thread: c_int,
    is_worksharing: c_int,
    count: c_int,
    data: *mut c_void,
) -> *mut c_void {
    let _ = (location, thread, is_worksharing);
    // SAFETY: the caller's promise.
    let inputs = unsafe { old_inputs(count, data) };
    reduction::open_shared_items(&inputs).cast_mut().cast()
}

/// Opens `reduction(task, )` of a region or, if `is_worksharing` is not 0, of a worksharing
/// construct. All threads of the team call it.
///
/// # Safety
///
/// As for [`__kmpc_taskred_init`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_taskred_modifier_init(
    location: *const Location,
    thread: c_int,
    is_worksharing: c_int,
    count: c_int,
    data: *mut c_void,
) -> *mut c_void {
    let _ = (location, thread, is_worksharing);
    // SAFETY: the caller's promise.
    let inputs = unsafe { inputs(count, data) };
    reduction::open_shared_items(inputs).cast_mut().cast()
}

/// Ends what [`__kmpc_taskred_modifier_init`] opened, when the calling thread's tasks are done.
#[no_mangle]
pub extern "C" fn __kmpc_task_reduction_modifier_fini(
    location: *const Location,
    thread: c_int,
    is_worksharing: c_int,
) {
    let _ = (location, thread, is_worksharing);
    tasking::taskgroup_end();
}

/// The calling thread's copy of the item at this address. `group`: a handle, or null for the
/// innermost taskgroup.
///
/// # Safety
///
/// `group` is null or such a handle, whose taskgroup is not ended.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_task_reduction_get_th_data(
    thread: c_int,
    group: *mut c_void,
    item: *mut c_void,
) -> *mut c_void {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { reduction::item_copy(group.cast_const().cast(), item) }
}
