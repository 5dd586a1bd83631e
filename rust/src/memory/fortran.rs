//! Which of Fortran's allocatable variables were allocated by an OpenMP
//! allocator: gfortran asks before it frees or reallocates one, and does not
//! know it itself. Only variables of an `allocate` directive get here.

use parking_lot::Mutex;
use std::collections::BTreeSet;

static BLOCKS: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// The block is from an OpenMP allocator.
pub fn add(block: usize) {
    BLOCKS.lock().insert(block);
}

/// Whether the block is from an OpenMP allocator; it is forgotten, because who
/// asks is about to free or to move it.
pub fn remove(block: usize) -> bool {
    BLOCKS.lock().remove(&block)
}
