//! A value that is made at its first use, and then never changes.
//!
//! If `fork` copies a `Once` while it runs, that is never done in the child. Here no
//! thread waits for another: a thread that finds no value makes one itself, and the first
//! one that is published counts.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | null -> the value | a thread that has made one | CAS, release: threads that load it (acquire) see the value |
//!
//! The others drop theirs. So making a value must change nothing else. Modelled in
//! `tests/loom.rs`.

use core::marker::PhantomData;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The word: the machine's in statics, loom's in the model.
pub trait Word<T> {
    /// As an atomic's.
    fn load(&self, order: Ordering) -> *mut T;
    /// As an atomic's, from null.
    fn publish(&self, value: *mut T, ok: Ordering, no: Ordering) -> Result<*mut T, *mut T>;
}

impl<T> Word<T> for AtomicPtr<T> {
    #[inline(always)]
    fn load(&self, order: Ordering) -> *mut T {
        self.load(order)
    }
    fn publish(&self, value: *mut T, ok: Ordering, no: Ordering) -> Result<*mut T, *mut T> {
        self.compare_exchange(null_mut(), value, ok, no)
    }
}

#[cfg(loom)]
impl<T> Word<T> for loom::sync::atomic::AtomicPtr<T> {
    fn load(&self, order: Ordering) -> *mut T {
        self.load(order)
    }
    fn publish(&self, value: *mut T, ok: Ordering, no: Ordering) -> Result<*mut T, *mut T> {
        self.compare_exchange(null_mut(), value, ok, no)
    }
}

/// See the module. For statics: the value is never freed.
#[derive(Debug)]
pub struct Made<T, W = AtomicPtr<T>>(W, PhantomData<AtomicPtr<T>>);

impl<T> Made<T> {
    /// Not made yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Made<T> {
        Made(AtomicPtr::new(null_mut()), PhantomData)
    }
}

impl<T: Send + Sync + 'static, W: Word<T>> Made<T, W> {
    /// Not made yet; the word is null.
    pub fn with(word: W) -> Made<T, W> {
        Made(word, PhantomData)
    }

    /// The value, if it was made.
    #[inline(always)]
    pub fn get(&self) -> Option<&'static T> {
        // SAFETY: null, or what `make` published, which is never freed.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// The value; and whether it is the caller's, just made.
    pub fn make(&self, make: impl FnOnce() -> T) -> (&'static T, bool) {
        if let Some(made) = self.get() {
            return (made, false);
        }
        let mine = Box::into_raw(Box::new(make()));
        let first = self.0.publish(mine, Ordering::Release, Ordering::Acquire);
        // SAFETY: the value that counts is never freed; the other one is this
        // thread's alone.
        unsafe {
            match first {
                Ok(_) => (&*mine, true),
                Err(other) => {
                    drop(Box::from_raw(mine));
                    (&*other, false)
                }
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn all_get_the_same_and_one_has_made_it() {
        static NUMBER: Made<usize> = Made::new();
        assert!(NUMBER.get().is_none());
        let threads: Vec<_> = (0..8)
            .map(|i| thread::spawn(move || NUMBER.make(|| i)))
            .collect();
        let got: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(got.iter().filter(|(_, mine)| *mine).count(), 1);
        assert!(got
            .iter()
            .all(|(number, _)| core::ptr::eq(*number, got[0].0)));
        assert_eq!(NUMBER.get(), Some(got[0].0));
    }
}
