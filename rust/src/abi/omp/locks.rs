//! Lock routines (OpenMP 5.2, 18.9). `omp_lock_t` has 4 bytes (GCC) or 8 (Clang), and
//! `omp_nest_lock_t` 16 or 8; the locks are in them.

use crate::messages::{fatal, warn_once};
use crate::sync::lock::Lock;
use crate::team::register::current;
use crate::tools::{self, Mutex};
use crate::waiting::nest_lock::NestLock;
use crate::{points, waiting};
use core::ffi::c_int;

#[cfg(not(loom))]
const _: () = assert!(size_of::<Lock>() <= 4);

/// Makes `*lock` an unlocked lock.
///
/// # Safety
///
/// `lock` must point to an `omp_lock_t`; so it must in all routines for simple locks.
#[no_mangle]
pub unsafe extern "C" fn omp_init_lock(lock: *mut Lock) {
    if lock.is_null() {
        fatal("omp_init_lock: lock is a null pointer");
    }
    // SAFETY: the caller's promise.
    unsafe { lock.write(Lock::unlocked()) }
    let _ = current();
    if points::enabled(points::MUTEXES) {
        tools::lock_made(Mutex::Lock, lock.addr(), 0);
    }
}

/// Ends the use of a lock, which must be unlocked.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_lock(lock: *mut Lock) {
    if points::enabled(points::MUTEXES) {
        tools::lock_destroyed(Mutex::Lock, lock.addr());
    }
}

/// Waits until the lock is free, and takes it.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_set_lock(lock: *mut Lock) {
    // SAFETY: the caller's promise.
    waiting::lock(unsafe { &*lock });
}

/// Releases the lock. If it is not locked, this only gives one warning.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_unset_lock(lock: *mut Lock) {
    // SAFETY: the caller's promise.
    if !waiting::unlock(unsafe { &*lock }, Mutex::Lock) {
        warn_once("omp_unset_lock", || {
            "omp_unset_lock: the lock is not set; ignored".into()
        });
    }
}

/// Takes the lock if it is free. Answers 1 if it did, else 0.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_test_lock(lock: *mut Lock) -> c_int {
    // SAFETY: the caller's promise.
    c_int::from(waiting::try_lock(unsafe { &*lock }))
}

/// Makes `*lock` an unlocked nestable lock.
///
/// # Safety
///
/// `lock` must point to an `omp_nest_lock_t`; so it must in all routines for nestable
/// locks.
#[no_mangle]
pub unsafe extern "C" fn omp_init_nest_lock(lock: *mut NestLock) {
    if lock.is_null() {
        fatal("omp_init_nest_lock: lock is a null pointer");
    }
    // SAFETY: the caller's promise.
    unsafe { lock.write(NestLock::unlocked()) }
    let _ = current();
    if points::enabled(points::MUTEXES) {
        tools::lock_made(Mutex::NestLock, lock.addr(), 0);
    }
}

/// Ends the use of a nestable lock, which must be unlocked.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_nest_lock(lock: *mut NestLock) {
    if points::enabled(points::MUTEXES) {
        tools::lock_destroyed(Mutex::NestLock, lock.addr());
    }
}

/// Waits until the lock is free, and takes it; or takes it once more, if the calling
/// task holds it.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_set_nest_lock(lock: *mut NestLock) {
    // SAFETY: the caller's promise.
    unsafe { &*lock }.lock();
}

/// Undoes one `omp_set_nest_lock`. If the calling task does not hold the lock, this only
/// gives one warning.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_unset_nest_lock(lock: *mut NestLock) {
    // SAFETY: the caller's promise.
    if !unsafe { &*lock }.unlock() {
        warn_once("omp_unset_nest_lock", || {
            "omp_unset_nest_lock: the lock is not this task's; ignored".into()
        });
    }
}

/// Takes the lock if it is free, or once more if the calling task holds it. Answers how
/// many times the task holds it now, or 0 if it did not take it.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_test_nest_lock(lock: *mut NestLock) -> c_int {
    // SAFETY: the caller's promise.
    c_int::try_from(unsafe { &*lock }.try_lock()).unwrap_or(c_int::MAX)
}

/// [`omp_init_lock`]; the hint is not used.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_init_lock_with_hint(lock: *mut Lock, hint: c_int) {
    let _ = hint;
    // SAFETY: the caller's promise.
    unsafe { omp_init_lock(lock) }
}

/// [`omp_init_nest_lock`]; the hint is not used.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_init_nest_lock_with_hint(lock: *mut NestLock, hint: c_int) {
    let _ = hint;
    // SAFETY: the caller's promise.
    unsafe { omp_init_nest_lock(lock) }
}
