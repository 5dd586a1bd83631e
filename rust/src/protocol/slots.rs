//! A fixed number of slots that threads take and give back: one bit each.
//!
//! # Protocol
//!
//! | change | who | ordering |
//! |--------|-----|----------|
//! | bit 0 -> 1 | the thread that takes the slot, its owner from then on | CAS, acquire: all that the last owner did comes before |
//! | bit 1 -> 0 | the owner, when it gives the slot back | release |
//!
//! Modelled in `tests/loom.rs`.

use core::sync::atomic::{AtomicU64, Ordering};

const BITS: usize = u64::BITS as usize;

/// The words: the machine's in statics, loom's in the model.
pub trait Word {
    /// As an atomic's.
    fn load(&self, order: Ordering) -> u64;
    /// Sets the lowest bit that is 0, and answers its number.
    fn take(&self, order: Ordering) -> Option<u32>;
    /// As an atomic's `fetch_and`.
    fn keep(&self, bits: u64, order: Ordering);
}

macro_rules! word {
    ($atomic:ty) => {
        impl Word for $atomic {
            fn load(&self, order: Ordering) -> u64 {
                self.load(order)
            }
            fn take(&self, order: Ordering) -> Option<u32> {
                let free = |now: u64| (now != u64::MAX).then(|| now | (now + 1));
                let was = self.fetch_update(order, Ordering::Relaxed, free);
                was.ok().map(u64::trailing_ones)
            }
            fn keep(&self, bits: u64, order: Ordering) {
                self.fetch_and(bits, order);
            }
        }
    };
}

word!(AtomicU64);
#[cfg(loom)]
word!(loom::sync::atomic::AtomicU64);

/// `WORDS` times 64 slots.
#[derive(Debug)]
pub struct Slots<const WORDS: usize, W = AtomicU64>([W; WORDS]);

impl<const WORDS: usize> Slots<WORDS> {
    /// All free.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Slots<WORDS> {
        Slots([const { AtomicU64::new(0) }; WORDS])
    }
}

impl<const WORDS: usize, W: Word> Slots<WORDS, W> {
    /// All free; the words are 0.
    pub fn with(words: [W; WORDS]) -> Slots<WORDS, W> {
        Slots(words)
    }

    /// Takes the first free slot, if there is one.
    pub fn take(&self) -> Option<usize> {
        self.0.iter().enumerate().find_map(|(index, word)| {
            let bit = word.take(Ordering::Acquire)?;
            Some(index * BITS + bit as usize)
        })
    }

    /// Whether the slot exists and is taken. Relaxed: for callers that know of the slot
    /// from its owner.
    pub fn is_taken(&self, slot: usize) -> bool {
        let word = self.0.get(slot / BITS);
        word.is_some_and(|word| word.load(Ordering::Relaxed) >> (slot % BITS) & 1 == 1)
    }

    /// The owner gives the slot back.
    pub fn give_back(&self, slot: usize) {
        self.0[slot / BITS].keep(!(1 << (slot % BITS)), Ordering::Release);
    }
}
