//! Routines for places, binding, and their display (OpenMP 5.2, 18.3; libgomp ABI
//! nodes OMP_4.0, OMP_4.5 and OMP_5.0).

use crate::affinity::cpuset::CpuSet;
use crate::affinity::partition::PlacePartition;
use crate::icv::{self, affinity_format};
use crate::messages;
use crate::parallel::{affinity_display, binding};
use crate::team::register::current;
use core::ffi::{c_char, c_int, CStr};

/// `bind-var` of the current task, an `omp_proc_bind_t`: 0 false, 1 true, 2
/// primary, 3 close, 4 spread.
#[no_mangle]
pub extern "C" fn omp_get_proc_bind() -> c_int {
    current().fresh_context().task.icv.get().bind as c_int
}

/// The number of places in the place list; 0 if threads are not bound.
#[no_mangle]
pub extern "C" fn omp_get_num_places() -> c_int {
    icv::globals().affinity.places.len() as c_int
}

fn place(number: c_int) -> Option<&'static CpuSet> {
    icv::globals()
        .affinity
        .places
        .get(usize::try_from(number).ok()?)
}

/// The number of processors in a place; 0 if there is no such place.
#[no_mangle]
pub extern "C" fn omp_get_place_num_procs(place_num: c_int) -> c_int {
    place(place_num).map_or(0, |place| place.len() as c_int)
}

/// Stores the numbers of a place's processors: `omp_get_place_num_procs` of them.
///
/// # Safety
///
/// `ids` must have room for them.
#[no_mangle]
pub unsafe extern "C" fn omp_get_place_proc_ids(place_num: c_int, ids: *mut c_int) {
    // SAFETY: the caller's promise.
    unsafe { store(ids, proc_ids(place_num)) }
}

/// The numbers of a place's processors; none if there is no such place.
pub(crate) fn proc_ids(place_num: c_int) -> impl Iterator<Item = c_int> {
    place(place_num)
        .into_iter()
        .flat_map(|place| place.iter().map(|cpu| cpu as c_int))
}

/// Stores numbers one after another.
///
/// # Safety
///
/// `to` must have room for them.
pub(crate) unsafe fn store<T: From<c_int>>(to: *mut T, numbers: impl Iterator<Item = c_int>) {
    for (i, number) in numbers.enumerate() {
        // SAFETY: the caller's promise.
        unsafe { to.add(i).write(number.into()) };
    }
}

/// The place that the calling thread is bound to; -1 if it is not bound.
#[no_mangle]
pub extern "C" fn omp_get_place_num() -> c_int {
    let thread = current();
    binding::bind_master(thread);
    thread
        .binding
        .place
        .get()
        .map_or(-1, |place| place as c_int)
}

fn partition() -> PlacePartition {
    let thread = current();
    binding::bind_master(thread);
    thread.context().member.partition.get()
}

/// The number of places in the place partition of the innermost implicit task.
#[no_mangle]
pub extern "C" fn omp_get_partition_num_places() -> c_int {
    partition().len as c_int
}

/// Stores the numbers of the places in the place partition:
/// `omp_get_partition_num_places` of them.
///
/// # Safety
///
/// `place_nums` must have room for them.
#[no_mangle]
pub unsafe extern "C" fn omp_get_partition_place_nums(place_nums: *mut c_int) {
    // SAFETY: the caller's promise.
    unsafe { store(place_nums, partition_places()) }
}

/// The numbers of the places in the place partition.
pub(crate) fn partition_places() -> impl Iterator<Item = c_int> {
    let PlacePartition { first, len } = partition();
    (first..first + len).map(|place| place as c_int)
}

/// Sets `affinity-format-var`.
///
/// # Safety
///
/// `format` must point to a string.
#[no_mangle]
pub unsafe extern "C" fn omp_set_affinity_format(format: *const c_char) {
    if format.is_null() {
        messages::fatal("omp_set_affinity_format: format is a null pointer");
    }
    // SAFETY: the caller's promise.
    affinity_format::set_format(unsafe { CStr::from_ptr(format) }.to_bytes());
}

/// Copies `affinity-format-var` into `buffer`: as much of it as fits into `size`
/// characters, with a final zero. Copies nothing if `buffer` is null. Answers the length
/// of the whole format, without the zero.
///
/// # Safety
///
/// `buffer` must be null or have room for `size` characters.
#[no_mangle]
pub unsafe extern "C" fn omp_get_affinity_format(buffer: *mut c_char, size: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { copy(&affinity_format::format(icv::globals()), buffer, size) }
}

/// Copies a text as `omp_get_affinity_format` does.
///
/// # Safety
///
/// `buffer` must be null or have room for `size` characters.
unsafe fn copy(text: &[u8], buffer: *mut c_char, size: usize) -> usize {
    if let Some(most) = size.checked_sub(1).filter(|_| !buffer.is_null()) {
        let len = text.len().min(most);
        // SAFETY: the caller's promise; `len` is less than `size`.
        unsafe {
            core::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), len);
            buffer.add(len).write(0);
        }
    }
    text.len()
}

/// A format that may be null.
///
/// # Safety
///
/// `format` must be null or point to a string.
unsafe fn text<'a>(format: *const c_char) -> &'a [u8] {
    if format.is_null() {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(format) }.to_bytes()
}

/// Writes a line about the calling thread's affinity to stderr, in the format `format`,
/// or in that of `affinity-format-var` if `format` is null or empty. A bad format ends
/// the program with status 1.
///
/// # Safety
///
/// `format` must be null or point to a string.
#[no_mangle]
pub unsafe extern "C" fn omp_display_affinity(format: *const c_char) {
    // SAFETY: the caller's promise.
    affinity_display::display(unsafe { text(format) });
}

/// Copies the line that `omp_display_affinity` would write into `buffer`, in the way of
/// `omp_get_affinity_format`. Answers the line's length.
///
/// # Safety
///
/// `buffer` must have room for `size` characters, and `format` be null or point
/// to a string.
#[no_mangle]
pub unsafe extern "C" fn omp_capture_affinity(
    buffer: *mut c_char,
    size: usize,
    format: *const c_char,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        copy(
            &affinity_display::describe_current(text(format)),
            buffer,
            size,
        )
    }
}
