//! `threadprivate` variables without thread-local storage of the system's (LLVM ABI;
//! flang, and Clang with `-fnoopenmp-use-tls`).

use crate::abi::kmpc::Location;
use crate::team::register::current;
use crate::team::threadprivate::{self, Constructor, CopyConstructor, Destructor, Lifetime};
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

/// The calling thread's copy of the variable of `size` bytes. `cache` is not used.
///
/// # Safety
///
/// The variable has these bytes.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_threadprivate_cached(
    location: *const Location,
    thread: c_int,
    variable: *mut c_void,
    size: usize,
    cache: *mut *mut *mut c_void,
) -> *mut c_void {
    let _ = (location, thread, cache);
    let me = current();
    // SAFETY: the caller's promise.
    unsafe { me.threadprivate.copy(variable, size, me.number == 0) }
}

/// Says how copies of a C++ object are made and ended; each function may be null.
#[no_mangle]
pub extern "C" fn __kmpc_threadprivate_register(
    location: *const Location,
    variable: *mut c_void,
    constructor: Option<Constructor>,
    copy_constructor: Option<CopyConstructor>,
    destructor: Option<Destructor>,
) {
    let _ = location;
    threadprivate::register(
        variable,
        Lifetime {
            constructor,
            copy_constructor,
            destructor,
            count: 1,
        },
    );
}

/// [`__kmpc_threadprivate_cached`] without a cache.
///
/// # Safety
///
/// As for that.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_threadprivate(
    location: *const Location,
    thread: c_int,
    variable: *mut c_void,
    size: usize,
) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { __kmpc_threadprivate_cached(location, thread, variable, size, null_mut()) }
}

/// [`__kmpc_threadprivate_register`] for an array of `count` objects. The functions get the
/// number, too.
#[no_mangle]
pub extern "C" fn __kmpc_threadprivate_register_vec(
    location: *const Location,
    variable: *mut c_void,
    constructor: Option<Constructor>,
    copy_constructor: Option<CopyConstructor>,
    destructor: Option<Destructor>,
    count: usize,
) {
    let _ = location;
    threadprivate::register(
        variable,
        Lifetime {
            constructor,
            copy_constructor,
            destructor,
            count,
        },
    );
}
