//! Lock routines (OpenMP 5.2, 18.9). GCC's `omp_lock_t` has 4 bytes, and its
//! `omp_nest_lock_t` 16; the locks are in them.

use crate::messages::{fatal, warn_once};
use crate::sync::lock::Lock;
use crate::team::register::current;
use crate::team::task::Task;
use crate::waiting;
use core::ffi::c_int;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The contents of an `omp_nest_lock_t`: the lock, the task that holds it, and how many
/// times. Only the task that holds the lock touches the count.
#[repr(C)]
pub struct NestLock {
    lock: Lock,
    count: core::cell::Cell<c_int>,
    owner: AtomicPtr<Task>,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Lock>() <= 4 && size_of::<NestLock>() <= 16);

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
}

/// Ends the use of a lock, which must be unlocked.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_lock(lock: *mut Lock) {
    let _ = lock;
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
    if !unsafe { &*lock }.unlock() {
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
    c_int::from(unsafe { &*lock }.try_lock())
}

fn this_task() -> *mut Task {
    core::ptr::from_ref(current().context().task).cast_mut()
}

impl NestLock {
    /// Whether the calling task holds the lock. Relaxed is enough: only the holder
    /// itself can find its own task there.
    fn is_mine(&self) -> bool {
        self.owner.load(Ordering::Relaxed) == this_task()
    }

    fn taken(&self) -> c_int {
        self.owner.store(this_task(), Ordering::Relaxed);
        self.count.set(1);
        1
    }

    fn again(&self) -> c_int {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
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
    let new = NestLock {
        lock: Lock::unlocked(),
        count: core::cell::Cell::new(0),
        owner: AtomicPtr::new(core::ptr::null_mut()),
    };
    // SAFETY: the caller's promise.
    unsafe { lock.write(new) }
}

/// Ends the use of a nestable lock, which must be unlocked.
///
/// # Safety
///
/// As for `omp_init_nest_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_nest_lock(lock: *mut NestLock) {
    let _ = lock;
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
    let lock = unsafe { &*lock };
    if lock.is_mine() {
        lock.again();
    } else {
        waiting::lock(&lock.lock);
        lock.taken();
    }
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
    let lock = unsafe { &*lock };
    if !lock.is_mine() {
        return warn_once("omp_unset_nest_lock", || {
            "omp_unset_nest_lock: the lock is not this task's; ignored".into()
        });
    }
    lock.count.set(lock.count.get() - 1);
    if lock.count.get() == 0 {
        lock.owner.store(core::ptr::null_mut(), Ordering::Relaxed);
        lock.lock.unlock();
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
    let lock = unsafe { &*lock };
    if lock.is_mine() {
        lock.again()
    } else if lock.lock.try_lock() {
        lock.taken()
    } else {
        0
    }
}
