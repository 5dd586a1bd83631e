//! The functions that the tool may call, by name (OpenMP 5.2, 19.6).
//!
//! The tool calls them from its callbacks, or in a signal handler. They only read the calling
//! thread's records. A thread that the tool has not heard of gets an answer that says so.

use crate::abi::omp::affinity;
use crate::abi::ompt::end::finalize;
use crate::icv;
use crate::ompt::callbacks::{self, Registered};
use crate::ompt::record::{Frames, RegionRecord, TaskRecord};
use crate::ompt::{start, states};
use crate::team::register::known;
use core::ffi::{c_char, c_int, c_uint, c_void, CStr};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU64, Ordering};

type Function = *const c_void;

/// The function of this name; null if there is none.
///
/// # Safety
///
/// `name` is a C string.
pub(super) unsafe extern "C" fn lookup(name: *const c_char) -> Function {
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let found = FUNCTIONS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map_or(core::ptr::null(), |(_, Address(function))| *function)
}

struct Address(Function);
// SAFETY: the address of a function is constant.
unsafe impl Sync for Address {}

macro_rules! functions {
    ($($name:ident)*) => {
        static FUNCTIONS: &[(&str, Address)] = &[
            $((stringify!($name), Address($name as Function)),)*
        ];
    };
}

functions! {
    ompt_enumerate_mutex_impls ompt_enumerate_states ompt_finalize_tool ompt_get_callback
    ompt_get_num_devices ompt_get_num_places ompt_get_num_procs ompt_get_parallel_info
    ompt_get_partition_place_nums ompt_get_place_num ompt_get_place_proc_ids ompt_get_proc_id
    ompt_get_state ompt_get_target_info ompt_get_task_info ompt_get_task_memory
    ompt_get_thread_data ompt_get_unique_id ompt_set_callback
}

/// Stores a value for the tool, which may not want it.
///
/// # Safety
///
/// `to` is null or valid for a write.
unsafe fn give<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: the caller's promise.
        unsafe { to.write(value) };
    }
}

extern "C" fn ompt_set_callback(event: c_uint, callback: *mut c_void) -> c_int {
    if !start::has_tool() {
        return Registered::Error as c_int;
    }
    callbacks::set(event, callback) as c_int
}

unsafe extern "C" fn ompt_get_callback(event: c_uint, callback: *mut *mut c_void) -> c_int {
    match callbacks::get(event) {
        Some(function) => {
            // SAFETY: the tool gives null or an address for the result.
            unsafe { give(callback, function) };
            1
        }
        None => 0,
    }
}

unsafe extern "C" fn ompt_enumerate_states(
    current: c_int,
    next: *mut c_int,
    name: *mut *const c_char,
) -> c_int {
    // SAFETY: the tool gives null or addresses for the results.
    unsafe { enumerate(states::next_state(current), next, name) }
}

unsafe extern "C" fn ompt_enumerate_mutex_impls(
    current: c_int,
    next: *mut c_int,
    name: *mut *const c_char,
) -> c_int {
    // SAFETY: the tool gives null or addresses for the results.
    unsafe { enumerate(states::next_lock_implementation(current), next, name) }
}

unsafe fn enumerate(
    found: Option<(c_int, *const c_char)>,
    next: *mut c_int,
    name: *mut *const c_char,
) -> c_int {
    match found {
        Some((number, text)) => {
            // SAFETY: the caller's promise.
            unsafe {
                give(next, number);
                give(name, text);
            }
            1
        }
        None => 0,
    }
}

extern "C" fn ompt_get_thread_data() -> *mut u64 {
    known().map_or(null_mut(), |me| me.tool.data())
}

unsafe extern "C" fn ompt_get_state(wait_id: *mut u64) -> c_int {
    let Some(me) = known() else {
        return states::UNDEFINED;
    };
    // SAFETY: the tool gives null or an address for the result.
    unsafe { give(wait_id, me.tool.wait_id.get()) };
    me.tool.state.get()
}

/// The calling thread's task, or one below it.
fn task_at(level: c_int) -> Option<&'static TaskRecord> {
    let me = known()?;
    let mut task = me.tool.task()?;
    for _ in 0..level {
        // SAFETY: the tasks below on the stack, and those that met the regions around, live
        // as long as the thread's task.
        task = unsafe { task.outer.get().as_ref() }?;
    }
    Some(task)
}

unsafe extern "C" fn ompt_get_task_info(
    level: c_int,
    flags: *mut c_int,
    data: *mut *mut u64,
    frames: *mut *const Frames,
    region: *mut *mut u64,
    thread_num: *mut c_int,
) -> c_int {
    let Some(task) = (level >= 0).then(|| task_at(level)).flatten() else {
        return 0;
    };
    // SAFETY: the tool gives null or addresses for the results; the region lives as long as
    // the task.
    unsafe {
        give(flags, task.flags.get());
        give(data, task.data());
        give(frames, &task.frames);
        let around = task.region.get().as_ref();
        give(region, around.map_or(null_mut(), RegionRecord::data));
        give(thread_num, task.thread_num.get());
    }
    2
}

unsafe extern "C" fn ompt_get_parallel_info(
    level: c_int,
    data: *mut *mut u64,
    size: *mut c_int,
) -> c_int {
    let region = (level >= 0).then(|| task_at(0)).flatten().and_then(|task| {
        let mut region = task.region.get();
        for _ in 0..level {
            // SAFETY: the regions around live as long as the task.
            region = unsafe { region.as_ref() }?.outer.get();
        }
        // SAFETY: as above.
        unsafe { region.as_ref() }
    });
    let Some(region) = region else {
        return 0;
    };
    // SAFETY: the tool gives null or addresses for the results.
    unsafe {
        give(data, region.data());
        give(size, region.size.get());
    }
    2
}

/// A task's data are not told of.
unsafe extern "C" fn ompt_get_task_memory(
    address: *mut *mut c_void,
    size: *mut usize,
    block: c_int,
) -> c_int {
    let _ = block;
    // SAFETY: the tool gives null or addresses for the results.
    unsafe {
        give(address, null_mut());
        give(size, 0);
    }
    0
}

/// No thread is in a `target` region of a device.
unsafe extern "C" fn ompt_get_target_info(
    device: *mut u64,
    target: *mut u64,
    operation: *mut u64,
) -> c_int {
    let _ = (device, target, operation);
    0
}

extern "C" fn ompt_get_num_devices() -> c_int {
    icv::device_numbers::COUNT
}

extern "C" fn ompt_get_num_procs() -> c_int {
    icv::cpus::num_procs() as c_int
}

extern "C" fn ompt_get_num_places() -> c_int {
    affinity::omp_get_num_places()
}

/// Stores the numbers as far as there is room. Answers how many there are.
///
/// # Safety
///
/// `to` has room for `room` numbers.
unsafe fn store(numbers: impl Iterator<Item = c_int>, to: *mut c_int, room: c_int) -> c_int {
    let mut count = 0;
    for number in numbers {
        if count < room {
            // SAFETY: the caller's promise.
            unsafe { to.add(count as usize).write(number) };
        }
        count += 1;
    }
    count
}

unsafe extern "C" fn ompt_get_place_proc_ids(place: c_int, room: c_int, ids: *mut c_int) -> c_int {
    // SAFETY: the tool has room for as many numbers as it says.
    unsafe { store(affinity::proc_ids(place), ids, room) }
}

extern "C" fn ompt_get_place_num() -> c_int {
    affinity::omp_get_place_num()
}

unsafe extern "C" fn ompt_get_partition_place_nums(room: c_int, nums: *mut c_int) -> c_int {
    // SAFETY: the tool has room for as many numbers as it says.
    unsafe { store(affinity::partition_places(), nums, room) }
}

extern "C" fn ompt_get_proc_id() -> c_int {
    // SAFETY: only answers.
    unsafe { libc::sched_getcpu() }
}

/// A number that no other call answers with: the thread's own, above, and a count below.
extern "C" fn ompt_get_unique_id() -> u64 {
    const COUNT_BITS: u32 = 48;
    // Of all threads that have no record.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    match known() {
        Some(me) => u64::from(me.number + 1) << COUNT_BITS | me.tool.next_id(),
        None => NEXT.fetch_add(1, Ordering::Relaxed),
    }
}

extern "C" fn ompt_finalize_tool() {
    finalize();
}
