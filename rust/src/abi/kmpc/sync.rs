//! `single`, `masked`, `critical`, `ordered`, `flush` (LLVM ABI).

use crate::abi::kmpc::Location;
use crate::messages;
use crate::parallel::barrier;
use crate::sync::lock::Lock;
use crate::tools::{self, Mutex};
use crate::worksharing::{loops, masked, single};
use crate::{points, waiting};
use core::ffi::{c_int, c_void};
use core::sync::atomic::{fence, Ordering};

/// `kmp_critical_name`: 32 zeroed bytes that the compiler made for the name. The lock is in
/// the first four.
#[repr(C)]
#[derive(Debug)]
pub struct CriticalName([i32; 8]);

/// The lock of a name.
///
/// # Safety
///
/// `name` is such memory.
unsafe fn lock<'a>(name: *mut CriticalName) -> &'a Lock {
    // SAFETY: the lock is not larger than the memory, and zeros are an unlocked lock.
    unsafe { &*name.cast::<Lock>() }
}

/// Enters the critical region of the name, as soon as no other thread is in it.
///
/// # Safety
///
/// `name` is what the compiler made for the name.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_critical(
    location: *const Location,
    thread: c_int,
    name: *mut CriticalName,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    waiting::enter(unsafe { lock(name) }, Mutex::Critical);
}

/// [`__kmpc_critical`] with a hint, which is not used.
///
/// # Safety
///
/// As for [`__kmpc_critical`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_critical_with_hint(
    location: *const Location,
    thread: c_int,
    name: *mut CriticalName,
    hint: u32,
) {
    let _ = hint;
    // SAFETY: the caller's promise.
    unsafe { __kmpc_critical(location, thread, name) }
}

/// Leaves the critical region of the name.
///
/// # Safety
///
/// As for [`__kmpc_critical`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_end_critical(
    location: *const Location,
    thread: c_int,
    name: *mut CriticalName,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    if !waiting::unlock(unsafe { lock(name) }, Mutex::Critical) {
        messages::warn_once("__kmpc_end_critical", || {
            "__kmpc_end_critical: the region was not entered; ignored".into()
        });
    }
}

/// Meets a `single`. 1 for the one thread that executes the block.
#[no_mangle]
pub extern "C" fn __kmpc_single(location: *const Location, thread: c_int) -> c_int {
    let _ = (location, thread);
    c_int::from(single::start(true))
}

/// The thread that executes the block of a `single` has done so.
#[no_mangle]
pub extern "C" fn __kmpc_end_single(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    single::end();
}

/// `copyprivate`: all threads of the team call this after a `single`. Each but the one that
/// executed the block (`did_it` is not 0) calls `copy(data, that one's data)`.
///
/// # Safety
///
/// `copy` may be called so.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_copyprivate(
    location: *const Location,
    thread: c_int,
    size: usize,
    data: *mut c_void,
    copy: unsafe extern "C" fn(*mut c_void, *mut c_void),
    did_it: c_int,
) {
    let _ = (location, thread, size);
    if let Some(source) = single::share((did_it != 0).then_some(data)) {
        // SAFETY: the caller's promise; the source stays until the barrier below.
        unsafe { copy(data, source) };
    }
    barrier::uncancellable_barrier();
}

/// Whether the calling thread executes a `masked` block with this filter.
#[no_mangle]
pub extern "C" fn __kmpc_masked(location: *const Location, thread: c_int, filter: c_int) -> c_int {
    let _ = (location, thread);
    c_int::from(masked::start(filter))
}

/// The block of `masked` is over.
#[no_mangle]
pub extern "C" fn __kmpc_end_masked(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    masked::end();
}

/// Whether the calling thread executes a `master` block.
#[no_mangle]
pub extern "C" fn __kmpc_master(location: *const Location, thread: c_int) -> c_int {
    __kmpc_masked(location, thread, 0)
}

/// The block of `master` is over.
#[no_mangle]
pub extern "C" fn __kmpc_end_master(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    masked::end();
}

/// Waits for the turn of the iteration that the calling thread executes.
#[no_mangle]
pub extern "C" fn __kmpc_ordered(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    loops::ordered_start();
}

/// The block of `ordered` is over; the turn passes with the thread's next chunk.
#[no_mangle]
pub extern "C" fn __kmpc_end_ordered(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    loops::ordered_end();
}

/// `flush`.
#[no_mangle]
pub extern "C" fn __kmpc_flush(location: *const Location) {
    let _ = location;
    fence(Ordering::SeqCst);
    if points::enabled(points::CONSTRUCTS) {
        tools::flushed();
    }
}

/// A barrier, after which the master thread executes a block while the others wait. 1 for the
/// master.
#[no_mangle]
pub extern "C" fn __kmpc_barrier_master(location: *const Location, thread: c_int) -> c_int {
    barrier::uncancellable_barrier();
    let is_master = __kmpc_master(location, thread);
    if is_master == 0 {
        barrier::uncancellable_barrier();
    }
    is_master
}

/// The master has executed the block of [`__kmpc_barrier_master`]; the others go on.
#[no_mangle]
pub extern "C" fn __kmpc_end_barrier_master(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    barrier::uncancellable_barrier();
}

/// A barrier, after which the master thread executes a block. 1 for the master.
#[no_mangle]
pub extern "C" fn __kmpc_barrier_master_nowait(location: *const Location, thread: c_int) -> c_int {
    barrier::uncancellable_barrier();
    __kmpc_master(location, thread)
}

/// `copyprivate` that the compiled code does itself: the thread that executed the block gives
/// its data, the others give null. All get the data, which stay until they have met a barrier.
#[no_mangle]
pub extern "C" fn __kmpc_copyprivate_light(
    location: *const Location,
    thread: c_int,
    data: *mut c_void,
) -> *mut c_void {
    let _ = (location, thread);
    single::share((!data.is_null()).then_some(data)).unwrap_or(data)
}

/// Meets a `scope`: nothing is to be done. `reserved` is not used.
#[no_mangle]
pub extern "C" fn __kmpc_scope(location: *const Location, thread: c_int, reserved: *mut c_void) {
    let _ = (location, thread, reserved);
}

/// The block of `scope` is over.
#[no_mangle]
pub extern "C" fn __kmpc_end_scope(
    location: *const Location,
    thread: c_int,
    reserved: *mut c_void,
) {
    let _ = (location, thread, reserved);
}
