//! Device information and device memory routines (OpenMP 5.2, 18.7 and 18.8;
//! libgomp ABI nodes OMP_4.0 to OMP_5.1.1, GOMP_6.0 and GOMP_6.0.1).
//!
//! The host's device number is 0; -1 (`omp_initial_device`) also means the host. -5
//! (`omp_default_device`) means `default-device-var`. No device has another number;
//! -4 (`omp_invalid_device`) ends the program.

use crate::abi::gomp::depend_array;
use crate::abi::omp::interop::to_fortran;
use crate::target::copy::{rectangle, Part};
use crate::target::{construct, device};
use core::ffi::{c_char, c_int, c_void, CStr};
use core::ptr::null_mut;

/// The host's unique identifier.
const UID: &CStr = c"OMP_INITIAL_DEVICE";

/// Sets `default-device-var` of the current task.
#[no_mangle]
pub extern "C" fn omp_set_default_device(number: c_int) {
    device::set_default_device(number);
}

/// `omp_set_default_device` from Fortran.
///
/// # Safety
///
/// The pointer is valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_set_default_device_(number: *const i32) {
    // SAFETY: the caller's promise.
    device::set_default_device(unsafe { *number });
}

/// `omp_set_default_device` from Fortran with 8-byte integers.
///
/// # Safety
///
/// The pointer is valid for a read.
#[no_mangle]
pub unsafe extern "C" fn omp_set_default_device_8_(number: *const i64) {
    // SAFETY: the caller's promise.
    device::set_default_device(crate::abi::omp::saturate(unsafe { *number }));
}

/// Routines without arguments, for C and for Fortran.
macro_rules! answers {
    ($($name:ident $fortran:ident: $answer:expr, $text:literal;)*) => {$(
        #[doc = $text]
        #[no_mangle]
        pub extern "C" fn $name() -> c_int {
            $answer
        }

        #[doc = concat!("`", stringify!($name), "` from Fortran.")]
        #[no_mangle]
        pub extern "C" fn $fortran() -> c_int {
            $answer
        }
    )*};
}

answers! {
    omp_get_default_device omp_get_default_device_: device::default_device(),
        "`default-device-var` of the current task.";
    omp_get_num_devices omp_get_num_devices_: device::COUNT,
        "Devices other than the host: 0.";
    omp_get_initial_device omp_get_initial_device_: device::COUNT,
        "The host's device number: 0, as many as there are others.";
    omp_get_device_num omp_get_device_num_: device::COUNT,
        "The number of the device that the calling thread is on: the host's.";
    omp_is_initial_device omp_is_initial_device_: 1,
        "Whether the calling thread is on the host: 1.";
}

/// The number of the device with a unique identifier: -1 for the host's, which is
/// `OMP_INITIAL_DEVICE`, else -4.
///
/// # Safety
///
/// `uid` is null or a C string.
#[no_mangle]
pub unsafe extern "C" fn omp_get_device_from_uid(uid: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    if !uid.is_null() && unsafe { CStr::from_ptr(uid) } == UID {
        device::INITIAL
    } else {
        device::INVALID
    }
}

/// `omp_get_device_from_uid` from Fortran.
///
/// # Safety
///
/// `uid` has `length` bytes.
#[no_mangle]
pub unsafe extern "C" fn omp_get_device_from_uid_(uid: *const c_char, length: usize) -> c_int {
    // SAFETY: the caller's promise.
    let uid = unsafe { core::slice::from_raw_parts(uid.cast::<u8>(), length) };
    if uid == UID.to_bytes() {
        device::INITIAL
    } else {
        device::INVALID
    }
}

/// A device's unique identifier, or null if there is no such device.
#[no_mangle]
pub extern "C" fn omp_get_uid_from_device(number: c_int) -> *const c_char {
    if number != device::INVALID && device::means_host(number) {
        UID.as_ptr()
    } else {
        core::ptr::null()
    }
}

/// `omp_get_uid_from_device` from Fortran. The addresses of the result and of its
/// length come first; the number is passed by value.
///
/// # Safety
///
/// The pointers are valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_uid_from_device_(
    result: *mut *const c_char,
    length: *mut usize,
    number: i32,
) {
    // SAFETY: the caller's promise.
    unsafe { to_fortran(omp_get_uid_from_device(number), result, length) }
}

/// `omp_get_uid_from_device` from Fortran with 8-byte integers.
///
/// # Safety
///
/// The pointers are valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_uid_from_device_8_(
    result: *mut *const c_char,
    length: *mut usize,
    number: i64,
) {
    // SAFETY: the caller's promise.
    unsafe { omp_get_uid_from_device_(result, length, crate::abi::omp::saturate(number)) }
}

/// Allocates `size` bytes of a device's memory; null if it cannot.
#[no_mangle]
pub extern "C" fn omp_target_alloc(size: usize, number: c_int) -> *mut c_void {
    if device::is_host(number) {
        // SAFETY: malloc takes any size.
        unsafe { libc::malloc(size) }
    } else {
        null_mut()
    }
}

/// Frees a block of `omp_target_alloc` for the same device; does nothing for null.
///
/// # Safety
///
/// The block is not used any more.
#[no_mangle]
pub unsafe extern "C" fn omp_target_free(block: *mut c_void, number: c_int) {
    if device::is_host(number) {
        // SAFETY: the caller's promise.
        unsafe { libc::free(block) }
    }
}

/// Whether the data at a host address are in a device's data environment: 1 for the
/// host if the address is not null, else 0.
#[no_mangle]
pub extern "C" fn omp_target_is_present(address: *const c_void, number: c_int) -> c_int {
    c_int::from(!address.is_null() && device::is_host(number))
}

/// Whether a device can access `size` bytes at a host address: 1 for the host if
/// address and size are not 0, else 0.
#[no_mangle]
pub extern "C" fn omp_target_is_accessible(
    address: *const c_void,
    size: usize,
    number: c_int,
) -> c_int {
    c_int::from(!address.is_null() && size > 0 && device::is_host(number))
}

/// The address on a device of the data at a host address, or null.
#[no_mangle]
pub extern "C" fn omp_get_mapped_ptr(address: *const c_void, number: c_int) -> *mut c_void {
    if device::is_host(number) {
        address.cast_mut()
    } else {
        null_mut()
    }
}

/// Makes device memory stand for host memory. This is impossible for the host itself:
/// EINVAL.
#[no_mangle]
pub extern "C" fn omp_target_associate_ptr(
    host: *const c_void,
    on_device: *const c_void,
    size: usize,
    offset: usize,
    number: c_int,
) -> c_int {
    let _ = (host, on_device, size, offset);
    device::is_host(number);
    libc::EINVAL
}

/// Ends an association. There are none: EINVAL.
#[no_mangle]
pub extern "C" fn omp_target_disassociate_ptr(address: *const c_void, number: c_int) -> c_int {
    let _ = address;
    device::is_host(number);
    libc::EINVAL
}

/// 0, or EINVAL if one of the numbers is no device's.
fn check(to: c_int, from: c_int) -> c_int {
    if device::is_host(to) && device::is_host(from) {
        0
    } else {
        libc::EINVAL
    }
}

/// Copies `length` bytes between devices' memory, from an offset and to an offset.
/// Answers 0, or EINVAL if a number is no device's.
///
/// # Safety
///
/// Both ranges are valid memory, and do not overlap.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memcpy(
    to: *mut c_void,
    from: *const c_void,
    length: usize,
    to_offset: usize,
    from_offset: usize,
    to_number: c_int,
    from_number: c_int,
) -> c_int {
    let code = check(to_number, from_number);
    if code == 0 {
        // SAFETY: the caller's promise.
        unsafe {
            libc::memcpy(
                to.wrapping_byte_add(to_offset),
                from.wrapping_byte_add(from_offset),
                length,
            )
        };
    }
    code
}

/// `omp_target_memcpy` as a task, after the tasks that the `count` `depend` objects at
/// `objects` name.
///
/// # Safety
///
/// As for `omp_target_memcpy`, until the task has finished; the objects are
/// initialized.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memcpy_async(
    to: *mut c_void,
    from: *const c_void,
    length: usize,
    to_offset: usize,
    from_offset: usize,
    to_number: c_int,
    from_number: c_int,
    count: c_int,
    objects: *mut c_void,
) -> c_int {
    let code = check(to_number, from_number);
    if code == 0 {
        // SAFETY: the caller's promise.
        unsafe {
            let (to, from) = (
                to.wrapping_byte_add(to_offset),
                from.wrapping_byte_add(from_offset),
            );
            let copy = move || {
                libc::memcpy(to, from, length);
            };
            later(copy, count, objects);
        }
    }
    code
}

/// Makes `work` a task. It runs after the tasks that the `count` `depend` objects at
/// `objects` name; for a negative count or null there are none.
///
/// # Safety
///
/// The objects are initialized.
unsafe fn later(work: impl FnOnce(), count: c_int, objects: *mut c_void) {
    let count = if objects.is_null() { 0 } else { count };
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller's promise.
    let mut items =
        (0..count).map(|i| unsafe { *objects.cast::<depend_array::DependObject>().add(i) }.item());
    let items: &mut dyn Iterator<Item = _> = &mut items;
    construct::call_later(work, (count > 0).then_some(items));
}

/// Numbers of a rectangular copy, one per dimension; see `omp_target_memcpy_rect`.
type Numbers = *const usize;

/// How many dimensions a rectangular copy has, or the answer of a call that copies
/// nothing.
fn dimensions(
    to: *mut c_void,
    from: *const c_void,
    dims: c_int,
    to_number: c_int,
    from_number: c_int,
) -> Result<usize, c_int> {
    if to.is_null() && from.is_null() {
        return Err(c_int::MAX);
    }
    match (check(to_number, from_number), usize::try_from(dims)) {
        (0, Ok(dims)) if dims > 0 => Ok(dims),
        _ => Err(libc::EINVAL),
    }
}

/// Copies a part of an array with `dims` dimensions into an array with as many
/// dimensions. The part has `volume` elements of `size` bytes, and is at the offsets.
/// All these numbers are per dimension, the slowest dimension first. Answers 0, or
/// EINVAL if a number does not fit or is no device's. If both addresses are null, the
/// answer is how many dimensions are supported.
///
/// # Safety
///
/// The arrays of numbers have `dims` elements, both parts are valid memory, and they
/// do not overlap.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memcpy_rect(
    to: *mut c_void,
    from: *const c_void,
    size: usize,
    dims: c_int,
    volume: Numbers,
    to_offsets: Numbers,
    from_offsets: Numbers,
    to_dimensions: Numbers,
    from_dimensions: Numbers,
    to_number: c_int,
    from_number: c_int,
) -> c_int {
    let dims = match dimensions(to, from, dims, to_number, from_number) {
        Ok(dims) => dims,
        Err(answer) => return answer,
    };
    let (to, from) = (
        Part {
            base: to as usize,
            offsets: to_offsets,
            dimensions: to_dimensions,
        },
        Part {
            base: from as usize,
            offsets: from_offsets,
            dimensions: from_dimensions,
        },
    );
    // SAFETY: the caller's promise.
    if unsafe { rectangle(to, from, size, dims, volume) } {
        0
    } else {
        libc::EINVAL
    }
}

/// `omp_target_memcpy_rect` as a task, after the tasks that the `count` `depend`
/// objects at `objects` name. The numbers are copied before this returns. A number
/// that does not fit ends the program.
///
/// # Safety
///
/// As for `omp_target_memcpy_rect`, for the memory until the task has finished; the
/// objects are initialized.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memcpy_rect_async(
    to: *mut c_void,
    from: *const c_void,
    size: usize,
    dims: c_int,
    volume: Numbers,
    to_offsets: Numbers,
    from_offsets: Numbers,
    to_dimensions: Numbers,
    from_dimensions: Numbers,
    to_number: c_int,
    from_number: c_int,
    count: c_int,
    objects: *mut c_void,
) -> c_int {
    let dims = match dimensions(to, from, dims, to_number, from_number) {
        Ok(dims) => dims,
        Err(answer) => return answer,
    };
    // SAFETY: the caller's promise, here and in the task.
    unsafe {
        let copy = |numbers| core::slice::from_raw_parts(numbers, dims).to_vec();
        let volume = copy(volume);
        let offsets = (copy(to_offsets), copy(from_offsets));
        let dimensions = (copy(to_dimensions), copy(from_dimensions));
        let work = move || {
            let to = Part {
                base: to as usize,
                offsets: offsets.0.as_ptr(),
                dimensions: dimensions.0.as_ptr(),
            };
            let from = Part {
                base: from as usize,
                offsets: offsets.1.as_ptr(),
                dimensions: dimensions.1.as_ptr(),
            };
            if !rectangle(to, from, size, dims, volume.as_ptr()) {
                crate::messages::fatal("omp_target_memcpy_rect failed");
            }
        };
        later(work, count, objects);
    }
    0
}

/// Sets `length` bytes of a device's memory to the lower 8 bits of `value`. Answers
/// the address.
///
/// # Safety
///
/// The bytes are valid memory.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memset(
    to: *mut c_void,
    value: c_int,
    length: usize,
    number: c_int,
) -> *mut c_void {
    device::is_host(number);
    // SAFETY: the caller's promise.
    unsafe { libc::memset(to, value, length) }
}

/// `omp_target_memset` as a task, after the tasks that the `count` `depend` objects at
/// `objects` name.
///
/// # Safety
///
/// As for `omp_target_memset`, until the task has finished; the objects are
/// initialized.
#[no_mangle]
pub unsafe extern "C" fn omp_target_memset_async(
    to: *mut c_void,
    value: c_int,
    length: usize,
    number: c_int,
    count: c_int,
    objects: *mut c_void,
) -> *mut c_void {
    device::is_host(number);
    // SAFETY: the caller's promise.
    unsafe {
        let set = move || {
            libc::memset(to, value, length);
        };
        later(set, count, objects);
    }
    to
}
