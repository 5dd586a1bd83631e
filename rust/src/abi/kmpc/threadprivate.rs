//! `threadprivate` variables without thread-local storage of the system's (LLVM ABI;
//! flang, and Clang with `-fnoopenmp-use-tls`).

use crate::abi::kmpc::Location;
use crate::team::register::current;
use crate::team::threadprivate::{self, Constructor, CopyConstructor, Destructor, Lifetime};
use core::ffi::{c_int, c_void};

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
        },
    );
}
