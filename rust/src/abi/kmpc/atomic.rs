//! Atomic operations by a function of the caller's (LLVM ABI: `__kmpc_atomic_*`; Intel's
//! compilers). `cbits/atomics.c` has the operations with names.
//!
//! `operation(result, old, value)` combines two values. Without a lock it may be called
//! several times. 10, 16, 20 and 32 bytes need the lock of `GOMP_atomic_start`.

use crate::abi::gomp::critical::{GOMP_atomic_end, GOMP_atomic_start};
use crate::abi::kmpc::Location;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicU8, Ordering};

/// Writes what it makes of the second and the third to the first.
pub type Operation = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void);

macro_rules! without_lock {
    ($($name:ident, $atomic:ty, $word:ty;)*) => {$(
        /// Replaces `*x` by what the operation makes of it and of `*value`.
        ///
        /// # Safety
        ///
        /// `x` and `value` point to as many bytes as the name says, and the operation may be
        /// called with such addresses. Nobody changes `*x` but by atomic operations.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            location: *const Location,
            thread: c_int,
            x: *mut c_void,
            value: *mut c_void,
            operation: Operation,
        ) {
            let _ = (location, thread);
            // SAFETY: the caller's promise.
            let x = unsafe { <$atomic>::from_ptr(x.cast()) };
            let mut old: $word = x.load(Ordering::Relaxed);
            loop {
                let mut new: $word = 0;
                let at = core::ptr::from_mut::<$word>;
                // SAFETY: the caller's promise.
                unsafe { operation(at(&mut new).cast(), at(&mut old).cast(), value) };
                // As strong as those of `cbits/atomics.c`.
                match x.compare_exchange(old, new, Ordering::SeqCst, Ordering::Relaxed) {
                    Ok(_) => return,
                    Err(now) => old = now,
                }
            }
        }
    )*};
}

without_lock! {
    __kmpc_atomic_1, AtomicU8, u8;
    __kmpc_atomic_2, AtomicU16, u16;
    __kmpc_atomic_4, AtomicU32, u32;
    __kmpc_atomic_8, AtomicU64, u64;
}

macro_rules! within_lock {
    ($($name:ident)*) => {$(
        /// Replaces `*x` by what the operation makes of it and of `*value`.
        ///
        /// # Safety
        ///
        /// The operation may be called with the addresses.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            location: *const Location,
            thread: c_int,
            x: *mut c_void,
            value: *mut c_void,
            operation: Operation,
        ) {
            let _ = (location, thread);
            GOMP_atomic_start();
            // SAFETY: the caller's promise.
            unsafe { operation(x, x, value) };
            GOMP_atomic_end();
        }
    )*};
}

within_lock! { __kmpc_atomic_10 __kmpc_atomic_16 __kmpc_atomic_20 __kmpc_atomic_32 }

/// Starts an operation that has no entry.
#[no_mangle]
pub extern "C" fn __kmpc_atomic_start() {
    GOMP_atomic_start();
}

/// Ends such an operation.
#[no_mangle]
pub extern "C" fn __kmpc_atomic_end() {
    GOMP_atomic_end();
}
