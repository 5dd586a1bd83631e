//! A pool's account (OpenMP 5.2, 6.2: trait `pool_size`).
//!
//! # Protocol
//!
//! `used` never exceeds `size`: a thread adds its bytes by a compare-exchange
//! that first checks the sum, and takes them back by a subtraction when the
//! block is freed. Nothing else is ordered by the counter (the blocks come
//! from the C library), so all accesses are relaxed.

use crate::sync::primitive::{AtomicU64, Ordering};

/// How many bytes an allocator may have given out at once, and has.
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

    /// Takes `bytes`; false, and nothing taken, where they are not there.
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
