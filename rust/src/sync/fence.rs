//! A store-load fence with a cheap half and an expensive half.
//!
//! A task's creator stores the task and then loads "does anybody sleep". A
//! thread that is about to sleep stores "I sleep" and then loads the deques. One of
//! the two must see the other, which takes a full fence on both sides. Threads create
//! tasks a thousand times as often as they fall asleep. So where the kernel has
//! `membarrier`, the sleeper pays for both: [`heavy`] makes every other thread of the
//! process pass a full fence, and [`light`] is then only an order to the compiler.
//! Without `membarrier`, both are full fences.
//!
//! # Note [When membarrier stops working]
//!
//! A program may enter a sandbox later (seccomp) that refuses the call. And a process
//! may have to register again ([`heavy`] does so before the next try). If the call still
//! fails, [`heavy`] changes the mode, once and for ever:
//!
//! | mode | `light` | `heavy` |
//! |------|---------|---------|
//! | ASYMMETRIC | for the compiler | a fence, membarrier; if that fails -> LEAVING |
//! | LEAVING | a full fence | a fence, GRACE of sleep, a fence; -> SYMMETRIC |
//! | SYMMETRIC | a full fence | a full fence |
//!
//! A `light` that finds the new mode is a full fence, as it has to be. A `light` that
//! found the old mode loaded it before the change could be seen. Perhaps its thread's next
//! load came before others saw its last store. But no processor holds a store back for
//! long: its buffers drain in microseconds while the thread runs on, and a thread that
//! stops running passes a full barrier in the kernel. GRACE is a thousand times as long.
//! So when that has passed after the change, all such stores can be seen, and the sleeper
//! that looks now finds them. Every thread whose `heavy` finds LEAVING waits for as long;
//! a thread that has waited writes SYMMETRIC.

#[cfg(not(loom))]
mod real {
    use crate::sync::mutex::AtFork;
    use core::sync::atomic::{compiler_fence, fence, AtomicU8, Ordering};
    use std::time::Duration;

    const UNKNOWN: u8 = 0;
    const ASYMMETRIC: u8 = 1;
    const SYMMETRIC: u8 = 2;
    const LEAVING: u8 = 3;

    /// See Note [When membarrier stops working].
    const GRACE: Duration = Duration::from_millis(10);

    static MODE: AtomicU8 = AtomicU8::new(UNKNOWN);

    const REGISTER_PRIVATE_EXPEDITED: libc::c_long = 1 << 4;
    const PRIVATE_EXPEDITED: libc::c_long = 1 << 3;

    fn membarrier(command: libc::c_long) -> bool {
        // SAFETY: the call takes no pointers.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// The child of a fork is a process of its own for the kernel.
    pub(crate) static AT_FORK: AtFork = AtFork::new(&[], init);

    /// Asks the kernel. Called before any other thread can use the fences.
    pub fn init() {
        let mode = if membarrier(REGISTER_PRIVATE_EXPEDITED) {
            ASYMMETRIC
        } else {
            SYMMETRIC
        };
        MODE.store(mode, Ordering::Relaxed);
    }

    /// The creator's half.
    #[inline]
    pub fn light() {
        if MODE.load(Ordering::Relaxed) == ASYMMETRIC {
            compiler_fence(Ordering::SeqCst);
        } else {
            fence(Ordering::SeqCst);
        }
    }

    /// The sleeper's half.
    pub fn heavy() {
        heavy_in(&MODE, membarrier, || std::thread::sleep(GRACE));
    }

    #[inline]
    fn heavy_in(mode: &AtomicU8, membarrier: impl Fn(libc::c_long) -> bool, grace: impl Fn()) {
        fence(Ordering::SeqCst);
        match mode.load(Ordering::Relaxed) {
            ASYMMETRIC if membarrier(PRIVATE_EXPEDITED) => {}
            ASYMMETRIC | LEAVING => leave(mode, membarrier, grace),
            _ => {}
        }
    }

    #[cold]
    fn leave(mode: &AtomicU8, membarrier: impl Fn(libc::c_long) -> bool, grace: impl Fn()) {
        if mode.load(Ordering::Relaxed) == ASYMMETRIC {
            if membarrier(REGISTER_PRIVATE_EXPEDITED) && membarrier(PRIVATE_EXPEDITED) {
                return;
            }
            // A failed exchange: another thread has come further.
            let _ = mode.compare_exchange(ASYMMETRIC, LEAVING, Ordering::SeqCst, Ordering::Relaxed);
        }
        fence(Ordering::SeqCst);
        grace();
        mode.store(SYMMETRIC, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use core::cell::Cell;

        /// What the mode becomes, how often the kernel is asked, and how often is
        /// waited, if the call works like this.
        fn after(mode: u8, membarrier: impl Fn(libc::c_long) -> bool) -> (u8, u32, u32) {
            let mode = AtomicU8::new(mode);
            let (asked, waited) = (Cell::new(0), Cell::new(0));
            let call = |command| {
                asked.set(asked.get() + 1);
                membarrier(command)
            };
            heavy_in(&mode, call, || {
                assert_eq!(mode.load(Ordering::Relaxed), LEAVING);
                waited.set(waited.get() + 1);
            });
            (mode.load(Ordering::Relaxed), asked.get(), waited.get())
        }

        #[test]
        fn a_refused_membarrier_changes_the_mode() {
            assert_eq!(after(ASYMMETRIC, |_| true), (ASYMMETRIC, 1, 0));
            assert_eq!(after(ASYMMETRIC, |_| false), (SYMMETRIC, 2, 1));
            let only_registers = |command| command == REGISTER_PRIVATE_EXPEDITED;
            assert_eq!(after(ASYMMETRIC, only_registers), (SYMMETRIC, 3, 1));
            assert_eq!(after(LEAVING, |_| true), (SYMMETRIC, 0, 1));
            assert_eq!(after(SYMMETRIC, |_| true), (SYMMETRIC, 0, 0));
        }

        #[test]
        fn a_process_may_have_to_register_again() {
            let registered = Cell::new(false);
            let call = |command| {
                if command == REGISTER_PRIVATE_EXPEDITED {
                    registered.set(true);
                }
                registered.get()
            };
            assert_eq!(after(ASYMMETRIC, call), (ASYMMETRIC, 3, 0));
        }
    }
}

#[cfg(not(loom))]
pub(crate) use real::AT_FORK;
#[cfg(not(loom))]
pub use real::{heavy, init, light};

#[cfg(loom)]
mod model {
    use crate::sync::mutex::AtFork;
    use loom::sync::atomic::{fence, Ordering};
    /// Nothing to do.
    pub(crate) static AT_FORK: AtFork = AtFork::locks(&[]);
    /// Nothing to ask.
    pub fn init() {}
    /// A full fence: what the pair amounts to.
    pub fn light() {
        fence(Ordering::SeqCst);
    }
    /// A full fence: what the pair amounts to.
    pub fn heavy() {
        fence(Ordering::SeqCst);
    }
}

#[cfg(loom)]
pub(crate) use model::AT_FORK;
#[cfg(loom)]
pub use model::{heavy, init, light};
