//! A function that a lower room calls and a higher one provides.
//!
//! A record that ends must tell rooms that it does not know. Such a room leaves
//! its function here before the first record can need it.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | null -> the function, always the same one | any thread of the room that provides it | release |
//! | call | any thread; does nothing at null | acquire |

use core::marker::PhantomData;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// See the module.
pub struct Hook<A>(AtomicPtr<()>, PhantomData<fn(A)>);

impl<A> Hook<A> {
    /// Nothing to call.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Hook<A> {
        Hook(AtomicPtr::new(null_mut()), PhantomData)
    }

    /// Calls `function` from now on.
    #[inline]
    pub fn provide(&self, function: fn(A)) {
        let function = function as *mut ();
        // A line that nobody writes twice stays in every cache.
        let known = self.0.load(Ordering::Relaxed);
        debug_assert!(
            known.is_null() || known == function,
            "ghcomp: a second function for a hook, which has one"
        );
        if known != function {
            self.0.store(function, Ordering::Release);
        }
    }

    /// Calls the function, if there is one.
    pub fn call(&self, argument: A) {
        let function = self.0.load(Ordering::Acquire);
        if !function.is_null() {
            // SAFETY: `provide` alone stores here, and stores a `fn(A)`.
            let function = unsafe { core::mem::transmute::<*mut (), fn(A)>(function) };
            function(argument);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicU32;

    #[test]
    fn a_hook_calls_what_it_was_given() {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        static HOOK: Hook<u32> = Hook::new();
        HOOK.call(3);
        assert_eq!(COUNT.load(Ordering::Relaxed), 0);
        HOOK.provide(|more| {
            COUNT.fetch_add(more, Ordering::Relaxed);
        });
        HOOK.call(3);
        assert_eq!(COUNT.load(Ordering::Relaxed), 3);
    }
}
