//! Task reductions (libgomp ABI; OpenMP 5.2, 5.5.5). These entries take blocks of
//! words; [`crate::construct::reduction`] describes them.

use crate::abi::gomp::words;
use crate::construct::reduction::Block;
use crate::parallel::{self, barrier};
use crate::tasking::reduction;
use crate::team::task::Body;
use crate::worksharing::loops;
use core::ffi::{c_uint, c_void};

/// `GOMP_parallel` with task reductions. The first word of `data` points to the
/// block. Answers the number of threads; the caller combines the threads' copies, and
/// calls `GOMP_taskgroup_reduction_unregister`.
///
/// # Safety
///
/// `body(data)` must be callable from several threads at once; `data` must
/// begin with the block's address.
#[no_mangle]
pub unsafe extern "C" fn GOMP_parallel_reductions(
    body: Body,
    data: *mut c_void,
    num_threads: c_uint,
    flags: c_uint,
) -> c_uint {
    let request = words::request(num_threads, flags);
    // SAFETY: the caller's promise, here and below.
    match unsafe { Block::new(*data.cast::<*mut usize>()) } {
        // SAFETY: as above.
        Some(block) => unsafe { parallel::parallel_with_reductions(body, data, request, block) },
        None => crate::messages::fatal("GOMP_parallel_reductions: no block of reductions"),
    }
}

/// Opens the task reductions of the taskgroup that was just opened: allocates a copy
/// of the items for each thread. If `block` is null, there are none.
///
/// # Safety
///
/// `block` must be null or a block that lives until it is unregistered.
#[no_mangle]
pub unsafe extern "C" fn GOMP_taskgroup_reduction_register(block: *mut usize) {
    // SAFETY: the caller's promise.
    if let Some(block) = unsafe { Block::new(block) } {
        reduction::open(block);
    }
}

/// Frees the copies of a taskgroup, taskloop or parallel region, after they were
/// combined.
///
/// # Safety
///
/// `block` must be one that was registered.
#[no_mangle]
pub unsafe extern "C" fn GOMP_taskgroup_reduction_unregister(block: *mut usize) {
    // SAFETY: the caller's promise.
    if let Some(block) = unsafe { Block::new(block) } {
        reduction::close(block);
    }
}

/// Ends a loop, `sections` or `scope` with task reductions for the calling thread.
/// The thread waits for the tasks that it created there. Thread 0 then frees the
/// copies, which it has combined. Unless `cancelled`, the thread waits for the team;
/// this barrier does not look at `cancel parallel`.
#[no_mangle]
pub extern "C" fn GOMP_workshare_task_reduction_unregister(cancelled: bool) {
    reduction::leave_workshare();
    if !cancelled {
        barrier::uncancellable_barrier();
    }
}

/// Meets a `scope` with task reductions (OpenMP 5.2, 11.2). `reductions` is the
/// thread's block. The scope ends with a barrier and
/// `GOMP_workshare_task_reduction_unregister`.
///
/// # Safety
///
/// `reductions` must be a block that lives until the end of the scope.
#[no_mangle]
pub unsafe extern "C" fn GOMP_scope_start(reductions: *mut usize) {
    // SAFETY: the caller's promise.
    if let Some(block) = unsafe { Block::new(reductions) } {
        loops::start_scope(block);
    }
}

/// Replaces the first `count` addresses in `items` by the addresses of the executing
/// thread's copies. They are addresses of reduction items, or of private copies. The
/// addresses of the original items of the first `originals` of them are stored behind
/// those `count`.
///
/// # Safety
///
/// `items` must have `count + originals` words.
#[no_mangle]
pub unsafe extern "C" fn GOMP_task_reduction_remap(
    count: usize,
    originals: usize,
    items: *mut *mut c_void,
) {
    const MAX_WORDS: usize = isize::MAX as usize / size_of::<usize>();
    let words = match count.checked_add(originals) {
        Some(0) => return,
        Some(words) if words <= MAX_WORDS => words,
        _ => crate::messages::fatal(format_args!(
            "GOMP_task_reduction_remap: {count} items and {originals} originals"
        )),
    };
    // SAFETY: the caller's promise.
    let words = unsafe { core::slice::from_raw_parts_mut(items.cast(), words) };
    let (items, originals) = words.split_at_mut(count);
    reduction::remap(items, originals);
}
