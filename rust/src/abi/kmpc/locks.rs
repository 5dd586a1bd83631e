//! The lock routines with a location and a thread's number, which are not used (LLVM ABI;
//! Intel's compilers).

use crate::abi::kmpc::Location;
use crate::abi::omp::locks;
use crate::sync::lock::Lock;
use crate::waiting::nest_lock::NestLock;
use core::ffi::c_int;

macro_rules! routines {
    ($($name:ident = $routine:ident($lock:ty $(, $hint:ident)?) $(-> $result:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "`.")]
        ///
        /// # Safety
        ///
        /// As for that routine.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            location: *const Location,
            thread: c_int,
            lock: *mut $lock
            $(, $hint: c_int)?
        ) $(-> $result)? {
            let _ = (location, thread);
            // SAFETY: the caller's promise.
            unsafe { locks::$routine(lock $(, $hint)?) }
        }
    )*};
}

routines! {
    __kmpc_init_lock = omp_init_lock(Lock);
    __kmpc_init_lock_with_hint = omp_init_lock_with_hint(Lock, hint);
    __kmpc_destroy_lock = omp_destroy_lock(Lock);
    __kmpc_set_lock = omp_set_lock(Lock);
    __kmpc_unset_lock = omp_unset_lock(Lock);
    __kmpc_test_lock = omp_test_lock(Lock) -> c_int;
    __kmpc_init_nest_lock = omp_init_nest_lock(NestLock);
    __kmpc_init_nest_lock_with_hint = omp_init_nest_lock_with_hint(NestLock, hint);
    __kmpc_destroy_nest_lock = omp_destroy_nest_lock(NestLock);
    __kmpc_set_nest_lock = omp_set_nest_lock(NestLock);
    __kmpc_unset_nest_lock = omp_unset_nest_lock(NestLock);
    __kmpc_test_nest_lock = omp_test_nest_lock(NestLock) -> c_int;
}
