//! The size of the stacks of threads that the runtime starts (`stacksize-var`).

use crate::icv::globals::globals;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that the program has set; 0: none.
static SET: AtomicUsize = AtomicUsize::new(0);

/// The bytes that the program or the environment asks for.
pub fn stack_size() -> Option<usize> {
    // Relaxed: the number orders nothing.
    match SET.load(Ordering::Relaxed) {
        0 => globals().stack_size,
        bytes => Some(bytes),
    }
}

/// Sets the size for threads that are started from now on: at least what a thread needs.
pub fn set_stack_size(bytes: usize) {
    let bytes = bytes.clamp(libc::PTHREAD_STACK_MIN, isize::MAX as usize);
    SET.store(bytes, Ordering::Relaxed);
}
