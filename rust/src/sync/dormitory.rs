//! A place where several threads sleep, and all wake up by one system call.
//!
//! Threads that wait for the same event sleep here. The kernel takes about as long to wake a
//! thread as to enter and leave a call. So one call for all halves what a waker does.
//! Each thread has a bed of its own, so that one can be woken alone
//! ([`Parker::unpark`](crate::sync::parker::Parker::unpark)).
//!
//! # Protocol
//!
//! The word counts what has happened here. A thread does the following, in this order.
//!
//! 1. It takes a ticket, which is the word.
//! 2. It announces that it will sleep, where the waker of all looks
//!    ([`Signal::announce`](crate::sync::signal::Signal::announce)). If the event has
//!    happened, it does not sleep.
//! 3. It sleeps, if the word is still that of the ticket.
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | word + 1, then the kernel wakes all | the waker, when it has made the event happen and has seen that a thread has announced itself | release |
//! | word + 1, then the kernel wakes one bed | an `unpark` that found the bed's thread there | relaxed, after it has acquired that thread's token, so after the thread's ticket |
//! | the word is read: a ticket | a thread, before it announces itself | acquire |
//!
//! No wake-up is lost. Suppose that the waker sees the announcement. If the ticket is older
//! than the change of the word, the kernel does not let the thread sleep after the change,
//! and wakes it if it slept before. If the ticket is newer, the thread has acquired what the
//! waker did before: the announcement fails, because the event has happened. The acquire also
//! keeps the announcement behind the ticket: without it, AArch64 might read the word after
//! the announcement is seen and answered.
//!
//! A thread that wakes up for another's sake, or that did not fall asleep because of it,
//! looks at its condition again. The word may wrap: a thread would sleep in vain only if
//! exactly 2^32 (or a multiple) of changes came between its ticket and its sleep, while the
//! event cannot happen twice without the thread.
//!
//! Modelled in `tests/loom.rs`, and with its barrier in `tests/loom_barrier.rs`.

use crate::sync::futex::Futex;
use crate::sync::primitive::Ordering;

/// Beds of a dormitory: the kernel tells as many sleepers of one word apart.
pub const BEDS: u32 = if cfg!(loom) { 2 } else { u32::BITS };

/// See the module.
#[derive(Debug)]
pub struct Dormitory {
    word: Futex,
}

/// A thread's bed in a dormitory. Dormitories with beds are never freed, because an
/// `unpark` may come late.
#[derive(Clone, Copy, Debug)]
pub struct Bed {
    pub dormitory: &'static Dormitory,
    /// Below [`BEDS`]. Two threads with one number would wake each other in vain.
    pub num: u32,
}

impl Dormitory {
    /// Nobody sleeps here.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Dormitory {
        Dormitory {
            word: Futex::new(0),
        }
    }

    /// A ticket for [`sleep`](Dormitory::sleep). The thread announces itself after that.
    #[inline]
    pub fn ticket(&self) -> u32 {
        self.word.load(Ordering::Acquire)
    }

    /// Sleeps until something happens here, if nothing has since the ticket; may return for
    /// no reason.
    pub fn sleep(&self, num: u32, ticket: u32) {
        self.word.sleep_as(ticket, 1 << (num % BEDS));
    }

    /// Wakes all that sleep here.
    pub fn wake_all(&self) {
        self.word.fetch_add(1, Ordering::Release);
        self.word.wake_any_of(u32::MAX);
    }

    /// Wakes the thread in this bed.
    pub fn wake_bed(&self, num: u32) {
        self.word.fetch_add(1, Ordering::Relaxed);
        self.word.wake_any_of(1 << (num % BEDS));
    }
}
