//! A store-load fence with a cheap half and a dear half.
//!
//! A task's creator stores the task and then loads "does anybody sleep"; a
//! thread about to sleep stores "I sleep" and then loads the deques.  One of
//! the two must see the other, which takes a full fence on both sides.
//! Creating happens a thousand times as often as falling asleep, so where the
//! kernel has `membarrier`, the sleeper pays for both: [`heavy`] makes every
//! other thread of the process pass a full fence, and [`light`] is then only a
//! word to the compiler. Where it has not, both are full fences.

#[cfg(not(loom))]
mod real {
    use crate::sync::mutex::AtFork;
    use core::sync::atomic::{compiler_fence, fence, AtomicU8, Ordering};

    const UNKNOWN: u8 = 0;
    const ASYMMETRIC: u8 = 1;
    const SYMMETRIC: u8 = 2;

    static MODE: AtomicU8 = AtomicU8::new(UNKNOWN);

    const REGISTER_PRIVATE_EXPEDITED: libc::c_long = 1 << 4;
    const PRIVATE_EXPEDITED: libc::c_long = 1 << 3;

    fn membarrier(command: libc::c_long) -> bool {
        // SAFETY: the call takes no pointers.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// The child of a fork is a process of its own for the kernel.
    pub(crate) static AT_FORK: AtFork = AtFork {
        locks: &[],
        in_child: init,
    };

    /// Asks the kernel once; called before any thread can use the fences.
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
        fence(Ordering::SeqCst);
        if MODE.load(Ordering::Relaxed) == ASYMMETRIC {
            membarrier(PRIVATE_EXPEDITED);
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
    pub(crate) static AT_FORK: AtFork = AtFork {
        locks: &[],
        in_child: || {},
    };
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
