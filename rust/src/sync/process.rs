//! Which process this is: the first one, or the child of a fork.
//!
//! A region, a task or a wait that began in another process is known by the generation
//! that it began in; see [`crate::atfork`].

use core::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Forks between the first process and this one.
#[inline(always)]
pub fn generation() -> u32 {
    // Relaxed: it changes only while the process has one thread.
    GENERATION.load(Ordering::Relaxed)
}

/// The calling thread is the only one of a new process.
pub fn begin() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}
