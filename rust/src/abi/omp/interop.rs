//! Interoperability routines (OpenMP 5.2, 18.12; libgomp ABI GOMP_5.1.3). The only
//! object that constructs make is `omp_interop_none`, so no property has a value.
//! Properties are numbered from -1 (`omp_ipr_fr_id`) to -9 (`omp_ipr_targetsync`).

use core::ffi::{c_char, c_int, c_void, CStr};
use core::ptr::null;

/// `omp_interop_t`.
type Interop = usize;

/// The names of the properties -1, -2 and so on.
const NAMES: [&CStr; 9] = [
    c"fr_id",
    c"fr_name",
    c"vendor",
    c"vendor_name",
    c"device_num",
    c"platform",
    c"device",
    c"device_context",
    c"targetsync",
];

/// The descriptions of the return codes 1 (`omp_irc_no_value`), 0, -1 and so on.
const CODES: [&CStr; 7] = [
    c"no meaningful value available",
    c"successful",
    c"provided interoperability object is equal to omp_interop_none",
    c"property ID is out of range",
    c"property type is integer; use omp_get_interop_int",
    c"property type is pointer; use omp_get_interop_ptr",
    c"property type is string; use omp_get_interop_str",
];

/// `omp_irc_empty`.
const EMPTY: c_int = -1;
/// `omp_irc_out_of_range`.
const OUT_OF_RANGE: c_int = -2;

fn at(texts: &[&'static CStr], index: c_int) -> *const c_char {
    let text = usize::try_from(index).ok().and_then(|i| texts.get(i));
    text.map_or(null(), |text| text.as_ptr())
}

/// Stores in `code` why a property has no value.
///
/// # Safety
///
/// `code` is null or valid for a write.
unsafe fn no_value(property: c_int, code: *mut c_int) {
    let why = if (-(NAMES.len() as c_int)..0).contains(&property) {
        EMPTY
    } else {
        OUT_OF_RANGE
    };
    // SAFETY: the caller's promise.
    if let Some(code) = unsafe { code.as_mut() } {
        *code = why;
    }
}

/// The number of properties that an object has beside the standard ones: 0.
#[no_mangle]
pub extern "C" fn omp_get_num_interop_properties(object: Interop) -> c_int {
    let _ = object;
    0
}

/// The value of an integer property: 0. Stores the reason in `code`, if not null.
///
/// # Safety
///
/// `code` is null or valid for a write.
#[no_mangle]
pub unsafe extern "C" fn omp_get_interop_int(
    object: Interop,
    property: c_int,
    code: *mut c_int,
) -> isize {
    let _ = object;
    // SAFETY: the caller's promise.
    unsafe { no_value(property, code) };
    0
}

/// The value of a pointer property: null. Stores the reason in `code`, if not null.
///
/// # Safety
///
/// As for `omp_get_interop_int`.
#[no_mangle]
pub unsafe extern "C" fn omp_get_interop_ptr(
    object: Interop,
    property: c_int,
    code: *mut c_int,
) -> *mut c_void {
    let _ = object;
    // SAFETY: the caller's promise.
    unsafe { no_value(property, code) };
    core::ptr::null_mut()
}

/// The value of a string property: null. Stores the reason in `code`, if not null.
///
/// # Safety
///
/// As for `omp_get_interop_int`.
#[no_mangle]
pub unsafe extern "C" fn omp_get_interop_str(
    object: Interop,
    property: c_int,
    code: *mut c_int,
) -> *const c_char {
    let _ = object;
    // SAFETY: the caller's promise.
    unsafe { no_value(property, code) };
    null()
}

/// The name of a property, or null if there is no such property.
#[no_mangle]
pub extern "C" fn omp_get_interop_name(object: Interop, property: c_int) -> *const c_char {
    let _ = object;
    at(&NAMES, (-1_i32).wrapping_sub(property))
}

/// The description of a property's type for an object: null, because
/// `omp_interop_none` has no properties.
#[no_mangle]
pub extern "C" fn omp_get_interop_type_desc(object: Interop, property: c_int) -> *const c_char {
    let _ = (object, property);
    null()
}

/// The description of a return code, or null if there is no such code.
#[no_mangle]
pub extern "C" fn omp_get_interop_rc_desc(object: Interop, code: c_int) -> *const c_char {
    let _ = object;
    at(&CODES, 1_i32.wrapping_sub(code))
}

/// Stores a text as the result of a Fortran function: its address and length, or null
/// and 0 for no text.
///
/// # Safety
///
/// `text` is null or a C string; the others are valid for a write.
pub(crate) unsafe fn to_fortran(
    text: *const c_char,
    result: *mut *const c_char,
    length: *mut usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        result.write(text);
        length.write(if text.is_null() {
            0
        } else {
            CStr::from_ptr(text).count_bytes()
        });
    }
}

/// `omp_get_interop_str` from Fortran. The addresses of the result and of its length
/// come first; the object and the property are passed by value.
///
/// # Safety
///
/// The pointers are valid for a write; `code` may be null.
#[no_mangle]
pub unsafe extern "C" fn omp_get_interop_str_(
    result: *mut *const c_char,
    length: *mut usize,
    object: Interop,
    property: c_int,
    code: *mut c_int,
) {
    // SAFETY: the caller's promise.
    unsafe { to_fortran(omp_get_interop_str(object, property, code), result, length) }
}

/// Routines with a text as result, from Fortran.
macro_rules! from_fortran {
    ($($name:ident: $routine:ident;)*) => {$(
        #[doc = concat!("`", stringify!($routine), "` from Fortran. The addresses of the")]
        /// result and of its length come first; the other arguments are passed by value.
        ///
        /// # Safety
        ///
        /// The pointers are valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            result: *mut *const c_char,
            length: *mut usize,
            object: Interop,
            number: c_int,
        ) {
            // SAFETY: the caller's promise.
            unsafe { to_fortran($routine(object, number), result, length) }
        }
    )*};
}

from_fortran! {
    omp_get_interop_name_: omp_get_interop_name;
    omp_get_interop_type_desc_: omp_get_interop_type_desc;
    omp_get_interop_rc_desc_: omp_get_interop_rc_desc;
}
