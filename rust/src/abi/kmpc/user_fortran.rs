//! Fortran's names of LLVM's routines beside OpenMP's: arguments are passed by reference.
//! And constants of `omp_lib` that are variables there.

use crate::abi::kmpc::masks::{self, Mask};
use crate::abi::kmpc::user;
use crate::abi::omp::{interop, locks};
use crate::abi::ompt::end as tool;
use crate::sync::lock::Lock;
use crate::waiting::nest_lock::NestLock;
use core::ffi::{c_char, c_int, c_void};

macro_rules! routines {
    ($($fortran:ident = $routine:path[$($value:ident: $type:ty),*]
        $(($($same:ident: $same_type:ty),*))? $(-> $result:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        ///
        /// # Safety
        ///
        /// As for that routine; the arguments are valid for a read.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran(
            $($value: *const $type,)* $($($same: $same_type),*)?
        ) $(-> $result)? {
            // SAFETY: the caller's promise.
            #[allow(unused_unsafe)]
            unsafe {
                $routine($(*$value,)* $($($same),*)?)
            }
        }
    )*};
}

routines! {
    kmp_malloc_ = user::kmp_malloc[size: usize] -> *mut c_void;
    kmp_aligned_malloc_ = user::kmp_aligned_malloc[size: usize, alignment: usize] -> *mut c_void;
    kmp_calloc_ = user::kmp_calloc[count: usize, size: usize] -> *mut c_void;
    kmp_realloc_ = user::kmp_realloc[block: *mut c_void, size: usize] -> *mut c_void;
    kmp_free_ = user::kmp_free[block: *mut c_void];
    kmp_set_blocktime_ = user::kmp_set_blocktime[ms: c_int];
    kmp_get_blocktime_ = user::kmp_get_blocktime[] -> c_int;
    kmp_set_stacksize_ = user::kmp_set_stacksize[bytes: c_int];
    kmp_set_stacksize_s_ = user::kmp_set_stacksize_s[bytes: usize];
    kmp_get_stacksize_ = user::kmp_get_stacksize[] -> c_int;
    kmp_get_stacksize_s_ = user::kmp_get_stacksize_s[] -> usize;
    kmp_set_library_ = user::kmp_set_library[mode: c_int];
    kmp_get_library_ = user::kmp_get_library[] -> c_int;
    kmp_set_library_serial_ = user::kmp_set_library_serial[];
    kmp_set_library_turnaround_ = user::kmp_set_library_turnaround[];
    kmp_set_library_throughput_ = user::kmp_set_library_throughput[];
    kmp_set_disp_num_buffers_ = user::kmp_set_disp_num_buffers[count: c_int];
    kmp_set_warnings_on_ = user::kmp_set_warnings_on[];
    kmp_set_warnings_off_ = user::kmp_set_warnings_off[];
    kmp_get_num_known_threads_ = user::kmp_get_num_known_threads[] -> c_int;
    // By value there too.
    kmp_get_cancellation_status_ = user::kmp_get_cancellation_status[](kind: c_int) -> c_int;
    kmp_create_affinity_mask_ = masks::kmp_create_affinity_mask[](mask: *mut Mask);
    kmp_destroy_affinity_mask_ = masks::kmp_destroy_affinity_mask[](mask: *mut Mask);
    kmp_set_affinity_ = masks::kmp_set_affinity[](mask: *mut Mask) -> c_int;
    kmp_get_affinity_ = masks::kmp_get_affinity[](mask: *mut Mask) -> c_int;
    kmp_get_affinity_max_proc_ = masks::kmp_get_affinity_max_proc[] -> c_int;
    kmp_set_affinity_mask_proc_
        = masks::kmp_set_affinity_mask_proc[number: c_int](mask: *mut Mask) -> c_int;
    kmp_unset_affinity_mask_proc_
        = masks::kmp_unset_affinity_mask_proc[number: c_int](mask: *mut Mask) -> c_int;
    kmp_get_affinity_mask_proc_
        = masks::kmp_get_affinity_mask_proc[number: c_int](mask: *mut Mask) -> c_int;
    omp_control_tool_ = tool::omp_control_tool[command: c_int, modifier: c_int]
        (argument: *mut c_void) -> c_int;
    // By value: Fortran's module calls C's names, and nobody these.
    omp_get_num_interop_properties_
        = interop::omp_get_num_interop_properties[](object: usize) -> c_int;
    omp_get_interop_int_ = interop::omp_get_interop_int[]
        (object: usize, property: c_int, code: *mut c_int) -> isize;
    omp_get_interop_ptr_ = interop::omp_get_interop_ptr[]
        (object: usize, property: c_int, code: *mut c_int) -> *mut c_void;
}

/// `omp_init_lock_with_hint` for Fortran.
///
/// # Safety
///
/// As for `omp_init_lock`.
#[no_mangle]
pub unsafe extern "C" fn omp_init_lock_with_hint_(lock: *mut Lock, hint: *const c_int) {
    let _ = hint;
    // SAFETY: the caller's promise.
    unsafe { locks::omp_init_lock(lock) }
}

/// `omp_init_nest_lock_with_hint` for Fortran: the variable has a pointer to the lock.
///
/// # Safety
///
/// As for `omp_init_nest_lock_`.
#[no_mangle]
pub unsafe extern "C" fn omp_init_nest_lock_with_hint_(
    lock: *mut *mut NestLock,
    hint: *const c_int,
) {
    let _ = hint;
    // SAFETY: the caller's promise.
    unsafe { crate::abi::omp::fortran_locks::omp_init_nest_lock_(lock) }
}

/// `kmp_set_defaults` for Fortran: the text has `length` characters.
///
/// # Safety
///
/// The text has these characters.
#[no_mangle]
pub unsafe extern "C" fn kmp_set_defaults_(text: *const c_char, length: c_int) {
    let length = usize::try_from(length).unwrap_or(0);
    if !text.is_null() {
        // SAFETY: the caller's promise.
        let text = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), length) };
        user::set_defaults(&String::from_utf8_lossy(text));
    }
}

/// A variable for a constant of `omp_lib`.
macro_rules! constants {
    ($($name:ident = $value:literal;)*) => {$(
        /// The constant of this name.
        #[no_mangle]
        #[allow(non_upper_case_globals)]
        pub static $name: usize = $value;
    )*};
}

constants! {
    omp_null_allocator = 0;
    omp_default_mem_alloc = 1;
    omp_large_cap_mem_alloc = 2;
    omp_const_mem_alloc = 3;
    omp_high_bw_mem_alloc = 4;
    omp_low_lat_mem_alloc = 5;
    omp_cgroup_mem_alloc = 6;
    omp_pteam_mem_alloc = 7;
    omp_thread_mem_alloc = 8;
    kmp_max_mem_alloc = 1024;
    omp_default_mem_space = 99;
    omp_large_cap_mem_space = 1;
    omp_const_mem_space = 2;
    omp_high_bw_mem_space = 3;
    omp_low_lat_mem_space = 4;
}
