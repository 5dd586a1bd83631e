//! Task reductions (libgomp ABI; OpenMP 5.2, 5.5.5). The blocks of words that
//! these entries take are described in [`crate::construct::reduction`].

use crate::abi::gomp::words;
use crate::construct::reduction::Block;
use crate::parallel::{self, barrier};
use crate::tasking::reduction;
use crate::team::task::Body;
use crate::worksharing::loops;
use core::ffi::{c_uint, c_void};

/// A `parallel` with task reductions, as `GOMP_parallel`; the first word of
/// `data` points to the block. Answers the number of threads; the caller
/// combines their copies and calls `GOMP_taskgroup_reduction_unregister`.
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

/// Opens the task reductions of the taskgroup that was just opened: allocates
/// a copy of the items per thread. Null: none.
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

/// Frees the copies of a taskgroup, taskloop or parallel region, when they
/// have been combined.
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

/// Ends a loop, `sections` or `scope` with task reductions for the calling
/// thread: waits for the tasks that it created there, frees the copies (thread
/// 0, which has combined them), and waits for the team unless `cancelled`.
#[no_mangle]
pub extern "C" fn GOMP_workshare_task_reduction_unregister(cancelled: bool) {
    reduction::leave_workshare();
    if !cancelled {
        barrier::uncancellable_barrier();
    }
}

/// Meets a `scope` with task reductions (OpenMP 5.2, 11.2). `reductions`: the
/// thread's block; the scope ends with a barrier and
/// `GOMP_workshare_task_reduction_unregister`.
///
/// # Safety
///
/// `reductions` must be a block that lives until then.
#[no_mangle]
pub unsafe extern "C" fn GOMP_scope_start(reductions: *mut usize) {
    // SAFETY: the caller's promise.
    if let Some(block) = unsafe { Block::new(reductions) } {
        loops::start_scope(block);
    }
}

/// Replaces the first `count` addresses in `items`, of reduction items or
/// private copies of them, by those of the executing thread's copies; stores
/// the originals of the first `originals` of them behind those.
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
