//! `def-allocator-var` (OpenMP 5.2, 2.1 and 6.5), which belongs to the implicit task. The
//! allocators are in [`crate::memory`], which knows no task.

use crate::icv::Icv;
use crate::memory::handle::{Handle, DEFAULT_MEM, NULL};
use crate::team::register::current;

/// `def-allocator-var` of the implicit task.
pub fn default_allocator() -> Handle {
    current().context().member.implicit.icv.get().allocator
}

/// Sets `def-allocator-var` of the implicit task; `omp_null_allocator` stands for
/// `omp_default_mem_alloc`.
pub fn set_default_allocator(handle: Handle) {
    let task = &current().context().member.implicit;
    let allocator = if handle == NULL { DEFAULT_MEM } else { handle };
    task.icv.set(Icv {
        allocator,
        ..task.icv.get()
    });
}

/// The allocator that a handle stands for: `omp_null_allocator` stands for
/// `def-allocator-var`.
#[inline]
pub fn meant(handle: Handle) -> Handle {
    if handle == NULL {
        default_allocator()
    } else {
        handle
    }
}
