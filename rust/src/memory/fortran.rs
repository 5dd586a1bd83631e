//! Which of Fortran's allocatable variables were allocated by an OpenMP
//! allocator: gfortran asks before it frees or reallocates one, and does not
//! know it itself. Only variables of an `allocate` directive get here.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use std::collections::BTreeSet;

static BLOCKS: Mutex<BTreeSet<usize>> = covered(Rank::Fortran, BTreeSet::new());

/// The child has the parent's blocks.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&BLOCKS]);

/// The block is from an OpenMP allocator.
pub fn add(block: usize) {
    BLOCKS.lock().insert(block);
}

/// Whether the block is from an OpenMP allocator; it is forgotten, because who
/// asks is about to free or to move it.
pub fn remove(block: usize) -> bool {
    BLOCKS.lock().remove(&block)
}
