//! Routines of LLVM's `omp.h` beside OpenMP's (`kmp_*`): memory, and settings of libomp that
//! have no counterpart here. A program that sets such a setting goes on as it is.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering};

/// Allocates `size` bytes, for [`kmp_free`]; null without memory.
#[no_mangle]
pub extern "C" fn kmp_malloc(size: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { libc::malloc(size) }
}

/// Allocates `size` bytes at a multiple of `alignment`, a power of two; null if it cannot.
#[no_mangle]
pub extern "C" fn kmp_aligned_malloc(size: usize, alignment: usize) -> *mut c_void {
    let mut block = core::ptr::null_mut();
    let alignment = alignment.max(size_of::<usize>());
    // SAFETY: the pointer is valid for a write; a bad alignment is an error.
    match unsafe { libc::posix_memalign(&mut block, alignment, size) } {
        0 => block,
        _ => core::ptr::null_mut(),
    }
}

/// Allocates `count` zeroed elements of `size` bytes; null if it cannot.
#[no_mangle]
pub extern "C" fn kmp_calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: any sizes are allowed.
    unsafe { libc::calloc(count, size) }
}

/// Changes a block's size; null if it cannot, and then the block stays.
///
/// # Safety
///
/// The block is null or of these routines, and not freed.
#[no_mangle]
pub unsafe extern "C" fn kmp_realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { libc::realloc(block, size) }
}

/// Frees a block of these routines; does nothing for null.
///
/// # Safety
///
/// The block is null or of these routines, and not used any more.
#[no_mangle]
pub unsafe extern "C" fn kmp_free(block: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { libc::free(block) }
}

/// libomp's `KMP_BLOCKTIME` in ms: how long its threads spin. Ours spin as `OMP_WAIT_POLICY`
/// says; the number is only kept.
static BLOCKTIME_MS: AtomicI32 = AtomicI32::new(200);

/// Keeps a number of ms for [`kmp_get_blocktime`].
#[no_mangle]
pub extern "C" fn kmp_set_blocktime(ms: c_int) {
    BLOCKTIME_MS.store(ms.max(0), Ordering::Relaxed);
}

/// The number that was set last, or 200.
#[no_mangle]
pub extern "C" fn kmp_get_blocktime() -> c_int {
    BLOCKTIME_MS.load(Ordering::Relaxed)
}

/// Settings of libomp's environment, as a text. They are ignored.
#[no_mangle]
pub extern "C" fn kmp_set_defaults(settings: *const c_char) {
    let _ = settings;
    crate::messages::warn_once("kmp_set_defaults", || {
        "kmp_set_defaults: the settings of LLVM's runtime are ignored".into()
    });
}

/// How many loops with `nowait` may be under way at once. Here any number may.
#[no_mangle]
pub extern "C" fn kmp_set_disp_num_buffers(count: c_int) {
    let _ = count;
}

/// Does nothing: no warning of libomp's is given here.
#[no_mangle]
pub extern "C" fn kmp_set_warnings_on() {}

/// Does nothing: no warning of libomp's is given here.
#[no_mangle]
pub extern "C" fn kmp_set_warnings_off() {}
