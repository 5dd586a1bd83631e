//! The names that LLVM's `omp.h` gives to C for routines whose plain name is Fortran's there.
//! Each does what the routine without the `c` does.

use crate::abi::omp::{affinity, threads};
use core::ffi::{c_char, c_int};

macro_rules! same {
    ($($name:ident = $room:ident::$routine:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "`.")]
        #[no_mangle]
        pub extern "C" fn $name($($argument: $type),*) $(-> $answer)? {
            $room::$routine($($argument),*)
        }
    )*};
}

macro_rules! same_unsafe {
    ($($name:ident = $room:ident::$routine:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "`.")]
        ///
        /// # Safety
        ///
        #[doc = concat!("As for `", stringify!($routine), "`.")]
        #[no_mangle]
        pub unsafe extern "C" fn $name($($argument: $type),*) $(-> $answer)? {
            // SAFETY: the caller's promise.
            unsafe { $room::$routine($($argument),*) }
        }
    )*};
}

same! {
    ompc_set_num_threads = threads::omp_set_num_threads(n: c_int);
    ompc_set_dynamic = threads::omp_set_dynamic(on: c_int);
    ompc_set_nested = threads::omp_set_nested(on: c_int);
    ompc_set_max_active_levels = threads::omp_set_max_active_levels(levels: c_int);
    ompc_set_schedule = threads::omp_set_schedule(kind: c_int, chunk: c_int);
    ompc_get_ancestor_thread_num = threads::omp_get_ancestor_thread_num(level: c_int) -> c_int;
    ompc_get_team_size = threads::omp_get_team_size(level: c_int) -> c_int;
}

same_unsafe! {
    ompc_set_affinity_format = affinity::omp_set_affinity_format(format: *const c_char);
    ompc_get_affinity_format =
        affinity::omp_get_affinity_format(buffer: *mut c_char, size: usize) -> usize;
    ompc_display_affinity = affinity::omp_display_affinity(format: *const c_char);
    ompc_capture_affinity = affinity::omp_capture_affinity(
        buffer: *mut c_char, size: usize, format: *const c_char) -> usize;
}
