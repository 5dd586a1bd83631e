//! Routines of LLVM's `omp.h` beside OpenMP's (`kmp_*`): memory, and settings. Intel's
//! compilers know some of them as `kmpc_*`. Sets of processors are in [`super::masks`],
//! Fortran's names in [`super::user_fortran`].

use crate::abi::omp::{saturate, threads};
use crate::icv::kmp::{self, Blocktime};
use crate::icv::stack_size::{set_stack_size, stack_size};
use crate::icv::target_offload::set_target_offload;
use crate::icv::{self, device_numbers, parse, spinning, Icv, TargetOffload, WaitPolicy};
use crate::team::register::current;
use crate::team::thread;
use crate::{messages, tasking};
use core::ffi::{c_char, c_int, c_void, CStr};
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicI32, Ordering};

/// Allocates `size` bytes, for [`kmp_free`]; null without memory.
#[no_mangle]
pub extern "C" fn kmp_malloc(size: usize) -> *mut c_void {
    // SAFETY: any size is allowed.
    unsafe { libc::malloc(size) }
}

/// Allocates `size` bytes at a multiple of `alignment`, a power of two; null if it cannot.
#[no_mangle]
pub extern "C" fn kmp_aligned_malloc(size: usize, alignment: usize) -> *mut c_void {
    let mut block = core::ptr::null_mut();
    let alignment = alignment.max(size_of::<usize>());
    // SAFETY: the pointer is valid for a write; a bad alignment is an error.
    match unsafe { libc::posix_memalign(&mut block, alignment, size) } {
        0 => block,
        _ => core::ptr::null_mut(),
    }
}

/// Allocates `count` zeroed elements of `size` bytes; null if it cannot.
#[no_mangle]
pub extern "C" fn kmp_calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: any sizes are allowed.
    unsafe { libc::calloc(count, size) }
}

/// Changes a block's size; null if it cannot, and then the block stays.
///
/// # Safety
///
/// The block is null or of these routines, and not freed.
#[no_mangle]
pub unsafe extern "C" fn kmp_realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { libc::realloc(block, size) }
}

/// Frees a block of these routines; does nothing for null.
///
/// # Safety
///
/// The block is null or of these routines, and not used any more.
#[no_mangle]
pub unsafe extern "C" fn kmp_free(block: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { libc::free(block) }
}

/// What the program has set for [`kmp_get_blocktime`]; -1: nothing.
static BLOCKTIME_MS: AtomicI32 = AtomicI32::new(-1);

/// Says how long waits spin before they sleep, in milliseconds; the greatest number is for
/// ever. Here it counts for all threads of the process.
#[no_mangle]
pub extern "C" fn kmp_set_blocktime(ms: c_int) {
    let ms = ms.max(0);
    BLOCKTIME_MS.store(ms, Ordering::Relaxed);
    spinning::set_spin_limit(Some(Blocktime::of_ms(ms).pauses()));
}

/// The milliseconds that were set last, by the program, by `OMP_WAIT_POLICY` (the greatest
/// number or 0) or by `KMP_BLOCKTIME`; else 200, which is LLVM's default (ours is a
/// millisecond).
#[no_mangle]
pub extern "C" fn kmp_get_blocktime() -> c_int {
    match BLOCKTIME_MS.load(Ordering::Relaxed) {
        -1 => {
            let globals = icv::globals();
            match globals.wait_policy {
                Some(WaitPolicy::Active) => c_int::MAX,
                Some(WaitPolicy::Passive) => 0,
                None => globals.blocktime.map_or(200, Blocktime::ms),
            }
        }
        ms => ms,
    }
}

/// Sets the bytes of the stacks of threads that the runtime starts from now on.
#[no_mangle]
pub extern "C" fn kmp_set_stacksize_s(bytes: usize) {
    set_stack_size(bytes);
}

/// [`kmp_set_stacksize_s`].
#[no_mangle]
pub extern "C" fn kmp_set_stacksize(bytes: c_int) {
    set_stack_size(bytes.max(0) as usize);
}

/// The bytes of the stacks of threads that the runtime starts.
#[no_mangle]
pub extern "C" fn kmp_get_stacksize_s() -> usize {
    stack_size().unwrap_or_else(|| {
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let (attributes, mut bytes) = (attributes.as_mut_ptr(), 0);
        // SAFETY: the attributes are used between init and destroy.
        unsafe {
            if libc::pthread_attr_init(attributes) == 0 {
                libc::pthread_attr_getstacksize(attributes, &mut bytes);
                libc::pthread_attr_destroy(attributes);
            }
        }
        bytes
    })
}

/// [`kmp_get_stacksize_s`], or the greatest number if that is less.
#[no_mangle]
pub extern "C" fn kmp_get_stacksize() -> c_int {
    saturate(i64::try_from(kmp_get_stacksize_s()).unwrap_or(i64::MAX))
}

/// The number that [`kmp_set_library`] got last; 3 at first.
static LIBRARY: AtomicI32 = AtomicI32::new(THROUGHPUT);
const SERIAL: c_int = 1;
const TURNAROUND: c_int = 2;
const THROUGHPUT: c_int = 3;

/// Sets how the threads of regions work. 1, serial: the current task's regions have one
/// thread. 2, turnaround: waits spin for ever, and 3, throughput: they sleep soon; regions
/// have as many threads as the environment says. Another number ends the program.
#[no_mangle]
pub extern "C" fn kmp_set_library(mode: c_int) {
    let task = current().fresh_context().task;
    let threads = match mode {
        SERIAL => 1,
        TURNAROUND | THROUGHPUT => icv::defaults().nthreads,
        _ => messages::fatal(format_args!(
            "kmp_set_library: {mode} is none of 1 (serial), 2 (turnaround) and 3 (throughput)"
        )),
    };
    task.icv.set(Icv {
        nthreads: threads,
        ..task.icv.get()
    });
    LIBRARY.store(mode, Ordering::Relaxed);
    match mode {
        TURNAROUND => spinning::set_spin_limit(Some(Blocktime::FOR_EVER.pauses())),
        THROUGHPUT => spinning::set_spin_limit(icv::globals().blocktime.map(Blocktime::pauses)),
        _ => {}
    }
}

/// [`kmp_set_library`] with 1.
#[no_mangle]
pub extern "C" fn kmp_set_library_serial() {
    kmp_set_library(SERIAL);
}

/// [`kmp_set_library`] with 2.
#[no_mangle]
pub extern "C" fn kmp_set_library_turnaround() {
    kmp_set_library(TURNAROUND);
}

/// [`kmp_set_library`] with 3.
#[no_mangle]
pub extern "C" fn kmp_set_library_throughput() {
    kmp_set_library(THROUGHPUT);
}

/// The number that [`kmp_set_library`] got last; 3 at first.
#[no_mangle]
pub extern "C" fn kmp_get_library() -> c_int {
    LIBRARY.load(Ordering::Relaxed)
}

/// Settings of the environment as a text, `NAME=VALUE|NAME=VALUE`. Those that may change
/// while the program runs are taken (see [`set_default`]). The others are told once.
///
/// # Safety
///
/// The text ends at a zero byte, or is null.
#[no_mangle]
pub unsafe extern "C" fn kmp_set_defaults(settings: *const c_char) {
    if !settings.is_null() {
        // SAFETY: the caller's promise.
        set_defaults(&unsafe { CStr::from_ptr(settings) }.to_string_lossy());
    }
}

/// [`kmp_set_defaults`], by the text.
pub(super) fn set_defaults(settings: &str) {
    for setting in settings.split('|') {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        if !name.trim().is_empty() && !set_default(name.trim(), value.trim()) {
            messages::warn_once("kmp_set_defaults", || {
                let setting = messages::excerpt(setting);
                format!("kmp_set_defaults: {setting} is not taken: set it in the environment")
            });
        }
    }
}

/// Sets what the variable of the environment stands for. False if that cannot be set any
/// more, or the value is bad.
fn set_default(name: &str, value: &str) -> bool {
    let is_on = || kmp::switch(value) == Ok(true);
    match name {
        "KMP_BLOCKTIME" => kmp::blocktime(value)
            .map(|time| kmp_set_blocktime(time.ms()))
            .is_ok(),
        "OMP_WAIT_POLICY" | "KMP_LIBRARY" => match value.to_ascii_lowercase().as_str() {
            "active" | "turnaround" => {
                kmp_set_library(TURNAROUND);
                true
            }
            "passive" | "throughput" => {
                kmp_set_library(THROUGHPUT);
                true
            }
            "serial" => {
                kmp_set_library(SERIAL);
                true
            }
            _ => false,
        },
        "KMP_STACKSIZE" => kmp::stack_size(value).map(set_stack_size).is_ok(),
        "OMP_STACKSIZE" => parse::stack_size(value).map(set_stack_size).is_ok(),
        "OMP_NUM_THREADS" => parse::positive(value)
            .map(|n| threads::omp_set_num_threads(n as c_int))
            .is_ok(),
        "OMP_DYNAMIC" => {
            threads::omp_set_dynamic(c_int::from(is_on()));
            true
        }
        "OMP_NESTED" => {
            threads::omp_set_nested(c_int::from(is_on()));
            true
        }
        "OMP_MAX_ACTIVE_LEVELS" => parse::levels(value)
            .map(|n| threads::omp_set_max_active_levels(n as c_int))
            .is_ok(),
        "OMP_TARGET_OFFLOAD" => parse::target_offload(value)
            .map(set_target_offload_of_program)
            .is_ok(),
        "KMP_WARNINGS" => {
            messages::mute(!is_on());
            true
        }
        // Without meaning here, whatever the value.
        _ => kmp::is_without_effect(name),
    }
}

/// Sets `target-offload-var`. As when the environment sets it: if offloading is mandatory, the
/// default device is none.
fn set_target_offload_of_program(value: TargetOffload) {
    set_target_offload(value);
    let (from, to) = match value {
        TargetOffload::Mandatory => (device_numbers::COUNT, device_numbers::INVALID),
        _ => (device_numbers::INVALID, device_numbers::COUNT),
    };
    let task = current().fresh_context().task;
    let icv = task.icv.get();
    if icv.default_device == from {
        task.icv.set(Icv {
            default_device: to,
            ..icv
        });
    }
}

/// How many loops with `nowait` may be under way at once. Here any number may.
#[no_mangle]
pub extern "C" fn kmp_set_disp_num_buffers(count: c_int) {
    let _ = count;
}

/// Lets the runtime's warnings through: at first they are.
#[no_mangle]
pub extern "C" fn kmp_set_warnings_on() {
    messages::mute(false);
}

/// Silences the runtime's warnings. Errors that end the program are told.
#[no_mangle]
pub extern "C" fn kmp_set_warnings_off() {
    messages::mute(true);
}

/// How many records of threads the process has: workers, and threads that use OpenMP.
#[no_mangle]
pub extern "C" fn kmp_get_num_known_threads() -> c_int {
    current();
    thread::count() as c_int
}

/// Whether the innermost construct of the kind is cancelled: 1 `parallel`, 2 loop, 3
/// `sections`, 4 `taskgroup`. Else 0.
#[no_mangle]
pub extern "C" fn kmp_get_cancellation_status(kind: c_int) -> c_int {
    let context = current().context();
    c_int::from(match kind {
        1 => context.is_region_cancelled(),
        2 | 3 => {
            context.team.region.is_cancellable && context.member.cursor.work_share().is_stopped()
        }
        4 => tasking::taskgroup_is_cancelled(),
        _ => false,
    })
}

/// Other names of the same routines.
macro_rules! same {
    ($($(#[$safety:meta])* $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?
        = $routine:ident;)*) => {$(
        #[doc = concat!("[`", stringify!($routine), "`].")]
        ///
        /// # Safety
        ///
        /// As for that routine.
        #[no_mangle]
        pub unsafe extern "C" fn $name($($argument: $type),*) $(-> $result)? {
            // SAFETY: the caller's promise.
            #[allow(unused_unsafe)]
            unsafe {
                $routine($($argument),*)
            }
        }
    )*};
}

same! {
    kmpc_malloc(size: usize) -> *mut c_void = kmp_malloc;
    kmpc_aligned_malloc(size: usize, alignment: usize) -> *mut c_void = kmp_aligned_malloc;
    kmpc_calloc(count: usize, size: usize) -> *mut c_void = kmp_calloc;
    kmpc_realloc(block: *mut c_void, size: usize) -> *mut c_void = kmp_realloc;
    kmpc_free(block: *mut c_void) = kmp_free;
    kmpc_set_blocktime(ms: c_int) = kmp_set_blocktime;
    kmpc_set_stacksize(bytes: c_int) = kmp_set_stacksize;
    kmpc_set_stacksize_s(bytes: usize) = kmp_set_stacksize_s;
    kmpc_set_library(mode: c_int) = kmp_set_library;
    kmpc_set_defaults(settings: *const c_char) = kmp_set_defaults;
    kmpc_set_disp_num_buffers(count: c_int) = kmp_set_disp_num_buffers;
}
