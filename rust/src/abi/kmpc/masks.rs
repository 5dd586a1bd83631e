//! Sets of processors, and the calling thread's (`kmp_affinity_mask_t` of LLVM's `omp.h`).
//!
//! A mask is a pointer to a set of ours, from [`kmp_create_affinity_mask`] to
//! [`kmp_destroy_affinity_mask`]. The routines answer 0, or -1 for a number that is none of a
//! processor, and -2 for a processor that the process may not use.

use crate::affinity::bind::ProcBind;
use crate::affinity::cpuset::CpuSet;
use crate::icv::{self, Icv};
use crate::messages;
use crate::team::register::current;
use core::ffi::c_int;
use core::ptr::null_mut;

/// `kmp_affinity_mask_t`.
pub type Mask = *mut CpuSet;

/// The set of a mask.
///
/// # Safety
///
/// `mask` is null or points to a mask that is null or was made here, and so for all
/// functions below.
unsafe fn set<'a>(mask: *mut Mask, routine: &str) -> &'a mut CpuSet {
    // SAFETY: the caller's promise.
    match unsafe { mask.as_ref().and_then(|mask| mask.as_mut()) } {
        Some(set) => set,
        None => messages::fatal(format_args!("{routine}: the mask is a null pointer")),
    }
}

/// Makes an empty mask.
///
/// # Safety
///
/// `mask` is valid for a write.
#[no_mangle]
pub unsafe extern "C" fn kmp_create_affinity_mask(mask: *mut Mask) {
    // SAFETY: the caller's promise.
    unsafe { mask.write(Box::into_raw(Box::default())) };
}

/// Frees a mask, and makes it null.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_destroy_affinity_mask(mask: *mut Mask) {
    // SAFETY: the caller's promise; `kmp_create_affinity_mask` made the set.
    unsafe {
        let set = set(mask, "kmp_destroy_affinity_mask");
        drop(Box::from_raw(set));
        mask.write(null_mut());
    }
}

/// Binds the calling thread to the mask's processors, whatever the places are.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_set_affinity(mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set(mask, "kmp_set_affinity") };
    let me = current();
    if !set.bind_thread() {
        return -1;
    }
    me.binding.place.set(None);
    let task = me.context().task;
    task.icv.set(Icv {
        bind: ProcBind::False,
        ..task.icv.get()
    });
    0
}

/// Stores the processors that the calling thread may use.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_get_affinity(mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    *unsafe { set(mask, "kmp_get_affinity") } = CpuSet::of_thread();
    0
}

/// Lets the calling thread use the processors that it had when the process first used OpenMP.
/// Answers 0, or -1 if it cannot.
#[no_mangle]
pub extern "C" fn kmp_set_thread_affinity_mask_initial() -> c_int {
    let me = current();
    me.binding.place.set(None);
    if icv::globals().affinity.mask.bind_thread() {
        0
    } else {
        -1
    }
}

/// One more than the greatest number of a processor.
#[no_mangle]
pub extern "C" fn kmp_get_affinity_max_proc() -> c_int {
    // SAFETY: this call only answers.
    let configured = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    let usable = icv::globals().affinity.mask.iter().last();
    (configured.max(1) as c_int).max(usable.map_or(0, |cpu| cpu as c_int + 1))
}

/// A number of a processor that the process may use, or what the routines answer.
fn processor(number: c_int) -> Result<usize, c_int> {
    let cpu = usize::try_from(number).map_err(|_| -1)?;
    if number >= kmp_get_affinity_max_proc() {
        return Err(-1);
    }
    match icv::globals().affinity.mask.contains(cpu) {
        true => Ok(cpu),
        false => Err(-2),
    }
}

/// Adds a processor to the mask.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_set_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set(mask, "kmp_set_affinity_mask_proc") };
    match processor(number) {
        Ok(cpu) => {
            set.insert(cpu);
            0
        }
        Err(code) => code,
    }
}

/// Removes a processor from the mask.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_unset_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set(mask, "kmp_unset_affinity_mask_proc") };
    match processor(number) {
        Ok(cpu) => {
            set.remove(cpu);
            0
        }
        Err(code) => code,
    }
}

/// Whether the processor is in the mask: 1 or 0; 0 also for one that the process may not use.
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmp_get_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set(mask, "kmp_get_affinity_mask_proc") };
    match processor(number) {
        Ok(cpu) => c_int::from(set.contains(cpu)),
        Err(-2) => 0,
        Err(code) => code,
    }
}

/// [`kmp_set_affinity_mask_proc`].
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmpc_set_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { kmp_set_affinity_mask_proc(number, mask) }
}

/// [`kmp_unset_affinity_mask_proc`].
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmpc_unset_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { kmp_unset_affinity_mask_proc(number, mask) }
}

/// [`kmp_get_affinity_mask_proc`].
///
/// # Safety
///
/// See [`set`].
#[no_mangle]
pub unsafe extern "C" fn kmpc_get_affinity_mask_proc(number: c_int, mask: *mut Mask) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { kmp_get_affinity_mask_proc(number, mask) }
}
