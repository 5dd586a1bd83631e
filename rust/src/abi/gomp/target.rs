//! `target` constructs (libgomp ABI, GOMP_4.0, GOMP_4.5 and GOMP_5.1.2). All
//! run on the host; see [`crate::target`].
//!
//! `device`: -1 for `default-device-var`, -2 for the host (also for a false
//! `if`), else the clause's value. Flags: bit 0 `nowait`, bit 1 `exit data`.
//! `depend` as in `GOMP_task`, null without the clause.

use crate::abi::gomp::depend_array;
use crate::target::construct::{self, Region, Variables};
use crate::target::device;
use crate::team::task::Body;
use core::ffi::{c_int, c_uint, c_ulong, c_void};

const HOST: c_int = -2;
const DEFAULT: c_int = -1;
const FLAG_NOWAIT: c_uint = 1 << 0;

/// Ends the program where the directive's device is none at all.
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
/// An argument is a word: bits 0-6 the device that it is for (0 all), bit 7
/// whether the value is in the next word (else in bits 16 and up), bits 8-15
/// what it says (1 `num_teams`, 2 `thread_limit`). A null word ends the list.
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

/// A target region as compilers before GCC 5 write it (OpenMP 4.0): calls
/// `body(addresses)`. The other arguments say nothing on the host.
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

/// A target region (OpenMP 5.2, 13.8): calls `body` with the `count` addresses,
/// those of `firstprivate` variables being of copies. With `nowait` or
/// `depend` the region is a task. `args`: see `thread_limit`.
///
/// # Safety
///
/// `body` must be callable with the addresses; the arrays hold `count`
/// elements; `args` and `depend` are null or as said.
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

/// Begins a `target data` region, as compilers before GCC 5 write it. The data
/// is where it is.
#[no_mangle]
pub extern "C" fn GOMP_target_data(
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

/// Begins a `target data` region (OpenMP 5.2, 13.5). The data is where it is,
/// so the addresses of `use_device_ptr` variables stay.
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

/// `target update`, as compilers before GCC 5 write it.
#[no_mangle]
pub extern "C" fn GOMP_target_update(
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

/// `target update` (OpenMP 5.2, 13.9): of the device and the host's data there
/// is only one, so all that is left is the order that `depend` asks for.
///
/// # Safety
///
/// `depend` is as said.
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

/// `target enter data` and `target exit data` (OpenMP 5.2, 13.6 and 13.7); as
/// for `GOMP_target_update_ext`.
///
/// # Safety
///
/// `depend` is as said.
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

/// The function that a pointer to a `declare target indirect` function means
/// in a target region: on the host, itself.
#[no_mangle]
pub extern "C" fn GOMP_target_map_indirect_ptr(function: *mut c_void) -> *mut c_void {
    function
}

/// An `interop` construct (OpenMP 5.2, 14): there is no foreign runtime, so
/// the objects of `init` and `destroy` become `omp_interop_none`, after what
/// `depend` asks for; those of `use` stay.
///
/// `device`: the clause's value or -5. `targets` and `prefer`: how each object
/// of `init` is to be made. Flags: bit 0 `nowait`.
///
/// # Safety
///
/// `init` and `destroy` hold as many addresses of objects as their counts say;
/// `depend` is as said.
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
