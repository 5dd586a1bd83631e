//! `target` constructs (libgomp ABI, GOMP_4.0, GOMP_4.5 and GOMP_5.1.2). All run on
//! the host; see [`crate::target`].
//!
//! `device`: -1 for `default-device-var`, -2 for the host (also if the `if` clause is
//! false), else the clause's value. `flags`: bit 0 `nowait`, bit 1 `exit data`.
//! `depend`: the array of `GOMP_task`; null without the clause.

use crate::abi::gomp::depend_array;
use crate::target::construct::{self, Region, Variables};
use crate::target::device;
use crate::team::task::Body;
use core::ffi::{c_int, c_uint, c_ulong, c_void};

const HOST: c_int = -2;
const DEFAULT: c_int = -1;
const FLAG_NOWAIT: c_uint = 1 << 0;

/// Ends the program if no device has the directive's device number.
fn check_device(number: c_int) {
    match number {
        HOST => {}
        DEFAULT => {
            device::is_host(device::default_device());
        }
        _ => {
            device::is_host(number);
        }
    }
}

/// The `thread_limit` clause among a directive's arguments, or 0.
///
/// An argument is a word. Bits 0 to 6: the device that it is for, 0 for all. Bit 7:
/// the value is in the next word; else it is in bits 16 and up. Bits 8 to 15: the
/// clause, 1 `num_teams`, 2 `thread_limit`. A word of 0 ends the list.
///
/// # Safety
///
/// `args` is null or such a list.
unsafe fn thread_limit(mut args: *const isize) -> u32 {
    if args.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe {
        while *args != 0 {
            let word = *args;
            args = args.add(1);
            let mut value = word >> 16;
            if word & 1 << 7 != 0 {
                value = *args;
                args = args.add(1);
            }
            if word & 0x7f == 0 && word >> 8 & 0xff == 2 {
                return value.clamp(0, c_int::MAX as isize) as u32;
            }
        }
    }
    0
}

/// A target region (OpenMP 4.0); compilers before GCC 5 call this. Calls
/// `body(addresses)`. The other arguments have no effect on the host.
///
/// # Safety
///
/// `body(addresses)` must be callable.
#[no_mangle]
pub unsafe extern "C" fn GOMP_target(
    device: c_int,
    body: Body,
    unused: *const c_void,
    count: usize,
    addresses: *mut *mut c_void,
    sizes: *mut usize,
    kinds: *mut u8,
) {
    let _ = (unused, count);
    check_device(device);
    let variables = Variables {
        count: 0,
        addresses,
        sizes,
        kinds: kinds.cast(),
    };
    // SAFETY: the caller's promise; nothing is `firstprivate`.
    unsafe {
        construct::run(Region {
            body,
            variables,
            thread_limit: 0,
        })
    }
}

/// A target region (OpenMP 5.2, 13.8). Calls `body` with the `count` addresses; the
/// address of a `firstprivate` variable is that of a copy. With `nowait` or `depend`
/// the region is a task. `args`: see `thread_limit`.
///
/// # Safety
///
/// `body` must be callable with the addresses; the arrays have `count` elements;
/// `args` and `depend` are null or such lists.
#[no_mangle]
pub unsafe extern "C" fn GOMP_target_ext(
    device: c_int,
    body: Body,
    count: usize,
    addresses: *mut *mut c_void,
    sizes: *mut usize,
    kinds: *mut u16,
    flags: c_uint,
    depend: *mut *mut c_void,
    args: *mut *mut c_void,
) {
    check_device(device);
    let nowait = flags & FLAG_NOWAIT != 0;
    // SAFETY: the caller's promise.
    unsafe {
        let region = Region {
            body,
            variables: Variables {
                count,
                addresses,
                sizes,
                kinds,
            },
            thread_limit: thread_limit(args.cast()),
        };
        if nowait || !depend.is_null() {
            let mut items = (!depend.is_null()).then(|| depend_array::items(depend));
            construct::defer(region, nowait, items.as_mut().map(|items| items as _));
        } else {
            construct::run(region);
        }
    }
}

/// Entries of compilers before GCC 5 for directives that only move data: on the host
/// there is nothing to move.
macro_rules! moves_nothing {
    ($($(#[$about:meta])* $name:ident;)*) => {$(
        $(#[$about])*
        #[no_mangle]
        pub extern "C" fn $name(
            device: c_int,
            unused: *const c_void,
            count: usize,
            addresses: *mut *mut c_void,
            sizes: *mut usize,
            kinds: *mut u8,
        ) {
            let _ = (unused, count, addresses, sizes, kinds);
            check_device(device);
        }
    )*};
}

moves_nothing! {
    /// Begins a `target data` region; compilers before GCC 5 call this.
    GOMP_target_data;
    /// `target update`; compilers before GCC 5 call this.
    GOMP_target_update;
}

/// Begins a `target data` region (OpenMP 5.2, 13.5). The data stay where they are,
/// and so do the addresses of `use_device_ptr` variables.
#[no_mangle]
pub extern "C" fn GOMP_target_data_ext(
    device: c_int,
    count: usize,
    addresses: *mut *mut c_void,
    sizes: *mut usize,
    kinds: *mut u16,
) {
    let _ = (count, addresses, sizes, kinds);
    check_device(device);
}

/// Ends a `target data` region.
#[no_mangle]
pub extern "C" fn GOMP_target_end_data() {}

/// `target update` (OpenMP 5.2, 13.9). The device's data and the host's are the same,
/// so nothing is copied. What remains is the order that `depend` asks for.
///
/// # Safety
///
/// `depend` is null or such an array.
#[no_mangle]
pub unsafe extern "C" fn GOMP_target_update_ext(
    device: c_int,
    count: usize,
    addresses: *mut *mut c_void,
    sizes: *mut usize,
    kinds: *mut u16,
    flags: c_uint,
    depend: *mut *mut c_void,
) {
    let _ = (count, addresses, sizes, kinds);
    check_device(device);
    if !depend.is_null() {
        // SAFETY: the caller's promise.
        let mut items = unsafe { depend_array::items(depend) };
        construct::in_order(flags & FLAG_NOWAIT != 0, &mut items);
    }
}

/// `target enter data` and `target exit data` (OpenMP 5.2, 13.6 and 13.7); does the
/// same as `GOMP_target_update_ext`.
///
/// # Safety
///
/// `depend` is null or such an array.
#[no_mangle]
pub unsafe extern "C" fn GOMP_target_enter_exit_data(
    device: c_int,
    count: usize,
    addresses: *mut *mut c_void,
    sizes: *mut usize,
    kinds: *mut u16,
    flags: c_uint,
    depend: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { GOMP_target_update_ext(device, count, addresses, sizes, kinds, flags, depend) }
}

/// The function that a pointer to a `declare target indirect` function means in a
/// target region: on the host, that function.
#[no_mangle]
pub extern "C" fn GOMP_target_map_indirect_ptr(function: *mut c_void) -> *mut c_void {
    function
}

/// An `interop` construct (OpenMP 5.2, 14). There is no foreign runtime: the objects
/// of `init` and `destroy` become `omp_interop_none`, after the tasks that `depend`
/// names; the objects of `use` stay as they are.
///
/// `device`: the clause's value or -5. `targets` and `prefer`: how to make each object
/// of `init`. `flags`: bit 0 `nowait`.
///
/// # Safety
///
/// `init` and `destroy` have as many addresses of objects as their counts say;
/// `depend` is null or such an array.
#[no_mangle]
pub unsafe extern "C" fn GOMP_interop(
    device: c_int,
    inits: c_int,
    init: *mut *mut c_ulong,
    targets: *const c_void,
    prefer: *const c_void,
    uses: c_int,
    used: *mut *mut c_ulong,
    destroys: c_int,
    destroy: *mut *mut c_ulong,
    flags: c_uint,
    depend: *mut *mut c_void,
) {
    const NONE: c_ulong = 0;
    let _ = (targets, prefer, uses, used, flags);
    device::is_host(device);
    // SAFETY: the caller's promise.
    unsafe {
        if !depend.is_null() {
            construct::in_order(false, &mut depend_array::items(depend));
        }
        for (objects, count) in [(init, inits), (destroy, destroys)] {
            for i in 0..usize::try_from(count).unwrap_or(0) {
                (*objects.add(i)).write(NONE);
            }
        }
    }
}
