//! Fortran's spellings of the user API, as the module `omp_lib` of gfortran
//! calls them (libgomp ABI nodes OMP_1.0 to OMP_5.1).
//!
//! A routine's symbol is its name with `_`. Arguments are passed by reference. Logical
//! arguments and results are 32-bit integers; 0 is false. Symbols with `_8_` are for
//! programs whose integers have 64 bits: if an argument does not fit the C routine's,
//! the nearest value that fits is taken. The lengths of strings come after all
//! arguments. Strings are filled up with blanks.

use crate::abi::omp::{affinity, dimensions, machine, saturate, tasks, teams, threads};
use crate::icv::{self, affinity_format};
use crate::messages;
use crate::parallel::affinity_display;
use core::ffi::{c_char, c_int};

/// Functions without arguments.
macro_rules! functions {
    ($($fortran:ident = $routine:path: $result:ty;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        #[no_mangle]
        pub extern "C" fn $fortran() -> $result {
            $routine()
        }
    )*};
}

functions! {
    omp_get_num_threads_ = threads::omp_get_num_threads: c_int;
    omp_get_max_threads_ = threads::omp_get_max_threads: c_int;
    omp_get_thread_num_ = threads::omp_get_thread_num: c_int;
    omp_in_parallel_ = threads::omp_in_parallel: c_int;
    omp_get_dynamic_ = threads::omp_get_dynamic: c_int;
    omp_get_nested_ = threads::omp_get_nested: c_int;
    omp_get_thread_limit_ = threads::omp_get_thread_limit: c_int;
    omp_get_max_active_levels_ = threads::omp_get_max_active_levels: c_int;
    omp_get_level_ = threads::omp_get_level: c_int;
    omp_get_active_level_ = threads::omp_get_active_level: c_int;
    omp_in_final_ = tasks::omp_in_final: c_int;
    omp_in_explicit_task_ = tasks::omp_in_explicit_task: c_int;
    omp_get_num_procs_ = machine::omp_get_num_procs: c_int;
    omp_get_wtime_ = machine::omp_get_wtime: f64;
    omp_get_wtick_ = machine::omp_get_wtick: f64;
    omp_get_supported_active_levels_ = machine::omp_get_supported_active_levels: c_int;
    omp_get_max_task_priority_ = machine::omp_get_max_task_priority: c_int;
    omp_get_cancellation_ = machine::omp_get_cancellation: c_int;
    omp_get_num_teams_ = teams::omp_get_num_teams: c_int;
    omp_get_team_num_ = teams::omp_get_team_num: c_int;
    omp_get_max_teams_ = teams::omp_get_max_teams: c_int;
    omp_get_teams_thread_limit_ = teams::omp_get_teams_thread_limit: c_int;
    omp_get_proc_bind_ = affinity::omp_get_proc_bind: c_int;
    omp_get_num_places_ = affinity::omp_get_num_places: c_int;
    omp_get_place_num_ = affinity::omp_get_place_num: c_int;
    omp_get_partition_num_places_ = affinity::omp_get_partition_num_places: c_int;
}

/// Routines with one integer or logical argument.
macro_rules! of_one {
    ($($fortran:ident, $fortran_8:ident = $routine:path $(: $result:ty)?;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        ///
        /// # Safety
        ///
        /// The argument must be valid for a read.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran(argument: *const i32) $(-> $result)? {
            // SAFETY: the caller's promise.
            $routine(unsafe { *argument })
        }

        #[doc = concat!("`", stringify!($routine), "` for Fortran with integers of 64 bits.")]
        ///
        /// # Safety
        ///
        /// The argument must be valid for a read.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran_8(argument: *const i64) $(-> $result)? {
            // SAFETY: the caller's promise.
            $routine(saturate(unsafe { *argument }))
        }
    )*};
}

of_one! {
    omp_set_num_threads_, omp_set_num_threads_8_ = threads::omp_set_num_threads;
    omp_set_dynamic_, omp_set_dynamic_8_ = threads::omp_set_dynamic;
    omp_set_nested_, omp_set_nested_8_ = threads::omp_set_nested;
    omp_set_max_active_levels_, omp_set_max_active_levels_8_ = threads::omp_set_max_active_levels;
    omp_get_ancestor_thread_num_, omp_get_ancestor_thread_num_8_
        = threads::omp_get_ancestor_thread_num: c_int;
    omp_get_team_size_, omp_get_team_size_8_ = threads::omp_get_team_size: c_int;
    omp_set_num_teams_, omp_set_num_teams_8_ = teams::omp_set_num_teams;
    omp_set_teams_thread_limit_, omp_set_teams_thread_limit_8_ = teams::omp_set_teams_thread_limit;
    omp_display_env_, omp_display_env_8_ = machine::omp_display_env;
    omp_get_place_num_procs_, omp_get_place_num_procs_8_
        = affinity::omp_get_place_num_procs: c_int;
    omp_get_num_teams_dim_, omp_get_num_teams_dim_8_ = dimensions::omp_get_num_teams_dim: c_int;
    omp_get_team_num_dim_, omp_get_team_num_dim_8_ = dimensions::omp_get_team_num_dim: c_int;
    omp_get_num_threads_dim_, omp_get_num_threads_dim_8_
        = dimensions::omp_get_num_threads_dim: c_int;
    omp_get_thread_num_dim_, omp_get_thread_num_dim_8_ = dimensions::omp_get_thread_num_dim: c_int;
    omp_get_thread_limit_dim_, omp_get_thread_limit_dim_8_
        = dimensions::omp_get_thread_limit_dim: c_int;
}

/// Routines with two integer or logical arguments.
macro_rules! of_two {
    ($($fortran:ident = $routine:path;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` for Fortran.")]
        ///
        /// # Safety
        ///
        /// The arguments must be valid for a read.
        #[no_mangle]
        pub unsafe extern "C" fn $fortran(first: *const i32, second: *const i32) -> c_int {
            // SAFETY: the caller's promise.
            unsafe { $routine(*first, *second) }
        }
    )*};
}

of_two! {
    omp_get_supported_active_league_dims_ = dimensions::omp_get_supported_active_league_dims;
    omp_get_supported_active_team_dims_ = dimensions::omp_get_supported_active_team_dims;
    omp_get_supported_teams_dim_ = dimensions::omp_get_supported_teams_dim;
    omp_get_supported_threads_dim_ = dimensions::omp_get_supported_threads_dim;
}

/// `omp_pause_resource` for Fortran.
///
/// # Safety
///
/// The arguments must be valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_pause_resource_(kind: *const i32, device: *const i32) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { machine::omp_pause_resource(*kind, *device) }
}

/// `omp_pause_resource_all` for Fortran.
///
/// # Safety
///
/// The argument must be valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_pause_resource_all_(kind: *const i32) -> c_int {
    // SAFETY: the caller's promise.
    machine::omp_pause_resource_all(unsafe { *kind })
}

/// `omp_set_schedule` for Fortran.
///
/// # Safety
///
/// The arguments must be valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_set_schedule_(kind: *const i32, chunk: *const i32) {
    // SAFETY: the caller's promise.
    unsafe { threads::omp_set_schedule(*kind, *chunk) }
}

/// `omp_set_schedule` for Fortran with integers of 64 bits.
///
/// # Safety
///
/// The arguments must be valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_set_schedule_8_(kind: *const i32, chunk: *const i64) {
    // SAFETY: the caller's promise.
    unsafe { threads::omp_set_schedule(*kind, saturate(*chunk)) }
}

/// `omp_get_schedule` without the modifier: early versions of `omp_lib` have no name
/// for it.
///
/// # Safety
///
/// The arguments must be valid for a write.
unsafe fn get_schedule<T: From<c_int>>(kind: *mut i32, chunk: *mut T) {
    let (mut word, mut size) = (0, 0);
    // SAFETY: these are valid for a write, and the caller's are by its promise.
    unsafe {
        threads::omp_get_schedule(&mut word, &mut size);
        *kind = (word & !icv::MONOTONIC) as i32;
        *chunk = size.into();
    }
}

/// `omp_get_schedule` for Fortran.
///
/// # Safety
///
/// The arguments must be valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_schedule_(kind: *mut i32, chunk: *mut i32) {
    // SAFETY: the caller's promise.
    unsafe { get_schedule(kind, chunk) }
}

/// `omp_get_schedule` for Fortran with integers of 64 bits.
///
/// # Safety
///
/// The arguments must be valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_schedule_8_(kind: *mut i32, chunk: *mut i64) {
    // SAFETY: the caller's promise.
    unsafe { get_schedule(kind, chunk) }
}

/// `omp_get_place_proc_ids` for Fortran.
///
/// # Safety
///
/// `place_num` must be valid for a read, and `ids` have room for the place's
/// processors.
#[no_mangle]
pub unsafe extern "C" fn omp_get_place_proc_ids_(place_num: *const i32, ids: *mut i32) {
    // SAFETY: the caller's promise.
    unsafe { affinity::store(ids, affinity::proc_ids(*place_num)) }
}

/// `omp_get_place_proc_ids` for Fortran with integers of 64 bits.
///
/// # Safety
///
/// As for `omp_get_place_proc_ids_`.
#[no_mangle]
pub unsafe extern "C" fn omp_get_place_proc_ids_8_(place_num: *const i64, ids: *mut i64) {
    // SAFETY: the caller's promise.
    unsafe { affinity::store(ids, affinity::proc_ids(saturate(*place_num))) }
}

/// `omp_get_partition_place_nums` for Fortran.
///
/// # Safety
///
/// `place_nums` must have room for the partition's places.
#[no_mangle]
pub unsafe extern "C" fn omp_get_partition_place_nums_(place_nums: *mut i32) {
    // SAFETY: the caller's promise.
    unsafe { affinity::store(place_nums, affinity::partition_places()) }
}

/// `omp_get_partition_place_nums` for Fortran with integers of 64 bits.
///
/// # Safety
///
/// As for `omp_get_partition_place_nums_`.
#[no_mangle]
pub unsafe extern "C" fn omp_get_partition_place_nums_8_(place_nums: *mut i64) {
    // SAFETY: the caller's promise.
    unsafe { affinity::store(place_nums, affinity::partition_places()) }
}

/// The characters of a Fortran string. A negative length, which no Fortran program has,
/// counts as 0 and is told of.
///
/// # Safety
///
/// `string` must have `length` characters.
unsafe fn characters<'a>(string: *const c_char, length: usize) -> &'a [u8] {
    if length > isize::MAX as usize {
        messages::warn_once("format's length", || {
            let length = length as isize;
            format!("a format has the length {length}, which is negative: it counts as empty")
        });
        return b"";
    }
    if length == 0 {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(string.cast(), length) }
}

/// Stores a text in a Fortran string, as much of it as fits. Answers the length of the
/// whole text.
///
/// # Safety
///
/// `string` must have `length` characters.
unsafe fn fill(string: *mut c_char, length: usize, text: &[u8]) -> i32 {
    let fitting = text.len().min(length);
    // SAFETY: the caller's promise.
    unsafe {
        core::ptr::copy_nonoverlapping(text.as_ptr().cast(), string, fitting);
        core::ptr::write_bytes(string.add(fitting), b' ', length - fitting);
    }
    text.len() as i32
}

/// `omp_set_affinity_format` for Fortran: `format` has `length` characters.
///
/// # Safety
///
/// `format` must have these characters.
#[no_mangle]
pub unsafe extern "C" fn omp_set_affinity_format_(format: *const c_char, length: usize) {
    // SAFETY: the caller's promise.
    affinity_format::set_format(unsafe { characters(format, length) });
}

/// `omp_get_affinity_format` for Fortran: `buffer` has `length` characters.
///
/// # Safety
///
/// `buffer` must have room for these characters.
#[no_mangle]
pub unsafe extern "C" fn omp_get_affinity_format_(buffer: *mut c_char, length: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { fill(buffer, length, &affinity_format::format(icv::globals())) }
}

/// `omp_display_affinity` for Fortran: `format` has `length` characters.
///
/// # Safety
///
/// `format` must have these characters.
#[no_mangle]
pub unsafe extern "C" fn omp_display_affinity_(format: *const c_char, length: usize) {
    // SAFETY: the caller's promise.
    affinity_display::display(unsafe { characters(format, length) });
}

/// `omp_capture_affinity` for Fortran: `buffer` has `buffer_length` characters,
/// `format` has `format_length`.
///
/// # Safety
///
/// `buffer` must have room for these characters, and `format` must have them.
#[no_mangle]
pub unsafe extern "C" fn omp_capture_affinity_(
    buffer: *mut c_char,
    format: *const c_char,
    buffer_length: usize,
    format_length: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        let text = affinity_display::describe_current(characters(format, format_length));
        fill(buffer, buffer_length, &text)
    }
}
