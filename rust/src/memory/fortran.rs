//! Which of Fortran's allocatable variables were allocated by an OpenMP allocator.
//! gfortran's code does not know; it asks before it frees or reallocates one. Only
//! variables of an `allocate` directive are here.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use std::collections::BTreeSet;

/// The addresses of their blocks.
static BLOCKS: Mutex<BTreeSet<usize>> = covered(Rank::Fortran, BTreeSet::new());

/// The child has the parent's blocks.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&BLOCKS]);

/// Remembers that the block is from an OpenMP allocator.
pub fn add(block: usize) {
    BLOCKS.lock().insert(block);
}

/// Whether the block is from an OpenMP allocator. It is forgotten: the caller is about to
/// free it or to move it.
pub fn remove(block: usize) -> bool {
    BLOCKS.lock().remove(&block)
}
