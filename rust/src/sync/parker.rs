//! One thread's place to sleep.
//!
//! The owner sleeps alone ([`Parker::park`]), or in a bed of a [`Dormitory`] with others
//! ([`Parker::park_in`]). In both cases `unpark` wakes it. One system call wakes all that
//! sleep in a dormitory.
//!
//! # Protocol
//!
//! The token is EMPTY, NOTIFIED, PARKED or IN_BED.
//!
//! | from     | to       | who changes it | when |
//! |----------|----------|-------|------|
//! | EMPTY    | PARKED   | owner | `park`, before it asks the kernel to sleep |
//! | NOTIFIED | EMPTY    | owner | `park` or `park_in` takes the token and returns |
//! | EMPTY    | IN_BED   | owner | `park_in`, before it asks the kernel to sleep; release: the bed is written before |
//! | IN_BED   | EMPTY    | owner | `park_in` returns without a token, because the dormitory's word has changed |
//! | any      | EMPTY    | the thread that renews the record | `reset`, between two owners; an `unpark` for the last one may come after it |
//! | any      | NOTIFIED | other | `unpark`; if it was PARKED, the kernel wakes the owner; if it was IN_BED, the other acquires the bed, and then wakes that |
//!
//! `unpark` is a release and `park` an acquire, so the owner sees what the waker wrote
//! before. A token may be left over from an earlier reason: callers look at their
//! condition again (`park` returns early at most once for it). No wake-up is lost:
//! `unpark` changes the word before it wakes. Modelled in `tests/loom.rs`.
//!
//! No wake-up of a bed is lost either. The owner takes a ticket of the dormitory before it
//! writes IN_BED. An `unpark` that finds IN_BED acquires it, and then changes the
//! dormitory's word. So the change is after the ticket, and the kernel does not let the
//! owner sleep with an old ticket.
//!
//! An `unpark` that found IN_BED may be late: the owner has taken the token and lies in
//! another bed. Then it may read either bed, or a mixture of both. Whoever sleeps there
//! wakes up in vain, and looks again.
//!
//! This is a [`Futex`] and not `parking_lot_core`: a parked worker must leave nothing
//! locked in the child of `fork`, and that library's table of queues does.

use crate::sync::dormitory::{Bed, Dormitory};
use crate::sync::futex::Futex;
use crate::sync::primitive::{fence, AtomicPtr, AtomicU32, Ordering};

const EMPTY: u32 = 0;
const NOTIFIED: u32 = 1;
const IN_BED: u32 = 2;
const PARKED: u32 = u32::MAX;

/// The sleeping place. One thread owns it; any thread may wake that.
#[derive(Debug)]
pub struct Parker {
    token: Futex,
    /// Where the owner sleeps while the token is IN_BED; else where it did last.
    dormitory: AtomicPtr<Dormitory>,
    /// Its bed there.
    bed: AtomicU32,
}

impl Parker {
    /// A place without a token.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Parker {
            token: Futex::new(EMPTY),
            dormitory: AtomicPtr::new(core::ptr::null_mut()),
            bed: AtomicU32::new(0),
        }
    }

    /// Sleeps until there is a token, and takes it. Owner only.
    pub fn park(&self) {
        // EMPTY - 1 is PARKED, NOTIFIED - 1 is EMPTY.
        if self.token.fetch_sub(1, Ordering::Acquire) == NOTIFIED {
            return;
        }
        loop {
            self.token.sleep(PARKED);
            if self
                .token
                .compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
        }
    }

    /// Sleeps until there is a token, or until the dormitory's word is no longer that of
    /// the ticket; may return for no reason. Takes the token. Owner only.
    pub fn park_in(&self, bed: Bed, ticket: u32) {
        let dormitory = core::ptr::from_ref(bed.dormitory).cast_mut();
        self.dormitory.store(dormitory, Ordering::Relaxed);
        self.bed.store(bed.num, Ordering::Relaxed);
        if self
            .token
            .compare_exchange(EMPTY, IN_BED, Ordering::Release, Ordering::Relaxed)
            .is_ok()
        {
            bed.dormitory.sleep(bed.num, ticket);
        }
        // A swap, because the token may be one of several wakers: the owner acquires what the
        // last of them wrote.
        self.token.swap(EMPTY, Ordering::Acquire);
    }

    /// The place gets another owner, and the last one is gone (perhaps in the middle of a
    /// `park`, if something ended its thread there).
    pub fn reset(&self) {
        self.token.store(EMPTY, Ordering::Relaxed);
    }

    /// Leaves a token and wakes the owner if it sleeps.
    pub fn unpark(&self) {
        match self.token.swap(NOTIFIED, Ordering::Release) {
            PARKED => self.token.wake(),
            IN_BED => self.wake_bed(),
            _ => {}
        }
    }

    #[cold]
    fn wake_bed(&self) {
        fence(Ordering::Acquire);
        let dormitory = self.dormitory.load(Ordering::Relaxed);
        // SAFETY: a token IN_BED comes after a dormitory, which is never freed.
        let dormitory = unsafe { &*dormitory };
        dormitory.wake_bed(self.bed.load(Ordering::Relaxed));
    }
}
