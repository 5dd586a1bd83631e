//! What an allocator is made from: memory space and traits (OpenMP 5.2, 6.1
//! and 6.2). The numbers are those of GCC's `omp.h`.

use crate::memory::handle::Handle;
use crate::memory::pages::Partition;
use crate::memory::pool::Pool;
use core::ffi::c_uint;

/// `omp_alloctrait_t`.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trait {
    /// `omp_alloctrait_key_t`, 1 to 8.
    pub key: c_uint,
    /// `omp_alloctrait_value_t`, or a number of bytes, or a handle.
    pub value: usize,
}

/// What an allocation that cannot be fulfilled does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    /// Tries the default memory space.
    DefaultMem,
    /// Answers null.
    Null,
    /// Ends the program.
    Abort,
    /// Tries another allocator.
    Allocator(Handle),
}

/// An allocator that `omp_init_allocator` made.
pub struct Allocator {
    /// Of every block, in bytes; a power of two.
    pub alignment: usize,
    /// `None` without a limit.
    pub pool: Option<Pool>,
    /// See there.
    pub fallback: Fallback,
    /// Whether blocks stay in physical memory.
    pub pinned: bool,
    /// On which memory nodes blocks are.
    pub partition: Partition,
}

/// Largest of the standard memory spaces (`omp_low_lat_mem_space`).
const LAST_SPACE: usize = 4;
/// `ompx_gnu_managed_mem_space`.
const MANAGED_SPACE: usize = 200;
/// `omp_atv_default`.
const DEFAULT: usize = usize::MAX;

impl Allocator {
    /// From a memory space and its traits; `None` where one of them is not
    /// known. All spaces are the same memory. The traits `sync_hint` and
    /// `access` allow what is done anyway: any thread may use any block.
    pub fn new(space: usize, traits: &[Trait]) -> Option<Allocator> {
        if space > LAST_SPACE && space != MANAGED_SPACE {
            return None;
        }
        let mut alignment = 1;
        let mut pool_size = DEFAULT;
        let mut fallback = 11;
        let mut next = 0;
        let mut pinned = false;
        let mut partition = Partition::Environment;
        for &Trait { key, value } in traits {
            match (key, value) {
                (1, 3..=6 | DEFAULT) | (3, 7..=10 | DEFAULT) => {}
                (2, DEFAULT) => alignment = 1,
                (2, bytes) if bytes.is_power_of_two() => alignment = bytes,
                (4, bytes) => pool_size = bytes,
                (5, DEFAULT) => fallback = 11,
                (5, 11..=14) => fallback = value,
                (6, handle) => next = handle,
                (7, 0 | DEFAULT) => pinned = false,
                (7, 1) => pinned = true,
                (8, 15 | DEFAULT) => partition = Partition::Environment,
                (8, 16) => partition = Partition::Nearest,
                (8, 17) => partition = Partition::Blocked,
                (8, 18) => partition = Partition::Interleaved,
                _ => return None,
            }
        }
        Some(Allocator {
            alignment,
            pool: (pool_size != usize::MAX).then(|| Pool::new(pool_size)),
            fallback: match fallback {
                12 => Fallback::Null,
                13 => Fallback::Abort,
                // Without `fb_data` there is no other allocator: the default
                // one might be this one itself.
                14 if next != 0 => Fallback::Allocator(next),
                _ => Fallback::DefaultMem,
            },
            pinned,
            partition,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(key: c_uint, value: usize) -> Option<Allocator> {
        Allocator::new(0, &[Trait { key, value }])
    }

    #[test]
    fn values_that_omp_h_knows() {
        let known: [&[usize]; 9] = [
            &[],
            &[3, 4, 5, 6],
            &[1, 2, 4, 8, 16, 4096],
            &[7, 8, 9, 10],
            &[0, 1, 2, 3, 20, 4096],
            &[11, 12, 13, 14],
            &[0, 1, 2, 20, 4096],
            &[0, 1],
            &[15, 16, 17, 18],
        ];
        for (key, known) in known.iter().enumerate().skip(1) {
            for value in 0..=20 {
                let free = matches!(key, 4 | 6) || key == 2 && value == 16;
                let good = free || known.contains(&value);
                assert_eq!(made(key as c_uint, value).is_some(), good, "{key}: {value}");
            }
            assert!(made(key as c_uint, DEFAULT).is_some(), "{key}");
        }
        assert!(made(0, 0).is_none() && made(9, 0).is_none());
        for space in 0..300 {
            let good = space <= 4 || space == 200;
            assert_eq!(Allocator::new(space, &[]).is_some(), good, "space {space}");
        }
    }

    #[test]
    fn an_allocator_to_fall_back_to() {
        let fallback = |traits: &[(c_uint, usize)]| {
            let traits: Vec<Trait> = traits
                .iter()
                .map(|&(key, value)| Trait { key, value })
                .collect();
            Allocator::new(0, &traits).map(|made| made.fallback)
        };
        assert_eq!(fallback(&[]), Some(Fallback::DefaultMem));
        assert_eq!(fallback(&[(6, 3), (5, 14)]), Some(Fallback::Allocator(3)));
        assert_eq!(fallback(&[(5, 14)]), Some(Fallback::DefaultMem));
        assert_eq!(fallback(&[(5, 12), (6, 3)]), Some(Fallback::Null));
    }
}
