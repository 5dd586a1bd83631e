//! Cells that one thread owns at a time.
//!
//! Records outlive the threads that use them, and other threads know their addresses. A
//! field that only its owner may touch is an [`Owned`]. In a build with debug assertions
//! the first thread that touches it owns it until it is handed over, and another thread's
//! touch is a panic. Otherwise it is a `Cell`.

use core::cell::Cell;
#[cfg(debug_assertions)]
use core::sync::atomic::{AtomicUsize, Ordering};

/// See the module. The value comes first, so that its offset is the cell's.
#[repr(C)]
#[derive(Default)]
pub struct Owned<T> {
    cell: Cell<T>,
    /// A number that stands for the owner; 0 for none.
    #[cfg(debug_assertions)]
    owner: AtomicUsize,
}

/// A room's part of a record that one thread owns at a time.
pub trait OwnedPart {
    /// Makes the part of a free record like that of a new one, for its next owner.
    fn renew(&self);
    /// The record changes its owner.
    fn hand_over(&self);
}

impl<T: Default> OwnedPart for Owned<T> {
    fn renew(&self) {
        self.set(T::default());
    }

    fn hand_over(&self) {
        Owned::hand_over(self);
    }
}

impl<T> Owned<T> {
    /// Nobody's yet.
    pub const fn new(value: T) -> Owned<T> {
        Owned {
            cell: Cell::new(value),
            #[cfg(debug_assertions)]
            owner: AtomicUsize::new(0),
        }
    }

    #[inline(always)]
    #[track_caller]
    fn check(&self) {
        #[cfg(debug_assertions)]
        {
            // An address that no other living thread has. Relaxed: this finds faults, and
            // orders nothing.
            // SAFETY: only the address is used.
            let me = unsafe { libc::__errno_location() } as usize;
            let owner = self
                .owner
                .compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed);
            assert!(
                owner.is_ok() || owner == Err(me),
                "ghcomp: a cell of another thread"
            );
        }
    }

    /// The next thread that touches it owns it. Something else orders the two.
    #[inline(always)]
    pub fn hand_over(&self) {
        #[cfg(debug_assertions)]
        self.owner.store(0, Ordering::Relaxed);
    }

    /// As [`Cell::set`], and so on. Owner only, as are all.
    #[inline(always)]
    #[track_caller]
    pub fn set(&self, value: T) {
        self.check();
        self.cell.set(value);
    }

    /// The cell's address.
    pub const fn as_ptr(&self) -> *mut T {
        self.cell.as_ptr()
    }

    /// See `set`.
    #[inline(always)]
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        self.check();
        self.cell.replace(value)
    }

    /// See `set`.
    #[inline(always)]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.check();
        self.cell.get()
    }

    /// See `set`.
    #[inline(always)]
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.check();
        self.cell.take()
    }
}

#[cfg(all(test, not(loom), debug_assertions))]
mod tests {
    use super::*;
    use std::panic::{catch_unwind, AssertUnwindSafe};
    use std::sync::Arc;
    use std::thread;

    struct Shared(Owned<u32>);
    // SAFETY: the test's threads touch it one after the other.
    unsafe impl Sync for Shared {}
    // SAFETY: as above.
    unsafe impl Send for Shared {}

    #[test]
    fn only_the_owner_touches_it() {
        let shared = Arc::new(Shared(Owned::new(1)));
        let elsewhere = || {
            let shared = shared.clone();
            // The owner lives meanwhile, so the two are told apart.
            thread::spawn(move || catch_unwind(AssertUnwindSafe(|| shared.0.replace(2))).ok())
                .join()
                .unwrap()
        };
        shared.0.set(3);
        assert_eq!(elsewhere(), None);
        assert_eq!(shared.0.get(), 3);
        shared.0.hand_over();
        assert_eq!(elsewhere(), Some(3));
        shared.0.hand_over();
        assert_eq!(shared.0.take(), 2);
    }
}
