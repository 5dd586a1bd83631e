//! The account of an allocator's pool (OpenMP 5.2, 6.2: trait `pool_size`).
//!
//! # Protocol
//!
//! `used` never exceeds `size`. A thread checks the sum, and then adds its bytes by a
//! compare-exchange; when the block is freed, a thread subtracts them. The counter orders
//! nothing else (the blocks come from the C library), so all accesses are relaxed.

use crate::sync::primitive::{AtomicU64, Ordering};

/// How many bytes of an allocator's blocks may be in use, and how many are.
pub struct Pool {
    size: u64,
    used: AtomicU64,
}

impl Pool {
    /// An empty pool of `size` bytes.
    pub fn new(size: usize) -> Pool {
        Pool {
            size: size as u64,
            used: AtomicU64::new(0),
        }
    }

    /// Takes `bytes`. False if the pool has not so many left; then it takes nothing.
    pub fn take(&self, bytes: usize) -> bool {
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let Some(sum) = used
                .checked_add(bytes as u64)
                .filter(|&sum| sum <= self.size)
            else {
                return false;
            };
            match self
                .used
                .compare_exchange_weak(used, sum, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => used = now,
            }
        }
    }

    /// Gives back `bytes` that were taken.
    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}
