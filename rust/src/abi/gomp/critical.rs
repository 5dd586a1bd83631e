//! `critical` and `atomic` (OpenMP 5.2, 15.2, 15.8; libgomp ABI).
//!
//! The child of a fork may find a region entered by a thread that it does not have. It
//! enters the region all the same, since nobody will leave it. What the region guards may
//! be half changed there: that is the program's, as are its own locks (`omp_lock_t`), which
//! a child finds as POSIX's mutexes.

use crate::sync::lock::Lock;
use crate::tools::Mutex;
use crate::waiting;
use core::ffi::c_void;
use core::sync::atomic::AtomicPtr;
use crossbeam_utils::CachePadded;

/// The word of critical regions without a name; for a name, the compiler makes one.
static UNNAMED: CachePadded<AtomicPtr<c_void>> =
    CachePadded::new(AtomicPtr::new(core::ptr::null_mut()));
/// The word of atomic operations.
static ATOMIC: CachePadded<AtomicPtr<c_void>> =
    CachePadded::new(AtomicPtr::new(core::ptr::null_mut()));

/// The lock that is in the word of a `critical`.
///
/// # Safety
///
/// `word` must be the pointer-sized, zero-initialised word that the compiler
/// made for the name.
unsafe fn named<'a>(word: *mut *mut c_void) -> &'a Lock {
    // SAFETY: the lock is not larger than the word, and zeros are an unlocked lock.
    unsafe { &*word.cast::<Lock>() }
}

#[inline(always)]
fn check(was_locked: bool, entry: &'static str) {
    if !was_locked {
        complain(entry);
    }
}

#[cold]
fn complain(entry: &'static str) {
    crate::messages::warn_once(entry, || {
        format!("{entry}: the region was not entered; ignored")
    });
}

/// Enters the critical region without a name, as soon as no other thread is in it.
#[no_mangle]
pub extern "C" fn GOMP_critical_start() {
    // SAFETY: a static word, zero at first.
    waiting::enter(unsafe { named(UNNAMED.as_ptr()) }, Mutex::Critical);
}

/// Leaves the critical region without a name.
#[no_mangle]
pub extern "C" fn GOMP_critical_end() {
    // SAFETY: a static word, zero at first.
    let lock = unsafe { named(UNNAMED.as_ptr()) };
    check(waiting::unlock(lock, Mutex::Critical), "GOMP_critical_end");
}

/// Enters the critical region of the name that `word` belongs to.
///
/// # Safety
///
/// `word` must be the word that the compiler made for the name.
#[no_mangle]
pub unsafe extern "C" fn GOMP_critical_name_start(word: *mut *mut c_void) {
    // SAFETY: the caller's promise.
    waiting::enter(unsafe { named(word) }, Mutex::Critical);
}

/// Leaves the critical region of the name that `word` belongs to.
///
/// # Safety
///
/// As for `GOMP_critical_name_start`.
#[no_mangle]
pub unsafe extern "C" fn GOMP_critical_name_end(word: *mut *mut c_void) {
    // SAFETY: the caller's promise.
    let lock = unsafe { named(word) };
    check(
        waiting::unlock(lock, Mutex::Critical),
        "GOMP_critical_name_end",
    );
}

/// Starts an `atomic` operation for which the processor has no instruction.
#[no_mangle]
pub extern "C" fn GOMP_atomic_start() {
    // SAFETY: a static word, zero at first.
    waiting::enter(unsafe { named(ATOMIC.as_ptr()) }, Mutex::Atomic);
}

/// Ends such an operation.
#[no_mangle]
pub extern "C" fn GOMP_atomic_end() {
    // SAFETY: a static word, zero at first.
    let lock = unsafe { named(ATOMIC.as_ptr()) };
    check(waiting::unlock(lock, Mutex::Atomic), "GOMP_atomic_end");
}
