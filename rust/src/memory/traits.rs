//! Allocators, and what they are made from: a memory space and traits (OpenMP 5.2, 6.1
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
    /// An `omp_alloctrait_value_t`, a number of bytes, or a handle.
    pub value: usize,
}

/// What to do if there is no memory for an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    /// Try the default memory space.
    DefaultMem,
    /// Answer null.
    Null,
    /// End the program.
    Abort,
    /// Try another allocator.
    Allocator(Handle),
}

/// An allocator that `omp_init_allocator` made.
pub struct Allocator {
    /// The alignment of each block, in bytes; a power of two.
    pub alignment: usize,
    /// The pool's account; `None` without a limit.
    pub pool: Option<Pool>,
    /// What to do if there is no memory.
    pub fallback: Fallback,
    /// Whether blocks stay in physical memory.
    pub pinned: bool,
    /// On which memory nodes blocks are.
    pub partition: Partition,
}

/// The largest number of a standard memory space (`omp_low_lat_mem_space`).
const LAST_SPACE: usize = 4;
/// `ompx_gnu_managed_mem_space`.
const MANAGED_SPACE: usize = 200;
/// `omp_atv_default`.
const DEFAULT: usize = usize::MAX;

/// `omp_alloctrait_key_t`: the keys of traits.
pub mod key {
    use core::ffi::c_uint;

    /// `omp_atk_sync_hint`.
    pub const SYNC_HINT: c_uint = 1;
    /// `omp_atk_alignment`.
    pub const ALIGNMENT: c_uint = 2;
    /// `omp_atk_access`.
    pub const ACCESS: c_uint = 3;
    /// `omp_atk_pool_size`.
    pub const POOL_SIZE: c_uint = 4;
    /// `omp_atk_fallback`.
    pub const FALLBACK: c_uint = 5;
    /// `omp_atk_fb_data`.
    pub const FB_DATA: c_uint = 6;
    /// `omp_atk_pinned`.
    pub const PINNED: c_uint = 7;
    /// `omp_atk_partition`.
    pub const PARTITION: c_uint = 8;
}

/// `omp_alloctrait_value_t`: the values of traits.
pub mod value {
    /// `omp_atv_false`.
    pub const FALSE: usize = 0;
    /// `omp_atv_true`.
    pub const TRUE: usize = 1;
    /// `omp_atv_contended`, the first value of `sync_hint`.
    pub const CONTENDED: usize = 3;
    /// `omp_atv_uncontended`.
    pub const UNCONTENDED: usize = 4;
    /// `omp_atv_serialized`, once called `omp_atv_sequential`.
    pub const SERIALIZED: usize = 5;
    /// `omp_atv_private`, the last value of `sync_hint`.
    pub const PRIVATE: usize = 6;
    /// `omp_atv_all`, the first value of `access`.
    pub const ALL: usize = 7;
    /// `omp_atv_thread`.
    pub const THREAD: usize = 8;
    /// `omp_atv_pteam`.
    pub const PTEAM: usize = 9;
    /// `omp_atv_cgroup`, the last value of `access`.
    pub const CGROUP: usize = 10;
    /// `omp_atv_default_mem_fb`.
    pub const DEFAULT_MEM_FB: usize = 11;
    /// `omp_atv_null_fb`.
    pub const NULL_FB: usize = 12;
    /// `omp_atv_abort_fb`.
    pub const ABORT_FB: usize = 13;
    /// `omp_atv_allocator_fb`.
    pub const ALLOCATOR_FB: usize = 14;
    /// `omp_atv_environment`.
    pub const ENVIRONMENT: usize = 15;
    /// `omp_atv_nearest`.
    pub const NEAREST: usize = 16;
    /// `omp_atv_blocked`.
    pub const BLOCKED: usize = 17;
    /// `omp_atv_interleaved`.
    pub const INTERLEAVED: usize = 18;
}

impl Allocator {
    /// An allocator for a memory space, with traits; `None` if the space, a trait or a
    /// trait's value is not known. All spaces are the same memory. The traits
    /// `sync_hint` and `access` change nothing: any thread may use any block.
    pub fn new(space: usize, traits: &[Trait]) -> Option<Allocator> {
        if space > LAST_SPACE && space != MANAGED_SPACE {
            return None;
        }
        let mut alignment = 1;
        let mut pool_size = DEFAULT;
        let mut fallback = value::DEFAULT_MEM_FB;
        let mut next = 0;
        let mut pinned = false;
        let mut partition = Partition::Environment;
        for given in traits {
            match (given.key, given.value) {
                (key::SYNC_HINT, value::CONTENDED..=value::PRIVATE | DEFAULT) => {}
                (key::ACCESS, value::ALL..=value::CGROUP | DEFAULT) => {}
                (key::ALIGNMENT, DEFAULT) => alignment = 1,
                (key::ALIGNMENT, bytes) if bytes.is_power_of_two() => alignment = bytes,
                (key::POOL_SIZE, bytes) => pool_size = bytes,
                (key::FALLBACK, DEFAULT) => fallback = value::DEFAULT_MEM_FB,
                (key::FALLBACK, value::DEFAULT_MEM_FB..=value::ALLOCATOR_FB) => {
                    fallback = given.value;
                }
                (key::FB_DATA, handle) => next = handle,
                (key::PINNED, value::FALSE | DEFAULT) => pinned = false,
                (key::PINNED, value::TRUE) => pinned = true,
                (key::PARTITION, value::ENVIRONMENT | DEFAULT) => {
                    partition = Partition::Environment;
                }
                (key::PARTITION, value::NEAREST) => partition = Partition::Nearest,
                (key::PARTITION, value::BLOCKED) => partition = Partition::Blocked,
                (key::PARTITION, value::INTERLEAVED) => partition = Partition::Interleaved,
                _ => return None,
            }
        }
        Some(Allocator {
            alignment,
            pool: (pool_size != DEFAULT).then(|| Pool::new(pool_size)),
            fallback: match fallback {
                value::NULL_FB => Fallback::Null,
                value::ABORT_FB => Fallback::Abort,
                // Without `fb_data` there is no allocator to fall back to. The default
                // allocator would not do: it might be this one.
                value::ALLOCATOR_FB if next != 0 => Fallback::Allocator(next),
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
