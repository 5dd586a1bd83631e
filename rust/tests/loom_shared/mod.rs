//! What models write to.

use loom::cell::UnsafeCell;

/// Data that only the protocol under test protects.
pub struct Shared(UnsafeCell<u32>);
// SAFETY: loom reports any two accesses that the protocol does not order.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    /// 0.
    pub fn new() -> Shared {
        Shared(UnsafeCell::new(0))
    }

    /// One more.
    pub fn add(&self) {
        // SAFETY: loom checks it.
        self.0.with_mut(|p| unsafe { *p += 1 });
    }

    /// What was added.
    pub fn get(&self) -> u32 {
        // SAFETY: loom checks it.
        self.0.with(|p| unsafe { *p })
    }
}
