//! Fortran's spellings of the lock routines (libgomp ABI, node OMP_3.0).
//!
//! A variable of `omp_lock_kind` has 4 bytes; the lock is in it. A variable of
//! `omp_nest_lock_kind` has 8 bytes, fewer than a nestable lock: it has a pointer to
//! the lock, from `omp_init_nest_lock_` to `omp_destroy_nest_lock_`.

use crate::abi::omp::locks;
use crate::messages;
use crate::sync::lock::Lock;
use crate::waiting::nest_lock::NestLock;
use core::ffi::c_int;

/// Routines on a simple lock.
macro_rules! simple {
    ($($fortran:ident = $routine:ident $(: $result:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        ///
        /// # Safety
        ///
        /// `lock` must point to an integer of `omp_lock_kind`.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran(lock: *mut Lock) $(-> $result)? {
            // SAFETY: the caller's promise.
            unsafe { locks::$routine(lock) }
        }
    )*};
}

simple! {
    omp_init_lock_ = omp_init_lock;
    omp_destroy_lock_ = omp_destroy_lock;
    omp_set_lock_ = omp_set_lock;
    omp_unset_lock_ = omp_unset_lock;
    omp_test_lock_ = omp_test_lock: c_int;
}

/// Makes the variable a new, unlocked nestable lock.
///
/// # Safety
///
/// `lock` must point to an integer of `omp_nest_lock_kind`. For the routines below,
/// that must be a lock.
#[no_mangle]
pub unsafe extern "C" fn omp_init_nest_lock_(lock: *mut *mut NestLock) {
    if lock.is_null() {
        messages::fatal("omp_init_nest_lock: lock is a null pointer");
    }
    let new = Box::into_raw(Box::<NestLock>::new_uninit()).cast();
    // SAFETY: the caller's promise; the memory is a lock's.
    unsafe {
        locks::omp_init_nest_lock(new);
        lock.write(new);
    }
}

/// Ends the use of a nestable lock, which must be unlocked.
///
/// # Safety
///
/// As for `omp_init_nest_lock_`.
#[no_mangle]
pub unsafe extern "C" fn omp_destroy_nest_lock_(lock: *mut *mut NestLock) {
    // SAFETY: the caller's promise: `omp_init_nest_lock_` has made it, and
    // nobody uses it any more.
    unsafe {
        drop(Box::from_raw(*lock));
        lock.write(core::ptr::null_mut());
    }
}

/// The variable has no lock: destroyed, or zero from the start.
#[cold]
fn no_lock(routine: &str) -> ! {
    messages::fatal(format_args!("{routine}: lock was not initialized"))
}

/// Routines on a nestable lock.
macro_rules! nestable {
    ($($fortran:ident = $routine:ident $(: $result:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        ///
        /// # Safety
        ///
        /// As for `omp_init_nest_lock_`.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran(lock: *mut *mut NestLock) $(-> $result)? {
            // SAFETY: the caller's promise.
            let lock = unsafe { *lock };
            if lock.is_null() {
                no_lock(stringify!($routine));
            }
            // SAFETY: the caller's promise.
            unsafe { locks::$routine(lock) }
        }
    )*};
}

nestable! {
    omp_set_nest_lock_ = omp_set_nest_lock;
    omp_unset_nest_lock_ = omp_unset_nest_lock;
    omp_test_nest_lock_ = omp_test_nest_lock: c_int;
}
