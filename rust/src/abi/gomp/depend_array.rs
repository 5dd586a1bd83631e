//! The array of a task's `depend` clauses (libgomp ABI).
//!
//! It has two forms. The first word tells them apart:
//!
//! | words | meaning |
//! |-------|---------|
//! | n > 0, number of `out` and `inout` items | n addresses: those items, then the `in` items |
//! | 0, n, numbers of `out`/`inout`, of `mutexinoutset`, of `in` items | n words: the addresses of those items in this order, then pointers to `depend` objects |
//!
//! A null address is `omp_all_memory`. A `depend` object (`omp_depend_t`) is two
//! words: the address, and the dependence type. GCC passes `inoutset` items as
//! objects.

use crate::construct::depend::{Dependence, DependenceKind};
use crate::messages;
use core::ffi::c_void;

/// A `depend` object.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DependObject {
    address: usize,
    kind: usize,
}

impl DependObject {
    /// The object's item. An unknown kind ends the program, as in libgomp.
    pub fn item(self) -> Dependence {
        // `GOMP_DEPEND_*`.
        let kind = match self.kind {
            1 => DependenceKind::In,
            2 | 3 => DependenceKind::Out, // out, inout
            4 => DependenceKind::MutexInOutSet,
            5 => DependenceKind::InOutSet,
            other => messages::fatal(format_args!("unknown omp_depend_t dependence type {other}")),
        };
        Dependence {
            address: self.address,
            kind,
        }
    }
}

/// The items of the array.
///
/// # Safety
///
/// `array` must have one of the forms above, and must not change while the items are
/// taken.
pub unsafe fn items(array: *const *mut c_void) -> impl Iterator<Item = Dependence> {
    if array.is_null() {
        messages::fatal("depend is a null pointer");
    }
    // SAFETY: the caller's promise.
    let word = move |i: usize| unsafe { *array.add(i) };
    let count = |i: usize| word(i) as usize;
    let (first, total, outs, ins) = match count(0) {
        0 => {
            let outs = count(2).saturating_add(count(3));
            (5, count(1), outs, outs.saturating_add(count(4)))
        }
        total => (2, total, count(1), total),
    };
    (0..total).map(move |i| {
        let item = word(first + i);
        if i < outs || i < ins {
            return Dependence {
                address: item as usize,
                kind: if i < outs {
                    DependenceKind::Out
                } else {
                    DependenceKind::In
                },
            };
        }
        // SAFETY: the caller's promise.
        unsafe { *item.cast::<DependObject>() }.item()
    })
}
