//! The function pointers: a fixed pool of stubs in the program's text. Each stub has an
//! entry that names its closure. No code is made at run time.
//!
//! The Haskell library takes a pointer, stops it, and gives it back. Kernels call it.
//!
//! # Protocol
//!
//! | word | writer | ordering |
//! |------|--------|----------|
//! | `TAKEN` | the thread that takes the stub, its owner from then on | [`crate::protocol::slots`]: the last owner's `target = null` comes before |
//! | `target` | the owner; null also by a thread that stops the pointer | relaxed: kernels learn of the pointer by other means; a stopped pointer may answer some more calls |
//!
//! A thread that stops a pointer must know that the owner has not given it back.

use crate::callback::switch::{stub, CALLBACKS};
use crate::host::frame::Frame;
use crate::messages;
use crate::protocol::slots::Slots;
use crate::team::register::current;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// A stub's entry. The assembly knows the layout.
#[repr(C, align(16))]
pub struct Pointer {
    /// The host's handle of the closure. Null: calls answer 0.
    pub(crate) target: AtomicPtr<c_void>,
    /// 1 if there are more arguments than three integers and one double, else 0.
    pub(crate) wide: AtomicU32,
    /// 1 if a call could not be answered (see [`crate::callback::server`]), else 0.
    pub(crate) refused: AtomicU32,
}

const _: () = assert!(size_of::<Pointer>() == 16);

/// The entries. A stub uses its number as the index.
pub(crate) static POINTERS: [Pointer; CALLBACKS] = [const {
    Pointer {
        target: AtomicPtr::new(core::ptr::null_mut()),
        wide: AtomicU32::new(0),
        refused: AtomicU32::new(0),
    }
}; CALLBACKS];

/// Which stubs are in use.
static TAKEN: Slots<{ CALLBACKS / 64 }> = Slots::new();

/// The number of the stub that `pointer` is, which must be in use. Any other pointer ends
/// the program.
fn number(pointer: *const c_void, routine: &str) -> usize {
    let size = stub(1) as usize - stub(0) as usize;
    let offset = (pointer as usize).wrapping_sub(stub(0) as usize);
    // Where there is no assembly, no stub has a size.
    let number = offset.checked_div(size).filter(|n| n * size == offset);
    let found = number.filter(|&number| TAKEN.is_taken(number));
    found.unwrap_or_else(|| {
        messages::fatal(format_args!(
            "{routine}: {pointer:p} is not a pointer of ghcomp_callback_new"
        ))
    })
}

/// Makes a C function pointer whose calls the host answers for `target` (not null). It may
/// be called with up to six arguments of the integer class and eight doubles. `wide` is not
/// 0 if there are more than three integers or more than one double. The result is an
/// integer or a double, as the caller takes it.
///
/// Null if all pointers (1024) are in use, or on a machine without the assembly. The caller
/// gives the pointer back by `ghcomp_callback_free`.
#[no_mangle]
pub extern "C" fn ghcomp_callback_new(target: *mut c_void, wide: c_int) -> *const c_void {
    let Some(number) = TAKEN.take() else {
        return core::ptr::null();
    };
    let pointer = &POINTERS[number];
    pointer.wide.store(u32::from(wide != 0), Ordering::Relaxed);
    pointer.refused.store(0, Ordering::Relaxed);
    pointer.target.store(target, Ordering::Relaxed);
    stub(number)
}

/// Stops the pointer: from now on its calls answer 0 and do not reach the host. They also
/// cut the loop short that they are in, if the runtime hands out its chunks. Calls that are
/// being answered are not disturbed.
///
/// # Safety
///
/// `pointer` must come from `ghcomp_callback_new` and not have been given back.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_callback_stop(pointer: *const c_void) {
    POINTERS[number(pointer, "ghcomp_callback_stop")]
        .target
        .store(core::ptr::null_mut(), Ordering::Relaxed);
}

/// Gives the pointer back. Answers 1 if a call of it was refused, because the host cannot
/// run on the thread that called, else 0.
///
/// # Safety
///
/// As `ghcomp_callback_stop`. Nobody may call the pointer any more.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_callback_free(pointer: *const c_void) -> c_int {
    let number = number(pointer, "ghcomp_callback_free");
    let entry = &POINTERS[number];
    entry.target.store(core::ptr::null_mut(), Ordering::Relaxed);
    let refused = entry.refused.load(Ordering::Relaxed);
    TAKEN.give_back(number);
    refused as c_int
}

/// Answers a call that the stub could not hand to a waiting server. `frame` holds the
/// arguments and gets the results.
///
/// # Safety
///
/// Only the assembly calls this.
pub(crate) unsafe extern "C" fn slow(entry: &Pointer, frame: &mut Frame) {
    frame.target = entry.target.load(Ordering::Relaxed);
    frame.integer_result = 0;
    frame.double_result = 0.0;
    if frame.target.is_null() {
        current().context().stop_loop();
    } else if !crate::callback::server::answer(frame) {
        entry.refused.store(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_distinct_and_come_back() {
        let target = core::ptr::dangling_mut();
        let mut all = Vec::new();
        loop {
            let pointer = ghcomp_callback_new(target, 0);
            if pointer.is_null() {
                break;
            }
            all.push(pointer);
        }
        // Other tests of this process may hold some.
        assert!(all.len() > CALLBACKS / 2 && all.len() <= CALLBACKS);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), all.len());
        for pointer in all {
            // SAFETY: from above, and called by nobody.
            assert_eq!(unsafe { ghcomp_callback_free(pointer) }, 0);
        }
        let again = ghcomp_callback_new(target, 0);
        assert!(!again.is_null());
        // SAFETY: as above.
        unsafe { ghcomp_callback_free(again) };
    }
}
